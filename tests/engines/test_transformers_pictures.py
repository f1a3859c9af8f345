"""A vision-language model by transformers: what it sees moves what it answers, as the plain model says."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

from normsuite import folders
from normsuite.engines import Sampling, TakesImages, find_checkpoint, is_encoder
from normsuite.engines.transformers import SeeingEngine, TransformersEngine, TransformersSpec
from normsuite.engines.vllm.engine import VllmEngine
from normsuite.errors import InputError
from normsuite.questions import prepare
from normsuite.scorers import design_ranks, scorer_of
from normsuite.tasks import resolve_tasks

DATA = Path(__file__).parents[1] / "data" / "egonormia"
ONE, TWO = (sorted((DATA / "frames" / name).iterdir()) for name in ("robot-1", "robot-2"))
TEMPLATE = (
    "{% for turn in messages %}{% for part in turn['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llava of random weights, with the shipped tokenizer and four patches to a picture."""
    path = tmp_path_factory.mktemp("llava")
    tokenizer = AutoTokenizer.from_pretrained(folders.tiny())
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    pixels = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    LlavaProcessor(
        pixels,
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    ).save_pretrained(path)
    size = {"intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(hidden_size=16, image_size=28, patch_size=14, **size),
        text_config=LlamaConfig(
            hidden_size=32,
            vocab_size=len(tokenizer),
            max_position_embeddings=256,
            initializer_range=0.5,
            eos_token_id=1,
            **size,
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    LlavaForConditionalGeneration(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def engine(folder: Path) -> SeeingEngine:
    return TransformersSpec(find_checkpoint(str(folder)), "float32", "cpu").start()


@pytest.fixture(scope="module")
def plain(folder: Path):
    """From a prompt with its pictures to logits of all positions, by transformers alone."""
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)

    def inputs(prompt: str, images: list[Path]):
        text = "<image>\n" * len(images) + prompt
        pictures = [Image.open(path).convert("RGB") for path in images] or None
        return processor(text=[text], images=pictures, return_tensors="pt", add_special_tokens=False)

    return model, inputs


def test_a_vision_language_model_gets_the_engine_that_sees(folder: Path, engine) -> None:
    assert isinstance(engine, SeeingEngine) and isinstance(engine, TakesImages)
    assert not is_encoder(find_checkpoint(str(folder)))
    for blind in (TransformersEngine, VllmEngine):
        assert not hasattr(blind, "encode_with_images")


def test_labels_are_read_after_the_pictures_as_the_plain_model_reads_them(engine, plain) -> None:
    prompts = ["Which one?\nAnswer:", "Why?\nAnswer:", "Whisper?\nAnswer:"]
    images = [ONE, [], TWO]
    encoded = engine.encode_with_images(prompts, images)
    words = engine.label_tokens(prompts, ["A", "B"])
    heard: list[tuple[int, int]] = []
    reads = engine.read_labels(encoded, words, lambda *told: heard.append(told))
    model, inputs = plain
    for row, (prompt, paths) in enumerate(zip(prompts, images, strict=True)):
        with torch.inference_mode():
            last = model(**inputs(prompt, paths)).logits[0, -1].log_softmax(-1)
        expected = [float(last[list(forms)].logsumexp(-1)) for forms in words]
        assert reads.log_probs[row] == pytest.approx(expected, abs=1e-4)
    assert sorted(read for _, read in heard) == sorted(
        inputs(prompt, paths)["input_ids"].shape[1] for prompt, paths in zip(prompts, images, strict=True)
    )
    assert reads.problems == {}


def test_other_pictures_are_other_prompts(engine) -> None:
    words = engine.label_tokens([""], ["A", "B"])
    encoded = engine.encode_with_images(["Which?\nAnswer:"] * 3, [ONE, ONE[::-1], ONE])
    log_probs = engine.read_labels(encoded, words).log_probs
    assert not np.allclose(log_probs[0], log_probs[1])
    assert np.array_equal(log_probs[0], log_probs[2])


def test_whole_continuations_are_scored_after_the_pictures(engine, plain) -> None:
    prompts, images = ["Which?\nAnswer:", "Who?\nAnswer:"], [TWO, []]
    continuations = [(5, 6, 7), (9,)]
    reads = engine.score_continuations(engine.encode_with_images(prompts, images), continuations)
    model, inputs = plain
    for row, (prompt, paths) in enumerate(zip(prompts, images, strict=True)):
        for column, tokens in enumerate(continuations):
            made = dict(inputs(prompt, paths))
            made["input_ids"] = torch.cat([made["input_ids"], torch.tensor([tokens])], 1)
            made["attention_mask"] = torch.ones_like(made["input_ids"])
            with torch.inference_mode():
                log_probs = model(**made).logits[0].log_softmax(-1)
            places = range(-len(tokens) - 1, -1)
            expected = sum(float(log_probs[at, token]) for at, token in zip(places, tokens, strict=True))
            assert reads.log_probs[row, column] == pytest.approx(expected, abs=1e-3)


def test_text_is_written_after_the_pictures(engine, plain) -> None:
    prompts, images = ["Tell.\nAnswer:", "Tell.\nAnswer:", "Tell.\nAnswer:"], [ONE, [], TWO]
    answers = engine.generate(engine.encode_with_images(prompts, images), Sampling(max_tokens=5))
    model, inputs = plain
    for (answer,), prompt, paths in zip(answers, prompts, images, strict=True):
        made = inputs(prompt, paths)
        ids = model.generate(**made, max_new_tokens=5, do_sample=False)[0, made["input_ids"].shape[1] :]
        expected = engine._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert answer.text == expected.strip()
    assert len({answer.text for (answer,) in answers}) == 3


def test_a_prompt_that_its_pictures_make_too_long_is_a_problem(engine) -> None:
    words = engine.label_tokens([""], ["A", "B"])
    encoded = engine.encode_with_images(["Which?", "Which?"], [ONE * 30, ONE])
    reads = engine.read_labels(encoded, words)
    assert reads.problems[0].status == "too_long"
    assert "the model's context leaves room for 255" in reads.problems[0].detail
    assert np.isnan(reads.log_probs[0]).all() and np.isfinite(reads.log_probs[1]).all()
    scored = engine.score_continuations(encoded, [(5, 6), (7,)])
    assert scored.problems.keys() == {0}
    ((answer,), _) = engine.generate(encoded, Sampling(max_tokens=2))
    assert answer.finish == "error" and "context" in answer.detail


def test_a_broken_picture_is_named(engine, tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    path.write_bytes(ONE[0].read_bytes()[:40])
    words = engine.label_tokens([""], ["A", "B"])
    with pytest.raises(InputError, match=r"half\.png: cannot be read as a picture"):
        engine.read_labels(engine.encode_with_images(["x"], [[path]]), words)


def test_pictures_need_a_chat_template(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare)
    (bare / "chat_template.jinja").unlink()
    engine = TransformersSpec(find_checkpoint(str(bare)), "float32", "cpu").start()
    with pytest.raises(InputError, match="chat template"):
        engine.encode_with_images(["x"], [ONE])
    assert len(engine.encode(["x"])) == 1
    (bare / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    engine = TransformersSpec(find_checkpoint(str(bare)), "float32", "cpu").start()
    assert engine._tokenizer.decode(engine.encode(["Why?"])[0]) == "Why?"
    with pytest.raises(InputError, match="chat template"):
        engine.encode_with_images(["x"], [ONE])


def test_a_folder_whose_processor_cannot_be_loaded_is_refused_in_a_line(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    for content, complaint in (
        ('{"processor_class": "NoSuchProcessor"}', "no processor of pictures"),
        ("[", "cannot be loaded"),
    ):
        (broken / "processor_config.json").write_text(content)
        engine = TransformersSpec(find_checkpoint(str(broken)), "float32", "cpu").start()
        with pytest.raises(InputError, match=complaint) as caught:
            engine.encode_with_images(["x"], [ONE])
        assert "\n" not in str(caught.value)


def test_act_and_reason_by_what_the_model_sees(engine) -> None:
    (question,) = prepare(resolve_tasks("egonormia-both-frames"), {"egonormia": DATA}, limit=2)
    task, items = question.task, question.items
    scorer_of(task).check(task, question.wordings, items, engine)
    ranks = design_ranks(items["id"].to_pylist(), 0)
    rows = scorer_of(task).predict(task, question.wordings, items, ranks, engine).predictions.to_pylist()
    assert {row["status"] for row in rows} == {"ok"}
    assert len(rows) == items.num_rows * 3


def test_an_engine_without_eyes_refuses_before_anything_is_asked() -> None:
    blind = TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")
    for name in ("egonormia-action-frames", "egonormia-both-frames"):
        (question,) = prepare(resolve_tasks(name), {"egonormia": DATA})
        with pytest.raises(InputError, match="this engine takes none") as caught:
            scorer_of(question.task).check(question.task, question.wordings, question.items, blind)
        assert "\n" not in str(caught.value)
