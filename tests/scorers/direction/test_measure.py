"""One direction task on one model, the whole of it: normsuite-tiny reads a few invented sentences."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_seeds import items, step, texts

from normsuite import folders
from normsuite.embeddings import Passage
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, NULL_SCHEMA, PREDICTION_SCHEMA
from normsuite.scorers.direction import Models, Part, Recipe, Seeds, measure, untrained_doubles
from normsuite.scorers.direction.measure import Measured
from normsuite.scorers.direction.nulls import PERMUTATIONS, RANDOM_DRAWS
from normsuite.tasks import ReadingSpec

ACTS = (
    "thank the host",
    "mock the host",
    "greet a guest",
    "shove a guest",
    "praise the cook",
    "insult the cook",
)
MEANS = Recipe(step("difference-in-means"), reading=ReadingSpec(position="mean", layer=-1))
SEEDS = texts("help them", "harm them", "share bread", "steal bread", values=[1, 0, 1, 0])
LONG = "very long words " * 400


@pytest.fixture(scope="module")
def tiny() -> TransformersSpec:
    return TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu")


def part(*acts: str, name: str = "", seeds=(SEEDS,), train=(), **columns) -> Part:
    """Acts in one wording, good and bad in turn."""

    def table(of) -> pa.Table:
        rows = [
            {"id": f"{name}{at}", "behavior": act, "gold": 1 - at % 2} | columns for at, act in enumerate(of)
        ]
        return items(rows)

    def read(of) -> list[list[Passage]]:
        return [[Passage(f"I {act}.")] for act in of]

    return Part(name, table(acts), read(acts), table(train), read(train), list(seeds))


def nulls_of(measured: Measured) -> dict[str, np.ndarray]:
    found: dict[str, list] = {}
    for row in measured.nulls.to_pylist():
        assert row["draw"] == len(found.setdefault(row["null"], []))
        found[row["null"]].append(row["scores"])
    return {name: np.array(scores, float) for name, scores in found.items()}


def test_a_task_leaves_predictions_and_nulls_in_one_order(tiny) -> None:
    found = measure("t", [part(*ACTS)], MEANS, Models(tiny), prompt="plain")
    assert found.predictions.schema.equals(PREDICTION_SCHEMA)
    assert found.nulls.schema.equals(NULL_SCHEMA)
    assert found.predictions["item"].to_pylist() == [f"{at}" for at in range(6)]
    assert found.predictions["status"].to_pylist() == ["ok"] * 6
    nulls = nulls_of(found)
    assert {name: scores.shape for name, scores in nulls.items()} == {
        "random": (RANDOM_DRAWS, 6),
        "permuted": (PERMUTATIONS - found.about["parts"][""]["permutations_without_direction"], 6),
        "tfidf": (1, 6),
    }
    assert all(np.isfinite(scores).all() for scores in nulls.values())
    assert found.about["missing_nulls"] == {}


def test_untrained_doubles_are_measured_by_the_same_recipe(tiny) -> None:
    doubles, _ = untrained_doubles(tiny)
    found = measure("t", [part(*ACTS)], MEANS, Models(tiny, doubles))
    scores = nulls_of(found)["untrained"]
    assert scores.shape == (len(doubles), 6)
    assert np.isfinite(scores).all()
    assert len({tuple(own) for own in scores.round(4).tolist()}) == len(doubles)
    assert found.about["parts"][""]["untrained_without_direction"] == 0


def test_a_null_that_cannot_be_is_missing_with_its_reason(tiny) -> None:
    models = Models(tiny, why_not="a server runs it")
    seeds = texts("help them", "harm them", "help us", "harm all", values=[1, 0, 1, 0])
    found = measure("t", [part(*ACTS, seeds=[seeds])], replace(MEANS, estimator=step("pca")), models)
    assert set(nulls_of(found)) == {"random", "tfidf"}
    assert found.about["missing_nulls"]["untrained"] == "a server runs it"
    assert "for its sign alone" in found.about["missing_nulls"]["permuted"]


def test_the_same_work_gives_the_same_numbers_with_and_without_the_cache(tiny, tmp_path: Path) -> None:
    runs = [
        measure("t", [part(*ACTS)], MEANS, Models(tiny, cache=cache)) for cache in (None, tmp_path, tmp_path)
    ]
    assert runs[0].predictions.equals(runs[1].predictions)
    assert runs[1].predictions.equals(runs[2].predictions)
    assert runs[0].nulls.equals(runs[1].nulls)
    assert runs[1].nulls.equals(runs[2].nulls)
    other = measure("t", [part(*ACTS)], MEANS, Models(tiny, cache=tmp_path), seed=1)
    assert other.predictions.equals(runs[0].predictions)
    assert not other.nulls.equals(runs[0].nulls)


def test_what_is_in_the_cache_starts_no_engine(tiny, tmp_path: Path) -> None:
    class Silent(TransformersSpec):
        """The engine's description without the engine: a start is a fault."""

        def start(self, log: Path | None = None):
            raise AssertionError("nothing is missing")

    first = measure("t", [part(*ACTS)], MEANS, Models(tiny, cache=tmp_path))
    again = measure("t", [part(*ACTS)], MEANS, Models(Silent(tiny.checkpoint, device="cpu"), cache=tmp_path))
    assert again.predictions.equals(first.predictions)


