"""Difference in means, LDA, the logistic probe and the random direction, by hand and against plain code."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression

from normsuite.directions import DifferenceInMeans, LDADirection, LogisticDirection, RandomDirection

RNG = np.random.default_rng(3)
Y = np.tile([1, 0], 40)
X = RNG.normal(size=(80, 4)) * [1, 2, 0.5, 1] + np.outer(Y, [1.0, 1.0, 0, 0])


def test_difference_in_means_by_hand():
    fitted = DifferenceInMeans().fit([[0, 0], [2, 0], [4, 3], [4, 5]], [0, 0, 1, 1])
    # Means (1, 0) and (4, 4): the difference (3, 4) has length 5, and the middle (2.5, 2) scores 0.
    assert fitted.direction_ == pytest.approx([0.6, 0.8])
    assert fitted.offset_ == pytest.approx(0.6 * 2.5 + 0.8 * 2)
    assert fitted.decision_function([[2.5, 2], [4, 4], [1, 0]]) == pytest.approx([0, 2.5, -2.5])


def test_the_greater_label_is_the_positive_pole():
    forward = DifferenceInMeans().fit(X, Y)
    assert DifferenceInMeans().fit(X, np.where(Y, "yes", "no")).direction_ == pytest.approx(
        forward.direction_
    )
    assert DifferenceInMeans().fit(X, 1 - Y).direction_ == pytest.approx(-forward.direction_)


def test_lda_by_hand():
    low = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    fitted = LDADirection(shrinkage=0.0).fit(np.vstack([low, np.add(low, [2, 4])]), [0] * 4 + [1] * 4)
    # Within the poles Σ = diag(1/2, 2), so Σ⁻¹(2, 4) = (4, 2).
    assert fitted.direction_ == pytest.approx(np.array([2, 1]) / np.sqrt(5))
    assert fitted.decision_function([[1, 2]]) == pytest.approx([0])


def test_lda_shrunk_by_half_by_hand():
    low = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    fitted = LDADirection(shrinkage=0.5).fit(np.vstack([low, np.add(low, [2, 4])]), [0] * 4 + [1] * 4)
    # Half of diag(1/2, 2) and half of 5/4 on the diagonal: diag(7/8, 13/8).
    w = np.array([2 / 7, 4 / 13])
    assert fitted.direction_ == pytest.approx(w / np.linalg.norm(w))


def test_lda_shrinks_by_ledoit_wolf():
    within = X - np.where(Y[:, None], X[Y == 1].mean(axis=0), X[Y == 0].mean(axis=0))
    plain = LedoitWolf(assume_centered=True).fit(within)
    w = np.linalg.inv(plain.covariance_) @ (X[Y == 1].mean(axis=0) - X[Y == 0].mean(axis=0))
    fitted = LDADirection().fit(X, Y)
    assert fitted.shrinkage_ == pytest.approx(plain.shrinkage_)
    assert fitted.direction_ == pytest.approx(w / np.linalg.norm(w))


def test_lda_fully_shrunk_is_the_difference_in_means():
    assert LDADirection(shrinkage=1.0).fit(X, Y).direction_ == pytest.approx(
        DifferenceInMeans().fit(X, Y).direction_
    )


def test_lda_without_shrinkage_takes_fewer_rows_than_features():
    few = RNG.normal(size=(6, 20))
    fitted = LDADirection(shrinkage=0.0).fit(few, [0, 1] * 3)
    assert np.isfinite(fitted.direction_).all()


def test_logistic_is_the_plain_regression_of_data_of_variance_one():
    size = np.sqrt(np.mean((X - X.mean(axis=0)) ** 2))
    plain = LogisticRegression(C=0.3, tol=1e-10).fit((X - X.mean(axis=0)) / size, Y)
    fitted = LogisticDirection(C=0.3).fit(X, Y)
    w = plain.coef_[0]
    assert fitted.direction_ == pytest.approx(w / np.linalg.norm(w), abs=1e-5)
    even = plain.decision_function((X - X.mean(axis=0)) / size) * size / np.linalg.norm(w)
    assert fitted.decision_function(X) == pytest.approx(even, abs=1e-4)


def test_logistic_by_hand_on_two_points():
    fitted = LogisticDirection(C=1.0).fit([[0.0, 0], [3, 4]], [0, 1])
    assert fitted.direction_ == pytest.approx([0.6, 0.8])
    assert fitted.decision_function([[1.5, 2]]) == pytest.approx([0], abs=1e-6)


def test_logistic_takes_the_c_of_the_least_held_out_loss():
    fitted = LogisticDirection(grid=(1e-3, 1e-1, 10.0)).fit(X, Y)
    assert fitted.losses_.shape == (3,)
    assert (1e-3, 1e-1, 10.0)[int(np.argmin(fitted.losses_))] == fitted.C_
    assert fitted.direction_ == pytest.approx(LogisticDirection(C=fitted.C_).fit(X, Y).direction_)


def test_groups_are_never_split_between_folds():
    # Each group is one point repeated, its label a coin's: memory helps on rows and not on groups.
    rng = np.random.default_rng(0)
    points, coin = rng.normal(size=(30, 20)), np.tile([0, 1], 15)
    groups = np.repeat(np.arange(30), 6)
    grid = (1e-4, 1e2)
    by_row = LogisticDirection(grid=grid).fit(points[groups], coin[groups])
    by_group = LogisticDirection(grid=grid).fit(points[groups], coin[groups], groups=groups)
    assert by_row.C_ == 1e2
    assert by_group.C_ == 1e-4


def test_a_held_out_fold_may_hold_one_pole_only():
    groups = np.repeat([0, 1, 2, 3], [4, 4, 3, 1])
    y = [1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1]  # group 2 is of one pole, and a fold of its own
    fitted = LogisticDirection(folds=3).fit(X[:12], y, groups=groups)
    assert np.isfinite(fitted.losses_).all()


def test_random_directions_are_drawn_by_seed_and_look_at_no_label():
    one = RandomDirection(random_state=1).fit(X)
    assert one.direction_ == pytest.approx(RandomDirection(random_state=1).fit(X, 1 - Y).direction_)
    assert abs(one.direction_ @ RandomDirection(random_state=2).fit(X).direction_) < 0.999
    assert one.decision_function(X).mean() == pytest.approx(0, abs=1e-12)


def test_random_directions_cover_the_sphere_evenly():
    drawn = np.stack([RandomDirection(random_state=s).fit(X).direction_ for s in range(400)])
    # Mean 0 and second moment 1/d in each of 4 coordinates; five standard errors of either.
    assert np.abs(drawn.mean(axis=0)).max() < 5 * np.sqrt(1 / 4 / 400)
    assert np.abs((drawn**2).mean(axis=0) - 0.25).max() < 5 * 0.18 / 20


def test_an_anchored_random_direction_differs_by_its_sign_alone():
    for state in range(8):
        free = RandomDirection(random_state=state).fit(X)
        turned = RandomDirection(anchored=True, random_state=state).fit(X, Y)
        assert abs(free.direction_ @ turned.direction_) == pytest.approx(1)
        scores = turned.decision_function(X)
        assert scores[Y == 1].mean() > scores[Y == 0].mean()
