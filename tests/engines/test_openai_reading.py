"""From what servers tell about tokens to labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.engines import Problem
from normsuite.engines.openai.answers import Answer, Choice, parse
from normsuite.engines.openai.handles import TextEncoder, to_handle, to_text
from normsuite.engines.openai.reading import (
    Row,
    read_answer,
    read_echo,
    read_ids,
    read_printed,
    read_prompt_logprobs,
    to_reads,
)
from normsuite.errors import InputError

MARKS = ("<think>", "</think>")


def completion(top: dict[str, float], generated: str | None = None) -> Choice:
    token = generated or max(top, key=top.__getitem__)
    told = {"tokens": [token], "token_logprobs": [top.get(token, -3.0)], "top_logprobs": [top]}
    return Choice.model_validate({"text": token, "logprobs": told})


def chat(top: list[tuple[str, float]]) -> Choice:
    tokens = [{"token": token, "logprob": logprob} for token, logprob in top]
    return Choice.model_validate({"logprobs": {"content": [{**tokens[0], "top_logprobs": tokens}]}})


def said(text: str, **more: object) -> Choice:
    return Choice.model_validate({"message": {"content": text, **more}})


def forms(*words: str) -> list[list[str]]:
    return [[to_text(form) for form in group] for group in TextEncoder().label_tokens([], words)]


def testsurface_forms_of_a_label_are_joined() -> None:
    row = read_printed(
        chat([(" Yes", -1.0), ("Yes", -2.0), ("No", -3.0), ("the", -4.0)]), forms("Yes", "No"), pieces=True
    )
    assert row.log_probs == pytest.approx([np.logaddexp(-1, -2), -3.0])
    assert row.mass == pytest.approx(np.exp([-1, -2, -3]).sum())
    assert row.top_is_label


def test_a_label_that_is_not_told_is_nan_and_the_mass_is_what_was_seen() -> None:
    row = read_printed(completion({"well": -0.1, " no": -2.5}), forms("Yes", "No"), pieces=True)
    assert np.isnan(row.log_probs[0])
    assert row.log_probs[1] == -2.5
    assert row.mass == pytest.approx(np.exp(-2.5))
    assert not row.top_is_label


def test_a_token_that_begins_one_label_counts_for_it() -> None:
    row = read_printed(chat([(" un", -0.5), ("reason", -2.0)]), forms("unreasonable", "reasonable"), True)
    assert row.log_probs == pytest.approx([-0.5, -2.0])


@pytest.mark.parametrize("token", ["very", "I", " ", "\n", "verygood"])
def test_a_token_that_does_not_tell_labels_apart_counts_for_none(token: str) -> None:
    row = read_printed(completion({token: -0.1}), forms("very good", "very bad", "Immoral"), pieces=True)
    assert np.isnan(row.log_probs).all()
    assert (row.mass, row.top_is_label) == (0.0, False)


def test_a_word_that_begins_another_counts_only_if_the_other_is_told_whole() -> None:
    alone = read_printed(completion({"1": -0.5, "2": -1.0}), forms("1", "2", "10"), pieces=True)
    assert np.isnan(alone.log_probs[[0, 2]]).all()
    assert alone.log_probs[1] == -1.0
    both = read_printed(completion({"1": -0.5, "2": -1.0, "10": -3.0}), forms("1", "2", "10"), pieces=True)
    assert both.log_probs == pytest.approx([-0.5, -1.0, -3.0])


def test_pieces_count_for_nothing_where_labels_are_single_tokens() -> None:
    row = read_printed(completion({"un": -0.5, "good": -1.0}), [["unfair"], ["good", " good"]], pieces=False)
    assert np.isnan(row.log_probs[0])
    assert row.log_probs[1] == -1.0


def test_letters_are_not_joined_across_cases() -> None:
    row = read_printed(chat([("a", -0.1), (" A", -1.0), ("B", -2.0)]), forms("A", "B"), pieces=True)
    assert row.log_probs == pytest.approx([-1.0, -2.0])
    assert not row.top_is_label


def test_a_generated_token_that_is_not_among_the_top_is_read_too() -> None:
    row = read_printed(completion({"a": -1.0}, generated="Yes"), forms("Yes", "No"), pieces=True)
    assert row.log_probs[0] == -3.0


def test_an_answer_without_any_token_tells_nothing() -> None:
    row = read_printed(Choice.model_validate({"logprobs": {"content": []}}), forms("Yes", "No"), pieces=True)
    assert np.isnan(row.log_probs).all()


def test_token_ids_are_read_by_id() -> None:
    choice = completion({"token_id:9": -0.2, "token_id:4": -2.0, "token_id:5": -3.0})
    row = read_ids(choice, [(4, 5), (9,)], whole=True)
    assert row.log_probs == pytest.approx([np.logaddexp(-2, -3), -0.2])
    assert row.top_is_label
    assert not read_ids(choice, [(4,), (5,)], whole=True).top_is_label


def test_missing_token_ids_are_an_incomplete_answer_only_where_all_were_asked_for() -> None:
    choice = completion({"token_id:9": -0.2, "token_id:4": -2.0})
    with pytest.raises(ValueError, match="not all labels"):
        read_ids(choice, [(4,), (7,)], whole=True)
    row = read_ids(choice, [(4,), (7,)], whole=False)
    assert row.log_probs[0] == -2.0
    assert np.isnan(row.log_probs[1])


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {},
        {"tokens": ["a"], "token_logprobs": [None], "top_logprobs": [{}]},
        {"tokens": ["a"], "token_logprobs": [-1.0]},
        {"tokens": ["a"], "token_logprobs": [], "top_logprobs": [{}]},
    ],
)
def test_log_probabilities_that_are_not_there_are_an_incomplete_answer(logprobs: object) -> None:
    choice = Choice.model_validate({"text": "a", "logprobs": logprobs})
    with pytest.raises(ValueError, match=r"."):
        read_printed(choice, forms("Yes", "No"), pieces=True)


@pytest.mark.parametrize("text", ['{"choices": []}', "{}", '{"choi', "", "null", '{"choices": [3]}'])
def test_half_an_answer_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text, Answer)


@pytest.mark.parametrize("text", ["Yes", " yes.", '"YES"', "**Yes**", "<think>No? Hm.</think>Yes", "“Yes”"])
def test_an_answer_that_is_one_label_is_that_label(text: str) -> None:
    row = read_answer(said(text), forms("No", "Yes"), MARKS)
    assert isinstance(row, Row)
    assert np.isnan(row.log_probs[0])
    assert row.log_probs[1] == 0.0
    assert np.isnan(row.mass)


@pytest.mark.parametrize(
    "text", ["Yes, but no", "Yes No", "maybe", "", "Yes indeed", "Yesterday", "<think>Yes", "..."]
)
def test_an_answer_that_is_not_exactly_one_label_is_unparsed(text: str) -> None:
    problem = read_answer(said(text), forms("No", "Yes"), MARKS)
    assert isinstance(problem, Problem)
    assert problem.status == "unparsed"
    assert "\n" not in problem.detail


def test_letter_case_decides_where_labels_differ_in_it_only() -> None:
    row = read_answer(said("b"), [["B"], ["b"]], MARKS)
    assert isinstance(row, Row)
    assert row.log_probs[1] == 0.0
    assert read_answer(said("b."), [["B"], ["b"]], MARKS) == Problem(
        "unparsed", "the answer 'b.' names no label"
    )


def test_a_refusal_is_one() -> None:
    problem = read_answer(said("", refusal="I cannot\nsay."), forms("No", "Yes"), MARKS)
    assert problem == Problem("refused", "I cannot say.")


def test_a_filtered_answer_is_refused() -> None:
    choice = Choice.model_validate({"text": "Yes", "finish_reason": "content_filter"})
    assert read_answer(choice, forms("No", "Yes"), MARKS) == Problem("refused", "the server's content filter")


def test_a_continuation_sums_its_tokens() -> None:
    places = [None, *({str(token): {"logprob": -token, "rank": token}} for token in (5, 1, 3))]
    choice = Choice.model_validate({"text": "", "prompt_logprobs": places})
    assert read_prompt_logprobs(choice, [8, 5, 1, 3], 2) == (-4.0, True)
    assert read_prompt_logprobs(choice, [8, 5, 1, 3], 1) == (-9.0, False)
    for wrong in ([8, 5, 1, 4], [8, 5, 1, 3, 2]):
        with pytest.raises(ValueError, match="prompt"):
            read_prompt_logprobs(choice, wrong, 2)


def test_an_echoed_prompt_is_scored_alike() -> None:
    told = {
        "tokens": ["a", "b", "c", "d"],
        "token_logprobs": [None, -5.0, -1.0, -0.1],
        "top_logprobs": [None, {"x": -1.0, "b": -5.0}, {"c": -1.0, "y": -2.0}, {"d": -0.1}],
    }
    choice = Choice.model_validate({"text": "", "logprobs": told})
    assert read_echo(choice, [7, 8, 9], 2) == (-1.0, True)
    assert read_echo(choice, [7, 8, 9], 1) == (-6.0, False)
    with pytest.raises(ValueError, match="4 tokens for a prompt of 2"):
        read_echo(choice, [7, 8], 1)
    with pytest.raises(ValueError, match="log-probability"):
        read_echo(choice, [7, 8, 9], 0)


def test_rows_without_a_reading_are_nan() -> None:
    rows = {1: Row(np.array([-1.0, -2.0]), 0.5, True), 0: Problem("error", "broken")}
    reads = to_reads(rows, 2, 2)
    assert np.isnan(reads.log_probs[0]).all()
    assert np.isnan(reads.mass[0])
    assert reads.log_probs[1].tolist() == [-1.0, -2.0]
    assert reads.top_is_label.tolist() == [False, True]
    assert reads.problems == {0: Problem("error", "broken")}


@given(st.text())
def test_a_number_stands_for_its_text(text: str) -> None:
    assert to_text(to_handle(text)) == text


def test_texts_differ_as_numbers_even_by_zero_bytes() -> None:
    assert len({to_handle(text) for text in ("", "\0", "\0\0", "a", "\0a")}) == 5


def test_words_that_share_a_surface_form_are_refused() -> None:
    with pytest.raises(InputError, match="'Yes' and 'yes' are not distinct"):
        TextEncoder().label_tokens(["Is it?"], ["Yes", "yes"])
