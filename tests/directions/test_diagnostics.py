"""Diagnostics of a direction and its space: by hand, by their bounds, and on directions that turn or hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from normsuite.directions import DifferenceInMeans, LDADirection, PCADirection
from normsuite.directions.diagnostics import (
    bootstrap_angle,
    diagnose,
    explained_variance,
    input_direction,
    isoscore,
)
from normsuite.directions.hubness import hubness_skewness
from normsuite.directions.preprocessing import GroupCentring, TopComponentsRemoval, Whitening
from normsuite.directions.transformer import with_column
from normsuite.errors import InputError

# Variances 8/3 and 2/3 along the axes.
CROSS = np.array([[3.0, 1.0], [-1.0, 1.0], [1.0, 2.0], [1.0, 0.0]])


def poles(seed, number=40, width=5, gap=4.0):
    """Two Gaussian clouds, ``gap`` standard deviations apart along a diagonal: rows and labels."""
    rng = np.random.default_rng(seed)
    y = np.arange(number) % 2
    return rng.normal(size=(number, width)) + gap * np.outer(y, np.ones(width)) / width**0.5, y


def test_explained_variance_by_hand():
    assert explained_variance(CROSS, [5, 0]) == pytest.approx(0.8)
    assert explained_variance(CROSS, [0, -1]) == pytest.approx(0.2)
    assert explained_variance(CROSS, [1, 1]) == pytest.approx(0.5)


@given(st.integers(0, 1000))
def test_explained_variance_is_that_of_pca_and_sums_to_one_over_a_basis(seed):
    rows = np.random.default_rng(seed).normal(size=(30, 5)) * [3, 2, 1, 1, 0.1] + 7
    pca = PCA().fit(rows)
    shares = [explained_variance(rows, axis) for axis in pca.components_]
    assert_allclose(shares, pca.explained_variance_ratio_, atol=1e-9)
    assert sum(shares) == pytest.approx(1)


def test_a_direction_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="3 features for embeddings of 2"):
        explained_variance(CROSS, [1, 0, 0])
    with pytest.raises(InputError, match="length 0"):
        explained_variance(CROSS, [0, 0])


@pytest.mark.parametrize("function", [isoscore, lambda rows: explained_variance(rows, [1, 0])])
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.ones((3, 2)), "no variance"),
        ([[1, 2]], "no variance"),
        ([[1, np.nan], [0, 1]], "finite"),
        ([1, 2], "table"),
        ([["a", "b"], ["c", "d"]], "table"),
    ],
)
def test_a_cloud_without_variance_or_with_nan_is_refused(function, rows, reason):
    with pytest.raises(InputError, match=reason):
        function(rows)


def test_isoscore_by_hand():
    # v = (4, 1), |v| = sqrt(17), w = sqrt(2) v / |v|; |w - 1|^2 = 4 - 2 sqrt(2) 5 / sqrt(17).
    defect_squared = (4 - 2 * 2**0.5 * 5 / 17**0.5) / (2 * (2 - 2**0.5))
    share = ((2 - defect_squared * (2 - 2**0.5)) / 2) ** 2
    assert isoscore(CROSS) == pytest.approx(2 * share - 1)
    # The same in one fraction: f = (sum v)^2 / (n |v|^2), so 25 / 34, and 2 f - 1 = 8 / 17.
    assert isoscore(CROSS) == pytest.approx(8 / 17)


@given(st.integers(2, 8), st.integers(1, 8), st.floats(0.01, 100))
def test_isoscore_counts_equal_axes(n, used, scale):
    used = min(used, n)
    points = np.vstack([np.eye(n)[:used], -np.eye(n)[:used]]) * scale
    assert isoscore(points) == pytest.approx((used - 1) / (n - 1), abs=1e-9)


@given(st.integers(0, 1000), st.integers(2, 6))
def test_isoscore_is_bounded_and_knows_neither_place_scale_nor_turn(seed, width):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(20, width)) * rng.uniform(0.1, 3, size=width)
    score = isoscore(rows)
    turn = np.linalg.qr(rng.normal(size=(width, width)))[0]
    assert 0 <= score <= 1
    assert isoscore(5 * rows @ turn + 3) == pytest.approx(score, abs=1e-9)


def test_isotropic_data_score_near_one_and_a_line_near_zero():
    rng = np.random.default_rng(0)
    assert isoscore(rng.normal(size=(20_000, 10)).astype(np.float32)) > 0.99
    line = np.outer(rng.normal(size=1000), rng.normal(size=10))
    assert isoscore(line + 1e-3 * rng.normal(size=line.shape)) < 0.01


def test_isoscore_of_one_feature_is_refused():
    with pytest.raises(InputError, match="at least 2 features"):
        isoscore([[1.0], [2.0]])


def test_diagnose_gives_all_three():
    rows, y = poles(0)
    direction = DifferenceInMeans().fit(rows, y).direction_
    found = diagnose(rows, direction, k=3)
    assert found.explained_variance == explained_variance(rows, direction)
    assert found.isoscore == isoscore(rows)
    assert found.hubness_skewness == hubness_skewness(rows, k=3)
    assert found.rows == 40


class Fixed(BaseEstimator):
    """Points along the plane's angle, in degrees, that is the mean of the rows it is fitted on."""

    def fit(self, X, y=None):  # noqa: N803
        angle = np.radians(X.mean())
        self.direction_ = np.array([np.cos(angle), np.sin(angle)])
        return self


