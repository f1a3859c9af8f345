"""What must hold of any data: moving, turning and stretching the space, and turning the labels."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group
from sklearn.base import clone

from normsuite.directions import (
    CCS,
    LAT,
    AnswerCosine,
    DifferenceInMeans,
    LDADirection,
    LogisticDirection,
    PCADirection,
    RandomDirection,
    TwoExtremes,
)

# Each with how near its scores must come: iterative ones stop a little apart.
EXACT, ITERATIVE = 1e-6, 2e-3
TURNS = [
    (DifferenceInMeans(), EXACT),
    (LDADirection(), EXACT),
    (LDADirection(shrinkage=0.0), EXACT),
    (LogisticDirection(C=1.0), ITERATIVE),
    (PCADirection(), EXACT),
    (TwoExtremes(extremes=0.3), EXACT),
    (LAT(), EXACT),
    (AnswerCosine(), EXACT),
]
MOVES = [*TURNS[:-1], (CCS(), ITERATIVE), (RandomDirection(), EXACT)]
FAIR = settings(max_examples=25, deadline=None)
numbers = st.integers(0, 10_000)


def poles(seed):
    """Two clouds [40, 5] with a clear longest axis, and their labels."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([0, 1], 20))
    X = rng.normal(size=(40, 5)) * [1, 0.5, 1, 0.8, 1.2] + np.outer(2 * y - 1, [2.0, 1, 0, 0, 0.5])
    return X, y


def scores(estimator, X, y):
    return clone(estimator).fit(X, y).decision_function(X)


@pytest.mark.parametrize(("estimator", "near"), MOVES, ids=repr)
@FAIR
@given(seed=numbers, far=st.floats(-100, 100))
def test_moving_the_space_moves_no_score(estimator, near, seed, far):
    X, y = poles(seed)
    move = far * np.random.default_rng(seed).normal(size=5)
    assert scores(estimator, X + move, y) == pytest.approx(scores(estimator, X, y), abs=near)


@pytest.mark.parametrize(("estimator", "near"), TURNS, ids=repr)
@FAIR
@given(seed=numbers)
def test_turning_the_space_turns_the_direction_and_moves_no_score(estimator, near, seed):
    X, y = poles(seed)
    turn = ortho_group.rvs(5, random_state=seed)
    before, after = clone(estimator).fit(X, y), clone(estimator).fit(X @ turn.T, y)
    assert after.direction_ == pytest.approx(turn @ before.direction_, abs=near)
    assert after.decision_function(X @ turn.T) == pytest.approx(before.decision_function(X), abs=near)


@pytest.mark.parametrize(("estimator", "near"), MOVES, ids=repr)
@FAIR
@given(seed=numbers, by=st.floats(1e-3, 1e3))
def test_scores_are_in_the_units_of_the_space(estimator, near, seed, by):
    X, y = poles(seed)
    assert scores(estimator, by * X, y) / by == pytest.approx(scores(estimator, X, y), abs=near)


@FAIR
@given(seed=numbers, by=st.floats(1e-3, 1e3))
def test_a_cosine_has_no_units(seed, by):
    X, y = poles(seed)
    assert scores(AnswerCosine(), by * X, y) == pytest.approx(scores(AnswerCosine(), X, y), abs=EXACT)


@pytest.mark.parametrize(
    ("estimator", "near"),
    [*TURNS, (CCS(), ITERATIVE), (RandomDirection(anchored=True), EXACT)],
    ids=repr,
)
@FAIR
@given(seed=numbers)
def test_turning_the_labels_turns_the_direction(estimator, near, seed):
    X, y = poles(seed)
    one, other = clone(estimator).fit(X, y), clone(estimator).fit(X, 1 - y)
    assert other.direction_ == pytest.approx(-one.direction_, abs=near)


@pytest.mark.parametrize(
    "estimator",
    [DifferenceInMeans(), LDADirection(), PCADirection(), RandomDirection(anchored=True)],
    ids=repr,
)
@FAIR
@given(seed=numbers)
def test_the_positive_seeds_lie_above_the_negative_ones(estimator, seed):
    X, y = poles(seed)
    found = scores(estimator, X, y)
    assert found[y == 1].mean() > found[y == 0].mean()


@FAIR
@given(seed=numbers, slope=st.floats(0.01, 100), base=st.floats(-100, 100))
def test_two_extremes_look_at_the_order_of_ratings_alone(seed, slope, base):
    X, _ = poles(seed)
    ratings = np.random.default_rng(seed).permutation(40)
    plain = scores(TwoExtremes(), X, ratings)
    assert scores(TwoExtremes(), X, base + slope * ratings**3) == pytest.approx(plain, abs=EXACT)
