"""Expressions over a row: columns in, text out, and nothing that reaches or grows beyond."""

import pytest

from normsuite.errors import InputError
from normsuite.tables.expressions import Expression

ROW = {
    "who": "Ada",
    "act": "waves",
    "empty": None,
    "meta": {"place": "Rome"},
    "tags": ["a", "b"],
    "odd name": "x",
}


def computed(text: str) -> str | None:
    return Expression(text, ROW, "fields.norm")(ROW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ who }} {{ act }}.", "Ada waves."),
        ("{{ meta.place }}", "Rome"),
        ("{{ row['odd name'] }}", "x"),
        ("{{ tags | join('+') }}", "a+b"),
        ("{{ act | replace('v', 'ff') }}", "waffes"),
        ("{% if empty %}{{ empty }}{% else %}none{% endif %}", "none"),
        ("{{ empty }}", None),
        ("{{ meta.nowhere }}", None),
        ("{{ row['nothing'] }}", None),
        ("{% if empty %}x{% endif %}", None),
    ],
)
def test_an_expression_prints_cells(text: str, expected: str | None) -> None:
    assert computed(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ whom }}", "'whom' is not a column"),
        ("{{ who.upper() }}", "Call has no place in an expression"),
        ("{% set x = 1 %}{{ x }}", "has no place"),
        ("{{ who * 1000 }}", "has no place"),
        ("{{ who", "is not a Jinja template"),
        ("{{ who | pprint }}", "No filter"),
    ],
)
def test_what_is_no_expression_is_refused_before_a_row_is_read(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as error:
        computed(text)
    assert error.value.field == "data.table.fields.norm"


@pytest.mark.parametrize(
    "text",
    ["{{ who.__class__ }}", "{{ who | int + act }}", "{{ act | replace('', 'x') }}", "{{ meta | sort + 1 }}"],
)
def test_an_expression_that_fails_is_the_rows_fault(text: str) -> None:
    with pytest.raises(ValueError, match=r"reaches for|cannot be computed"):
        computed(text)


def test_replacing_is_bounded_before_it_is_made() -> None:
    row = {"who": "a" * 2_000}
    grow = Expression("{{ who | replace('a', row['new']) }}", row, "keep")
    with pytest.raises(ValueError, match="more than"):
        grow({**row, "new": "b" * 10_000})
