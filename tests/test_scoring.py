"""A fitted direction as a plain function, on real models."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import normsuite.scoring
from normsuite import folders
from normsuite.embeddings import Passage, Reader
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.fitting import Recipe, fit_kept
from normsuite.prompts import compile_wording
from normsuite.scorers.direction.files import Place, load, save
from normsuite.scoring import FittedScore, as_passages, load_direction

WORDS = "positive: [smile, help, thank, comfort]\nnegative: [kill, steal, hurt, lie]\nneutral: [walk]\n"
FAMILIES = ("question-stems", "bare-action")


def fit(model: Path, folder: Path, **reading: object) -> Path:
    words = folder / "words.yaml"
    folder.mkdir(exist_ok=True)
    words.write_text(WORDS)
    recipe = Recipe.model_validate(
        {
            "texts": list(FAMILIES),
            "seeds": [{"words": str(words), "texts": list(FAMILIES)}],
            "estimator": {"name": "difference-in-means"},
            "reading": reading,
        }
    )
    axis, about = fit_kept(recipe, TransformersSpec(find_checkpoint(str(model)), "float32", "cpu"), {})
    save(folder / "direction", axis, about, Place(str(model)))
    return folder / "direction"


@pytest.fixture(scope="module")
def fitted(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit(minilm, tmp_path_factory.mktemp("fitted"))


@pytest.fixture(scope="module")
def score(fitted: Path):
    with load_direction(fitted, device="cpu") as loaded:
        yield loaded


def test_a_text_scores_as_the_mean_of_its_wordings(score: FittedScore, fitted: Path, minilm: Path) -> None:
    saved = load(fitted)
    texts = [wording.render({"behavior": "help a neighbour"}) for wording in saved.wordings]
    assert len(texts) == 11
    with Reader(TransformersSpec(find_checkpoint(str(minilm)), "float32", "cpu")) as reader:
        vectors = reader.read([Passage(text) for text in texts], saved.about.pooling)
    expected = saved.axis(vectors.mean(axis=0, keepdims=True))
    found = score(["help a neighbour"])
    assert found.dtype == np.float64
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_poles_lie_where_they_should(score: FittedScore) -> None:
    kind, cruel = score(["welcome a guest", "murder a stranger"])
    assert kind > cruel


def test_seeds_score_as_they_did_when_fitted(score: FittedScore) -> None:
    words = ["smile", "help", "thank", "comfort", "kill", "steal", "hurt", "lie"]
    known = sorted(seed.score for seed in score.saved.about.poles.positive)
    assert sorted(score(words)) == pytest.approx(known, abs=1e-5)
    assert np.std(known) == pytest.approx(1, abs=1e-5)  # scores count in it


def test_as_it_stands_is_another_text(score: FittedScore) -> None:
    whole = score.saved.wordings[0].render({"behavior": "sing"})
    assert score([whole], as_is=True)[0] == pytest.approx(score.explain("sing").score, abs=1e-4)
    assert score(["sing"], as_is=True) != pytest.approx(score(["sing"]))


def test_no_texts_and_one_text_in_place_of_a_list(score: FittedScore) -> None:
    assert score([]).shape == (0,)
    with pytest.raises(InputError, match="give a list"):
        score("sing")


def test_a_text_that_is_too_long_has_no_score(score: FittedScore) -> None:
    found = score(["sing", "sing " * 300, "lie"])
    assert np.isnan(found).tolist() == [False, True, False]


@pytest.mark.parametrize("text", ["", " \t", "\u200b"])
def test_an_empty_text_names_its_row(score: FittedScore, text: str) -> None:
    with pytest.raises(InputError) as caught:
        score(["sing", "walk", text], as_is=True)
    assert caught.value.row == 3


def test_rows_are_counted_over_all_texts(score: FittedScore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normsuite.scoring, "_AT_ONCE", 2)
    whole = score(["sing", "walk", "lie"])
    assert whole[2] == pytest.approx(score(["lie"])[0], abs=1e-5)
    with pytest.raises(InputError) as caught:
        score(["sing", "walk", "lie", ""])
    assert caught.value.row == 4


def test_a_closed_function_can_be_closed_again(fitted: Path) -> None:
    loaded = load_direction(fitted, device="cpu")
    loaded.close()
    assert loaded(["sing"]).shape == (1,)
    loaded.close()
    loaded.close()


def test_another_model_is_refused_with_both_names(fitted: Path) -> None:
    with pytest.raises(InputError, match=r"'model' \(sha256 .*another model: 'normsuite-tiny' \(sha256"):
        load_direction(fitted, folders.tiny())


def test_a_model_that_is_gone_or_unknown_says_what_to_give(fitted: Path, tmp_path: Path) -> None:
    saved = load(fitted)
    save(tmp_path / "d", saved.axis, saved.about, Place(str(tmp_path / "gone")))
    with pytest.raises(InputError, match=r"gone: .*give the folder or hub id of 'model'.*--model"):
        load_direction(tmp_path / "d")
    (tmp_path / "d" / "local.json").unlink()
    with pytest.raises(InputError, match="does not say where its model is"):
        load_direction(tmp_path / "d")


def test_a_span_is_found_where_the_text_stands_twice() -> None:
    asked = compile_wording(Path("w.jinja"), "Is it ok to {{ behavior }}?")
    ((passage,),) = as_passages(["ok"], [asked])
    assert passage.text == "Is it ok to ok?"
    assert passage.span == (12, 14)
    ((other,), (twice,)) = as_passages(["sing", "Is"], [asked])
    assert other.text[slice(*other.span)] == "sing"
    assert twice.span == (12, 14)


def test_a_decoder_is_read_at_the_behaviour_in_a_chosen_layer(tmp_path: Path) -> None:
    folder = fit(folders.tiny(), tmp_path)
    pooling = load(folder).about.pooling
    assert pooling.position == "span"
    assert pooling.layer in (1, 2, 3, 4)
    with load_direction(folder, device="cpu") as score:
        assert np.isfinite(score(["sing", "ok"])).all()
        assert len(score.explain("sing").tokens) > 1


def test_importing_it_imports_no_command_line() -> None:
    code = "import sys, normsuite.scoring; print([m for m in sys.modules if m.startswith('normsuite.cli')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
