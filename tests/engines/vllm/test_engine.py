"""The vLLM engine against the transformers engine, both real, on the shipped checkpoint."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from normsuite import folders
from normsuite.cli.engines import EngineName, EngineOptions, choose_engine
from normsuite.engines import Sampling, find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.engines.vllm import VllmSpec
from normsuite.errors import InputError

PROMPTS = [
    "Is it okay to whisper in a library?\nAnswer:",
    "Is it okay?\nAnswer:",
    "A guest brings flowers to the host and takes off her shoes at the door.\nIs that fine?\nAnswer:",
    *(f"Someone greets {number} neighbours with a nod.\nIs that polite?\nAnswer:" for number in range(70)),
]
LONG_LABELS = ["entirely unspeakable", "Yes", "good and right", "good and proper"]


@pytest.fixture(scope="module")
def reference():
    return TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu").start()


@pytest.fixture(scope="module")
def encoded(reference):
    return reference.encode(PROMPTS)


def same(ours, expected) -> None:
    """Log-probabilities within 1e-3, and the same label wherever the margin is above that."""
    assert not ours.problems
    assert np.abs(ours.log_probs - expected.log_probs).max() < 1e-3
    assert np.abs(ours.mass - expected.mass).max() < 1e-3
    best = np.sort(expected.log_probs, axis=1)
    clear = best[:, -1] - best[:, -2] > 1e-3
    assert (ours.log_probs.argmax(1) == expected.log_probs.argmax(1))[clear].all()
    assert (ours.top_is_label == expected.top_is_label).all()


def test_prompts_and_labels_are_the_same_tokens(vllm_engine, reference, encoded) -> None:
    assert vllm_engine.encode(PROMPTS) == encoded
    assert vllm_engine.label_tokens(PROMPTS, ["Yes", "No"]) == reference.label_tokens(PROMPTS, ["Yes", "No"])
    assert vllm_engine.context_length == reference.context_length == 512


def test_label_reads_equal_the_reference(vllm_engine, reference, encoded) -> None:
    labels = reference.label_tokens(PROMPTS, ["Yes", "No", "Neither"])
    assert any(len(forms) > 1 for forms in labels)  # surface forms are joined on both sides
    same(vllm_engine.read_labels(encoded, labels), reference.read_labels(encoded, labels))


def test_label_reads_do_not_depend_on_what_shares_the_batch_or_the_cache(vllm_engine, encoded) -> None:
    labels = vllm_engine.label_tokens(PROMPTS, ["Yes", "No"])
    whole = vllm_engine.read_labels(encoded, labels).log_probs
    assert (vllm_engine.read_labels(encoded, labels).log_probs == whole).all()
    backwards = vllm_engine.read_labels(encoded[::-1], labels).log_probs[::-1]
    assert (backwards == whole).all()


def test_the_older_way_gives_the_same_label_reads(vllm_engine, reference, encoded) -> None:
    labels = reference.label_tokens(PROMPTS, ["Yes", "No"])
    vllm_engine.reads_ids = False
    try:
        older = vllm_engine.read_labels(encoded[:6], labels)
    finally:
        vllm_engine.reads_ids = True
    same(older, reference.read_labels(encoded[:6], labels))


def test_labels_of_several_tokens_equal_the_reference_in_each_way(vllm_engine, reference, encoded) -> None:
    tokens = reference.continuation_tokens(PROMPTS, LONG_LABELS)
    expected = reference.score_continuations(encoded[:8], tokens)
    told: list[int] = []
    along_the_trie = vllm_engine.score_continuations(encoded[:8], tokens, lambda n, _: told.append(n))
    same(along_the_trie, expected)
    assert sum(told) == 8 * len(tokens)
    vllm_engine.reads_ids = False
    try:
        whole = vllm_engine.score_continuations(encoded[:8], tokens)
    finally:
        vllm_engine.reads_ids = True
    same(whole, expected)


def test_more_labels_than_one_request_can_read_are_refused_in_a_line(vllm_engine, encoded) -> None:
    with pytest.raises(InputError, match="129 tokens together, more than the 128"):
        vllm_engine.read_labels(encoded[:1], [[token] for token in range(10, 139)])


def test_what_the_engine_does_not_take_is_a_problem_of_that_row_only(vllm_engine, encoded) -> None:
    labels = vllm_engine.label_tokens(PROMPTS, ["Yes", "No"])
    reads = vllm_engine.read_labels([encoded[0], [5] * 600, encoded[1]], labels)
    assert set(reads.problems) == {1}
    assert reads.problems[1].status == "error"
    assert "512" in reads.problems[1].detail
    assert np.isfinite(reads.log_probs[[0, 2]]).all()


def test_several_threads_may_ask_at_once(vllm_engine, reference, encoded) -> None:
    labels = reference.label_tokens(PROMPTS, ["Yes", "No"])
    expected = reference.read_labels(encoded, labels)
    with ThreadPoolExecutor(4) as pool:
        for reads in pool.map(lambda _: vllm_engine.read_labels(encoded, labels), range(8)):
            same(reads, expected)


def test_advance_is_told_every_request_and_its_tokens(vllm_engine, encoded) -> None:
    told: list[tuple[int, int]] = []
    labels = vllm_engine.label_tokens(PROMPTS, ["Yes", "No"])
    vllm_engine.read_labels(encoded, labels, lambda requests, tokens: told.append((requests, tokens)))
    assert sum(requests for requests, _ in told) == len(encoded)
    assert sum(tokens for _, tokens in told) == sum(len(prompt) for prompt in encoded)
    assert len(told) > 1


def test_greedy_answers_equal_the_reference(vllm_engine, reference, encoded) -> None:
    sampling = Sampling(max_tokens=12)
    assert vllm_engine.generate(encoded[:6], sampling) == reference.generate(encoded[:6], sampling)


def test_sampled_answers_repeat_by_seed_and_end_at_a_stop_text(vllm_engine, encoded) -> None:
    sampling = Sampling(max_tokens=12, temperature=1.0, top_p=0.9, samples=3, seed=5, stop=("\n",))
    first = vllm_engine.generate(encoded[:4], sampling)
    assert vllm_engine.generate(encoded[:4], sampling) == first
    assert {len(answers) for answers in first} == {3}
    assert not any("\n" in answer.text for answers in first for answer in answers)
    other = Sampling(max_tokens=12, temperature=1.0, top_p=0.9, samples=3, seed=6, stop=("\n",))
    assert vllm_engine.generate(encoded[:4], other) != first


def test_a_structured_choice_answers_with_one_of_the_choices(vllm_engine, encoded) -> None:
    choices = ("Never at all", "Only at home")
    for (answer,) in vllm_engine.generate(encoded[:6], Sampling(max_tokens=30, choices=choices)):
        assert answer.text in choices
        assert answer.finish == "stop"


def test_a_model_that_vllm_cannot_run_goes_to_transformers_if_asked(
    vllm_installed, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers import AutoTokenizer, OpenAIGPTConfig, OpenAIGPTLMHeadModel

    AutoTokenizer.from_pretrained(folders.tiny()).save_pretrained(tmp_path / "old")
    OpenAIGPTLMHeadModel(OpenAIGPTConfig(vocab_size=64, n_embd=8, n_layer=1, n_head=1)).save_pretrained(
        tmp_path / "old"
    )
    spec, _ = choose_engine(EngineName.vllm, str(tmp_path / "old"), EngineOptions(fallback=True))
    assert isinstance(spec, TransformersSpec)
    _, found, told = capfd.readouterr().err.rpartition("vLLM cannot run this model")
    assert found
    assert "OpenAIGPTLMHeadModel" in told
    assert len(told) < 200
    assert told.endswith("going on with transformers\n")


def test_an_engine_argument_that_vllm_does_not_have_is_named(vllm_installed, tmp_path: Path) -> None:
    spec = VllmSpec(find_checkpoint(str(folders.tiny())), "float32", options=(("max_model_length", 9),))
    with pytest.raises(InputError, match=r"max_model_length.*did you mean max_model_len") as caught:
        spec.start(tmp_path / "engine.log")
    assert caught.value.field == "--engine-option" or "--engine-option" in str(caught.value)
