"""Plain metrics agree with scikit-learn and SciPy, with and without weights."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from scipy.spatial import distance
from sklearn import metrics as sk

from normsuite import metrics
from normsuite.metrics.ranks import weighted_auroc, weighted_pearson
from normsuite.metrics.sums import macro_f1_value


@st.composite
def labelled(draw):
    """Gold, predicted and weights (how often a row is repeated) of 1 to 40 rows."""
    n, k = draw(st.integers(1, 40)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    weight = random.integers(0, 4, n)
    weight[0] += 1
    return random.integers(0, k, n), random.integers(0, k, n), weight


@given(labelled())
def test_label_metrics_equal_scikit_learn(rows):
    gold, predicted, weight = rows
    drawn = weight > 0
    assert metrics.accuracy(gold, predicted) == pytest.approx(sk.accuracy_score(gold, predicted))
    assert metrics.macro_f1(gold, predicted) == pytest.approx(sk.f1_score(gold, predicted, average="macro"))
    weighted = sk.f1_score(gold[drawn], predicted[drawn], average="macro", sample_weight=weight[drawn])
    assert metrics.macro_f1(gold, predicted, weight) == pytest.approx(weighted)
    assert metrics.accuracy(gold, predicted, weight) == pytest.approx(
        sk.accuracy_score(gold, predicted, sample_weight=weight)
    )
    for mine, theirs in (
        (metrics.balanced_accuracy, sk.recall_score),
        (metrics.weighted_f1, sk.f1_score),
    ):
        average = "macro" if mine is metrics.balanced_accuracy else "weighted"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            options = {"average": average, "labels": np.unique(gold[drawn]), "sample_weight": weight}
            expected = theirs(gold, predicted, **options)
        assert mine(gold, predicted, weight) == pytest.approx(expected)
    label = gold[0]
    of_label = sk.recall_score(gold, predicted, labels=[label], average="macro", sample_weight=weight)
    assert metrics.recall(gold, predicted, label, weight) == pytest.approx(of_label)
    steps = sk.mean_absolute_error(gold, predicted, sample_weight=weight)
    assert metrics.mean_absolute_error(gold, predicted, weight) == pytest.approx(steps)


@given(labelled())
def test_a_weight_counts_a_row_so_many_times(rows):
    gold, predicted, weight = rows
    scores = predicted + np.linspace(0, 0.3, len(gold)).round(1)
    again = np.repeat(np.arange(len(gold)), weight)
    for metric in (metrics.accuracy, metrics.macro_f1, metrics.mean_absolute_error):
        assert metric(gold, scores, weight) == pytest.approx(metric(gold[again], scores[again]))
    for metric in (metrics.pearson, metrics.spearman):
        expected = metric(gold[again], scores[again])
        assert metric(gold, scores, weight) == pytest.approx(expected, nan_ok=True, abs=1e-9)


@given(st.integers(0, 2**32), st.integers(2, 40))
def test_correlations_equal_scipy(seed, n):
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 6, n), random.normal(size=n).round(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pearson, spearman = stats.pearsonr(x, y).statistic, stats.spearmanr(x, y).statistic
    assert metrics.pearson(x, y) == pytest.approx(pearson, nan_ok=True, abs=1e-9)
    assert metrics.spearman(x, y) == pytest.approx(spearman, nan_ok=True, abs=1e-9)


def test_correlations_with_a_constant_are_undefined():
    for metric in (metrics.pearson, metrics.spearman):
        assert np.isnan(metric([1.1, 1.1, 1.1], [1.0, 2.0, 3.0]))
        assert np.isnan(metric([0.1, 0.2, 0.3], [0.7, 0.7, 0.7]))
        assert np.isnan(metric([], []))


@given(st.integers(0, 2**32), st.integers(2, 40), st.integers(0, 2))
def test_the_auroc_equals_scikit_learn(seed, n, digits):
    random = np.random.default_rng(seed)
    gold, scores = random.integers(0, 2, n), random.normal(size=n).round(digits)  # rounded: many ties
    gold[:2] = 0, 1
    weight = random.integers(0, 4, n)
    weight[:2] += 1
    assert metrics.auroc(gold, scores) == pytest.approx(sk.roc_auc_score(gold, scores))
    expected = sk.roc_auc_score(gold, scores, sample_weight=weight)
    assert metrics.auroc(gold, scores, weight) == pytest.approx(expected)
    again = np.repeat(np.arange(n), weight)
    assert metrics.auroc(gold[again], scores[again]) == pytest.approx(expected)
    parts = random.random(n) + 0.01
    assert metrics.auroc(gold, scores, parts) == pytest.approx(
        sk.roc_auc_score(gold, scores, sample_weight=parts)
    )


@given(st.integers(0, 2**32), st.integers(2, 30))
def test_the_auroc_is_of_ranks_alone(seed, n):
    random = np.random.default_rng(seed)
    gold, scores = random.integers(0, 2, n), random.integers(0, 9, n).astype(float)
    gold[:2] = 0, 1
    value = metrics.auroc(gold, scores)
    assert metrics.auroc(gold, np.exp(scores) - 3) == pytest.approx(value)
    assert metrics.auroc(gold, -scores) == pytest.approx(1 - value)
    assert metrics.auroc(1 - gold, scores) == pytest.approx(1 - value)
    assert metrics.auroc(gold, np.ones(n)) == pytest.approx(0.5)


def test_the_auroc_by_hand():
    # Of four pairs of a positive and a negative row two are in order, one is tied and one is not.
    assert metrics.auroc([1, 1, 0, 0], [3, 1, 1, 2]) == pytest.approx(2.5 / 4)
    assert metrics.auroc([1, 1, 0, 0], [3, 1, 1, 2], [2, 1, 1, 0]) == pytest.approx(2.5 / 3)


def test_the_auroc_of_one_class_is_undefined():
    for gold, scores, weight in (
        ([1, 1], [1, 2], None),
        ([0, 0], [1, 2], None),
        ([0, 1], [1, 2], [0, 3]),
        ([],) * 3,
    ):
        assert np.isnan(metrics.auroc(gold, scores, weight))


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_weighted_ranks_and_products_equal_those_of_repeated_rows(seed, n):
    random = np.random.default_rng(seed)
    x, y, weights = random.integers(0, 5, n), random.normal(size=n).round(1), random.integers(0, 4, (6, n))
    found = weighted_pearson(x.astype(float), y, weights.astype(float))
    for value, weight in zip(found, weights, strict=True):
        again = np.repeat(np.arange(n), weight)
        assert value == pytest.approx(metrics.pearson(x[again], y[again]), nan_ok=True, abs=1e-9)
    of_poles = weighted_auroc((x > 2).astype(float), y, weights.astype(float))
    for value, weight in zip(of_poles, weights, strict=True):
        again = np.repeat(np.arange(n), weight)
        assert value == pytest.approx(metrics.auroc(x[again] > 2, y[again]), nan_ok=True)


def test_pearson_survives_a_large_offset():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    y = np.array([1.0, 3.0, 2.0, 9.0])
    assert metrics.pearson(x + 1e7, y - 1e7) == pytest.approx(stats.pearsonr(x, y).statistic)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(2, 5))
def test_probability_metrics_equal_scikit_learn(seed, n, k):
    random = np.random.default_rng(seed)
    gold, probabilities = random.integers(0, k, n), random.dirichlet(np.ones(k), n)
    shares, labels = np.eye(k)[gold], list(range(k))
    weight = random.integers(1, 4, n)
    expected = sk.log_loss(gold, probabilities, labels=labels, sample_weight=weight)
    assert metrics.log_loss(shares, probabilities, weight) == pytest.approx(expected)
    squares = ((probabilities - shares) ** 2).sum(axis=1)
    assert metrics.brier(shares, probabilities, weight) == pytest.approx(np.average(squares, weights=weight))


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(2, 6))
def test_the_similarity_of_distributions_equals_scipy(seed, n, k):
    random = np.random.default_rng(seed)
    shares, told = (random.dirichlet(np.full(k, 0.5), n).round(2) for _ in range(2))
    shares, told = ((table + 1e-3 * (table.sum(axis=1, keepdims=True) == 0)) for table in (shares, told))
    shares, told = (table / table.sum(axis=1, keepdims=True) for table in (shares, told))
    weight = random.integers(1, 4, n)
    rows = [1 - distance.jensenshannon(*pair, base=2) for pair in zip(shares, told, strict=True)]
    assert metrics.js_similarity(shares, told, weight) == pytest.approx(
        np.average(np.nan_to_num(rows, nan=1.0), weights=weight), abs=1e-7
    )
    assert metrics.js_similarity(told, told) == pytest.approx(1, abs=1e-7)


def test_distributions_that_share_nothing_have_similarity_0():
    assert metrics.js_similarity([[1.0, 0.0]], [[0.0, 1.0]]) == 0
    assert metrics.js_similarity([[0.5, 0.5]], [[0.5, 0.5]]) == 1


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(2, 5), st.floats(0.2, 5))
def test_a_temperature_divides_logits(seed, n, k, temperature):
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (n, k))
    cooled = metrics.tempered(special.softmax(logits, axis=1), temperature)
    assert cooled == pytest.approx(special.softmax(logits / temperature, axis=1))
    rows = metrics.tempered(special.softmax(logits, axis=1), np.full(n, temperature))
    assert rows == pytest.approx(cooled)


@given(st.integers(0, 2**32), st.floats(0.3, 4))
def test_the_temperature_is_the_one_that_made_a_model_too_sure(seed, temperature):
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(3), 50)
    told = metrics.tempered(shares, 1 / temperature)
    assert metrics.fit_temperature(shares, told) == pytest.approx(temperature, rel=2e-3)


def test_a_temperature_has_bounds_and_keeps_zeros():
    assert metrics.fit_temperature([[1.0, 0.0]], [[0.6, 0.4]]) < 0.02
    assert metrics.fit_temperature([[0.0, 1.0]], [[0.6, 0.4]]) > 50
    assert np.isnan(metrics.fit_temperature(np.empty((0, 2)), np.empty((0, 2))))
    assert metrics.tempered([[0.8, 0.2, 0.0]], 2.0)[0, 2] == 0


def test_log_loss_of_an_impossible_gold_is_clipped():
    assert metrics.log_loss([[1.0, 0.0]], [[0.0, 1.0]]) == pytest.approx(-np.log(1e-12))


def test_log_loss_against_votes_is_cross_entropy():
    assert metrics.log_loss([[0.75, 0.25]], [[0.5, 0.5]]) == pytest.approx(np.log(2))


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_calibration_error_equals_a_plain_loop_over_bins(seed, n):
    random = np.random.default_rng(seed)
    gold, probabilities = random.integers(0, 3, n), random.dirichlet(np.ones(3), n)
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == gold
    expected = 0.0
    for edge in np.arange(10) / 10:
        inside = (top >= edge) & (top < edge + 0.1)
        if inside.any():
            expected += inside.mean() * abs(top[inside].mean() - right[inside].mean())
    assert metrics.calibration_error(gold, probabilities) == pytest.approx(expected)


def test_certainty_falls_into_the_last_bin():
    assert metrics.calibration_error([0, 1], [[1.0, 0.0], [1.0, 0.0]]) == pytest.approx(0.5)


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_set_metrics_equal_scikit_learn(seed, n):
    random = np.random.default_rng(seed)
    gold, predicted = random.random((2, n, 4)) < 0.3
    expected = sk.f1_score(gold, predicted, average="samples", zero_division=1)
    assert metrics.samples_f1(gold, predicted) == pytest.approx(expected)
    occurring = (gold | predicted).any(axis=0)
    if occurring.any():
        expected = sk.f1_score(gold[:, occurring], predicted[:, occurring], average="macro", zero_division=0)
        if occurring.sum() > 1:
            assert metrics.set_macro_f1(gold, predicted) == pytest.approx(expected)
    expected = sk.jaccard_score(gold, predicted, average="samples", zero_division=1)
    assert metrics.set_iou(gold, predicted) == pytest.approx(expected)


def test_sums_of_integers_are_not_cut_to_integers():
    sums = np.array([3, 2, 1, 1])  # two labels: gold plus predicted, then both
    assert macro_f1_value(sums) == pytest.approx((2 / 3 + 1) / 2)


def test_metrics_of_no_rows_are_undefined():
    assert np.isnan(metrics.accuracy([], []))
    assert np.isnan(metrics.macro_f1([], []))
    assert np.isnan(metrics.brier(np.empty((0, 3)), np.empty((0, 3))))
