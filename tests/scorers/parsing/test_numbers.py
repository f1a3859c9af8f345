"""Numbers in text, against answers that try to be misread."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.scorers.parsing import Asked
from normsuite.scorers.parsing.numbers import last_number, strict_number

SCALE = Asked(scale=(1.0, 7.0))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("5", 5), (" 5.\n", 5), ("**5**", 5), ("(5)", 5), ("'5'", 5), ("$\\boxed{5}$", 5), ("# 5", 5)),
        *(("Rating: 6", 6), ("rating=6", 6), ("Antwort: 6", 6), ("评分：6", 6), ('{"rating": 6}', 6)),
        *(("I would say 3, since few know it.", 3), ("4 - yes, 4", 4), ("- 2", 2), ("+2", 2)),
        *(
            ("5.5", 5.5),
            ("7.0", 7),
            ("1", 1),
            ("７", 7),
            ("\u0665", 5),
            ("3!", 3),
            ("5 (five)", 5),
            ("05", 5),
        ),
    ],
)
def test_the_one_number_of_an_answer_is_read(text: str, number: float) -> None:
    assert strict_number(text, SCALE).number == number
    assert strict_number(text, SCALE).status == "ok"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        *((text, "holds 2 numbers") for text in ("5 out of 7", "between 3 and 4", "1. 6", "4:30", "6, or 7")),
        *((text, "is no plain number") for text in ("4-5", "5/7", "80%", "7th", "GPT4: 6", "5\u00b2", "4,5")),
        *(
            (text, "is no plain number")
            for text in ("1,000", "5~6", "1e3", "0x5", "5\u00bd", "2\u20133", "3.2.1", "~5")
        ),
        *(
            (text, "off the scale")
            for text in ("0", "8", "-5", "\u22125", "7.01", "5000000000000", "9" * 400)
        ),
        *(
            (text, "holds no number")
            for text in ("", "   ", "five", "very familiar", "VII", "\u2160", "...", "NaN")
        ),
        ("6 " * 20_000, "does not come to an end"),
    ],
)
def test_what_could_be_meant_otherwise_is_no_answer(text: str, detail: str) -> None:
    found = strict_number(text, SCALE)
    assert (found.status, found.number) == ("unparsed", None)
    assert detail in found.detail and len(found.detail) < 80


@pytest.mark.parametrize("text", ["I'm sorry, but I can't rate words.", "As an AI, I have no familiarity."])
def test_who_declines_is_refused_and_who_answers_all_the_same_is_not(text: str) -> None:
    assert strict_number(text, SCALE).status == "refused"
    assert strict_number(f"{text} But: 4", SCALE).number == 4


def test_the_scale_is_the_items_own() -> None:
    assert strict_number("0", Asked(scale=(0.0, 5.0))).number == 0
    assert strict_number("-1", Asked(scale=(-3.0, 3.0))).number == -1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("6", 6), ("from 1 to 7: 4", 4), ("5.", 5), (".5", 0.5), ("-2", -2), ("99", 99)),
        # its faults
        *(("I cannot say.", 0), ("", 0), ("6-7", -7), ("6, as 9 of 10 know it", 10), ("6 (in 2024)", 2024)),
        *(("five", 0), ("4,5", 5)),
    ],
)
def test_the_published_code_takes_the_last_number_and_else_zero(text: str, number: float) -> None:
    found = last_number(text, SCALE)
    assert (found.status, found.number) == ("ok", number)


@given(st.text(max_size=60) | st.text("0123456789.,-+/%eE x", max_size=12))
def test_no_text_is_rated_off_the_scale_or_stops_a_parser(text: str) -> None:
    found = strict_number(text, SCALE)
    assert (found.status == "ok") == (found.number is not None)
    assert found.number is None or 1 <= found.number <= 7
    assert not math.isnan(last_number(text, SCALE).number)


@given(st.integers(1, 7), st.text(st.characters(categories=("Ll", "Lu", "Po")), max_size=20))
def test_words_around_a_number_do_not_change_it(number: int, words: str) -> None:
    assert strict_number(f"{words}\n{number}\n{words}", SCALE).number == number
