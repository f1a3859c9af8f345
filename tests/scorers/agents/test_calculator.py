"""The calculator: arithmetic as people write it, and nothing that runs or fills the memory."""

import operator
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.scorers.agents.calculator import LONGEST, calculate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3 × 4", "12"),
        ("1,200 ÷ 5", "240"),
        ("2 ^ 3 =", "8"),
        ("7 // 2 + -7 % 4", "0"),
        ("(2 + 3) * 4", "20"),
        ("1/3", "0.333333333333"),
        ("0.1 + 0.2", "0.3"),
        ("2 ** 0.5", "1.41421356237"),
        ("1000000007 * 1000000009", "1000000016000000063"),
        ("--3", "3"),
        ("-0 * 5", "0"),
        ("10 ** 30", "1E+30"),
        ("1_000 + 1", "1001"),
        ("5 – 2", "3"),
    ],
)
def test_arithmetic_as_people_write_it(expression: str, value: str) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1 / 0", "divides by zero"),
        ("0 / 0", "has no value"),
        ("(-8) ** (1/3)", "has no value"),
        ("9 ** 9 ** 9 ** 9", "is too large"),
        ("1e400", "is too large"),
        ("1.0000001 ** 99999999999", "is too large"),
        ("__import__('os').system('true')", "is no arithmetic"),
        ("open('/etc/passwd').read()", "is no arithmetic"),
        ("'a' * 10 ** 9", "is no arithmetic"),
        ("[1] * 10 ** 9", "is no arithmetic"),
        ("(lambda: 1)()", "is no arithmetic"),
        ("1 if 1 else 2", "is no arithmetic"),
        ("1 < 2", "is no arithmetic"),
        ("1 << 99999999", "is no arithmetic"),
        ("True + 1", "is no arithmetic"),
        ("1j * 1j", "is no arithmetic"),
        ("x + 1", "is no arithmetic"),
        ("three plus four", "is no arithmetic"),
        ("", "is no arithmetic"),
        ("\0", "is no arithmetic"),
        ("-" * 150 + "1", "is nested too deeply"),
        ("1" * (LONGEST + 1), "has more than 200 characters"),
    ],
)
def test_what_is_no_arithmetic_says_why(expression: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        calculate(expression)


_SIGNS = st.sampled_from("0123456789+-*/%().,eE_jx =^×÷'\"[]<>:!~@\n\0é")


@settings(max_examples=200)
@given(st.text(_SIGNS, max_size=LONGEST + 5) | st.text(max_size=60))
def test_any_text_has_a_value_or_a_reason_soon(text: str) -> None:
    before = time.process_time()
    try:
        calculate(text)
    except ValueError as error:
        assert str(error)
    assert time.process_time() - before < 1


_NUMBERS = st.integers(-(10**6), 10**6)
_OPERATIONS = st.sampled_from([("+", operator.add), ("-", operator.sub), ("*", operator.mul)])


@settings(max_examples=60)
@given(_NUMBERS, st.lists(st.tuples(_OPERATIONS, _NUMBERS), max_size=4))
def test_whole_numbers_are_exact(first: int, rest: list) -> None:
    text, value = str(first), first
    for (sign, operation), number in rest:
        if abs(operation(value, number)) >= 10**27:
            return
        text, value = f"({text}) {sign} ({number})", operation(value, number)
    assert calculate(text) == str(value)


def _operated(part: st.SearchStrategy) -> st.SearchStrategy:
    signs = st.sampled_from(["**", "*", "/", "%"])
    return st.tuples(part, signs, part).map(lambda three: "({}){}({})".format(*three))


@settings(max_examples=100)
@given(st.recursive(_NUMBERS.map(str), _operated, max_leaves=6))
def test_towers_of_powers_end_soon(text: str) -> None:
    before = time.process_time()
    try:
        calculate(text)
    except ValueError as error:
        assert str(error)
    assert time.process_time() - before < 1
