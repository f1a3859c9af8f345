"""Embeddings of the vLLM engine against those of the transformers engine, both real."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from normsuite import folders
from normsuite.engines import Engine, Pooling, Sampling, find_checkpoint
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers import TransformersSpec
from normsuite.engines.vllm import VllmEngine, VllmSpec
from normsuite.errors import InputError

TEXTS = [
    "Is it okay to whisper in a library?",
    "No.",
    "A guest brings flowers to the host and takes off her shoes at the door.",
    *(f"Someone greets {number} neighbours with a nod." for number in range(70)),
]


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


def test_a_sentence_encoder_is_loaded_when_it_is_told_how_to_pool(
    vllm_installed, minilm: Path, tmp_path: Path
) -> None:
    checkpoint = find_checkpoint(str(minilm))
    spec = VllmSpec(checkpoint, "float32")
    assert spec.describe()["chat_template"] is False
    reference = TransformersSpec(checkpoint, "float32", "cpu").start()
    engine = spec.start(tmp_path / "engine.log")
    try:
        encoded = tokens(engine)
        assert encoded == tokens(reference)
        assert engine.context_length == reference.context_length == 256
        for ask in (
            lambda: engine.read_labels(encoded, [[2000], [2001]]),
            lambda: engine.score_continuations(encoded, [[2000], [2001]]),
            lambda: engine.generate(encoded, Sampling()),
            lambda: engine.label_tokens(TEXTS, ["Yes", "No"]),
        ):
            with pytest.raises(InputError, match=r"is an encoder: it has no answers to read"):
                ask()
        with pytest.raises(InputError, match="prompt 2 has no tokens but those around every text"):
            engine.embed(engine.encode(["No.", ""]), Pooling("model"))
        with pytest.raises(InputError, match="prompt 1 has 302 tokens, the model's context has room for 256"):
            engine.embed(engine.encode(["no " * 300]), Pooling("model"))
        assert engine.pid is None
        vectors = engine.embed(encoded, Pooling("model"))
        assert np.abs(vectors - reference.embed(encoded, Pooling("model"))).max() < 1e-4
        first = engine.pid
        assert engine.embed(encoded, Pooling("mean", normalise=True)) == pytest.approx(vectors, abs=1e-5)
        assert engine.pid == first  # the same way to pool
    finally:
        engine.close()
