"""What to know about a direction and the space it lies in before its scores are read.

How much of the embeddings' variance it carries, how evenly the space is used, how far hubs rule it, and how
far the direction turns when its seeds are drawn again.
"""

# ruff: noqa: N803 (X is scikit-learn's name)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone

from normsuite.directions.base import DirectionError
from normsuite.directions.hubness import hubness_skewness
from normsuite.directions.moments import Floats, mean_and_covariance, unit


@dataclass(frozen=True)
class Space:
    """Diagnostics of embeddings and of a direction in them.

    Attributes:
        explained_variance: share of the total variance along the direction, from 0 to 1.
        isoscore: how evenly the variance is spread over the axes, from 0 (one axis) to 1 (all alike).
        hubness_skewness: skewness of the k-occurrence; large where a few texts are near to everything.
        rows: number of embeddings.
    """

    explained_variance: float
    isoscore: float
    hubness_skewness: float
    rows: int


@dataclass(frozen=True)
class DirectionAngle:
    """How far a direction turns when its seeds are drawn again.

    Attributes:
        degrees: angle of each refit to the fit on all seeds [resamples], in degrees from 0 to 180.
        median: their median, in degrees.
        low: lower end of the percentile interval, in degrees.
        high: upper end, in degrees.
        level: share of the refits within the interval.
    """

    degrees: Floats
    median: float
    low: float
    high: float
    level: float


def diagnose(X: ArrayLike, direction: ArrayLike, k: int = 10) -> Space:
    """Explained variance, IsoScore and hubness skewness of embeddings.

    Args:
        X: embeddings [rows, features].
        direction: [features], of any length above 0.
        k: neighbours per row for the hubness.

    Raises:
        DirectionError: as the three functions do.
    """
    return Space(
        explained_variance(X, direction), isoscore(X), hubness_skewness(X, k=k), rows=len(np.asarray(X))
    )


def explained_variance(X: ArrayLike, direction: ArrayLike) -> float:
    """Share of the total variance along a direction, u' S u / trace(S), with S the covariance of X.

    For the first principal component it is PCA's explained variance ratio; 1 / features on average for a
    random direction.

    Args:
        X: embeddings [rows, features].
        direction: u [features], of any length above 0.

    Raises:
        DirectionError: the direction has another number of features, or is zero; X has no variance.
    """
    covariance = _covariance(X)
    given = np.asarray(direction, np.float64).ravel()
    if len(given) != len(covariance):
        raise DirectionError(f"a direction of {len(given)} features for embeddings of {len(covariance)}")
    axis = unit(given, "the direction")
    return float(axis @ covariance @ axis / np.trace(covariance))


def isoscore(X: ArrayLike) -> float:
    """IsoScore: how evenly the variance of a cloud of points is spread over its principal axes.

    Rudman et al. 2022, "IsoScore: Measuring the Uniformity of Embedding Space Utilization", Algorithm 1.
    With n features and the variances v along the principal axes: w = sqrt(n) v / |v|; the defect
    D = |w - 1| / sqrt(2 (n - sqrt(n))); f = (n - D^2 (n - sqrt(n)))^2 / n^2, the share of axes in use;
    (n f - 1) / (n - 1). Their code takes [features, points]; this takes [points, features]. With no more
    points than features some axes have no variance, and the score says as much of the sample as of the space.

    Args:
        X: points [rows, features], at least 2 features.

    Returns:
        From 0, a line, to 1, the same variance along every axis; (m - 1) / (n - 1) for m equal axes of n.

    Raises:
        DirectionError: one feature, or no variance.
    """
    variances = np.linalg.eigvalsh(_covariance(X)).clip(min=0)
    n = len(variances)
    if n < 2:
        raise DirectionError("IsoScore needs at least 2 features")
    scaled = np.sqrt(n) * variances / np.linalg.norm(variances)
    room = n - np.sqrt(n)
    defect = np.linalg.norm(scaled - 1) / np.sqrt(2 * room)
    share = ((n - defect**2 * room) / n) ** 2
    return float(np.clip((n * share - 1) / (n - 1), 0, 1))


