"""The bootstrap by counts is the bootstrap: each replicate equals a plain pass over the rows it drew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_predictions import prediction, random_predictions, table

from normsuite import metrics
from normsuite.aggregate import bootstrap, draw, facets, interval
from normsuite.aggregate.estimates import estimate
from normsuite.metrics import METRICS, read_rows


def estimates_of(predictions, names):
    """Estimates in every facet, the rows, and the number of clusters."""
    rows, position = read_rows(predictions)
    clusters = int(rows.cluster.max()) + 1
    chosen = [METRICS[name] for name in names]
    return estimate(rows, chosen, facets(predictions, position), clusters), rows, clusters


def drawn_rows(rows, members, times):
    """Rows of a group, each as often as its cluster was drawn."""
    return rows.take(np.repeat(members, times[rows.cluster[members]]))


def plain_value(name, rows):
    """A metric by its plain function, over rows that are there as often as they were drawn."""
    rows = rows.take(rows.answered)
    if name in ("brier", "log_loss"):
        return getattr(metrics, name)(rows.shares, rows.probabilities)
    if name in ("pearson", "spearman"):
        return getattr(metrics, name)(rows.rating, rows.score)
    plain = {"ece": metrics.calibration_error, "accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}
    return plain[name](rows.gold, rows.probabilities if name == "ece" else rows.predicted)


def check_against_plain(predictions, names):
    estimates, rows, clusters = estimates_of(predictions, names)
    surplus = draw(clusters, 12, np.random.default_rng(5))
    for one in estimates:
        values = np.concatenate([statistic(surplus) for statistic in one.statistics], axis=1)
        for group in range(len(one.facet.groups)):
            members = one.facet.row[one.facet.group == group]
            for index, metric in enumerate(one.metrics):
                assert one.value[group, index] == pytest.approx(plain_value(metric.name, rows.take(members)))
                expected = [
                    plain_value(metric.name, drawn_rows(rows, members, times))
                    for times in (surplus.T + 1).astype(int)
                ]
                assert values[group, index] == pytest.approx(expected, nan_ok=True, abs=1e-6)


@pytest.mark.parametrize("clusters", [4, 30])
def test_replicates_equal_a_plain_pass_over_drawn_rows(clusters):
    names = ["accuracy", "macro_f1", "brier", "log_loss", "ece"]
    check_against_plain(random_predictions(items=60, clusters=clusters), names)


def test_replicates_of_correlations_equal_a_plain_pass_with_ranks_of_its_own():
    random = np.random.default_rng(2)
    rows = []
    for index in range(60):
        score, rating = np.round(random.uniform(1, 7, 2))
        country = f"C{index % 3}"
        common = {"kind": "rating", "rating": rating, "score": score, "scale_min": 1.0, "scale_max": 7.0}
        rows.append(prediction(f"{index}", None, None, country=country, cluster=f"{index // 3}", **common))
    check_against_plain(table(rows), ["spearman", "pearson"])


def test_family_metrics_of_a_group_see_the_group_only():
    rows = []
    for index in range(12):
        for country in ("A", "B"):
            rows += [
                prediction(f"{index}{country}{item}", 0, int(country == "B"), country=country)
                | {"family": str(index), "cluster": str(index)}
                for item in range(2)
            ]
    estimates, _, clusters = estimates_of(table(rows), ["family_right"])
    overall, by_country = estimates
    assert overall.value.tolist() == [[0.0]]
    assert by_country.value.tolist() == [[1.0], [0.0]]
    assert by_country.items.tolist() == [[24], [24]]
    assert by_country.chance == pytest.approx(np.full((2, 1), 1 / 9))
    assert by_country.statistics[0](draw(clusters, 3, np.random.default_rng()))[0].tolist() == [[1.0] * 3]


@given(st.integers(1, 400), st.integers(1, 50), st.integers(0, 2**32))
def test_a_replicate_draws_as_many_clusters_as_there_are(clusters, replicates, seed):
    surplus = draw(clusters, replicates, np.random.default_rng(seed))
    assert surplus.shape == (clusters, replicates)
    assert surplus.min() >= -1
    assert (surplus.sum(axis=0) == 0).all()


def test_draws_are_multinomial():
    times = draw(20, 20_000, np.random.default_rng(0)) + 1
    assert times.mean() == 1
    assert times.var(axis=1) == pytest.approx(np.full(20, 1 - 1 / 20), rel=0.06)
    assert np.cov(times[:2])[0, 1] == pytest.approx(-1 / 20, abs=0.02)


def test_replicates_do_not_depend_on_threads_nor_on_what_else_is_resampled():
    estimates, _, clusters = estimates_of(random_predictions(), ["accuracy", "brier"])
    statistics = [statistic for one in estimates for statistic in one.statistics]
    alone = bootstrap(statistics, clusters, 700, seed=3, threads=1)
    for result, same in zip(alone, bootstrap(statistics, clusters, 700, seed=3, threads=4), strict=True):
        np.testing.assert_array_equal(result, same)
    np.testing.assert_array_equal(bootstrap(statistics[1:2], clusters, 700, seed=3)[0], alone[1])
    assert (bootstrap(statistics[:1], clusters, 700, seed=4)[0] != alone[0]).any()


def test_percentile_interval_agrees_with_an_independent_loop():
    estimates, rows, clusters = estimates_of(random_predictions(), ["macro_f1"])
    (replicates,) = bootstrap(estimates[0].statistics, clusters, 4_000)
    random = np.random.default_rng(9)
    members = [np.flatnonzero(rows.cluster == cluster) for cluster in range(clusters)]
    loop = []
    for _ in range(1_000):
        drawn = np.concatenate([members[cluster] for cluster in random.integers(clusters, size=clusters)])
        loop.append(plain_value("macro_f1", rows.take(drawn)))
    # A quantile of 1,000 draws at 2.5 % has a standard error of about 0.084 standard deviations.
    ours, theirs = np.ravel(interval(replicates)), np.quantile(loop, [0.025, 0.975])
    assert ours == pytest.approx(theirs, abs=4 * 0.095 * np.std(loop))


def test_intervals_leave_undefined_replicates_out():
    replicates = np.array([[1.0, 2.0, 3.0], [1.0, np.nan, 3.0], [np.nan] * 3])
    low, high = interval(replicates, level=1.0)
    np.testing.assert_array_equal(low, [1.0, 1.0, np.nan])
    np.testing.assert_array_equal(high, [3.0, 3.0, np.nan])
