"""`normsuite direction`: fit, score and show on real models, and bad input in one line."""

import csv
import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import torch as torch_tensors
from safetensors.numpy import load_file, save_file

from normsuite import folders
from normsuite.scoring import load_direction

WORDS = "positive: [smile, help, thank, comfort]\nnegative: [kill, steal, hurt, lie]\n"
RECIPE = """\
texts: [bare-action]
seeds:
  - words: verbs
    texts: [bare-action]
estimator: {name: pca}
"""


def refused(outcome, *parts: str) -> None:
    assert outcome.code == 2, outcome
    lines = [line for line in outcome.err.splitlines() if line.strip()]
    assert len(lines) == 1, outcome.err
    for part in parts:
        assert part in lines[0]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of this file share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def direction(
    normsuite, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., object]:
    monkeypatch.setenv("NORMSUITE_CACHE", str(kept))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "words.yaml").write_text(WORDS)
    return lambda *arguments: normsuite("direction", *arguments)


@pytest.fixture
def fit(direction, tmp_path: Path, minilm: Path):
    def call(*more: object, model: Path = minilm, out: Path = tmp_path / "d"):
        return direction("fit", model, "--out", out, "--recipe", tmp_path / "recipe.yaml", *more)

    return call


@pytest.fixture
def fitted(fit, tmp_path: Path) -> Path:
    outcome = fit()
    assert outcome.code == 0, outcome
    return tmp_path / "d"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_fit_score_show(direction, fitted: Path, tmp_path: Path) -> None:
    texts = ["welcome a guest", 'say "no", twice', "123", "murder a stranger", "word " * 300, " ö "]
    (tmp_path / "t.txt").write_text("\r\n".join(texts), encoding="utf-8", newline="")
    outcome = direction("score", fitted, tmp_path / "t.txt", "--out", tmp_path / "s.csv")
    assert outcome.code == 0, outcome
    assert outcome.out.startswith("6 texts -> ")
    assert "1 text(s) longer than the model's context have no score" in outcome.err
    found = rows(tmp_path / "s.csv")
    assert [row["text"] for row in found] == texts
    assert [row["score"] == "" for row in found] == [False] * 4 + [True, False]
    assert float(found[0]["score"]) > float(found[3]["score"])
    with load_direction(fitted, device="cpu") as score:
        expected = score(texts)
    assert [float(row["score"] or "nan") for row in found] == pytest.approx(expected, abs=1e-5, nan_ok=True)

    outcome = direction("show", fitted, "--text", "help a friend", "--text", "[red]x[/red]")
    assert outcome.code == 0, outcome
    for part in (
        "'model'",
        "verbs in bare-action: 24 positive",
        "murder",
        "Diagnostics",
        "[CLS]",
        "offset",
        "[red]x[/red]",
    ):
        assert part in outcome.out


def test_show_as_json_adds_up(direction, fitted: Path) -> None:
    outcome = direction("show", fitted, "--json", "--text", "help a friend")
    assert outcome.code == 0, outcome
    told = json.loads(outcome.out)
    assert (told["schema"], told["model"]["name"]) == (1, "model")
    assert len(told["poles"]["positive"]) == len(told["poles"]["negative"]) == 20
    assert len(told["words"]) == 64
    assert told["words"][0]["cosine"] > 0 > told["words"][-1]["cosine"]
    (text,) = told["texts"]
    added = sum(token["contribution"] for token in text["tokens"]) + text["offset"]
    assert added == pytest.approx(text["score"], abs=1e-4)  # of one wording


