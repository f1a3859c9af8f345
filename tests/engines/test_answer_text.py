"""Answers from generated tokens: thinking, stop texts, and what no engine can sample."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from normsuite import folders
from normsuite.engines import Sampling
from normsuite.engines.text import check_sampling, cut_at_stops, opens_thinking, split_thinking, to_generation
from normsuite.errors import InputError

MARKS = ("<think>", "</think>")
plain = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]))
stops = st.lists(st.text(min_size=1, max_size=3), max_size=3)


def with_marks(special: bool) -> PreTrainedTokenizerFast:
    tokenizer = AutoTokenizer.from_pretrained(folders.tiny())
    tokenizer.add_tokens(list(MARKS), special_tokens=special)
    return tokenizer


TOKENIZERS = {
    "marks are plain text": AutoTokenizer.from_pretrained(folders.tiny()),
    "marks are tokens": with_marks(special=False),
    "marks are special tokens": with_marks(special=True),
}


@pytest.fixture(params=TOKENIZERS.values(), ids=TOKENIZERS.keys())
def tokenizer(request) -> PreTrainedTokenizerFast:
    return request.param


def tokens(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@given(
    thinking=plain, answer=plain, opening=st.sampled_from(["", "<think>", "\n<think>"]), opened=st.booleans()
)
def test_thinking_ends_at_the_closing_mark(thinking, answer, opening, opened) -> None:
    text = f"{opening}{thinking}</think>{answer}"
    assert split_thinking(text, MARKS, opened) == (thinking.strip(), answer.strip())


@given(text=plain)
def test_without_marks_all_is_answer(text) -> None:
    assert split_thinking(text, MARKS) == ("", text.strip())


@given(text=plain, space=st.sampled_from(["", " ", "\n\n"]))
def test_thinking_that_never_ends_leaves_no_answer(text, space) -> None:
    assert split_thinking(f"{space}<think>{text}", MARKS) == (text.strip(), "")
    assert split_thinking(text, MARKS, opened=True) == (text.strip(), "")


def test_only_the_first_closing_mark_ends_thinking() -> None:
    assert split_thinking("a</think>b</think>c", MARKS) == ("a", "b</think>c")


def test_an_opening_mark_inside_an_answer_is_part_of_it() -> None:
    assert split_thinking("Yes. <think> is a mark", MARKS) == ("", "Yes. <think> is a mark")


@given(text=st.text(), marks=st.tuples(st.text(min_size=1), st.text(min_size=1)), opened=st.booleans())
def test_splitting_never_invents_text(text, marks, opened) -> None:
    thinking, answer = split_thinking(text, marks, opened)
    assert len(thinking) + len(answer) <= len(text)
    assert answer in text
    assert answer == answer.strip() and thinking == thinking.strip()


@given(text=st.text(), stops=stops)
def test_a_cut_text_holds_no_stop_text_and_stands_before_one(text, stops) -> None:
    cut, found = cut_at_stops(text, stops)
    assert not any(stop in cut for stop in stops)
    assert found == any(stop in text for stop in stops)
    assert text.startswith(cut)
    assert any(text.startswith(stop, len(cut)) for stop in stops) if found else cut == text


@given(text=st.text(), stops=stops)
def test_cutting_twice_is_cutting_once_in_any_order_of_stops(text, stops) -> None:
    cut, _ = cut_at_stops(text, stops)
    assert cut_at_stops(cut, stops) == (cut, False)
    assert cut_at_stops(text, stops[::-1])[0] == cut


@given(thinking=plain, answer=plain, kind=st.sampled_from(list(TOKENIZERS)))
def test_tokens_are_split_alike_whatever_the_marks_are_to_the_tokenizer(thinking, answer, kind) -> None:
    ids = tokens(TOKENIZERS[kind], f"<think>{thinking}</think>{answer}")
    generation = to_generation(TOKENIZERS[kind], ids, Sampling(), ended=True)
    assert (generation.thinking, generation.text) == (thinking.strip(), answer.strip())
    assert (generation.tokens, generation.finish) == (len(ids), "stop")


def test_other_special_tokens_are_not_part_of_an_answer(tokenizer) -> None:
    ids = [*tokens(tokenizer, "It is kind."), tokenizer.eos_token_id]
    generation = to_generation(tokenizer, ids, Sampling(), ended=True)
    assert (generation.text, generation.tokens) == ("It is kind.", len(ids))


def test_an_answer_that_the_limit_cut_is_told_apart(tokenizer) -> None:
    ids = tokens(tokenizer, "It is kind")
    assert to_generation(tokenizer, ids, Sampling(), ended=False).finish == "length"
    stopped = to_generation(tokenizer, ids, Sampling(stop=(" kind",)), ended=False)
    assert (stopped.text, stopped.finish) == ("It is", "stop")


def test_stop_texts_inside_thinking_do_not_end_the_answer(tokenizer) -> None:
    ids = tokens(tokenizer, "<think>first\n\nthen</think>\n\nYes\n\nNo")
    generation = to_generation(tokenizer, ids, Sampling(stop=("\n\n",)), ended=False)
    assert (generation.thinking, generation.text, generation.finish) == ("first\n\nthen", "Yes", "stop")


def test_an_answer_that_begins_with_a_stop_text_is_empty(tokenizer) -> None:
    ids = tokens(tokenizer, "\nYes\n")
    assert to_generation(tokenizer, ids, Sampling(stop=("\n",)), ended=False).text == ""


def test_thinking_that_took_all_tokens_leaves_no_answer(tokenizer) -> None:
    cut = to_generation(tokenizer, tokens(tokenizer, "<think>Yes? No?"), Sampling(), ended=False)
    assert (cut.thinking, cut.text, cut.finish) == ("Yes? No?", "", "length")
    cut = to_generation(tokenizer, tokens(tokenizer, "Yes? No?"), Sampling(), ended=False, opened=True)
    assert (cut.thinking, cut.text) == ("Yes? No?", "")


@pytest.mark.parametrize(
    ("prompt", "opened"),
    [("<|assistant|><think>\n", True), ("<think>\n\n</think>\n\n", False), ("What is <think> for?", False)],
)
def test_a_prompt_that_opens_the_thinking_is_seen(tokenizer, prompt, opened) -> None:
    assert opens_thinking(tokenizer, tokens(tokenizer, prompt), MARKS) is opened


def test_an_unknown_token_is_not_taken_for_a_mark_the_tokenizer_lacks() -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders.tiny())
    tokenizer.unk_token = "<|system|>"
    assert tokenizer.convert_tokens_to_ids("</think>") == tokenizer.unk_token_id
    ids = [*tokens(tokenizer, "It is"), tokenizer.unk_token_id, *tokens(tokenizer, " kind")]
    generation = to_generation(tokenizer, ids, Sampling(), ended=True)
    assert (generation.thinking, generation.text) == ("", "It is kind")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_tokens": 0}, "field 'max_tokens': must be at least 1, not 0"),
        ({"temperature": -0.1}, "field 'temperature'"),
        ({"temperature": float("nan")}, "field 'temperature'"),
        ({"temperature": float("inf")}, "field 'temperature'"),
        ({"top_p": 0.0}, "field 'top_p'"),
        ({"top_p": 1.1}, "field 'top_p'"),
        ({"top_k": -1}, "field 'top_k'"),
        ({"samples": 0}, "field 'samples'"),
        ({"samples": 2}, "2 greedy answers would all be the same; set a temperature above 0"),
        ({"seed": -1}, "field 'seed'"),
        ({"stop": ("", "x")}, "field 'stop'"),
        ({"choices": ("Yes", " ")}, "field 'choices': must not hold an empty text"),
        ({"choices": ("Yes", "No", "Yes ")}, "field 'choices': must not hold the same text twice"),
        ({"choices": ("Yes", "No, never"), "stop": (",",)}, "field 'choices': must not hold a stop text"),
        ({"thinking": ("", "</think>")}, "field 'thinking'"),
        ({"thinking": ("|", "|")}, "field 'thinking'"),
    ],
)
def test_impossible_sampling_is_refused_in_a_line(wrong, message) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        check_sampling(Sampling(**wrong))


@given(
    max_tokens=st.integers(1, 10**6),
    temperature=st.floats(0.01, 10),
    top_p=st.floats(0, 1, exclude_min=True),
    top_k=st.integers(0, 10**6),
    samples=st.integers(1, 100),
    seed=st.none() | st.integers(0, 2**63 - 1),
    choices=st.lists(st.text(min_size=1).filter(str.strip), unique_by=str.strip).map(tuple),
)
def test_possible_sampling_passes(**values) -> None:
    check_sampling(Sampling(**values))
