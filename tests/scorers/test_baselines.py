"""The baselines."""

import numpy as np
import pyarrow as pa
import pytest

from normsuite.schema import ITEM_SCHEMA, PREDICTION_SCHEMA, conform
from normsuite.scorers import BASELINES, baseline_predictions
from normsuite.tasks import resolve_tasks

(TASK,) = resolve_tasks("ethics-justice")


def items(n: int, split: str, kind: str = "label", k: int = 2, **columns) -> pa.Table:
    gold = [i % k for i in range(n)]
    base = {
        "id": [f"{split}:{i}" for i in range(n)],
        "dataset": "made",
        "split": split,
        "kind": kind,
        "situation": [f"{'kind' if g else 'cruel'} deed number {i}" for i, g in enumerate(gold)],
        "options": [[f"option {j}" for j in range(k)]] * n,
        "gold": gold,
        "cluster": [str(i) for i in range(n)],
    }
    return conform(base | columns, ITEM_SCHEMA, n)


@pytest.mark.parametrize("name", BASELINES)
def test_predictions_carry_the_schema_and_sum_to_one(name: str) -> None:
    table = baseline_predictions(name, TASK, items(40, "train"), items(10, "test"), seed=0)
    assert table is not None
    assert table.schema.equals(PREDICTION_SCHEMA)
    assert table["scorer"].unique().to_pylist() == [name]
    assert all(sum(p) == pytest.approx(1) for p in table["probabilities"].to_pylist())


def test_tfidf_learns_from_the_training_split() -> None:
    table = baseline_predictions("tfidf", TASK, items(40, "train"), items(10, "test"), seed=0)
    assert table["predicted"].to_pylist() == table["gold"].to_pylist()


def test_majority_is_the_training_splits_not_the_tests() -> None:
    train, test = items(9, "train", gold=[1] * 6 + [0] * 3), items(4, "test", gold=[0] * 4)
    table = baseline_predictions("majority", TASK, train, test, seed=0)
    assert table["predicted"].to_pylist() == [1] * 4
    assert table["probabilities"][0].as_py() == pytest.approx([1 / 3, 2 / 3])


def test_random_guesses_uniformly_and_by_seed() -> None:
    test = items(3000, "test", k=3)
    once, again = (baseline_predictions("random", TASK, items(0, "train"), test, seed=7) for _ in range(2))
    assert once.equals(again)
    counts = np.bincount(once["predicted"].to_numpy(), minlength=3)
    assert counts.min() > 900


@pytest.mark.parametrize("name", ["majority", "tfidf"])
def test_without_a_training_split_there_is_no_fitted_baseline(name: str) -> None:
    assert baseline_predictions(name, TASK, items(0, "train"), items(4, "test"), seed=0) is None


def test_own_options_are_ranked_within_the_item() -> None:
    def pairs(n: int, split: str) -> pa.Table:
        options = [
            ["a sunny day", f"a broken leg {i}"] if i % 2 else [f"a broken leg {i}", "a sunny day"]
            for i in range(n)
        ]
        return items(n, split, "pair", options=options, situation=None, gold=[(i + 1) % 2 for i in range(n)])

    table = baseline_predictions("tfidf", TASK, pairs(30, "train"), pairs(8, "test"), seed=0)
    assert table["predicted"].to_pylist() == table["gold"].to_pylist()


def test_multilabel_predicts_a_set() -> None:
    def sets(n: int, split: str) -> pa.Table:
        return items(
            n, split, "multilabel", gold=None, gold_set=[[0] if i % 2 == 0 else [0, 1] for i in range(n)]
        )

    table = baseline_predictions("tfidf", TASK, sets(30, "train"), sets(6, "test"), seed=0)
    assert table["predicted_set"].to_pylist() == table["gold_set"].to_pylist()
    assert table["predicted"].null_count == 6


def test_ratings_follow_the_text() -> None:
    def rated(n: int, split: str) -> pa.Table:
        rating = [0.9 if i % 2 else 0.1 for i in range(n)]
        return items(n, split, "rating", gold=None, rating=rating, scale_min=0.0, scale_max=1.0)

    table = baseline_predictions("tfidf", TASK, rated(30, "train"), rated(6, "test"), seed=0)
    scores = table["score"].to_pylist()
    assert max(scores[::2]) < min(scores[1::2])
