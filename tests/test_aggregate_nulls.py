"""A direction beside its nulls: hand-made scores, a slow plain bootstrap, and verdicts that are known."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_predictions import prediction, table
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

from normsuite.aggregate import aggregate, null_results
from normsuite.errors import InputError
from normsuite.schema import NULL_SCHEMA, RESULT_SCHEMA

REPLICATES = 400


def rated(gold: np.ndarray, score: np.ndarray, **others: Any) -> pa.Table:
    """Ratings in an order that is not that of their names."""
    rating = {
        "scorer": "direction",
        "order": "",
        "kind": "rating",
        "options": None,
        "scale_min": 0,
        "scale_max": 1,
    }
    return table(
        prediction(
            f"item {(7 * at) % 1009:04}",
            None,
            None,
            **rating,
            rating=float(g),
            score=float(s),
            **{name: values[at] for name, values in others.items()},
        )
        for at, (g, s) in enumerate(zip(gold, score, strict=True))
    )


def labelled(gold: np.ndarray, score: np.ndarray, **others: Any) -> pa.Table:
    plain = {"scorer": "direction", "order": "", "options": ["bad", "good"]}
    return table(
        prediction(
            f"item {(7 * at) % 1009:04}",
            int(g),
            int(s > 0),
            **plain,
            score=float(s),
            probabilities=[1 / (1 + np.exp(s)), 1 / (1 + np.exp(-s))],
            **{name: values[at] for name, values in others.items()},
        )
        for at, (g, s) in enumerate(zip(gold, score, strict=True))
    )


def drawn(**nulls: Any) -> pa.Table:
    """Scores [n] or [draws, n] by null."""
    rows = [
        {"null": name, "draw": draw, "scores": own.tolist()}
        for name, scores in nulls.items()
        for draw, own in enumerate(np.atleast_2d(np.asarray(scores, float)))
    ]
    return pa.Table.from_pylist(rows, NULL_SCHEMA)


def found(predictions: pa.Table, nulls: pa.Table, headline: str, **options: Any) -> list[dict[str, Any]]:
    options = {"replicates": REPLICATES} | options
    results = null_results(predictions, nulls, headline=headline, **options)
    assert results.schema.equals(RESULT_SCHEMA)
    return results.to_pylist()


def row(rows: list[dict[str, Any]], scorer: str, facet: str = "", group: str = "") -> dict[str, Any]:
    (one,) = [r for r in rows if (r["scorer"], r["facet"], r["group"]) == (f"null: {scorer}", facet, group)]
    return one


def above(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (one,) = [r for r in rows if r["metric"].endswith("_above_nulls")]
    return one


def linked(n: int, r: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """A gold in 0...1 and a score that goes with it."""
    rng = np.random.default_rng(seed)
    gold = rng.random(n)
    return gold, r * (gold - 0.5) * 12**0.5 + (1 - r * r) ** 0.5 * rng.normal(size=n), rng


# Values


@pytest.mark.parametrize(("headline", "metric"), [("pearson", pearsonr), ("spearman", spearmanr)])
def test_the_values_of_nulls_are_those_of_scipy(headline, metric) -> None:
    gold, score, rng = linked(80, 0.8)
    nulls = {"random": rng.normal(size=(30, 80)), "tfidf": rng.normal(size=80)}
    rows = found(rated(gold, score), drawn(**nulls), headline)
    each = [metric(own, gold).statistic for own in nulls["random"]]
    random = row(rows, "random")
    assert random["value"] == pytest.approx(np.mean(each))
    assert (random["ci_low"], random["ci_high"]) == pytest.approx(tuple(np.quantile(each, [0.025, 0.975])))
    assert row(rows, "tfidf")["value"] == pytest.approx(metric(nulls["tfidf"], gold).statistic)
    assert above(rows)["metric"] == f"{headline}_above_nulls"
    strongest = max(random["ci_high"], row(rows, "tfidf")["value"])
    assert above(rows)["value"] == pytest.approx(metric(score, gold).statistic - strongest)
    assert all(r["chance"] == 0 and r["n"] == r["clusters"] == 80 for r in rows)


def test_the_auroc_of_nulls_is_that_of_scikit_learn() -> None:
    gold, score, rng = linked(80, 0.8)
    gold = gold > 0.5
    nulls = {"permuted": rng.normal(size=(12, 80)).round(1), "tfidf": rng.normal(size=80)}
    rows = found(labelled(gold, score), drawn(**nulls), "auroc")
    each = [roc_auc_score(gold, own) for own in nulls["permuted"]]
    assert row(rows, "permuted")["value"] == pytest.approx(np.mean(each))
    assert row(rows, "tfidf")["value"] == pytest.approx(roc_auc_score(gold, nulls["tfidf"]))
    assert row(rows, "tfidf")["chance"] == 0.5
    strongest = max(np.quantile(each, 0.975), roc_auc_score(gold, nulls["tfidf"]))
    assert above(rows)["value"] == pytest.approx(roc_auc_score(gold, score) - strongest)
    assert above(rows)["chance"] == 0


def test_a_null_drawn_once_has_the_interval_of_any_score() -> None:
    """The same draws and percentiles as ``aggregate``'s, but for the chunks they are made in."""
    gold, score, rng = linked(120, 0.7)
    words = 0.6 * score + rng.normal(size=120)
    clusters = [f"c{at % 40:02}" for at in range(120)]
    whole = found(rated(gold, score, cluster=clusters), drawn(tfidf=words), "pearson", replicates=4000)
    as_model = aggregate(
        rated(gold, words, cluster=clusters), metrics=["pearson"], headline="pearson", replicates=4000
    ).to_pylist()
    (model,) = [r for r in as_model if r["facet"] == "" and r["metric"] == "pearson"]
    null = row(whole, "tfidf")
    assert null["value"] == pytest.approx(model["value"])
    assert (null["ci_low"], null["ci_high"]) == pytest.approx((model["ci_low"], model["ci_high"]), abs=0.02)
    assert null["clusters"] == 40


