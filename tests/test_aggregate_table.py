"""Predictions in, tidy results out."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_predictions import prediction, random_predictions, table

from normsuite.aggregate import FEW_CLUSTERS, aggregate
from normsuite.errors import InputError
from normsuite.schema import PREDICTION_SCHEMA, RESULT_SCHEMA

ALL = ["accuracy", "macro_f1", "recall", "log_loss", "brier", "ece", "label_mass", "top_is_label", "mae"]
ALL += ["exact_match", "family_right", "flip_accuracy"]


def results(predictions, metrics=("accuracy",), headline="accuracy", **options):
    """{(scorer, metric, facet, group): row}."""
    options = {"replicates": 300} | options
    found = aggregate(predictions, metrics=metrics, headline=headline, **options)
    assert found.schema == RESULT_SCHEMA
    keys = ("scorer", "metric", "facet", "group")
    rows = {tuple(row[key] for key in keys): row for row in found.to_pylist()}
    assert len(rows) == found.num_rows
    return rows


def overall(rows, metric, scorer="scorer"):
    return rows[scorer, metric, "", ""]


def countries(shares, clusters=20, items=5):
    """For each country ``clusters`` clusters of ``items`` items, of which a share is right."""
    rows = []
    for country, share in shares.items():
        for number in range(clusters * items):
            right = (number % 10) < 10 * share
            name = f"{country}{number:03}"
            cluster = f"{country}{number % clusters}"
            rows.append(prediction(name, 0, 0 if right else 1, country=country, cluster=cluster))
    return table(rows)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(seed):
    predictions = random_predictions(items=40, clusters=24)
    shuffled = predictions.take(np.random.default_rng(seed).permutation(predictions.num_rows))
    options = {"metrics": ALL, "headline": "macro_f1", "replicates": 200}
    assert aggregate(predictions, **options).equals(aggregate(shuffled, **options, threads=1))


def test_chunks_of_a_table_change_nothing():
    predictions = random_predictions(items=40)
    pieces = pa.concat_tables([predictions.slice(0, 13), predictions.slice(13, 50), predictions.slice(63)])
    options = {"metrics": ALL, "headline": "accuracy", "replicates": 100}
    assert aggregate(predictions, **options).equals(aggregate(pieces, **options))


def test_doubling_every_cluster_keeps_values_and_narrows_intervals():
    predictions = random_predictions()
    again = predictions
    for name in ("item", "family", "cluster"):
        at = predictions.schema.get_field_index(name)
        renamed = pc.binary_join_element_wise(predictions[name], "again", " ")
        again = again.set_column(at, PREDICTION_SCHEMA.field(name), renamed)
    once = results(predictions, ALL, replicates=2000)
    twice = results(pa.concat_tables([predictions, again]), ALL, replicates=2000)
    for key, row in once.items():
        assert twice[key]["value"] == pytest.approx(row["value"])
        assert twice[key]["clusters"] == 2 * row["clusters"]
    first, second = (overall(rows, "brier") for rows in (once, twice))
    ratio = (second["ci_high"] - second["ci_low"]) / (first["ci_high"] - first["ci_low"])
    assert ratio == pytest.approx(1 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_values_lie_in_their_intervals(seed):
    found = results(random_predictions(seed=seed), ALL, replicates=1000)
    inside = []
    for (_, metric, _, _), row in found.items():
        biased = metric.endswith(("_gap", "_worst", "_spread")) or metric == "ece"
        if row["ci_low"] is not None and not biased:
            inside.append(row["ci_low"] - 1e-6 <= row["value"] <= row["ci_high"] + 1e-6)
    assert np.mean(inside) > 0.98


def test_intervals_cover_the_truth_about_95_times_in_a_hundred():
    random = np.random.default_rng(0)
    covered = []
    for _ in range(200):
        skill = random.normal(0.6, 0.15, 40)  # of each cluster
        right = random.random((40, 6)) < skill[:, None]
        rows = [
            prediction(f"{c} {i}", 0, int(not right[c, i]), cluster=str(c))
            for c in range(40)
            for i in range(6)
        ]
        row = overall(results(table(rows), replicates=200), "accuracy")
        covered.append(row["ci_low"] <= 0.6 <= row["ci_high"])
    assert 0.88 < np.mean(covered) <= 0.99


def test_every_group_has_its_numbers():
    found = results(countries({"FRA": 0.8, "PER": 0.5}))
    row = found["scorer", "accuracy", "country", "FRA"]
    assert (row["n"], row["clusters"], row["value"]) == (100, 20, pytest.approx(0.8))
    assert row["ci_low"] < 0.8 < row["ci_high"]
    assert row["chance"] == pytest.approx(1 / 3)
    assert overall(found, "coverage")["value"] == 1.0
    assert overall(found, "coverage")["chance"] is None


def test_macro_gap_and_worst_of_cultures():
    found = results(countries({"FRA": 0.8, "PER": 0.5, "JPN": 0.6}))
    macro, gap = (found["scorer", f"accuracy_{name}", "country", ""] for name in ("macro", "gap"))
    worst = found["scorer", "accuracy_worst", "country", "PER"]
    assert macro["value"] == pytest.approx(1.9 / 3)
    assert (macro["n"], macro["clusters"], macro["chance"]) == (300, 60, pytest.approx(1 / 3))
    assert gap["value"] == pytest.approx(0.3)
    assert gap["ci_low"] < 0.3 < gap["ci_high"]
    assert 0 < gap["chance"] < 0.2
    assert (worst["value"], worst["n"], worst["chance"]) == (pytest.approx(0.5), 100, None)


def test_the_worst_group_of_an_error_is_the_highest():
    found = results(countries({"FRA": 0.8, "PER": 0.5}), headline="mae")
    worst = found["scorer", "mae_worst", "country", "PER"]
    assert worst["value"] == pytest.approx(0.5)
    assert 0.2 < worst["ci_low"] < 0.5 < worst["ci_high"]
    assert found["scorer", "mae_gap", "country", ""]["value"] == pytest.approx(0.3)


def test_small_groups_are_shown_and_never_compared():
    few = countries({"PER": 0.1}, clusters=FEW_CLUSTERS - 1)
    found = results(pa.concat_tables([countries({"FRA": 0.8, "JPN": 0.7}), few]))
    assert found["scorer", "accuracy", "country", "PER"]["clusters"] == FEW_CLUSTERS - 1
    assert found["scorer", "accuracy_gap", "country", ""]["value"] == pytest.approx(0.1)
    alone = results(pa.concat_tables([countries({"FRA": 0.8}), few]))
    assert not any(key[1].endswith(("_gap", "_worst", "_macro")) for key in alone)


def test_spread_over_wordings_and_orders():
    rows = [
        prediction(f"{i:02}", 0, int(prompt == "two" and i % 2), prompt=prompt, order=order)
        for i in range(20)
        for prompt, order in (("one", "0-1-2"), ("two", "2-1-0"))
    ]
    found = results(table(rows))
    for name in ("wording", "order"):
        spread = overall(found, f"{name}_spread")
        assert spread["value"] == pytest.approx(0.5)
        assert 0 < spread["chance"] < spread["value"]
        assert spread["ci_low"] < 0.5 < spread["ci_high"]
    assert overall(found, "accuracy")["n"] == 20
    assert found["scorer", "accuracy", "wording", "two"]["value"] == 0.5
    assert not any(key[1] == "accuracy_gap" for key in found)


def test_scorers_of_the_same_clusters_are_resampled_alike():
    rows = random_predictions().to_pylist()
    both = table([*rows, *(row | {"scorer": "twin"} for row in rows)])
    found = results(both, ALL)
    for (scorer, *key), row in found.items():
        if scorer == "scorer":
            assert found["twin", *key] == row | {"scorer": "twin"}


def test_one_cluster_has_no_interval():
    found = results(table([prediction(name, 0, 0, cluster="c") for name in "ab"]))
    row = overall(found, "accuracy")
    assert (row["value"], row["ci_low"], row["ci_high"]) == (1.0, None, None)


def test_nothing_scored_has_no_value():
    found = results(
        table([prediction("a", 0, None, status="too_long", country="FRA"), prediction("b", 0, None)])
    )
    row = overall(found, "accuracy")
    assert (row["n"], row["value"], row["ci_low"], row["chance"]) == (0, None, None, None)
    assert overall(found, "too_long")["value"] == 0.5
    assert ("scorer", "refused", "", "") not in found


def test_rows_without_probabilities_count_where_the_answer_suffices():
    rows = [
        prediction("a", 0, 0, probabilities=[0.6, 0.3, 0.1], mass=0.9, top_is_label=True, country="FRA"),
        prediction("b", 0, 1, probabilities=[0.1, 0.8, 0.1], mass=0.7, top_is_label=True, country="FRA"),
        prediction("c", 0, 0, mass=0.5, top_is_label=True, country="PER", detail="1 label(s) not told"),
        prediction("d", 0, 2, mass=None, top_is_label=False, country="PER", detail="2 label(s) not told"),
    ]
    found = results(table(rows), ALL)
    extent = {metric: overall(found, metric)["n"] for metric in ALL if metric != "recall"}
    whole = {"accuracy": 4, "macro_f1": 4, "mae": 4, "exact_match": 4, "top_is_label": 4, "label_mass": 3}
    assert extent == whole | dict.fromkeys(("log_loss", "brier", "ece"), 2) | {
        "family_right": 0,
        "flip_accuracy": 0,
    }
    assert overall(found, "accuracy")["value"] == 0.5
    assert overall(found, "mae")["value"] == pytest.approx((0 + 1 + 0 + 2) / 4)
    assert overall(found, "label_mass")["value"] == pytest.approx(0.7)
    assert overall(found, "coverage")["value"] == 1.0
    told = results(table(rows[:2]), ALL)
    for metric in ("log_loss", "brier", "ece"):
        for name in ("n", "clusters", "value", "chance"):
            assert overall(found, metric)[name] == overall(told, metric)[name]
        # Nobody there was given probabilities: no value, rather than one of other people's.
        assert ("scorer", metric, "country", "PER") not in found
    assert found["scorer", "accuracy", "country", "PER"]["n"] == 2


def test_rows_without_an_answer_are_named_by_reason_and_never_scored():
    reasons = ["unparsed", "error", "error", "refused"]
    rows = [prediction(f"ok {i}", 0, 0, probabilities=[1.0, 0.0, 0.0]) for i in range(4)]
    rows += [prediction(f"not {i}", 0, None, status=status) for i, status in enumerate(reasons)]
    found = results(table(rows), ALL)
    assert overall(found, "coverage")["value"] == 0.5
    rates = {name: overall(found, name)["value"] for name in ("unparsed", "error", "refused")}
    assert rates == {"unparsed": 1 / 8, "error": 2 / 8, "refused": 1 / 8}
    assert {overall(found, name)["n"] for name in ("coverage", *rates)} == {8}
    assert ("scorer", "too_long", "", "") not in found
    for metric in ("accuracy", "macro_f1", "recall_yes", "log_loss", "brier", "ece", "mae", "exact_match"):
        assert overall(found, metric)["n"] == 4
        assert overall(found, metric)["value"] == (
            pytest.approx(0) if metric in ("log_loss", "brier", "ece", "mae") else 1
        )


def test_a_metric_without_variation_has_a_value_where_it_can():
    rows = [
        prediction(
            str(i), None, None, kind="rating", rating=float(i), score=2.0, scale_min=0.0, scale_max=9.0
        )
        for i in range(10)
    ]
    found = results(table(rows), ["pearson", "spearman", "rating_mae"], headline="spearman")
    assert overall(found, "pearson")["value"] is None
    assert overall(found, "pearson")["ci_low"] is None
    assert overall(found, "spearman")["value"] is None
    assert overall(found, "rating_mae")["value"] == pytest.approx(3.1)


def test_a_label_that_never_occurs_has_no_recall_and_no_part_in_macro_f1():
    found = results(table([prediction("a", 0, 0), prediction("b", 1, 1)]), ["macro_f1", "recall"])
    assert overall(found, "macro_f1")["value"] == 1.0
    assert overall(found, "recall_neutral")["n"] == 0
    assert overall(found, "recall_neutral")["value"] is None


def test_no_predictions_give_no_results():
    assert aggregate(PREDICTION_SCHEMA.empty_table(), metrics=["accuracy"], headline="accuracy").num_rows == 0


def test_mistakes_are_told():
    with pytest.raises(InputError, match="of one task are wanted, not of other, task"):
        results(table([prediction("a", 0, 0), prediction("b", 0, 0, task="other")]))
    with pytest.raises(InputError, match="'recall' cannot be the headline metric"):
        results(table([prediction("a", 0, 0)]), headline="recall")
    with pytest.raises(InputError, match="no metric 'f1'"):
        results(table([prediction("a", 0, 0)]), ["f1"])


def test_a_table_too_large_for_one_pass_is_resampled_in_several(monkeypatch):
    predictions = random_predictions()
    options = {"metrics": ["accuracy", "brier"], "headline": "accuracy", "replicates": 200}
    whole = aggregate(predictions, **options)
    monkeypatch.setattr("normsuite.aggregate.table._REPLICATED_AT_ONCE", 1000)
    assert aggregate(predictions, **options).equals(whole)
