"""What defines no direction is refused in one clear line."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

import re

import numpy as np
import pytest
from sklearn.base import clone

from normsuite.directions import (
    CCS,
    LAT,
    AnswerCosine,
    DifferenceInMeans,
    DirectionError,
    LDADirection,
    LogisticDirection,
    PCADirection,
    RandomDirection,
    TwoExtremes,
)
from normsuite.errors import InputError

LEARN_FROM_Y = [
    DifferenceInMeans(),
    LDADirection(),
    LogisticDirection(C=1.0),
    PCADirection(),
    TwoExtremes(),
    LAT(),
    CCS(),
    AnswerCosine(),
    RandomDirection(anchored=True),
]
ALL = [*LEARN_FROM_Y, RandomDirection()]
Y = np.array([1, 0, 0, 1, 1, 0, 0, 1])


def some(rows=8, features=3):
    return np.random.default_rng(1).normal(size=(rows, features))


def refusal(estimator, X, y, **more):
    with pytest.raises(DirectionError) as error:
        clone(estimator).fit(X, y, **more)
    assert isinstance(error.value, InputError), "the command line prints it and exits with 2"
    assert isinstance(error.value, ValueError), "scikit-learn expects it"
    assert "\n" not in str(error.value)
    assert error.value.fix
    return str(error.value)


@pytest.mark.parametrize("estimator", LEARN_FROM_Y, ids=repr)
def test_one_class_only_is_refused(estimator):
    assert "one class only" in refusal(estimator, some(), np.ones(8, int))


@pytest.mark.parametrize("estimator", ALL, ids=repr)
def test_embeddings_all_alike_are_refused(estimator):
    assert "same vector" in refusal(estimator, np.ones((8, 3)), Y)


@pytest.mark.parametrize("estimator", ALL, ids=repr)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_nan_or_inf_is_refused_with_its_row(estimator, value):
    X = some()
    X[5, 1] = value
    assert re.search("NaN or inf in 1 of 8 .* row 5", refusal(estimator, X, Y))
    fitted = clone(estimator).fit(some(), Y)
    with pytest.raises(DirectionError, match="row 5"):
        fitted.decision_function(X)


@pytest.mark.parametrize("estimator", LEARN_FROM_Y, ids=repr)
def test_labels_that_do_not_match_the_rows_are_refused(estimator):
    assert "7 values for 8 embeddings" in refusal(estimator, some(), Y[:7])
    assert "requires y" in refusal(estimator, some(), None)
    assert "NaN" in refusal(estimator, some(), np.where(np.arange(8) == 3, np.nan, Y))


@pytest.mark.parametrize(
    "estimator", [DifferenceInMeans(), LDADirection(), LAT(), CCS(), AnswerCosine()], ids=repr
)
def test_more_than_two_labels_are_refused_where_two_poles_are_needed(estimator):
    assert "TwoExtremes" in refusal(estimator, some(), [0, 1, 2, 0, 1, 2, 0, 1])
    assert "mixes kinds" in refusal(estimator, some(), np.array([0, "a", 0, 1, 0, 1, 0, 1], object))


@pytest.mark.parametrize("estimator", [PCADirection(), TwoExtremes()], ids=repr)
def test_words_are_refused_where_ratings_are_needed(estimator):
    assert "not made of numbers" in refusal(estimator, some(), list("abcdefgh"))


@pytest.mark.parametrize(
    "estimator", [DifferenceInMeans(), LDADirection(), TwoExtremes(extremes=0.5)], ids=repr
)
def test_poles_with_the_same_mean_are_refused(estimator):
    X = np.array([[1.0, 0], [-1, 0], [1, 0], [-1, 0]])
    assert "same mean" in refusal(estimator, X, [1, 1, 0, 0])


def test_another_number_of_features_is_refused():
    fitted = DifferenceInMeans().fit(some(), Y)
    with pytest.raises(DirectionError, match="4 features"):
        fitted.decision_function(some(features=4))


@pytest.mark.parametrize(
    ("estimator", "X", "y", "more", "line"),
    [
        (LDADirection(), [[0, 0], [0, 0], [1, 1], [1, 1]], [0, 0, 1, 1], {}, "no covariance"),
        (LDADirection(shrinkage=2), some(), Y, {}, "shrinkage is 2"),
        (LogisticDirection(), some(), Y, {"groups": [1, 0, 0, 1, 1, 0, 0, 1]}, "one group only"),
        (LogisticDirection(C=0), some(), Y, {}, "C is 0"),
        (LogisticDirection(C="auto"), some(), Y, {}, "C is 'auto'"),
        (LogisticDirection(grid=()), some(), Y, {}, "grid"),
        (PCADirection(), [[2, 0], [-2, 0], [0, 1], [0, -1]], [0.5, 0.5, 1, 0], {}, "sign is undefined"),
        (PCADirection(n_components=0), some(), Y, {}, "n_components is 0"),
        (TwoExtremes(extremes=0.6), some(), Y, {}, "extremes is 0.6"),
        (TwoExtremes(extremes=3), some(), [5, 5, 5, 5, 5, 5, 1, 9], {}, "same value, 5"),
        (LAT(), some(), Y, {"pairs": [0, 0, 0, 1, 1, 2, 2, 3]}, "2 of 4 names"),
        (LAT(), some(2), [0, 1], {}, "do not vary"),
        (CCS(), some(7), Y[:7], {}, "7 rows are no contrast pairs"),
        (CCS(), some(), [1, 0] * 4, {}, "do not vary within the halves"),
        (CCS(), some(), Y, {"halves": [1, 1, 0, 0, 1, 0, 1, 0]}, "two rows of the same half"),
        (CCS(alpha=1e6), some(), Y, {}, "the penalty outweighs"),
        (CCS(n_restarts=0), some(), Y, {}, "n_restarts is 0"),
        (AnswerCosine(), some(), Y, {"templates": list("aaaaaaab")}, "lack an answer, first 'b'"),
        (AnswerCosine(), np.vstack([some(7), np.zeros(3)]), Y, {}, "row 7 .* length 0"),
    ],
)
def test_what_a_method_cannot_use_is_said(estimator, X, y, more, line):
    assert re.search(line, refusal(estimator, X, y, **more))
