"""A real vLLM server gives the numbers of the transformers engine, whatever the way they are read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from normsuite import folders
from normsuite.engines import Engine, Sampling, find_checkpoint
from normsuite.engines.openai import OpenaiEngine, OpenaiSpec
from normsuite.engines.openai.abilities import find_choice_way
from normsuite.engines.openai.asking import ChoiceWay, LabelWay, ScoreWay
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError

TINY = find_checkpoint(str(folders.tiny()))
PLACES = ["library", "temple", "classroom", "bus", "kitchen", "courtroom"]
PROMPTS = [
    *(f"Is it okay to sing in a {place}? Options: Yes, No, Neither\nAnswer:" for place in PLACES),
    "Is it okay?\nAnswer:",
]
WORDS = ["Yes", "No", "Neither"]
LONG = ["entirely unspeakable", "Yes", "good and right"]


@pytest.fixture(scope="module")
def engine(vllm_server: str) -> Iterator[OpenaiEngine]:
    one = OpenaiSpec("normsuite-tiny", vllm_server, TINY, concurrency=4, patience=60).start()
    yield one
    one.close()


@pytest.fixture(scope="module")
def texts(vllm_server: str) -> Iterator[OpenaiEngine]:
    one = OpenaiSpec("normsuite-tiny", vllm_server, concurrency=4, patience=60).start()
    yield one
    one.close()


@pytest.fixture(scope="module")
def reference() -> Iterator[Engine]:
    one = TransformersSpec(TINY, dtype="float32", device="cpu").start()
    yield one
    one.close()


def test_the_server_has_the_best_ways(engine: OpenaiEngine) -> None:
    assert engine.abilities.labels is LabelWay.ids
    assert engine.abilities.scores is ScoreWay.prompt_logprobs
    assert engine.abilities.style.tells_ids
    assert engine.context_length == 512


def test_label_reads_equal_the_reference(engine: OpenaiEngine, reference: Engine) -> None:
    encoded, labels = engine.encode(PROMPTS), engine.label_tokens(PROMPTS, WORDS)
    assert labels is not None
    ours, theirs = engine.read_labels(encoded, labels), reference.read_labels(encoded, labels)
    assert ours.log_probs == pytest.approx(theirs.log_probs, abs=1e-3)
    assert ours.mass == pytest.approx(theirs.mass, abs=1e-3)
    assert (ours.top_is_label == theirs.top_is_label).all()
    assert not ours.problems


@pytest.mark.parametrize("way", [LabelWay.top_ids, LabelWay.top_printed])
def test_top_tokens_equal_the_reference_where_told(
    engine: OpenaiEngine, reference: Engine, way: LabelWay
) -> None:
    encoded, labels = engine.encode(PROMPTS), engine.label_tokens(PROMPTS, WORDS)
    assert labels is not None
    found = engine.abilities
    try:
        engine.abilities = replace(found, labels=way, style=replace(found.style, top=20))
        ours = engine.read_labels(encoded, labels)
    finally:
        engine.abilities = found
    theirs = reference.read_labels(encoded, labels)
    told = ~np.isnan(ours.log_probs)
    assert told.any(axis=1).all()
    # What is not told is only the improbable rest of a label's surface forms.
    assert np.exp(ours.log_probs[told]) == pytest.approx(np.exp(theirs.log_probs[told]), abs=1e-3)
    assert (ours.mass <= theirs.mass + 1e-4).all()
    assert (ours.top_is_label == theirs.top_is_label).all()


def test_texts_are_read_as_the_token_ids_are(texts: OpenaiEngine, reference: Engine) -> None:
    labels = texts.label_tokens(PROMPTS, WORDS)
    assert labels is not None
    ours = texts.read_labels(texts.encode(PROMPTS), labels)
    theirs = reference.read_labels(
        reference.encode(PROMPTS), reference.label_tokens(PROMPTS, WORDS) or labels
    )
    told = ~np.isnan(ours.log_probs)
    assert told.any(axis=1).all()
    assert np.exp(ours.log_probs[told]) == pytest.approx(np.exp(theirs.log_probs[told]), abs=1e-3)


@pytest.mark.parametrize("way", list(ScoreWay))
def test_continuations_equal_the_reference(engine: OpenaiEngine, reference: Engine, way: ScoreWay) -> None:
    encoded, tokens = engine.encode(PROMPTS), engine.continuation_tokens(PROMPTS, LONG)
    found = engine.abilities
    try:
        engine.abilities = replace(found, scores=way)
        ours = engine.score_continuations(encoded, tokens)
    finally:
        engine.abilities = found
    theirs = reference.score_continuations(encoded, tokens)
    assert ours.log_probs == pytest.approx(theirs.log_probs, abs=1e-3)
    assert (ours.top_is_label == theirs.top_is_label).all()


def test_greedy_answers_equal_the_reference(engine: OpenaiEngine, reference: Engine) -> None:
    encoded, sampling = engine.encode(PROMPTS), Sampling(max_tokens=12, stop=("\n",))
    assert engine.generate(encoded, sampling) == reference.generate(encoded, sampling)


def test_a_seed_gives_the_same_samples_again(engine: OpenaiEngine) -> None:
    encoded, sampling = engine.encode(PROMPTS), Sampling(max_tokens=8, temperature=1.0, samples=3, seed=7)
    found = engine.generate(encoded, sampling)
    assert found == engine.generate(encoded, sampling)
    assert all(len(answers) == 3 for answers in found)
    assert len({answer.text for answers in found for answer in answers}) > 3


@pytest.mark.parametrize("mode", ["engine", "texts"])
def test_an_answer_is_one_of_the_choices(mode: str, request: pytest.FixtureRequest) -> None:
    one: OpenaiEngine = request.getfixturevalue(mode)
    choices = ("entirely unspeakable", "quite alright")
    found = one.generate(one.encode(PROMPTS), Sampling(max_tokens=32, choices=choices))
    assert {answers[0].text for answers in found} <= set(choices)
    way = find_choice_way(one._client, one._dialect, one.abilities.style)
    assert way is ChoiceWay.structured_outputs


def test_a_prompt_that_does_not_fit_is_too_long_and_the_others_are_read(engine: OpenaiEngine) -> None:
    labels = engine.label_tokens(PROMPTS, WORDS)
    assert labels is not None
    encoded = engine.encode(PROMPTS[:2])
    reads = engine.read_labels([encoded[0], encoded[1] * 60, encoded[1]], labels)
    assert {row: problem.status for row, problem in reads.problems.items()} == {1: "too_long"}
    assert np.isfinite(reads.log_probs[[0, 2]]).all()
    scored = engine.score_continuations([encoded[1] * 60, encoded[0]], [(5, 6), (7,)])
    assert {row: problem.status for row, problem in scored.problems.items()} == {0: "too_long"}


def test_another_tokenizer_is_refused(vllm_server: str, tmp_path: Path) -> None:
    import shutil

    from tokenizers import Tokenizer

    other = Path(shutil.copytree(folders.tiny(), tmp_path / "other"))
    tokenizer = Tokenizer.from_file(str(other / "tokenizer.json"))
    tokenizer.add_tokens(["snake_case"])
    tokenizer.save(str(other / "tokenizer.json"))
    with pytest.raises(InputError, match="the server's model has another tokenizer"):
        OpenaiSpec("normsuite-tiny", vllm_server, find_checkpoint(str(other))).start()


def test_a_wrong_name_tells_the_right_one(vllm_server: str) -> None:
    with pytest.raises(InputError, match="has no model 'huge'; it has: normsuite-tiny"):
        OpenaiSpec("huge", vllm_server).start()


def test_a_generating_server_gives_no_embeddings(engine: OpenaiEngine) -> None:
    from normsuite.engines import Pooling

    with pytest.raises(InputError, match="gives no embeddings of this model"):
        engine.embed(engine.encode(PROMPTS), Pooling())