def test_as_is_and_stdin(direction, fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.txt").write_text("help a friend\n")
    with (tmp_path / "t.txt").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        outcome = direction("score", fitted, "-", "--out", tmp_path / "s.csv", "--as-is")
    assert outcome.code == 0, outcome
    with load_direction(fitted, device="cpu") as score:
        assert float(rows(tmp_path / "s.csv")[0]["score"]) == pytest.approx(
            score(["help a friend"], as_is=True)[0], abs=1e-5
        )


def test_the_default_recipe_and_options_that_change_it(direction, tmp_path: Path, kept: Path) -> None:
    out = tmp_path / "d"
    options = ("--seed-words", tmp_path / "words.yaml", "--texts", "bare-action", "--estimator", "lda")
    outcome = direction("fit", folders.tiny(), "--out", out, *options, "--layer", 2, "--position", "mean")
    assert outcome.code == 0, outcome
    assert "lda on 8 of words (bare-action)" in outcome.out
    told = json.loads((out / "direction.json").read_text())
    assert told["pooling"] == {"position": "mean", "layer": 2, "normalise": False}
    assert [wording["name"] for wording in told["wordings"]] == ["bare-action/plain"]
    assert told["words"][0]["word"] in ("smile", "help", "thank", "comfort")
    assert str(tmp_path) not in (out / "direction.json").read_text()


def test_a_direction_of_a_task(direction, tmp_path: Path) -> None:
    task = f"""\
name: direction-mine
type: direction
title: t
description: d
data: {{set: mini, where: {{style: framed}}}}
metrics: [auroc]
headline: auroc
{RECIPE}"""
    (tmp_path / "direction-mine.yaml").write_text(task)
    options = ("--task", tmp_path / "direction-mine.yaml", "--out", tmp_path / "d", "--layer", -1)
    outcome = direction("fit", folders.tiny(), *options)
    assert outcome.code == 0, outcome
    assert "pca on 64 of verbs" in outcome.out


def test_fitting_again_replaces_and_a_failed_fit_leaves_what_was_there(fit, fitted: Path) -> None:
    before = (fitted / "direction.safetensors").read_bytes()
    refused(fit("--layer", 9), "the model has no layer 9")
    assert (fitted / "direction.safetensors").read_bytes() == before
    assert fit("--estimator", "difference-in-means").code == 0
    assert (fitted / "direction.safetensors").read_bytes() != before


def test_the_offline_part_is_used_where_the_data_is_not_here(fit, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    data = "texts: [bare-action]\nseeds:\n  - {data: {set: ethics}, texts: [bare-action]}\n"
    recipe.write_text(data + "estimator: {name: lda}\n")
    refused(fit(), "'ethics' is not on this machine", "normsuite data get ethics")
    seeds = "offline:\n  seeds:\n    - {words: verbs, texts: [bare-action]}\n"
    recipe.write_text(data + "estimator: {name: lda}\n" + seeds)
    outcome = fit()
    assert outcome.code == 0, outcome
    assert "'ethics' is not on this machine: fitting the recipe's offline part on verbs" in outcome.err
    assert "lda on 64 of verbs" in outcome.out


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (b"", ["t.txt", "holds no text"]),
        (b"sing\n\nwalk\n", ["t.txt, row 2", "empty"]),
        (b"sing\nwalk\n \t\n", ["t.txt, row 3", "empty"]),
        (b"sing\nw\xffalk\n", ["t.txt, row 2", "UTF-8"]),
        ("sing".encode("utf-16"), ["t.txt, row 1", "UTF-8"]),
    ],
)
def test_bad_texts(direction, fitted: Path, tmp_path: Path, text: bytes, parts: list[str]) -> None:
    (tmp_path / "t.txt").write_bytes(text)
    refused(direction("score", fitted, tmp_path / "t.txt", "--out", tmp_path / "s.csv"), *parts)
    assert not (tmp_path / "s.csv").exists()


def test_a_text_that_no_model_sees_names_its_row(direction, fitted: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("sing\n\u200b\n", encoding="utf-8")
    outcome = direction("score", fitted, tmp_path / "t.txt", "--out", tmp_path / "s.csv", "--as-is")
    refused(outcome, "t.txt, row 2", "no character")


def test_bad_places(direction, fit, fitted: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("sing\n")
    refused(direction("score", fitted, tmp_path / "no.txt", "--out", tmp_path / "s.csv"), "no such file")
    refused(direction("score", fitted, tmp_path, "--out", tmp_path / "s.csv"), "is no file")
    refused(direction("score", fitted, tmp_path / "t.txt", "--out", tmp_path / "t.txt"), "file of texts")
    refused(direction("score", fitted, tmp_path / "t.txt", "--out", tmp_path / "t.txt" / "s"), "cannot write")
    refused(
        direction("score", tmp_path / "none", tmp_path / "t.txt", "--out", tmp_path / "s"), "no such folder"
    )
    refused(fit(out=tmp_path), "is no folder of a direction")
    refused(fit(out=tmp_path / "t.txt"), "is a file")


def test_another_model_is_refused_with_both_names(direction, fitted: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("sing\n")
    arguments = ("score", fitted, tmp_path / "t.txt", "--out", tmp_path / "s.csv", "--model", folders.tiny())
    refused(direction(*arguments), "'model'", "another model: 'normsuite-tiny'")


def test_another_revision_of_the_model_is_refused(direction, fit, tmp_path: Path, minilm: Path) -> None:
    model = Path(shutil.copytree(minilm, tmp_path / "model"))
    assert fit(model=model).code == 0
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-6}))
    refused(direction("show", tmp_path / "d", "--text", "sing"), "'model'", "another revision of its model")


