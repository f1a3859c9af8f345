"""The ceiling beside a task's results."""

import numpy as np
import pytest
from made_predictions import LABELS, prediction, table

from normsuite.aggregate import aggregate, ceiling_results
from normsuite.metrics import best_ceiling
from normsuite.schema import RESULT_SCHEMA

ALL = ("accuracy", "macro_f1", "log_loss", "calibrated_log_loss")


def voted(items=200, people=6, seed=0, **others):
    """Votes of six people on three labels, two items to a cluster; a tie has no gold."""
    random = np.random.default_rng(seed)
    counts = np.stack([random.multinomial(people, own) for own in random.dirichlet([0.5, 1.5, 1.0], items)])
    rows = []
    for at, votes in enumerate(counts):
        top = np.flatnonzero(votes == votes.max())
        gold = int(top[0]) if len(top) == 1 else None
        rows.append(prediction(f"{at:03}", gold, 0, votes=votes.tolist(), cluster=str(at // 2)) | others)
    return rows, counts


def ceiling(rows, metrics=ALL, **options):
    found = ceiling_results(table(rows), metrics=metrics, **({"replicates": 300} | options))
    assert found.schema == RESULT_SCHEMA
    return {row["metric"]: row for row in found.to_pylist()}


def test_the_ceiling_is_that_of_the_votes():
    rows, counts = voted()
    golden = [at for at, row in enumerate(rows) if row["gold"] is not None]
    assert len(golden) < len(rows)
    found, expected = ceiling(rows), best_ceiling(counts, draws=400)
    assert {row["scorer"] for row in found.values()} == {"ceiling: BEST"}
    assert found["accuracy"]["n"] == found["macro_f1"]["n"] == len(golden)
    assert found["log_loss"]["n"] == len(rows)
    assert found["log_loss"]["clusters"] == len(rows) / 2
    assert found["log_loss"]["value"] == pytest.approx(expected.cross_entropy, abs=0.01)
    assert found["calibrated_log_loss"]["value"] == found["log_loss"]["value"]
    of_golden = ceiling([rows[at] for at in golden])
    known = best_ceiling(counts[golden], draws=400)
    assert of_golden["accuracy"]["value"] == pytest.approx(known.accuracy, abs=0.01)
    assert of_golden["macro_f1"]["value"] == pytest.approx(known.macro_f1, abs=0.01)
    for row in found.values():
        assert row["ci_low"] < row["value"] < row["ci_high"]
        assert row["facet"] == row["group"] == ""
        assert row["chance"] is None


def test_wordings_scorers_and_the_order_of_rows_do_not_move_it():
    rows, _ = voted(items=40)
    more = [row | {"prompt": prompt, "scorer": scorer} for row in rows for prompt in "ab" for scorer in "cd"]
    assert ceiling(more[::-1]) == ceiling(rows)
    assert ceiling(rows, threads=1) == ceiling(rows)


def test_what_the_task_does_not_measure_has_no_ceiling():
    rows, _ = voted(items=30)
    assert list(ceiling(rows, metrics=["brier", "accuracy", "recall", "accuracy"])) == ["accuracy"]


def test_options_of_their_own_have_no_macro_f1_and_an_alpha_for_each_number_of_them():
    three, _ = voted(items=30, kind="choice")
    two = [
        prediction(f"two {at}", at % 2, 0, kind="choice", options=["a", "b"], votes=votes)
        for at, votes in enumerate([[5, 1], [0, 6]] * 15)
    ]
    found = ceiling([*three, *two])
    assert sorted(found) == ["accuracy", "calibrated_log_loss", "log_loss"]
    assert found["log_loss"]["n"] == 60
    alone = ceiling(two)["accuracy"]["value"]
    assert found["accuracy"]["value"] < alone


def test_without_votes_or_with_single_ones_there_is_none():
    assert ceiling([prediction("a", 0, 0), prediction("b", 1, 1, votes=[0, 0, 0])]) == {}
    assert ceiling([prediction("a", 0, 0, votes=[1, 0, 0]), prediction("b", 1, 1, votes=[0, 1, 0])]) == {}
    assert ceiling([]) == {}
    rating = {"kind": "rating", "rating": 0.5, "scale_min": 0.0, "scale_max": 1.0, "votes": [3, 3, 0]}
    assert ceiling([prediction("a", None, None) | rating]) == {}


def test_items_without_votes_are_left_out():
    rows, _ = voted(items=30)
    more = [*rows, prediction("unasked", 0, 0), prediction("neither", None, 0)]
    assert ceiling(more)["log_loss"]["value"] == pytest.approx(ceiling(rows)["log_loss"]["value"])
    assert ceiling(more)["log_loss"]["n"] == 30


def test_shares_of_an_unknown_number_of_people_have_no_ceiling():
    rows, counts = voted(items=30)
    told = [
        row | {"item": f"told {at}", "votes": None, "shares": (own / own.sum()).tolist()}
        for at, (row, own) in enumerate(zip(rows, counts, strict=True))
    ]
    assert ceiling(told) == {}
    assert ceiling([*rows, *told])["log_loss"]["n"] == 30


def test_one_cluster_has_no_interval():
    rows, _ = voted(items=4, cluster="one")
    assert ceiling(rows)["log_loss"]["ci_low"] is None


def test_a_model_that_knows_the_shares_reaches_the_ceiling_within_its_interval():
    random = np.random.default_rng(1)
    shares = random.dirichlet([0.5, 1.5, 1.0], 400)
    rows = []
    for at, own in enumerate(shares):
        votes = random.multinomial(6, own)
        told = {"votes": votes.tolist(), "probabilities": own.tolist()}
        rows.append(prediction(f"{at:03}", int(votes.argmax()), int(own.argmax()), **told))
    results = aggregate(table(rows), metrics=["accuracy", "log_loss"], headline="accuracy", replicates=200)
    model = {row["metric"]: row["value"] for row in results.to_pylist() if row["facet"] == ""}
    for metric in ("accuracy", "log_loss"):
        best = ceiling(rows)[metric]
        assert best["ci_low"] < model[metric] < best["ci_high"]


def test_labels_are_counted_in_the_tasks_order():
    rows, _ = voted(items=40)
    turned = [
        row
        | {
            "options": LABELS[::-1],
            "votes": row["votes"][::-1],
            "gold": None if row["gold"] is None else 2 - row["gold"],
        }
        for row in rows
    ]
    for metric in ("macro_f1", "accuracy"):
        assert ceiling(turned)[metric]["value"] == pytest.approx(ceiling(rows)[metric]["value"], abs=0.01)