def bootstrap_angle(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    clusters: ArrayLike | None = None,
    fixed: Sequence[int] = (),
    resamples: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> DirectionAngle:
    """The angle between the direction fitted on all seeds and those fitted on seeds drawn with replacement.

    The percentile bootstrap (Efron and Tibshirani 1993, chapter 13; clusters: chapter 8). Angles are of the
    input space and of signed directions: one that comes out turned round is at 180 degrees. A draw that
    lacks one of two classes is drawn again. The interval is of the refits' angles and says how firmly the
    seeds hold the direction; it does not contain 0 where nothing is wrong.

    Args:
        estimator: a direction or a Pipeline that ends in one; it is cloned, not changed.
        X: seeds [rows, features].
        y: labels or ratings [rows], where the estimator needs them.
        clusters: what is drawn as a whole, such as the verb of all its stems [rows]; None: rows are drawn.
        fixed: columns of X that are no features, as in ``input_direction``.
        resamples: number of refits.
        level: of the interval, between 0 and 1.
        seed: of the draws.

    Raises:
        DirectionError: the lengths differ, the parameters do not fit, or no direction can be fitted.
    """
    rows = np.asarray(X)
    target = None if y is None else _as_long(y, rows, "y")
    names = np.arange(len(rows)) if clusters is None else _as_long(clusters, rows, "clusters")
    if resamples < 1 or not 0 < level < 1:
        raise DirectionError(
            f"resamples={resamples} and level={level}", fix="resamples >= 1 and 0 < level < 1"
        )

    def fitted(draw: NDArray[np.int64]) -> Floats:
        model = clone(estimator).fit(rows[draw], *([] if target is None else [target[draw]]))
        return unit(input_direction(model, rows[draw], fixed), "a direction")

    full = fitted(np.arange(len(rows)))
    draws = _draws(names, target, np.random.default_rng(seed))
    degrees = np.array([_angle(full, fitted(next(draws))) for _ in range(resamples)])
    low, median, high = np.quantile(degrees, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return DirectionAngle(degrees, float(median), float(low), float(high), level)


def input_direction(model: Any, X: ArrayLike, fixed: Sequence[int] = ()) -> Floats:
    """The direction of a fitted scorer in the space of its input [features].

    ``direction_`` where it has one. For a Pipeline it is the gradient of the score: preprocessing turns and
    stretches the space, and differently at every refit, so that the last step's own vector cannot be
    compared. The score must be affine in X (centring, whitening and removal of components are); the gradient
    then follows from the scores of one row moved along each feature.

    Args:
        model: fitted, with ``direction_`` or ``decision_function``.
        X: rows that it can score [rows, features]; the first is the one that is moved.
        fixed: columns of X that are no features, such as the code of a data set: they are not moved, and the
            direction has no entry for them.

    Raises:
        DirectionError: the score is not affine in X.
    """
    if hasattr(model, "direction_"):
        own: Floats = np.asarray(model.direction_, np.float64)
        return own
    rows = np.asarray(X, np.float64)
    alike = rows[(rows[:, fixed] == rows[0, fixed]).all(axis=1)]
    steps = np.delete(np.eye(rows.shape[1]), fixed, axis=0) * max(float(np.abs(rows).max()), 1e-6)
    start, *ends = model.decision_function(np.vstack([rows[:1], rows[:1] + steps]))
    gradient: Floats = (np.array(ends) - start) / steps.max(initial=0)
    actual = model.decision_function(alike)
    expected = start + np.delete(alike - rows[0], fixed, axis=1) @ gradient
    if not np.allclose(actual, expected, rtol=0, atol=1e-6 * np.abs([start, *ends]).max()):
        raise DirectionError("the score is not affine in the embedding, so that it has no single direction")
    return gradient


def _covariance(X: ArrayLike) -> Floats:
    """Covariance of rows [features, features].

    Raises:
        DirectionError: not a table of finite numbers, or all rows are equal.
    """
    rows = np.asarray(X)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or not np.isfinite(rows).all():
        raise DirectionError("X is not a table of finite numbers", field="X")
    if len(rows) < 2 or (rows == rows[0]).all():
        raise DirectionError("X has no variance", fix="give two embeddings or more that differ")
    return mean_and_covariance(rows)[1]


def _as_long(values: ArrayLike, rows: NDArray[Any], name: str) -> NDArray[Any]:
    """An array of one value per row.

    Raises:
        DirectionError: its length is another.
    """
    array = np.asarray(values)
    if array.shape != (len(rows),):
        raise DirectionError(f"{name} of shape {array.shape} for {len(rows)} rows")
    return array


def _draws(
    names: NDArray[Any], target: NDArray[Any] | None, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Rows of clusters drawn with replacement, as many as there are; both of two classes in each draw."""
    _, codes, counts = np.unique(names, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    classes = np.zeros(len(names)) if target is None else target
    distinct = len(np.unique(classes))
    while True:
        draw = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        # Each class is in at least one cluster, so that half of the draws or more have both.
        if distinct != 2 or len(np.unique(classes[draw])) == 2:
            yield draw


def _angle(one: Floats, other: Floats) -> float:
    """Angle of two unit vectors in degrees, exact for small angles too."""
    # Kahan's formula: the arc cosine loses half the digits near 0 and 180 degrees.
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(one - other), np.linalg.norm(one + other))))
