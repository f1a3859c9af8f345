"""Embeddings of the vLLM engine against those of the transformers engine, both real."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from lent import Lent
from watched import group_of, wait_for

from normsuite import folders
from normsuite.engines import Engine, EngineSpec, Pooling, Sampling, find_checkpoint
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers import TransformersSpec
from normsuite.engines.vllm import VllmEngine, VllmSpec
from normsuite.errors import InputError
from normsuite.poles import load_poles
from normsuite.questions import load_families
from normsuite.scorers.direction import Models, Part, Recipe, Seeds, measure, to_passages, words_as_items
from normsuite.tasks import Step

TEXTS = [
    "Is it okay to whisper in a library?",
    "No.",
    "A guest brings flowers to the host and takes off her shoes at the door.",
    *(f"Someone greets {number} neighbours with a nod." for number in range(70)),
]


@pytest.fixture(scope="module")
def encoder(vllm_installed, minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmEngine]:
    """MiniLM in an engine that has loaded nothing before the first test, and is killed by the last."""
    spec = VllmSpec(find_checkpoint(str(minilm)), "float32")
    engine = spec.start(tmp_path_factory.mktemp("minilm") / "engine.log")
    yield engine
    engine.close()


@pytest.fixture
def tiny(vllm_installed, tmp_path: Path) -> Iterator[VllmEngine]:
    """An engine that has loaded nothing yet."""
    checkpoint = find_checkpoint(str(folders.tiny()))
    engine = VllmEngine(VllmSpec(checkpoint, "float32"), load_encoder(checkpoint), tmp_path / "engine.log")
    yield engine
    engine.close()


def tokens(engine: Engine) -> list[list[int]]:
    return [ids for ids, _ in engine.encode_passages(TEXTS, [None] * len(TEXTS))]


def test_a_decoder_pools_like_the_reference(tiny: VllmEngine) -> None:
    reference = TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu").start()
    encoded = tokens(tiny)
    assert encoded == tokens(reference)
    for pooling, message in [
        (Pooling(layer=1), "last layer only, not layer 1; use --engine transformers"),
        (Pooling("span"), "does not pool a span; use --engine transformers"),
        (Pooling("model"), "is no sentence encoder"),
    ]:
        with pytest.raises(InputError, match=message):
            tiny.embed(encoded[:1], pooling, spans=[(0, 1)])
    with pytest.raises(InputError, match="last layer only, not layer 0; use --engine transformers"):
        tiny.embed_layers(encoded, Pooling(), [-1, 0])
    assert tiny.embed([], Pooling()).shape[0] == 0
    assert tiny.pid is None
    vectors = tiny.embed(encoded, Pooling("last"))
    assert vectors.dtype == np.float32
    assert np.abs(vectors - reference.embed(encoded, Pooling("last"))).max() < 1e-4
    first = tiny.pid
    assert tiny.context_length == 512
    layers = tiny.embed_layers(encoded, Pooling("last", layer=2), [-1])  # its own layer is not looked at
    assert (layers.shape, tiny.pid) == ((len(TEXTS), 1, vectors.shape[1]), first)
    assert layers[:, 0] == pytest.approx(vectors, abs=1e-5)
    with pytest.raises(InputError, match=r"cannot embed prompt 2 \(.*512"):
        tiny.embed([encoded[0], [5] * 600], Pooling("last"))


def test_a_sentence_encoder_is_loaded_when_it_is_told_how_to_pool(encoder: VllmEngine, minilm: Path) -> None:
    checkpoint = find_checkpoint(str(minilm))
    assert VllmSpec(checkpoint, "float32").describe()["chat_template"] is False
    reference = TransformersSpec(checkpoint, "float32", "cpu").start()
    encoded = tokens(encoder)
    assert encoded == tokens(reference)
    assert encoder.context_length == reference.context_length == 256
    for ask in (
        lambda: encoder.read_labels(encoded, [[2000], [2001]]),
        lambda: encoder.score_continuations(encoded, [[2000], [2001]]),
        lambda: encoder.generate(encoded, Sampling()),
        lambda: encoder.label_tokens(TEXTS, ["Yes", "No"]),
    ):
        with pytest.raises(InputError, match=r"is an encoder: it has no answers to read"):
            ask()
    with pytest.raises(InputError, match="prompt 2 has no tokens but those around every text"):
        encoder.embed(encoder.encode(["No.", ""]), Pooling("model"))
    with pytest.raises(InputError, match="prompt 1 has 302 tokens, the model's context has room for 256"):
        encoder.embed(encoder.encode(["no " * 300]), Pooling("model"))
    assert encoder.pid is None
    vectors = encoder.embed(encoded, Pooling("model"))
    assert np.abs(vectors - reference.embed(encoded, Pooling("model"))).max() < 1e-4
    first = encoder.pid
    assert encoder.embed(encoded, Pooling("mean", normalise=True)) == pytest.approx(vectors, abs=1e-5)
    assert encoder.pid == first  # the same way to pool


def test_scores_along_a_direction_are_those_of_transformers(encoder: VllmEngine, minilm: Path) -> None:
    checkpoint = find_checkpoint(str(minilm))
    reference = direction_scores(TransformersSpec(checkpoint, "float32", "cpu"))
    assert np.ptp(reference) > 0.5
    ours = direction_scores(Lent(checkpoint, "float32", engine=encoder))
    assert np.abs(ours - reference).max() < 1e-3


def direction_scores(spec: EngineSpec) -> np.ndarray:
    """Scores of every fourth verb, along a direction that was fitted on the others."""
    words = words_as_items(load_poles("verbs"), "verbs")
    held = np.arange(words.num_rows) % 4 == 0
    items, seeds = words.filter(pa.array(held)), words.filter(pa.array(~held))
    stems = load_families(["question-stems"])[:3]
    fitted_on = Seeds("verbs", to_passages(seeds, stems), seeds["rating"].to_numpy(), seeds["id"].to_pylist())
    part = Part("", items, to_passages(items, stems), items.slice(0, 0), [], [fitted_on])
    measured = measure("verbs", [part], Recipe(Step(name="logistic"), (Step(name="centre"),)), Models(spec))
    return np.asarray(measured.predictions["score"])


def test_a_killed_engine_is_one_clear_line_for_every_thread_that_waits(encoder: VllmEngine) -> None:
    encoded, pooling = tokens(encoder), Pooling("model")
    encoder.embed(encoded[:1], pooling)
    begun = threading.Semaphore(0)

    def ask() -> None:
        encoder.embed(encoded * 40, pooling, lambda requests, tokens: begun.release())

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask) for _ in range(2)]
        assert begun.acquire(timeout=60)
        os.kill(encoder.pid, signal.SIGKILL)
        for future in asked:
            with pytest.raises(InputError, match=r"process ended \(SIGKILL\).*same command continues"):
                future.result(60)
    with pytest.raises(InputError, match="process ended"):
        encoder.embed(encoded, pooling)
    encoder.close()
    encoder.close()
    wait_for(lambda: not group_of(encoder.pid))
