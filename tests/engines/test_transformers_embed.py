"""Embeddings of the transformers engine against plain, unbatched forward passes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from plain_models import load, save_learned
from transformers import AutoModel

from normsuite import folders
from normsuite.engines import Pooling
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError

TEXTS = [
    "Whispering in a library is fine.",
    "No.",
    "A guest brings flowers to the host and takes off her shoes at the door.",
    "It is rude to interrupt a friend.",
]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_learned(tmp_path_factory.mktemp("learned"))


@pytest.fixture(scope="module", params=["rotary", "learned"])
def both(request, learned) -> tuple[TransformersEngine, torch.nn.Module]:
    """(engine, the same model without a head, on its own)."""
    folder = folders.tiny() if request.param == "rotary" else learned
    reference = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    return load(folder, batch_size=3), reference


def expected(reference: torch.nn.Module, ids: list[int], pooling: Pooling) -> np.ndarray:
    with torch.inference_mode():
        output = reference(torch.tensor([ids]), output_hidden_states=True)
    states = output.last_hidden_state if pooling.layer in (-1, 4) else output.hidden_states[pooling.layer]
    vector = states[0, -1] if pooling.position == "last" else states[0].mean(0)
    return (vector / vector.norm() if pooling.normalise else vector).numpy()


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("layer", [-5, -2, -1, 0, 2, 4])
@pytest.mark.parametrize("position", ["last", "mean"])
def test_vectors_are_those_of_each_text_alone(both, position, layer, normalise) -> None:
    engine, reference = both
    pooling, encoded = Pooling(position, layer, normalise), engine.encode(TEXTS)
    vectors = engine.embed(encoded, pooling)
    assert (vectors.dtype, vectors.shape) == (np.float32, (4, engine.embed(encoded[:1], pooling).shape[1]))
    for vector, ids in zip(vectors, encoded, strict=True):
        assert vector == pytest.approx(expected(reference, ids, pooling), abs=1e-4, rel=1e-4)


def test_layers_differ(both) -> None:
    engine, _ = both
    vectors = [engine.embed(engine.encode(TEXTS), Pooling(layer=layer)) for layer in range(5)]
    for a in range(5):
        for b in range(a):
            assert np.abs(vectors[a] - vectors[b]).max() > 0.01


@pytest.mark.parametrize("layer", [5, -6])
def test_a_layer_the_model_does_not_have_is_refused_with_the_range(both, layer) -> None:
    with pytest.raises(
        InputError, match=rf"no layer {layer}; choose 0 \(the embeddings\) to 4 .* -1 .* to -5"
    ):
        both[0].embed(both[0].encode(TEXTS), Pooling(layer=layer))


def test_pooling_is_in_float32_whatever_the_model_runs_in() -> None:
    half = load(folders.tiny(), dtype="bfloat16")
    (vector,) = half.embed(half.encode(TEXTS[2:3]), Pooling("mean", 2))
    # A bfloat16 has 8 bits of mantissa: the mean of several is one only by chance.
    assert (vector.view(np.uint32) & 0xFFFF).astype(bool).mean() > 0.5


def test_no_logits_are_computed(both) -> None:
    engine, _ = both

    def refuse(*arguments: object) -> None:
        raise AssertionError("the head was run")

    hook = engine._model.get_output_embeddings().register_forward_pre_hook(refuse)
    engine.embed(engine.encode(TEXTS), Pooling(layer=2))
    hook.remove()


def test_progress_is_told_in_texts_and_their_tokens(both) -> None:
    engine, _ = both
    told, encoded = [], engine.encode(TEXTS)
    engine.embed(encoded, Pooling(), lambda requests, tokens: told.append((requests, tokens)))
    assert [requests for requests, _ in told] == [3, 1]
    assert sum(tokens for _, tokens in told) == sum(map(len, encoded))


def test_no_texts_are_no_vectors(both) -> None:
    assert both[0].embed([], Pooling()).shape[0] == 0


def test_a_text_longer_than_the_context_is_refused_by_number(both) -> None:
    engine, _ = both
    with pytest.raises(InputError, match=r"prompt 2 has \d+ tokens, the model's context has room for"):
        engine.embed(engine.encode(["Fine.", "word " * 600]), Pooling())
