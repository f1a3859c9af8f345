"""Which fields wordings show, found by trying."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from normsuite.checks.shown import Shown, find_shown, plain, texts_of
from normsuite.prompts import compile_wording, item_fields
from normsuite.schema import ITEM_SCHEMA, conform


def items() -> pa.Table:
    def constraint(name: str, value: str) -> dict[str, str]:
        return {"subject": "ENV", "name": name, "relation": "is", "value": value}

    columns: dict[str, Any] = {
        "id": ["t:1", "t:2"],
        "dataset": "t",
        "split": "test",
        "kind": "label",
        "situation": ["On a bus.", "In a lift."],
        "behavior": ["Sing", None],
        "norm": ["short", "long"],
        "country": ["KEN", None],
        "frame": [[constraint("place", "bus"), constraint("aim", "joy")], None],
        "turns": [[{"speaker": "A", "text": "Hi"}, {"speaker": None, "text": None}], None],
        "options": [["yes", "no"]] * 2,
        "cluster": ["1", "2"],
    }
    return conform(columns, ITEM_SCHEMA, 2)


def shown(template: str, context: tuple[str, ...] = ()) -> Shown:
    wording = compile_wording(Path("a.jinja"), template)
    return find_shown(lambda row: [wording.render(item_fields(row, context) | {"options": ()})], items())


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        ("{{ situation }}", {"situation"}),
        ("{{ situation[:4] | upper }}", {"situation"}),
        ("{% if norm == 'short' %}{{ behavior }}{% endif %}{{ situation }}", {"situation", "behavior"}),
        ("{{ id }}{% if behavior and country %}{{ country }}{% endif %}", {"country"}),
        ("{% for turn in turns %}{{ turn.text or '' }}{% endfor %}{{ id }}", {"turns"}),
        ("{{ id }}{{ clauses | join(', ') }}", {"frame"}),
        ("Nothing of it.", set()),
        ("{{ option }}", {"situation", "behavior", "norm", "country", "turns", "frame"}),  # cannot be filled
    ],
)
def test_what_reaches_a_prompt_is_shown(template: str, fields: set[str]) -> None:
    assert shown(template).fields == fields


def test_context_decides(tmp_path: Path) -> None:
    template = "{{ situation }}{% if 'country' in context and country %}{{ country }}{% endif %}"
    assert shown(template).fields == {"situation"}
    assert shown(template, ("country",)).fields == {"situation", "country"}


def test_parts_of_a_frame_are_told_apart() -> None:
    found = shown("{{ id }}{% if given['place'] %}{{ given['place'] }}{% endif %}")
    assert found == Shown(frozenset({"frame"}), frozenset({"place"}))
    assert texts_of(items(), found)["frame"].to_pylist() == ["bus", ""]
    assert texts_of(items(), Shown(frozenset({"frame"})))["frame"].to_pylist() == ["bus joy", ""]


def test_texts_are_empty_where_an_item_has_none() -> None:
    texts = texts_of(items(), Shown(frozenset({"behavior", "country", "turns"})))
    assert {name: text.to_pylist() for name, text in texts.items()} == {
        "behavior": ["Sing", ""],
        "turns": ["Hi ", ""],
        "country": ["Kenya", ""],
    }


def test_a_sliced_table_gives_its_own_texts() -> None:
    part = items().slice(1, 1)
    fields = frozenset({"frame", "turns", "situation"})
    assert [text.to_pylist() for text in texts_of(part, Shown(fields)).values()] == [
        ["In a lift."],
        [""],
        [""],
    ]


def test_spellings_that_differ_in_nothing_else_are_one_text() -> None:
    assert plain(pa.array(["  Is it,\n“RUDE”? ", "is it rude", "不，好"])).to_pylist() == [
        "is it rude",
        "is it rude",
        "不 好",
    ]