def test_few_draws_have_their_own_range() -> None:
    gold, score, rng = linked(60, 0.9)
    untrained = rng.normal(size=(3, 60))
    each = sorted(pearsonr(own, gold).statistic for own in untrained)
    null = row(found(rated(gold, score), drawn(untrained=untrained), "pearson"), "untrained")
    assert each[0] <= null["ci_low"] <= null["value"] <= null["ci_high"] <= each[-1]


# The direction above its nulls


def test_the_paired_interval_is_that_of_a_slow_plain_bootstrap() -> None:
    """Whole clusters drawn one by one, both scores on the same rows, the strongest null found anew."""
    gold, score, rng = linked(90, 0.8)
    words, band = 0.7 * score + 0.7 * rng.normal(size=90), rng.normal(size=(20, 90))
    cluster = np.arange(90) % 30
    rows = found(
        rated(gold, score, cluster=[f"c{at:02}" for at in cluster]),
        drawn(tfidf=words, random=band),
        "spearman",
        replicates=4000,
    )
    level = np.quantile([spearmanr(own, gold).statistic for own in band], 0.975)
    members = [np.flatnonzero(cluster == at) for at in range(30)]
    differences = []
    for _ in range(1500):
        taken = np.concatenate([members[at] for at in rng.integers(0, 30, 30)])
        mine, theirs = (spearmanr(own[taken], gold[taken]).statistic for own in (score, words))
        differences.append(mine - max(theirs, level))
    low, high = np.quantile(differences, [0.025, 0.975])
    assert (above(rows)["ci_low"], above(rows)["ci_high"]) == pytest.approx((low, high), abs=0.025)
    assert above(rows)["group"] == "tfidf"
    # Paired: two scores that share their errors differ by less than each varies.
    assert high - low < 0.6


def test_a_planted_direction_is_above_every_null() -> None:
    gold, score, rng = linked(300, 0.9)
    nulls = drawn(
        random=rng.normal(size=(100, 300)),
        permuted=rng.normal(size=(20, 300)),
        tfidf=0.3 * score + rng.normal(size=300),
        untrained=rng.normal(size=(3, 300)),
    )
    one = above(found(rated(gold, score), nulls, "pearson"))
    assert one["group"] == "tfidf"
    assert 0 < one["ci_low"] <= one["value"] <= one["ci_high"]


