"""The first component and the two extremes, by hand."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

import numpy as np
import pytest

from normsuite.directions import PCADirection, TwoExtremes

CROSS = np.add([[3.0, 0], [-3, 0], [0, 1], [0, -1]], [10, 20])


def test_pca_by_hand():
    fitted = PCADirection().fit(CROSS, [1, 0, 0.5, 0.5])
    assert fitted.direction_ == pytest.approx([1, 0])
    assert fitted.mean_ == pytest.approx([10, 20])
    assert fitted.explained_variance_ratio_ == pytest.approx([0.9, 0.1])
    # Centred, not whitened: the score is a distance.
    assert fitted.decision_function(CROSS) == pytest.approx([3, -3, 0, 0])


def test_pca_turns_its_sign_with_the_seeds_and_nothing_else():
    fitted = PCADirection().fit(CROSS, [0, 1, 0.5, 0.5])
    assert fitted.direction_ == pytest.approx([-1, 0])


def test_neutral_seeds_shape_the_component_and_not_its_sign():
    X = np.array([[0.0, 1], [0, -1], [9, 0], [-8, -0.5], [1, 0.5]])
    with_neutral = PCADirection().fit(X, [1, -1, 0, 0, 0])
    assert abs(with_neutral.direction_[0]) > 0.99
    assert with_neutral.decision_function(X[:1]) > with_neutral.decision_function(X[1:2])


def test_pca_keeps_no_more_components_than_there_are():
    assert PCADirection(n_components=5).fit(CROSS, [1, 0, 0.5, 0.5]).explained_variance_ratio_.shape == (2,)


def test_two_extremes_by_hand():
    X = np.array([[0.0, 0], [2, 0], [50, 50], [4, 3], [4, 5], [-9, 7]])
    fitted = TwoExtremes(extremes=2).fit(X, [1.0, 1.5, 3, 9, 8, 4])
    # Lowest two have the mean (1, 0), highest two (4, 4).
    assert fitted.direction_ == pytest.approx([0.6, 0.8])
    assert fitted.decision_function([[2.5, 2]]) == pytest.approx([0])


def test_one_at_each_end_is_the_highest_minus_the_lowest():
    X = np.array([[1.0, 1], [4, 5], [0, 9]])
    fitted = TwoExtremes(extremes=1).fit(X, [-2.0, 7, 3])
    assert fitted.direction_ == pytest.approx([0.6, 0.8])


def test_a_share_counts_rows_and_takes_ties_in():
    X = np.random.default_rng(0).normal(size=(10, 3))
    fitted = TwoExtremes(extremes=0.2).fit(X, [0, 1, 1, 1, 5, 6, 7, 8, 9, 10])
    assert (fitted.n_top_, fitted.n_bottom_) == (2, 4)
    shuffled = np.random.default_rng(1).permutation(10)
    again = TwoExtremes(extremes=0.2).fit(X[shuffled], np.array([0, 1, 1, 1, 5, 6, 7, 8, 9, 10])[shuffled])
    assert again.direction_ == pytest.approx(fitted.direction_)