def test_an_item_that_is_too_long_has_no_score_anywhere(tiny) -> None:
    whole = measure("t", [part(*ACTS)], MEANS, Models(tiny))
    found = measure("t", [part(ACTS[0], LONG, *ACTS[2:])], MEANS, Models(tiny))
    assert found.predictions["status"].to_pylist() == ["ok", "too_long", "ok", "ok", "ok", "ok"]
    assert found.predictions["predicted"][1].as_py() is None
    kept = [0, 2, 3, 4, 5]
    for name, scores in nulls_of(found).items():
        assert np.isnan(scores[:, 1]).all()
        assert scores[:, kept] == pytest.approx(nulls_of(whole)[name][:, kept], abs=1e-5)


@pytest.mark.parametrize("acts", [(ACTS[0],), (LONG, LONG), (ACTS[0], LONG)])
def test_with_fewer_than_two_readable_items_there_is_nothing_to_compare(tiny, acts) -> None:
    doubles, _ = untrained_doubles(tiny)
    found = measure("t", [part(*acts)], MEANS, Models(tiny, doubles[:1]))
    assert found.nulls.num_rows == 0
    assert found.predictions.num_rows == len(acts)


def test_ratings_have_scores_and_no_threshold(tiny) -> None:
    rating = {
        "kind": "rating",
        "options": None,
        "gold": None,
        "scale_min": 0.0,
        "scale_max": 1.0,
        "rating": 0.5,
    }
    found = measure("t", [part(*ACTS, **rating)], MEANS, Models(tiny))
    assert found.predictions["probabilities"].null_count == 6
    assert found.predictions["score"].null_count == 0


def test_the_threshold_comes_from_training_rows_and_else_from_the_seeds(tiny) -> None:
    by_seeds = measure("t", [part(*ACTS)], MEANS, Models(tiny)).predictions
    # Training rows that are all bad but one put the threshold elsewhere, and no score with it.
    train = ("help them", *(f"harm the {who}" for who in ("host", "cook", "guest")))
    one = part(*ACTS, train=train)
    gold = pa.array([1, 0, 0, 0], pa.int32())
    place = ITEM_SCHEMA.get_field_index("gold")
    one = replace(one, train=one.train.set_column(place, ITEM_SCHEMA.field("gold"), gold))
    by_rows = measure("t", [one], MEANS, Models(tiny)).predictions
    assert by_rows["score"].equals(by_seeds["score"])
    assert not by_rows["probabilities"].equals(by_seeds["probabilities"])


def test_training_rows_of_one_class_are_one_line(tiny) -> None:
    one = part(*ACTS, train=("help them",))
    with pytest.raises(InputError, match="the threshold is fitted on are of one class only"):
        measure("t", [one], MEANS, Models(tiny))


def test_parts_are_fitted_apart_and_lie_side_by_side(tiny) -> None:
    other = texts("dance", "weep", "sing", "sulk", values=[1, 0, 1, 0])
    parts = [
        part(*ACTS[:4], name="de", language="de"),
        part(*ACTS[2:], name="en", language="en", seeds=[other]),
    ]
    found = measure("t", parts, MEANS, Models(tiny))
    assert found.predictions["item"].to_pylist() == ["de0", "de1", "de2", "de3", "en0", "en1", "en2", "en3"]
    alone = [measure("t", [one], MEANS, Models(tiny)) for one in parts]
    assert found.predictions["score"].to_pylist() == pytest.approx(
        [score for one in alone for score in one.predictions["score"].to_pylist()], abs=1e-5
    )
    for name, scores in nulls_of(found).items():
        first, second = (nulls_of(one)[name] for one in alone)
        assert len(scores) == max(len(first), len(second))
        assert scores[: len(first), :4] == pytest.approx(first, abs=1e-5)
        assert scores[: len(second), 4:] == pytest.approx(second, abs=1e-5)
    assert set(found.about["parts"]) == {"de", "en"}


def test_a_part_that_lacks_a_null_leaves_its_scores_empty(tiny) -> None:
    silent = texts("a", "o", "i", "u", values=[1, 0, 1, 0])  # no word of two letters
    parts = [part(*ACTS[:4], name="de"), part(*ACTS[2:], name="en", seeds=[silent])]
    found = measure("t", parts, MEANS, Models(tiny))
    (words,) = nulls_of(found)["tfidf"]
    assert np.isfinite(words).tolist() == [True] * 4 + [False] * 4
    assert found.about["missing_nulls"] == {"tfidf": "the seeds' words define no direction"}