def test_a_direction_that_words_do_as_well_is_not() -> None:
    gold, score, rng = linked(300, 0.9)
    words = linked(300, 0.9)[0] * 3 + 0.4 * rng.normal(size=300)
    one = above(found(rated(gold, score), drawn(random=rng.normal(size=(100, 300)), tfidf=words), "pearson"))
    assert one["group"] == "tfidf"
    assert one["ci_low"] < 0


def test_a_direction_equal_to_its_null_is_not_above_it() -> None:
    gold, score, _ = linked(60, 0.8)
    one = above(found(rated(gold, score), drawn(tfidf=score), "spearman"))
    assert (one["value"], one["ci_low"], one["ci_high"]) == pytest.approx((0, 0, 0), abs=1e-12)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_a_gold_that_is_noise_is_never_far_above_random_directions(seed) -> None:
    rng = np.random.default_rng(seed)
    gold, score = rng.random(100), rng.normal(size=100)
    one = above(
        found(rated(gold, score), drawn(random=rng.normal(size=(100, 100))), "pearson", replicates=200)
    )
    assert one["ci_low"] < 0.1


def test_one_cluster_has_values_and_no_intervals() -> None:
    gold, score, rng = linked(20, 0.8)
    rows = found(rated(gold, score, cluster=["c"] * 20), drawn(tfidf=rng.normal(size=20)), "pearson")
    for one in (row(rows, "tfidf"), above(rows)):
        assert one["value"] is not None
        assert one["ci_low"] is None and one["ci_high"] is None
        assert one["clusters"] == 1


# Groups


def test_every_group_has_its_nulls() -> None:
    gold, score, rng = linked(120, 0.8)
    countries = ["PER", "JPN", None] * 40
    topics = [[("topic", ["tea", "work"])], [("topic", ["tea"])], None, None] * 30
    words = rng.normal(size=120)
    rows = found(rated(gold, score, country=countries, categories=topics), drawn(tfidf=words), "pearson")
    at = np.arange(120)
    groups = {
        ("country", "PER"): at % 3 == 0,
        ("country", "JPN"): at % 3 == 1,
        ("topic", "tea"): at % 4 < 2,
        ("topic", "work"): at % 4 == 0,
    }
    told = {(r["facet"], r["group"]) for r in rows if r["scorer"] == "null: tfidf"}
    assert told == {("", ""), *groups}
    for (facet, group), mine in groups.items():
        null = row(rows, "tfidf", facet, group)
        assert null["value"] == pytest.approx(pearsonr(words[mine], gold[mine]).statistic)
        assert null["n"] == mine.sum()


def test_the_order_of_rows_moves_nothing() -> None:
    gold, score, rng = linked(60, 0.8)
    countries = [("PER", "JPN")[at % 2] for at in range(60)]
    words, band = rng.normal(size=60), rng.normal(size=(20, 60))
    first = found(rated(gold, score, country=countries), drawn(tfidf=words, random=band), "spearman")
    order = rng.permutation(60)
    shuffled = rated(gold, score, country=countries).take(pa.array(order))
    again = found(shuffled, drawn(tfidf=words[order], random=band[:, order]), "spearman")
    assert again == first


def test_more_replicates_than_are_held_at_once_are_drawn_in_turn(monkeypatch) -> None:
    from normsuite.aggregate import nulls

    gold, score, rng = linked(50, 0.8)
    parts = rated(gold, score), drawn(tfidf=rng.normal(size=50))
    whole = above(found(*parts, "pearson", replicates=2000))
    monkeypatch.setattr(nulls, "_AT_ONCE", 50 * 300)
    chunked = above(found(*parts, "pearson", replicates=2000))
    assert chunked["value"] == whole["value"]
    assert (chunked["ci_low"], chunked["ci_high"]) == pytest.approx(
        (whole["ci_low"], whole["ci_high"]), abs=0.05
    )
    assert chunked == above(found(*parts, "pearson", replicates=2000))


