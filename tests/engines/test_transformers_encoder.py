"""Encoders against a plain transformers forward pass of each text alone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_encoders import LAYERS, POSITIONS, make_sentence_encoder, save_bert, save_mpnet, save_roberta
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from normsuite.engines import Engine, Pooling, Sampling, find_checkpoint, is_encoder
from normsuite.engines.transformers import EncoderEngine, TransformersSpec
from normsuite.errors import InputError

TEXTS = [
    "a guest brings flowers to the host at the door .",
    "no .",
    "is it rude to nod ?",
    "is it okay to greet a friend ?",
    "it is polite .",
    "the host is polite",
]
SPANS = [(8, 22), (0, 2), (6, 13), (11, 19), (0, 14), (9, 11)]
"""Of words: "brings flowers", "no", "rude to", "to greet", all of the text, "is"."""
FOLDERS: dict[str, Callable[[Path], Path]] = {"bert": save_bert, "roberta": save_roberta, "mpnet": save_mpnet}
CLS = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}


@pytest.fixture(scope="module", params=list(FOLDERS))
def folder(request, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FOLDERS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    return save_bert(tmp_path / "bert")


def start(folder: Path, **options) -> Engine:
    options = {"device": "cpu", "batch_size": 4} | options
    return TransformersSpec(find_checkpoint(str(folder)), **options).start()


def states_alone(folder: Path, text: str, layer: int = -1) -> torch.Tensor:
    """[t, d] hidden states of one text, by transformers alone."""
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        ids = AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
        return model(torch.tensor([ids]), output_hidden_states=True).hidden_states[layer][0]


def embed(engine: Engine, pooling: Pooling, texts=TEXTS, spans=None) -> np.ndarray:
    encoded = engine.encode_passages(texts, spans or [None] * len(texts))
    return engine.embed([ids for ids, _ in encoded], pooling, spans=[span for _, span in encoded])


@pytest.mark.parametrize("layer", [-1, 0, 1, -2])
def test_every_position_is_that_of_each_text_alone(folder: Path, layer: int) -> None:
    engine = start(folder)
    words = [text.split() for text in TEXTS]
    for text, span, own, *vectors in zip(
        TEXTS,
        SPANS,
        words,
        embed(engine, Pooling("mean", layer)),
        embed(engine, Pooling("last", layer)),
        embed(engine, Pooling("span", layer), spans=SPANS),
        strict=True,
    ):
        states = states_alone(folder, text, layer)
        assert len(states) == len(own) + 2  # neither cut nor padded, with the tokens around a text
        first = 1 + len(text[: span[0]].split())
        inside = states[first : first + len(text[slice(*span)].split())]
        for vector, expected in zip(vectors, [states.mean(0), states[-1], inside.mean(0)], strict=True):
            assert vector == pytest.approx(expected.numpy(), abs=1e-5)


def test_all_layers_of_one_pass_are_those_read_one_by_one(folder: Path) -> None:
    engine, layers = start(folder), [0, 1, -2, -1, LAYERS]
    encoded = engine.encode_passages(TEXTS, SPANS)
    prompts, spans = [ids for ids, _ in encoded], [span for _, span in encoded]
    for position in ("mean", "last", "span"):
        together = engine.embed_layers(prompts, Pooling(position), layers, spans=spans)
        assert together.shape == (len(TEXTS), len(layers), 16)
        assert together.dtype == np.float32
        for column, layer in enumerate(layers):
            alone = engine.embed(prompts, Pooling(position, layer), spans=spans)
            assert together[:, column] == pytest.approx(alone, abs=1e-6)


def test_batches_do_not_move_the_vectors(folder: Path) -> None:
    alone = embed(start(folder, batch_size=1), Pooling("mean", normalise=True))
    assert embed(start(folder, batch_size=6), Pooling("mean", normalise=True)) == pytest.approx(
        alone, abs=1e-5
    )
    assert np.linalg.norm(alone, axis=1) == pytest.approx(1)


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize(
    ("settings", "pick"),
    [
        (CLS, lambda states: states[0]),
        (MEAN, lambda states: states.mean(0)),
        ({"pooling_mode": "lasttoken"}, lambda states: states[-1]),
    ],
)
def test_a_sentence_encoder_pools_as_its_folder_says(bert: Path, settings, pick, normalise: bool) -> None:
    make_sentence_encoder(bert, settings, normalise=normalise, max_seq_length=20)
    vectors = embed(start(bert), Pooling("model", normalise=not normalise))  # the folder decides
    for vector, text in zip(vectors, TEXTS, strict=True):
        expected = pick(states_alone(bert, text))
        expected = expected / expected.norm() if normalise else expected
        assert vector == pytest.approx(expected.numpy(), abs=1e-5)


def test_lower_case_is_made_where_the_folder_asks_for_it_and_spans_stay_in_place(bert: Path) -> None:
    make_sentence_encoder(bert, MEAN, normalise=False, do_lower_case=True)
    engine = start(bert)
    given = engine.encode_passages(["İ IS POLITE", "it IS Polite"], [(5, 11), (6, 12)])
    (mixed, span), (small, _) = given[1], engine.encode_passages(["it is polite"], [None])[0]
    assert mixed == small
    assert (span, given[0][1]) == ((3, 4), (len(given[0][0]) - 2, len(given[0][0]) - 1))


def test_a_decoder_is_told_from_an_encoder_by_its_architecture(folder: Path, tmp_path: Path) -> None:
    from transformers import BertConfig, BertLMHeadModel

    from normsuite import folders

    assert is_encoder(find_checkpoint(str(folder)))
    assert not is_encoder(find_checkpoint(str(folders.tiny())))
    causal = Path(shutil.copytree(folder, tmp_path / "causal"))
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertLMHeadModel(BertConfig(vocab_size=30, is_decoder=True, **size)).save_pretrained(causal)
    assert not is_encoder(find_checkpoint(str(causal)))


def test_an_encoder_has_no_answers(folder: Path) -> None:
    engine = start(folder)
    assert isinstance(engine, EncoderEngine)
    encoded = engine.encode(TEXTS)
    for ask in (
        lambda: engine.read_labels(encoded, [[5], [6]]),
        lambda: engine.score_continuations(encoded, [[5], [6]]),
        lambda: engine.generate(encoded, Sampling()),
        lambda: engine.label_tokens(TEXTS, ["no", "okay"]),
        lambda: engine.continuation_tokens(TEXTS, ["no", "okay"]),
    ):
        with pytest.raises(InputError, match=r"is an encoder: it has no answers to read; .*direction"):
            ask()


def test_the_whole_context_can_be_used_and_not_a_token_more(folder: Path) -> None:
    engine = start(folder)
    assert engine.context_length == (POSITIONS if folder.name.startswith("bert") else POSITIONS - 2)
    longest = " ".join(["it"] * (engine.context_length - 2))
    (vector,) = embed(engine, Pooling("mean"), [longest])
    assert vector == pytest.approx(states_alone(folder, longest).mean(0).numpy(), abs=1e-5)
    match = rf"prompt 2 has {engine.context_length + 1} tokens, the model's context has room for"
    with pytest.raises(InputError, match=match):
        embed(engine, Pooling("mean"), ["no .", f"{longest} it"])


def test_a_sentence_encoders_own_limit_is_its_context(bert: Path) -> None:
    engine = start(make_sentence_encoder(bert, MEAN, normalise=True, max_seq_length=9))
    assert engine.context_length == 9
    with pytest.raises(InputError, match="prompt 1 has 13 tokens, the model's context has room for 9"):
        embed(engine, Pooling("model"), [TEXTS[0], TEXTS[1]])


def test_what_cannot_be_embedded_is_a_line(folder: Path) -> None:
    engine = start(folder)
    for pooling, texts, spans, match in [
        (Pooling("mean", 4), TEXTS[:1], None, rf"no layer 4; choose 0 \(the embeddings\) to {LAYERS}"),
        (Pooling("mean", -5), TEXTS[:1], None, "no layer -5"),
        (Pooling("mean"), ["no .", " "], None, "prompt 2 has no tokens but those around every text"),
        (Pooling("model"), TEXTS[:1], None, "is no sentence encoder: .*; choose the position mean or last"),
        (Pooling("span"), TEXTS[:2], [(0, 1), None], "prompt 2 of 4 tokens has no span"),
        (Pooling("span"), ["no .", "it is"], [(0, 2), (2, 3)], r"row 2: the span \[2, 3\) covers no token"),
    ]:
        with pytest.raises(InputError, match=match):
            embed(engine, pooling, texts, spans)
    with pytest.raises(InputError, match="needs a span for each prompt"):
        engine.embed(engine.encode(TEXTS), Pooling("span"))
    assert embed(engine, Pooling("mean"), []).shape == (0, 16)


def test_a_span_of_unknown_words_and_half_characters_is_read(bert: Path) -> None:
    engine = start(bert)
    encoded = engine.encode_passages(["it is \ud83d polite", "unheard words"], [(6, 7), (0, 13)])
    assert [span for _, span in encoded] == [(3, 4), (1, 3)]
    assert np.isfinite(embed(engine, Pooling("mean"), ["unheard words"])).all()  # unknown is not empty


def test_states_that_are_no_numbers_name_the_first_text_and_what_to_do(bert: Path) -> None:
    weights = load_file(bert / "model.safetensors")
    token = AutoTokenizer.from_pretrained(bert).convert_tokens_to_ids("rude")
    weights["bert.embeddings.word_embeddings.weight"][token] = torch.nan
    save_file(weights, bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="output for prompt 3 is not a number; try another --dtype"):
        embed(start(bert), Pooling("mean"))


def test_lacking_weights_are_a_line_and_a_lacking_pooler_is_none(bert: Path) -> None:
    assert embed(start(bert), Pooling("mean")).shape == (6, 16)
    weights = load_file(bert / "model.safetensors")
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 of the encoder's weights \(encoder.layer.1.output.dense"):
        start(bert)


def test_pooling_is_in_float32_whatever_the_model_runs_in(bert: Path) -> None:
    vectors = embed(start(bert, dtype="bfloat16"), Pooling("mean"))
    assert (vectors.view(np.uint32) & 0xFFFF).astype(bool).mean() > 0.5
    assert vectors == pytest.approx(embed(start(bert), Pooling("mean")), abs=0.1)


def test_what_moves_the_numbers_is_described(folder: Path) -> None:
    spec = TransformersSpec(find_checkpoint(str(folder)), device="cpu", batch_size=4, chat=True)
    told = {"engine": "transformers", "dtype": "float32", "device": "cpu", "batch_size": 4}
    assert spec.describe() == told | {"chat_template": False}


def test_progress_is_told_in_texts_and_their_tokens(folder: Path) -> None:
    engine, told = start(folder), []
    encoded = engine.encode(TEXTS)
    engine.embed(encoded, Pooling(), lambda requests, tokens: told.append((requests, tokens)))
    assert [requests for requests, _ in told] == [4, 2]
    assert sum(tokens for _, tokens in told) == sum(map(len, encoded))


def test_a_closed_engine_is_a_line(bert: Path) -> None:
    engine = start(bert)
    engine.close()
    engine.close()
    with pytest.raises(InputError, match="was closed"):
        embed(engine, Pooling("mean"))


def test_minilm_is_read_as_its_folder_says(minilm: Path) -> None:
    engine = start(minilm)
    assert engine.context_length == 256
    texts = ["Someone greets a neighbour with a nod.", "Is it rude to whisper?", "No."]
    vectors = embed(engine, Pooling("model"), texts)
    for vector, text in zip(vectors, texts, strict=True):
        tokenizer = AutoTokenizer.from_pretrained(minilm)
        model = AutoModel.from_pretrained(minilm).eval()
        with torch.inference_mode():
            mean = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
        assert vector == pytest.approx((mean / mean.norm()).numpy(), abs=1e-5)
