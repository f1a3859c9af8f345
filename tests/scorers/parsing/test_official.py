"""The published parsers, faults included: what each paper's code makes of awkward answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.prompts import Option
from normsuite.scorers.parsing import OFFICIAL, Asked

NORMAD = Asked(tuple(Option(word, word) for word in ("Yes", "No", "Neither")))
SOCIAL = Asked(
    tuple(
        Option(letter, text)
        for letter, text in zip("ABC", ("Push ahead", "Wait in line", "Leave"), strict=True)
    )
)
ACTIONS = Asked(
    tuple(
        Option(str(at), text)
        for at, text in enumerate(("Wave", "None of these", "Step back", "Shout", "Point"), 1)
    )
)
REASONS = Asked(tuple(Option(str(at), f"reason {at}") for at in range(1, 6)))
SENSIBLE = Asked(ACTIONS.shown, several=True)
TURNS = Asked(tuple(Option(word, word) for word in ("Violated", "Adhered", "Not Relevant")))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Yes", "Yes"),
        ("option 1", "Yes"),
        ("Yes/No cannot be determined", "Yes"),
        ("No", "No"),
        ("Not acceptable", "No"),
        ("None of these", "No"),
        ("Neither. Not enough is known", "No"),
        ("yes", "Neither"),
        ("", "Neither"),
        ("I'm sorry, I can't help with that.", "Neither"),
        ("qwertz", "Neither"),
    ],
)
def test_normad_reads_substrings_and_else_neutral(text: str, word: str) -> None:
    (at,) = OFFICIAL["normad"](text, NORMAD).chosen
    assert NORMAD.shown[at].word == word


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("(b) Wait in line", 1),
        ("The answer is (c)", 2),
        ("I think the answer is (a) Push ahead (b) Wait in line", 0),
        ("so the answer is b)", 1),
        ("Wait in the line", 1),
        ("A panda) sat there", 0),
        ("", 2),
        ("(z)", 2),
    ],
)
def test_social_never_abstains(text: str, at: int) -> None:
    assert OFFICIAL["social"](text, SOCIAL).chosen == (at,)


@pytest.mark.parametrize(
    ("text", "at"),
    [("3", 2), ("Option 3 because of 2 people", 1), ("no idea", 4), ("9", 1), ("0", 1), ("Option 1.", 0)],
)
def test_egonormia_takes_the_last_number(text: str, at: int) -> None:
    assert OFFICIAL["egonormia"](text, ACTIONS).chosen == (at,)


def test_egonormia_has_no_answer_for_a_reason_that_is_not_there() -> None:
    assert OFFICIAL["egonormia"]("7", REASONS).status == "unparsed"


@pytest.mark.parametrize(
    ("text", "chosen"), [("[1, 3]", (0, 2)), ("[9]", ()), ("1 and 3", ()), ("[1, two]", ()), ("[2,2]", (1,))]
)
def test_egonormia_reads_a_list_or_the_empty_one(text: str, chosen: tuple[int, ...]) -> None:
    found = OFFICIAL["egonormia"](text, SENSIBLE)
    assert (found.status, found.chosen) == ("ok", chosen)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Adhered | polite", "Adhered"),
        ("Ann: You came late. Violated | no greeting, norm not adhered", "Violated"),
        ("Not Adhered | rude", "Adhered"),
        ("Irrelevant", "Not Relevant"),
        ("Not Relevnat | small talk", "Not Relevant"),
        ("", "Not Relevant"),
        ("I cannot tell", "Not Relevant"),
    ],
)
def test_normdial_reads_the_label_before_the_bar(text: str, word: str) -> None:
    (at,) = OFFICIAL["normdial"](text, TURNS).chosen
    assert TURNS.shown[at].word == word


@pytest.mark.parametrize(
    ("text", "number"), [("6", 6.0), ("from 1 to 7: 4", 4.0), ("none", 0.0), ("99", 99.0)]
)
def test_word_norms_take_the_last_number_and_else_zero(text: str, number: float) -> None:
    assert OFFICIAL["word-norms"](text, Asked(scale=(1, 7))).number == number


@given(st.text(max_size=60), st.sampled_from([NORMAD, SOCIAL, ACTIONS, REASONS, SENSIBLE, TURNS, Asked()]))
def test_no_text_breaks_a_published_parser(text: str, asked: Asked) -> None:
    for parser in OFFICIAL.values():
        assert all(0 <= at < max(1, len(asked.shown)) for at in parser(text, asked).chosen)
