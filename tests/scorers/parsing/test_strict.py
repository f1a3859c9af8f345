"""The strict parser on answers that mean something, and on answers that only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.prompts import Option
from normsuite.scorers.parsing import Asked, strict

WORDS = Asked(tuple(Option(word, word) for word in ("Yes", "No", "Neither")))
LETTERS = Asked(
    tuple(
        Option(letter, text)
        for letter, text in zip("ABC", ("Push ahead", "Wait in line", "Leave"), strict=True)
    )
)
NUMBERS = Asked(
    tuple(Option(str(at), text) for at, text in enumerate(("Step back", "Wave", "None of these"), 1))
)
MANY = Asked(tuple(Option(letter, f"act {letter}") for letter in "ABCDEFGHIJ"))
TURNS = Asked(tuple(Option(word, word) for word in ("Adhered", "Violated", "Not Relevant")))
SCALE = Asked(scale=(1, 7))
SEVERAL = Asked(NUMBERS.shown, several=True)


@pytest.mark.parametrize(
    ("text", "asked", "position"),
    [
        ("Yes", WORDS, 0),
        ("  yes.\n", WORDS, 0),
        ("**No**", WORDS, 1),
        ("No, that is rude.", WORDS, 1),
        ("Neither: nothing speaks for or against it", WORDS, 2),
        ("Answer: Yes", WORDS, 0),
        ("He took off his shoes. The answer is No.", WORDS, 1),
        ("Yes. No one was hurt.", WORDS, 0),
        ("Yes because the host asked for it", WORDS, 0),
        ("B", LETTERS, 1),
        ("(b)", LETTERS, 1),
        ("B) Wait in line", LETTERS, 1),
        ("B. Wait in line", LETTERS, 1),
        ("Option B", LETTERS, 1),
        ("wait in line", LETTERS, 1),
        ("A friend would object. The answer is B.", LETTERS, 1),
        ("The correct answer is (C), not (B", LETTERS, 2),
        ("\\boxed{C}", LETTERS, 2),
        ("2", NUMBERS, 1),
        ("3) None of these", NUMBERS, 2),
        ("Option 3 because of 2 people", NUMBERS, 2),
        ("I", MANY, 8),
        ("Not Relevant | she only greets", TURNS, 2),
        ("Violated | no greeting", TURNS, 1),
    ],
)
def test_an_answer_that_cannot_be_meant_otherwise_is_read(text: str, asked: Asked, position: int) -> None:
    assert strict(text, asked).chosen == (position,)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", WORDS),
        ("   \n", WORDS),
        ("It depends", WORDS),
        ("Yes and no", WORDS),
        ("Yes. No.", WORDS),
        ("Yes/No cannot be determined", WORDS),
        ("Not acceptable", WORDS),
        ("None of these", WORDS),
        ("I know nothing of it", WORDS),
        ("Nobody knows", WORDS),
        ("Neither yes nor no", WORDS),
        ("The answer is not Yes", WORDS),
        ("Yes is wrong", WORDS),
        ("Answer: Yes or No?", WORDS),
        ("A friend would wait", LETTERS),
        ("A or B", LETTERS),
        ("A/B", LETTERS),
        ("A) Push ahead B) Wait in line C) Leave", LETTERS),
        ("(A) (B) (C)", LETTERS),
        ("The answer is A. The answer is B.", LETTERS),
        ("D", LETTERS),
        ("I, personally, would wait", MANY),
        ("A, or perhaps B", LETTERS),
        ("4", NUMBERS),
        ("Not Adhered", TURNS),
        ("Yes " * 6000, WORDS),
        ("between 3 and 4", SCALE),
        ("5 out of 7", SCALE),
        ("0", SCALE),
        ("70", SCALE),
        ("about 50%", SCALE),
        ("1, 4", SEVERAL),
        ("1 perhaps 2", SEVERAL),
        ("1, 1", SEVERAL),
    ],
)
def test_what_could_be_meant_otherwise_is_no_answer(text: str, asked: Asked) -> None:
    found = strict(text, asked)
    assert found.status == "unparsed"
    assert found.chosen == ()
    assert found.number is None
    assert found.detail


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't judge other cultures.",
        "I cannot answer this.",
        "As an AI language model, I have no opinions.",
        "Unfortunately, I am unable to say.",
        "抱歉，我无法回答。",
    ],
)
def test_a_refusal_is_no_answer_of_its_own_kind(text: str) -> None:
    for asked in (WORDS, LETTERS, SCALE, SEVERAL):
        assert strict(text, asked).status == "refused"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("[1, 3]", (0, 2)),
        ("1 and 3", (0, 2)),
        ("Answer: 2", (1,)),
        ("none", ()),
        ("[]", ()),
        ("3, 1.", (0, 2)),
    ],
)
def test_several_options_are_a_list_and_nothing_else(text: str, chosen: tuple[int, ...]) -> None:
    found = strict(text, SEVERAL)
    assert (found.status, found.chosen) == ("ok", chosen)


@pytest.mark.parametrize(("text", "number"), [("6", 6), ("I'd say 3.", 3), ("4 - yes, 4", 4), ("5.5", 5.5)])
def test_the_only_number_on_the_scale_is_a_rating(text: str, number: float) -> None:
    assert strict(text, SCALE).number == number


@given(st.text(max_size=80), st.sampled_from([WORDS, LETTERS, NUMBERS, MANY, TURNS, SCALE, SEVERAL]))
def test_whatever_is_written_is_an_answer_inside_what_was_asked_or_none(text: str, asked: Asked) -> None:
    found = strict(text, asked)
    assert all(0 <= at < len(asked.shown) for at in found.chosen)
    assert found.status == "ok" or (found.chosen == () and found.number is None)
    if found.status == "ok" and asked.scale:
        assert 1 <= found.number <= 7
    if found.status == "ok" and asked.shown and not asked.several:
        assert len(found.chosen) == 1


@given(
    st.sampled_from(range(3)),
    st.sampled_from(
        ["{}", "({})", "{}.", "**{}**", "Answer: {}", "The answer is {}.", '"{}"', "{}\n\nbecause"]
    ),
    st.sampled_from([str.upper, str.lower, str]),
)
def test_every_option_is_read_however_it_is_dressed(at: int, dress: str, case) -> None:
    for asked in (WORDS, LETTERS, NUMBERS, TURNS):
        assert strict(dress.format(case(asked.shown[at].word)), asked).chosen == (at,)


@given(st.permutations(range(3)), st.sampled_from(["; ", ", or ", " / ", " and "]))
def test_naming_all_options_is_no_answer(order: list[int], between: str) -> None:
    for asked in (WORDS, LETTERS, NUMBERS):
        assert strict(between.join(asked.shown[at].word for at in order), asked).status == "unparsed"