def test_wordings_are_averaged_before_they_are_scored(tiny) -> None:
    one = part(*ACTS)
    both = replace(
        one, texts=[[*own, Passage(f"May one {act}?")] for own, act in zip(one.texts, ACTS, strict=True)]
    )
    second = replace(one, texts=[[Passage(f"May one {act}?")] for act in ACTS])
    scores = [
        np.array(measure("t", [own], MEANS, Models(tiny)).predictions["score"]) for own in (one, second, both)
    ]
    assert scores[2] == pytest.approx((scores[0] + scores[1]) / 2, abs=1e-4)


def test_the_layer_of_a_decoder_is_chosen_on_the_seeds(tiny) -> None:
    recipe = replace(MEANS, reading=ReadingSpec(position="last"))
    seeds = texts(*ACTS, *(f"{act} again" for act in ACTS), values=[1, 0] * 6, clusters=[*"aabbccddeeff"])
    about = measure("t", [part(*ACTS, seeds=[seeds])], recipe, Models(tiny)).about["parts"][""]
    assert list(about["layer_agreement"]) == [str(at) for at in range(1, tiny.checkpoint.layers + 1)]
    best = max(about["layer_agreement"], key=lambda layer: about["layer_agreement"][layer])
    assert about["pooling"]["layer"] == int(best)
    assert about["pooling"]["position"] == "last"


BAD = {
    "no seeds": (part(*ACTS, seeds=[]), MEANS, "there are no seeds"),
    "an empty source": (part(*ACTS, seeds=[texts(values=[])]), MEANS, "there are no seeds"),
    "one class": (part(*ACTS, seeds=[texts("a b", "c d", values=[1, 1])]), MEANS, "one class only"),
    "the same seeds": (part(*ACTS, seeds=[texts("ab", "ab", values=[1, 0])]), MEANS, "the same vector"),
    "seeds too long": (part(*ACTS, seeds=[texts(LONG, f"x {LONG}", values=[1, 0])]), MEANS, "no seed fits"),
    "too long but one pole": (
        part(*ACTS, seeds=[texts(LONG, "harm", "hurt", values=[1, 0, 0])]),
        MEANS,
        "one class only",
    ),
    "no behaviour": (part(*ACTS), replace(MEANS, reading=ReadingSpec(position="behavior")), "exactly once"),
    "no encoder": (part(*ACTS), replace(MEANS, reading=ReadingSpec(position="model")), "no sentence encoder"),
    "no layer": (part(*ACTS), replace(MEANS, reading=ReadingSpec(position="mean", layer=99)), "layer"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_measured_is_one_line(case: str, tiny) -> None:
    one, recipe, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        measure("t", [one], recipe, Models(tiny))
    assert "\n" not in str(caught.value)


def test_two_seeds_are_enough_for_an_axis(tiny) -> None:
    """Diagnosis and nulls do with what there is."""
    found = measure("t", [part(*ACTS, seeds=[texts("help", "harm", values=[1, 0])])], MEANS, Models(tiny))
    assert found.about["parts"][""]["seeds"][0]["n"] == 2
    assert found.predictions["score"].null_count == 0


def test_it_is_told_what_is_embedded(tiny) -> None:
    told: list[tuple[str, int, int]] = []
    measure("t", [part(*ACTS)], MEANS, Models(tiny), progress=lambda *step: told.append(step[:3]))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["embedding made", "t: embedding items"]
    for stage in stages:
        steps = [(done, total) for name, done, total in told if name == stage]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]


def test_every_reading_of_an_offset_is_of_the_offset(tiny) -> None:
    """An item whose two texts are one has the offset 0, and so the same score by model and nulls alike."""
    pairs = [[Passage(f"I {act}."), Passage(f"I must {act}.")] for act in ACTS]
    same = [[Passage(f"I {act}.")] * 2 for act in ACTS]
    turned = [own[::-1] for own in pairs]
    seeds = Seeds("made", [*pairs, *turned], np.array([1.0] * 6 + [0] * 6), [*ACTS, *ACTS])
    recipe = replace(MEANS, reading=ReadingSpec(position="mean", layer=-1, combine="difference"))
    asked = replace(part(*ACTS, seeds=[seeds]), texts=[*same[:3], *pairs[3:]])
    doubles, _ = untrained_doubles(tiny)
    found = measure("t", [asked], recipe, Models(tiny, doubles[:1]))
    scores = {"model": np.array([found.predictions["score"].to_pylist()])} | nulls_of(found)
    for name in ("model", "tfidf", "untrained", "random"):
        nothing, something = scores[name][:, :3], scores[name][:, 3:]
        assert np.ptp(nothing, axis=1) == pytest.approx(0, abs=1e-4), name
        assert (np.abs(something - nothing) > 1e-4).any(axis=1).all(), name
