"""Files of one JSON object per line."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.adapters.json_lines import Fault, read_json_lines
from normsuite.errors import InputError


def fault_of(row):
    """Objects need a text."""
    return None if isinstance(row.get("text"), str) else Fault("text", row.get("text"), "is no text")


def write(folder: Path, content: bytes) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(content)
    return path


def test_blank_lines_and_windows_line_ends_are_no_rows_but_count(tmp_path: Path) -> None:
    lines, set_aside = read_json_lines(write(tmp_path, b'{"text": "a"}\r\n\r\n{"text": "b"}'), fault_of)
    assert [(line.number, line.row["text"]) for line in lines] == [(1, "a"), (3, "b")]
    assert set_aside.schema == SET_ASIDE_SCHEMA
    assert set_aside.num_rows == 0


def test_what_is_wrong_is_set_aside_with_line_and_value(tmp_path: Path) -> None:
    content = '{"text": 7}\n[1]\n{"text": "\\ud800"}\nnonsense\n{"text": "\\ud83d\\ude02"}\n'
    lines, set_aside = read_json_lines(write(tmp_path, content.encode()), fault_of)
    assert [line.row["text"] for line in lines] == ["😂"]
    assert [(row["row"], row["field"], row["value"]) for row in set_aside.to_pylist()] == [
        (1, "text", "7"),
        (2, "line", "[1]"),
        (3, "line", '{"text": "\\ud800"}'),
        (4, "line", "nonsense"),
    ]
    assert set_aside["file"].to_pylist() == ["rows.jsonl"] * 4


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "has no rows"), (b"\n \n", "has no rows"), (b'{"text": "a"}\n{"\xff"}', "row 2.*not UTF-8")],
)
def test_a_file_without_rows_or_in_another_encoding_is_refused(tmp_path, content, message) -> None:
    with pytest.raises(InputError, match=message):
        read_json_lines(write(tmp_path, content), fault_of)
    with pytest.raises(InputError, match="cannot be read"):
        read_json_lines(tmp_path / "none", fault_of)


def test_brackets_without_end_are_no_object(tmp_path: Path) -> None:
    lines, set_aside = read_json_lines(write(tmp_path, b"[" * 200_000), fault_of)
    assert not lines
    assert set_aside["value"].to_pylist() == ["[" * 200]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES | st.fixed_dictionaries({"text": st.text()}), min_size=1, max_size=8), st.booleans())
def test_every_line_is_a_row_or_is_set_aside(tmp_path: Path, values, escaped: bool) -> None:
    content = "".join(json.dumps(value, ensure_ascii=escaped) + "\n" for value in values)
    lines, set_aside = read_json_lines(write(tmp_path, content.encode()), fault_of)
    expected = [at for at, value in enumerate(values, 1) if isinstance(value, dict) and not fault_of(value)]
    assert [line.number for line in lines] == expected
    assert [line.row for line in lines] == [values[at - 1] for at in expected]
    assert sorted([*expected, *set_aside["row"].to_pylist()]) == list(range(1, len(values) + 1))
