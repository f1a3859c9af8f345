"""Untrained doubles: the model's own architecture and tokenizer, with random weights, the same each time."""

import numpy as np
import pytest

from normsuite import folders
from normsuite.embeddings import Passage, Reader
from normsuite.engines import Pooling, find_checkpoint
from normsuite.engines.openai import OpenaiSpec
from normsuite.engines.transformers import TransformersSpec
from normsuite.scorers.direction.untrained import DOUBLES, untrained_doubles

TEXTS = [Passage("Thank the host."), Passage("Mock the host."), Passage("Wait.")]


@pytest.fixture(scope="module")
def tiny() -> TransformersSpec:
    return TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu")


def vectors(spec, cache=None, **pooling):
    with Reader(spec, cache=cache) as reader:
        return reader.read(TEXTS, Pooling("mean", **pooling))


def test_every_double_has_weights_of_its_own_and_none_the_models(tiny) -> None:
    doubles, why_not = untrained_doubles(tiny)
    assert why_not == ""
    assert len(doubles) == DOUBLES
    trained = vectors(tiny)
    found = [vectors(double) for double in doubles]
    assert all(own.shape == trained.shape for own in found)
    assert all(np.isfinite(own).all() for own in found)
    for at, own in enumerate(found):
        assert not np.allclose(own, trained, atol=1e-3)
        assert not any(np.allclose(own, other, atol=1e-3) for other in found[:at])


def test_a_double_is_the_same_each_time(tiny) -> None:
    first, again = untrained_doubles(tiny)[0][1], untrained_doubles(tiny)[0][1]
    assert vectors(first).tobytes() == vectors(again).tobytes()


def test_a_double_is_never_mixed_up_with_its_model_in_the_cache(tiny, tmp_path) -> None:
    trained = vectors(tiny, tmp_path)
    for double in untrained_doubles(tiny)[0]:
        alone = vectors(double)
        assert vectors(double, tmp_path).tobytes() == alone.tobytes()
        assert vectors(double, tmp_path).tobytes() == alone.tobytes()  # now from the cache
    assert vectors(tiny, tmp_path).tobytes() == trained.tobytes()


def test_a_double_has_the_models_layers(tiny) -> None:
    double = untrained_doubles(tiny)[0][0]
    with Reader(double) as reader:
        found = reader.read_layers(TEXTS, Pooling("mean"), (0, 1, tiny.checkpoint.layers))
    assert found.shape[:2] == (3, 3)
    assert not np.allclose(found[:, 0], found[:, 1])


def test_a_sentence_encoder_has_doubles_too(minilm) -> None:
    spec = TransformersSpec(find_checkpoint(str(minilm)), device="cpu")
    found = vectors(untrained_doubles(spec)[0][0])
    assert found.shape == (3, 384)
    assert not np.allclose(found, vectors(spec), atol=1e-3)


def test_a_served_model_has_none_and_it_is_said_why() -> None:
    spec = OpenaiSpec("a-model", "http://127.0.0.1:9")
    assert untrained_doubles(spec) == ((), "the model's architecture is not known here: a server runs it")
