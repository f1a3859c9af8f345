"""scikit-learn's own checks of an estimator, and composing with what scikit-learn has."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

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

ESTIMATORS = [
    DifferenceInMeans(),
    LDADirection(),
    LDADirection(shrinkage=0.0),
    LogisticDirection(),
    LogisticDirection(C=1.0),
    RandomDirection(),
    RandomDirection(anchored=True),
    PCADirection(),
    TwoExtremes(),
    LAT(),
    CCS(),
    AnswerCosine(),
]

ODD = "the check gives an odd number of rows, which are no pairs; leaving one out in silence is worse"


def checks_that_do_not_apply(estimator):
    if isinstance(estimator, CCS):
        return {
            "check_estimators_overwrite_params": ODD,
            "check_estimators_fit_returns_self": ODD,
            "check_readonly_memmap_input": ODD,
            "check_n_features_in_after_fitting": ODD,
            "check_estimators_dtypes": "its labels alternate as x+ and x- do: nothing tells the sign",
        }
    if isinstance(estimator, AnswerCosine):
        return {"check_estimators_dtypes": "its integers hold a zero vector, which has no cosine"}
    return {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=checks_that_do_not_apply)
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@pytest.fixture
def two_poles():
    rng = np.random.default_rng(5)
    y = np.tile([1, 0, 0, 1], 15)
    X = rng.normal(size=(60, 6)) + np.outer(y, [2.0, 1.0, 0, 0, 0, 0])
    return X, y


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_a_direction_has_length_one_and_composes_in_a_pipeline(estimator, two_poles):
    X, y = two_poles
    pipeline = make_pipeline(StandardScaler(), clone(estimator)).fit(X, y)
    last = pipeline[-1]
    assert last.direction_.shape == (6,)
    assert np.linalg.norm(last.direction_) == pytest.approx(1, abs=1e-12)
    assert pipeline.decision_function(X).shape == (60,)
    assert pipeline.transform(X).shape == (60, 1)
    assert pipeline.transform(X)[:, 0] == pytest.approx(pipeline.decision_function(X))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_float32_embeddings_score_as_float64_ones_do(estimator, two_poles):
    X, y = two_poles
    wide = clone(estimator).fit(X, y)
    narrow = clone(estimator).fit(X.astype(np.float32), y)
    assert narrow.direction_.dtype == np.float64
    assert narrow.transform(X.astype(np.float32)).dtype == np.float32
    assert narrow.decision_function(X) == pytest.approx(wide.decision_function(X), abs=1e-3)


def test_scoring_rows_in_blocks_changes_nothing(two_poles):
    X, y = two_poles
    fitted = DifferenceInMeans().fit(X, y)
    many = np.tile(X, (300, 1))  # more rows than are widened at a time
    assert fitted.decision_function(many) == pytest.approx(np.tile(fitted.decision_function(X), 300))


def test_a_step_takes_what_it_needs_beside_y_through_a_pipeline(two_poles):
    X, y = two_poles
    names = np.repeat(np.arange(30), 2)
    given = make_pipeline(StandardScaler(), LAT()).fit(X, y, lat__pairs=names)
    alone = LAT().fit(StandardScaler().fit_transform(X), y, pairs=names)
    assert given[-1].direction_ == pytest.approx(alone.direction_)
