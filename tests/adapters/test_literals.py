"""Python literals in cells: read, bounded, never evaluated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.adapters.literals import LONGEST, leaves, parse_literal

_ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_NESTED = st.recursive(_ATOMS, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=10)


@settings(max_examples=50)
@given(_NESTED)
def test_what_python_writes_is_read_back(value: object) -> None:
    assert parse_literal(repr(value)) == value


@settings(max_examples=50)
@given(st.dictionaries(st.text(), st.lists(st.floats(0, 1))))
def test_a_defaultdict_is_its_dictionary(value: dict[str, list[float]]) -> None:
    assert parse_literal(f"defaultdict(<class 'list'>, {value!r})") == value


@settings(max_examples=100)
@given(st.text())
def test_any_other_text_is_refused_in_one_way(text: str) -> None:
    try:
        parse_literal(text)
    except ValueError as error:
        assert str(error) == "is no Python literal"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "defaultdict(<class 'list'>, open('/etc/passwd'))",
        "[x for x in (1, 2)]",
        "2 ** 999999999",
        "'a' * 10 ** 9",
        "[nan, 1.0]",
        "(" * 10_000,
        "-" * 100_000 + "1",
        "9" * 10_000,
        "\0",
        "",
    ],
)
def test_code_and_bombs_are_no_literals(text: str) -> None:
    with pytest.raises(ValueError, match="is no Python literal"):
        parse_literal(text)


def test_a_cell_without_end_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="has more than"):
        parse_literal("[" + "1," * LONGEST + "]")


def test_leaves_of_nested_lists_come_from_left_to_right() -> None:
    assert list(leaves([["a"], [["b", "c"]], "d"])) == ["a", "b", "c", "d"]
    assert list(leaves("a")) == ["a"]
