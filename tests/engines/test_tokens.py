"""Prompts and labels as tokens."""

import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.tokens import PromptEncoder, load_encoder
from normsuite.errors import InputError


@pytest.fixture(scope="module")
def encoder() -> PromptEncoder:
    return load_encoder(find_checkpoint(str(folders.tiny())))


@pytest.fixture(scope="module")
def plain(encoder: PromptEncoder) -> PromptEncoder:
    return PromptEncoder(encoder.tokenizer, chat=False)


def test_the_chat_template_is_used_where_the_tokenizer_has_one(encoder: PromptEncoder) -> None:
    assert encoder.chat
    assert encoder.wrap(["Is it okay?"]) == ["<|user|>Is it okay?<|assistant|>"]
    (ids,) = encoder.encode(["Is it okay?"])
    assert encoder.tokenizer.decode(ids) == "<|user|>Is it okay?<|assistant|>"


def test_without_chat_the_prompt_stays_as_it_is(plain: PromptEncoder) -> None:
    (ids,) = plain.encode(["Is it okay?\nAnswer:"])
    assert plain.tokenizer.decode(ids) == "Is it okay?\nAnswer:"


def test_every_surface_form_of_a_label_is_found(plain: PromptEncoder) -> None:
    yes, no = plain.label_tokens(["Answer:"], ["Yes", "No"]) or []
    words = {plain.tokenizer.decode([token]) for token in yes}
    assert words >= {"Yes"}
    assert {word.strip().lower() for word in words} == {"yes"}
    assert not set(yes) & set(no)


def test_a_label_of_several_tokens_is_told(encoder: PromptEncoder) -> None:
    assert encoder.label_tokens(["Answer:"], ["Yes", "entirely unspeakable"]) is None
    yes, long = encoder.continuation_tokens(["Answer:"], ["Yes", "entirely unspeakable"])
    assert encoder.tokenizer.decode(yes) == "Yes"
    assert encoder.tokenizer.decode(long) == "entirely unspeakable"
    assert len(long) > 1


def test_continuations_begin_with_a_space_where_the_prompt_does_not_end_in_one(plain: PromptEncoder) -> None:
    (after_word,) = plain.continuation_tokens(["Answer:"], ["Yes"])
    (after_line,) = plain.continuation_tokens(["Answer:\n"], ["Yes"])
    assert plain.tokenizer.decode(after_word) == " Yes"
    assert plain.tokenizer.decode(after_line) == "Yes"


def test_prompt_and_label_together_are_the_prompt_and_then_the_label(encoder: PromptEncoder) -> None:
    prompt, words = "Is it fine?\nAnswer:", ["Yes", "No"]
    (before,) = encoder.encode([prompt])
    for word, tokens in zip(words, encoder.continuation_tokens([prompt], words), strict=True):
        whole = encoder.tokenizer(encoder.wrap([prompt])[0] + word, add_special_tokens=False)["input_ids"]
        assert whole == [*before, *tokens]


def test_labels_that_are_one_to_the_tokenizer_are_refused(encoder: PromptEncoder) -> None:
    with pytest.raises(InputError, match=r"'No' and 'no' are not distinct"):
        encoder.label_tokens(["Answer:"], ["No", "no"])


def whole_words(*vocabulary: str, ending: bool = False) -> PromptEncoder:
    """A tokenizer of whole words that may end every text with </s>."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    numbers = {word: number for number, word in enumerate(["[UNK]", "</s>", *vocabulary])}
    words = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    if ending:
        words.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    fast = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", eos_token="</s>")
    return PromptEncoder(fast, chat=False)


def test_a_tokenizer_that_does_not_know_the_labels_is_refused() -> None:
    encoder = whole_words("Answer", ":", "Yes")
    assert encoder.label_tokens(["Answer:"], ["Yes", "No"]) is None
    with pytest.raises(InputError, match="the tokenizer does not know the label 'No'"):
        encoder.continuation_tokens(["Answer:"], ["Yes", "No"])


def testsurface_forms_that_the_tokenizer_does_not_know_are_no_forms() -> None:
    encoder = whole_words("Answer", ":", "Yes", "No")
    assert encoder.label_tokens(["Answer:"], ["Yes", "No"]) == [(4,), (5,)]


def test_an_end_that_the_tokenizer_writes_after_every_text_is_taken_off() -> None:
    encoder = whole_words("Answer", ":", "Yes", "No", ending=True)
    assert encoder.encode(["Answer:"]) == [[2, 3]]
    assert encoder.label_tokens(["Answer:"], ["Yes", "No"]) == [(4,), (5,)]


def test_a_prompt_end_that_joins_with_the_label_is_refused() -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    # Without a pre-tokenizer the merge ":" + "Y" crosses the boundary.
    vocabulary = {character: i for i, character in enumerate("A:YN")} | {":Y": 4, ":N": 5}
    bpe = Tokenizer(models.BPE(vocab=vocabulary, merges=[(":", "Y"), (":", "N")]))
    encoder = PromptEncoder(PreTrainedTokenizerFast(tokenizer_object=bpe), chat=False)
    with pytest.raises(InputError, match=r"joins the end of the prompt .* with the label 'Y'"):
        encoder.continuation_tokens(["A:"], ["Y", "N"])


def test_a_doubled_beginning_of_sequence_is_refused(encoder: PromptEncoder) -> None:
    import copy

    tokenizer = copy.deepcopy(encoder.tokenizer)
    tokenizer.bos_token = "<|user|>"
    tokenizer.chat_template = "{{ bos_token }}{{ bos_token }}{{ messages[0]['content'] }}"
    with pytest.raises(InputError, match="two beginning-of-sequence tokens"):
        PromptEncoder(tokenizer, chat=True).encode(["Is it okay?"])
