"""Embeddings of the transformers engine against plain, unbatched forward passes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_encoders import make_sentence_encoder
from plain_models import load, save_learned
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

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


def test_spans_are_the_mean_of_their_own_tokens(both) -> None:
    engine, reference = both
    spans = [(16, 23), (0, 3), (2, 7), (6, 20)]
    encoded = engine.encode_passages(TEXTS, spans)
    assert [TEXTS[row][slice(*span)] for row, span in enumerate(spans)][:3] == ["library", "No.", "guest"]
    for layer in (-1, 0, 2):
        ids, ranges = [ids for ids, _ in encoded], [span for _, span in encoded]
        vectors = engine.embed(ids, Pooling("span", layer), spans=ranges)
        for vector, tokens, (start, stop) in zip(vectors, ids, ranges, strict=True):
            with torch.inference_mode():
                output = reference(torch.tensor([tokens]), output_hidden_states=True)
            states = output.last_hidden_state if layer == -1 else output.hidden_states[layer]
            assert vector == pytest.approx(states[0, start:stop].mean(0).numpy(), abs=1e-4, rel=1e-4)


def test_a_span_covers_its_characters_and_little_more(both) -> None:
    engine, _ = both
    encoded = engine.encode_passages(TEXTS, [(16, 23), (0, 3), None, (6, 20)])
    tokenizer = AutoTokenizer.from_pretrained(folders.tiny())
    said = [span and tokenizer.decode(ids[slice(*span)]).strip() for ids, span in encoded]
    assert said[2] is None
    assert "library" in said[0]
    assert said[1] == "No."
    assert "rude to interr" in said[3]


def test_passages_have_no_chat_template(both) -> None:
    engine, _ = both
    assert engine.encode_passages([], []) == []
    for (ids, _), prompt in zip(engine.encode_passages(TEXTS, [None] * 4), engine.encode(TEXTS), strict=True):
        assert len(ids) <= len(prompt)
        assert "user" not in AutoTokenizer.from_pretrained(folders.tiny()).decode(ids)


def test_all_layers_of_one_pass_are_those_read_one_by_one(both) -> None:
    engine, _ = both
    encoded, layers = engine.encode(TEXTS), [4, 0, -2, 1]
    for position in ("mean", "last"):
        together = engine.embed_layers(encoded, Pooling(position, normalise=True), layers)
        for column, layer in enumerate(layers):
            alone = engine.embed(encoded, Pooling(position, layer, normalise=True))
            assert together[:, column] == pytest.approx(alone, abs=1e-6)


def test_a_decoder_whose_folder_pools_is_a_sentence_encoder_too(learned, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(learned, tmp_path / "model"))
    make_sentence_encoder(folder, {"pooling_mode": "lasttoken"}, normalise=True)
    engine = load(folder, batch_size=3)
    encoded = [ids for ids, _ in engine.encode_passages(TEXTS, [None] * 4)]
    expected = engine.embed(encoded, Pooling("last", normalise=True))
    assert engine.embed(encoded, Pooling("model")) == pytest.approx(expected)
    assert engine.embed(encoded, Pooling("model", layer=2)).shape == expected.shape
    with pytest.raises(InputError, match="is no sentence encoder"):
        load(learned).embed(encoded, Pooling("model"))


def test_states_that_are_no_numbers_name_the_first_prompt_and_what_to_do(learned, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(learned, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    engine = load(learned)
    encoded = engine.encode(TEXTS)
    weights["transformer.wte.weight"][encoded[3][-2]] = torch.inf
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    first = next(row for row, ids in enumerate(encoded, start=1) if encoded[3][-2] in ids)
    with pytest.raises(InputError, match=f"output for prompt {first} is not a number; try another --dtype"):
        load(folder).embed(encoded, Pooling("mean"))


def test_no_texts_are_no_vectors(both) -> None:
    assert both[0].embed([], Pooling()).shape[0] == 0


def test_a_text_longer_than_the_context_is_refused_by_number(both) -> None:
    engine, _ = both
    with pytest.raises(InputError, match=r"prompt 2 has \d+ tokens, the model's context has room for"):
        engine.embed(engine.encode(["Fine.", "word " * 600]), Pooling())