# What is missing


def test_items_that_could_not_be_read_are_left_out_of_everything() -> None:
    gold, score, rng = linked(40, 0.8)
    words = rng.normal(size=40)
    predictions = rated(gold, score).to_pylist()
    for at in (3, 17):
        predictions[at] |= {"status": "too_long", "score": None}
        words[at] = np.nan
    kept = np.isfinite(words)
    rows = found(table(predictions), drawn(tfidf=words), "spearman")
    assert row(rows, "tfidf")["value"] == pytest.approx(spearmanr(words[kept], gold[kept]).statistic)
    assert row(rows, "tfidf")["n"] == above(rows)["n"] == 38


@pytest.mark.parametrize("headline", ["pearson", "spearman", "auroc"])
def test_a_null_that_lacks_a_score_has_no_value_where_it_lacks_it(headline) -> None:
    """A NaN would be ranked as the greatest score."""
    gold, score, rng = linked(60, 0.8)
    countries = [("PER", "JPN")[at % 2] for at in range(60)]
    words, band = rng.normal(size=60), rng.normal(size=(12, 60))
    words[1::2] = np.nan  # Japan has none
    band[4, 1] = np.nan
    make = labelled if headline == "auroc" else rated
    gold = gold > 0.5 if headline == "auroc" else gold
    rows = found(make(gold, score, country=countries), drawn(tfidf=words, random=band), headline)
    told = {(r["facet"], r["group"]) for r in rows if r["scorer"] == "null: tfidf"}
    assert told == {("country", "PER")}
    assert above(rows)["group"] == "random"
    assert above(rows)["ci_low"] is not None
    whole = found(make(gold, score), drawn(random=np.delete(band, 4, axis=0)), headline)
    assert row(rows, "random")["value"] == pytest.approx(row(whole, "random")["value"])


def test_a_gold_that_does_not_vary_has_no_values() -> None:
    _, score, rng = linked(30, 0.8)
    for predictions, headline in (
        (rated(np.full(30, 0.5), score), "pearson"),
        (labelled(np.ones(30), score), "auroc"),
    ):
        rows = found(
            predictions, drawn(tfidf=rng.normal(size=30), random=rng.normal(size=(20, 30))), headline
        )
        (only,) = rows
        assert only["metric"] == f"{headline}_above_nulls"
        assert only["value"] is only["ci_low"] is only["ci_high"] is None
        assert only["group"] == ""


def test_a_constant_null_is_passed_over() -> None:
    gold, score, rng = linked(30, 0.8)
    rows = found(rated(gold, score), drawn(tfidf=np.ones(30), untrained=rng.normal(size=(3, 30))), "spearman")
    assert {r["scorer"] for r in rows} == {"null: untrained", "direction"}
    assert above(rows)["group"] == "untrained"


def test_a_constant_score_has_no_difference() -> None:
    gold, _, rng = linked(30, 0.8)
    one = above(found(rated(gold, np.ones(30)), drawn(tfidf=rng.normal(size=30)), "spearman"))
    assert one["value"] is one["ci_low"] is None


def test_no_nulls_are_no_rows() -> None:
    gold, score, _ = linked(30, 0.8)
    assert found(rated(gold, score), NULL_SCHEMA.empty_table(), "pearson") == []


def test_items_that_could_all_not_be_read_have_no_rows() -> None:
    gold, score, _ = linked(5, 0.8)
    rows = [one | {"status": "too_long", "score": None} for one in rated(gold, score).to_pylist()]
    assert found(table(rows), drawn(tfidf=np.full(5, np.nan)), "pearson") == []


def test_scores_of_other_items_are_refused() -> None:
    gold, score, rng = linked(30, 0.8)
    with pytest.raises(
        InputError, match="the null 'tfidf' has 29 scores for 30 predictions; delete the task's"
    ):
        found(rated(gold, score), drawn(tfidf=rng.normal(size=29)), "pearson")