def test_angles_by_hand():
    # One cluster at 0 and one at 90 degrees: a draw gives a mean of 0, 45 or 90; the fit on all is at 45.
    rows = np.array([[0.0], [0.0], [90.0], [90.0]])
    found = bootstrap_angle(Fixed(), rows, clusters=["a", "a", "b", "b"], resamples=400)
    assert set(np.round(found.degrees, 9)) == {0, 45}
    assert (found.degrees > 1).mean() == pytest.approx(0.5, abs=0.1)
    assert (found.low, found.high) == pytest.approx((0, 45))
    # Rows drawn one by one give means between, too.
    assert len(set(np.round(bootstrap_angle(Fixed(), rows).degrees, 6))) > 2


def test_a_direction_that_turns_round_is_at_180_degrees():
    rows = np.array([[0.0], [360.0]])  # means of 0, 180 and 360 degrees; all: 180
    degrees = bootstrap_angle(Fixed(), rows).degrees
    assert set(np.round(degrees, 6)) == {0, 180}


def test_small_angles_are_exact():
    rows = np.array([[0.0], [2e-7]])
    assert bootstrap_angle(Fixed(), rows).degrees.max() == pytest.approx(1e-7, rel=1e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_angles_are_bounded_ordered_and_repeatable(seed):
    rows, y = poles(seed, gap=0.5)
    one, other = (bootstrap_angle(DifferenceInMeans(), rows, y, resamples=30, seed=seed) for _ in range(2))
    assert_array_equal(one.degrees, other.degrees)
    assert ((one.degrees >= 0) & (one.degrees <= 180)).all()
    assert one.low <= one.median <= one.high
    assert one.low == pytest.approx(np.quantile(one.degrees, 0.025))


@pytest.mark.parametrize("estimator", [DifferenceInMeans(), LDADirection(), PCADirection()])
def test_more_seeds_and_poles_farther_apart_hold_the_direction(estimator):
    loose = bootstrap_angle(estimator, *poles(0, number=20, gap=2), resamples=100)
    firm = bootstrap_angle(estimator, *poles(0, number=2000, gap=6), resamples=100)
    assert firm.high < loose.low
    assert firm.high < 10
    assert not hasattr(estimator, "direction_")


def test_copies_of_the_seeds_do_not_hold_it_when_clusters_are_drawn():
    rows, y = poles(0, number=12)
    copies, labels, names = np.tile(rows, (20, 1)), np.tile(y, 20), np.tile(np.arange(12), 20)
    by_row = bootstrap_angle(DifferenceInMeans(), copies, labels)
    by_cluster = bootstrap_angle(DifferenceInMeans(), copies, labels, clusters=names)
    assert by_row.median < by_cluster.median / 2


def test_a_draw_that_lacks_a_class_is_drawn_again():
    rows, y = poles(0)
    rare = np.where(np.arange(40) < 2, y, 0)  # one row of the class: missing from a third of the draws
    assert len(bootstrap_angle(DifferenceInMeans(), rows, rare, resamples=50).degrees) == 50


def test_a_pipeline_is_measured_in_the_space_of_its_input():
    rows, y = poles(0, number=200)
    pipeline = make_pipeline(Whitening(), LogisticRegression()).fit(rows, y)
    whitening, last = pipeline[0].whitening_, pipeline[1].coef_[0]
    assert_allclose(input_direction(pipeline, rows), whitening @ last, rtol=1e-6)
    # The axes of whitening turn freely where variances are alike; the direction in the input does not.
    found = bootstrap_angle(pipeline, rows, y, resamples=50)
    assert found.high < 40


@given(st.integers(0, 100))
def test_the_direction_of_a_pipeline_is_orthogonal_to_what_it_removes(seed):
    rows, y = poles(seed)
    pipeline = make_pipeline(TopComponentsRemoval(2), DifferenceInMeans()).fit(rows, y)
    assert_allclose(pipeline[0].components_ @ input_direction(pipeline, rows), 0, atol=1e-9)


def test_the_code_of_a_data_set_is_no_feature():
    rows, y = poles(0)
    data = with_column(rows, np.arange(40) // 20)
    pipeline = make_pipeline(GroupCentring(-1), DifferenceInMeans())
    found = input_direction(pipeline.fit(data, y), data, fixed=[-1])
    assert_allclose(found, pipeline[1].direction_)
    assert bootstrap_angle(pipeline, data, y, fixed=[-1], resamples=20).high < 90


def test_a_curved_score_has_no_direction():
    rows, y = poles(0)
    with pytest.raises(InputError, match="not affine"):
        input_direction(SVC().fit(rows, y), rows)


@pytest.mark.parametrize("wrong", [{"resamples": 0}, {"level": 1}, {"clusters": [1, 2]}, {"y": [1, 0]}])
def test_arguments_that_do_not_fit_are_refused(wrong):
    rows, y = poles(0)
    with pytest.raises(InputError):
        bootstrap_angle(DifferenceInMeans(), rows, **{"y": y, **wrong})