def test_a_direction_of_another_dimension_is_refused(direction, fitted: Path, tmp_path: Path) -> None:
    tensors, told = fitted / "direction.safetensors", json.loads((fitted / "direction.json").read_text())
    save_file(load_file(tensors) | {"vector": np.ones(7)}, tensors)
    refused(direction("show", fitted), "digest is another")
    told |= {"tensors_sha256": hashlib.sha256(tensors.read_bytes()).hexdigest()}
    (fitted / "direction.json").write_text(json.dumps(told))
    refused(direction("show", fitted), "has 7 dimensions", "384")
    (fitted / "direction.json").write_text(json.dumps(told | {"dimensions": 7}))
    refused(direction("show", fitted, "--text", "sing"), "has 7 dimensions, the embeddings have 384")


def test_a_pickle_in_its_place(direction, fitted: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return Path.touch, (mark,)

    (fitted / "direction.safetensors").write_bytes(pickle.dumps(Trap()))
    refused(direction("show", fitted), "direction.safetensors", "is a pickle, which is never loaded")
    assert not mark.exists()


def test_seeds_of_one_class(fit, direction, tmp_path: Path) -> None:
    with (folders.mini() / "framed.jsonl").open(encoding="utf-8") as stream:
        items = map(json.loads, stream)
        one = next(item["id"] for item in items if item["split"] == "train" and item["label"] == "expected")
    (tmp_path / "recipe.yaml").write_text(
        "texts: [bare-action]\nestimator: {name: pca}\nseeds:\n"
        f"  - {{data: {{set: mini, where: {{id: 'mini:{one}'}}}}, texts: [bare-action]}}\n"
    )
    refused(fit(), "seeds are of one class only (all positive)")
    (tmp_path / "words.yaml").write_text("positive: [smile, help]\n")
    refused(fit("--seed-words", tmp_path / "words.yaml"), "words.yaml", "negative", "holds no words")


@pytest.mark.parametrize(
    ("value", "part"), [(0.0, "embeddings of X are the same vector"), (np.nan, "is not a number")]
)
def test_embeddings_that_are_constant_or_no_numbers(fit, tmp_path: Path, value: float, part: str) -> None:
    model = Path(shutil.copytree(folders.tiny(), tmp_path / "model"))
    weights = torch_tensors.load_file(model / "model.safetensors")
    torch_tensors.save_file(
        {name: torch.full_like(weight, value) for name, weight in weights.items()},
        model / "model.safetensors",
        metadata={"format": "pt"},
    )
    refused(fit("--layer", -1, model=model), part)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--layer", "top"), "'top' is no layer"),
        (("--layer", 99), "the model has no layer 99"),
        (("--estimator", "magic"), "no such step: 'magic'"),
        (("--estimator", "Magic!"), "estimator.name"),
        (("--texts", "nowhere"), "no such prompt family"),
        (("--texts", "okay-to"), "shows the options"),
        (("--texts", "asked-stem"), "the field 'situation' is empty"),
        (("--task", "mini-framed"), "a task and a recipe"),
        (("--seed-words", "words.txt"), "is no YAML file"),
        (("--seed-words", "none.yaml"), "no such file of poles"),
        (("--raw", "ethics"), "NAME=PATH"),
        (("--engine", "vllm", "--batch-size", "8"), "has no such option"),
    ],
)
def test_bad_options(fit, options: tuple[object, ...], part: str) -> None:
    refused(fit(*options), part)


def test_a_prompted_task_has_no_direction(direction, tmp_path: Path) -> None:
    arguments = ("fit", folders.tiny(), "--out", tmp_path / "d", "--task", "mini-framed")
    refused(direction(*arguments), "not one task of type direction")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (RECIPE + "surprise: 1\n", ["recipe.yaml, row 6", "surprise"]),
        (RECIPE.replace("words: verbs", "words: nouns"), ["no poles are called 'nouns'"]),
        (RECIPE.replace("    texts: [bare-action]\n", ""), ["recipe.yaml, row 3", "texts"]),
        (RECIPE + "reading: {after_letters: true}\n", ["reading.after_letters"]),
        (RECIPE + "reading: {combine: difference}\n", ["reading.combine"]),
        ("texts: [", ["recipe.yaml", "is not YAML"]),
        ("", ["recipe.yaml"]),
    ],
)
def test_bad_recipe(fit, tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "recipe.yaml").write_text(text)
    refused(fit(), *parts)


def test_the_recipe_that_ships_is_one(direction, kept: Path) -> None:
    from normsuite.fitting import DEFAULT, read_recipe
    from normsuite.questions import load_families

    recipe = read_recipe(DEFAULT)
    assert load_families(recipe.texts)
    assert recipe.offline is None or not recipe.offline.sets()
