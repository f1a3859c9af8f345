"""Metrics of a questionnaire: what is said on average, turned where a statement points the other way."""

from __future__ import annotations

import numpy as np
import pytest
from made_predictions import table

from normsuite.aggregate import aggregate
from normsuite.metrics import read_rows, resolve


def said(item: str, score: float | None, valence: float | None, rating: float | None = None, **others):
    row = {
        "task": "task",
        "scorer": "rating",
        "item": item,
        "prompt": "plain",
        "order": "",
        "status": "ok" if score is not None else "unparsed",
        "score": score,
        "split": "test",
        "kind": "rating",
        "rating": rating,
        "scale_min": 0.0,
        "scale_max": 5.0,
        "valence": valence,
        "cluster": item,
    }
    return row | others


def measure(name: str, rows: list[dict]) -> tuple[float, float, int]:
    """Value, chance and number of scored rows."""
    read, _ = read_rows(table(rows))
    (metric,) = resolve([name], "rating", [])
    addends, scored = metric.statistics(read)
    value, chance = (float(metric.value(part[scored].sum(axis=0))) for part in (addends, metric.guess(read)))
    return value, chance, int(scored.sum())


def test_the_mean_score_turns_statements_that_point_the_other_way() -> None:
    rows = [said("a", 4.0, 1.0), said("b", 1.0, -1.0), said("c", 5.0, -1.0)]
    assert measure("mean_score", rows) == (pytest.approx((4 + 4 + 0) / 3), 2.5, 3)


def test_the_mean_score_leaves_out_catch_items_and_missing_readings() -> None:
    rows = [said("a", 4.0, 1.0), said("b", None, 1.0), said("catch", 0.0, None, rating=5.0)]
    assert measure("mean_score", rows) == (4.0, 2.5, 1)


def test_a_catch_item_is_passed_within_a_quarter_of_the_scale() -> None:
    rows = [
        *(said(f"top {score}", score, None, rating=5.0) for score in (5.0, 3.75, 3.7)),
        *(said(f"middle {score}", score, None, rating=2.5) for score in (1.25, 3.75, 4.0)),
        said("a", 5.0, 1.0),
        said("missing", None, None, rating=5.0),
    ]
    value, chance, n = measure("catch_passed", rows)
    assert (value, n) == (pytest.approx(4 / 6), 6)
    assert chance == pytest.approx((3 * 0.25 + 3 * 0.5) / 6)


def test_both_stand_in_the_results_with_intervals_over_items_and_in_groups() -> None:
    random = np.random.default_rng(0)
    rows = [
        said(
            f"{language}:{item}",
            float(random.uniform(0, 5)),
            (1.0, -1.0)[item % 2] if item else None,
            None if item else 5.0,
            language=language,
            categories=[("foundation", [("harm", "purity")[item // 4]])] if item else [],
            cluster=str(item),
        )
        for language in ("de", "en")
        for item in range(8)
    ]
    results = aggregate(
        table(rows), metrics=["mean_score", "catch_passed"], headline="mean_score", replicates=200
    ).to_pandas()
    mean = results[(results.metric == "mean_score") & results.facet.isin(["", "foundation", "language"])]
    assert set(zip(mean.facet, mean.group, mean.n, mean.clusters, strict=True)) == {
        ("", "", 14, 7),
        ("foundation", "harm", 6, 3),
        ("foundation", "purity", 8, 4),
        ("language", "de", 7, 7),
        ("language", "en", 7, 7),
    }
    assert ((mean.ci_low <= mean.value) & (mean.value <= mean.ci_high)).all() and (mean.chance == 2.5).all()
    catch = results[(results.metric == "catch_passed") & (results.facet == "language")]
    assert catch.n.tolist() == [1, 1]


def test_no_group_is_worst_by_a_reading_without_gold() -> None:
    rows = [
        said(f"{language}:{item}", float(item % 5), 1.0, language=language, cluster=f"{language}:{item}")
        for language in ("de", "en")
        for item in range(12)
    ]
    results = aggregate(table(rows), metrics=["mean_score"], headline="mean_score", replicates=200)
    metrics = set(results["metric"].to_pylist())
    assert "mean_score_macro" in metrics
    assert not metrics & {"mean_score_gap", "mean_score_worst"}
