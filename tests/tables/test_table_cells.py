"""Cells that hold lists and mappings as text: read back, bounded, never evaluated."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.tables.cells import parse_cell
from normsuite.tasks.table_parts import Separated

_ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_NESTED = st.recursive(_ATOMS, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=8)


@settings(max_examples=50)
@given(_NESTED)
def test_json_and_python_are_read_back(value: object) -> None:
    assert parse_cell(json.dumps(value), "json") == value
    assert parse_cell(repr(value), "python") == value


@settings(max_examples=100)
@given(st.text() | st.from_regex(r"[\[\{\(]{1,9}.*[\]\}\)]{1,9}"), st.sampled_from(["json", "python"]))
def test_any_text_is_parsed_or_refused_in_one_way(text: str, way: str) -> None:
    try:
        parse_cell(text, way)
    except ValueError as error:
        assert str(error).startswith(("is ", "has ", "holds "))


@settings(max_examples=50)
@given(st.lists(st.text("abc ", min_size=1).map(str.strip).filter(bool)))
def test_separated_texts_are_read_back(parts: list[str]) -> None:
    assert parse_cell("; ".join(parts), Separated(separator=";")) == parts


@pytest.mark.parametrize(
    ("text", "way", "why"),
    [
        ("[" * 100_000, "json", "is no JSON"),
        ("[" * 60 + "]" * 60, "json", "nested too deeply"),
        ("[" * 100_000, "python", "no Python literal"),
        ("__import__('os').system('true')", "python", "no Python literal"),
        ("Counter(open('/etc/passwd'))", "python", "no Python literal"),
        ("1e999999999999", "text", ""),
        ("b'bytes'", "python", "holds a bytes"),
        ("x" * 300_000, "json", "has more than"),
    ],
)
def test_bombs_and_code_are_refused(text: str, way: str, why: str) -> None:
    if way == "text":
        assert parse_cell(text, Separated(separator=";")) == [text]
        return
    with pytest.raises(ValueError, match=why):
        parse_cell(text, way)


def test_counters_sets_and_tuples_are_mappings_and_lists() -> None:
    assert parse_cell("Counter({'ok': 2, 'bad': 1})", "python") == {"ok": 2, "bad": 1}
    assert parse_cell("{'b', 'a'}", "python") == ["a", "b"]
    assert parse_cell("(1, (2, 3))", "python") == [1, [2, 3]]
    assert parse_cell("{1: 2}", "python") == {"1": 2}


def test_what_is_no_text_stays_as_it_is() -> None:
    assert parse_cell(None, "json") is None
    assert parse_cell([1], "python") == [1]
