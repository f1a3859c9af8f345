"""What every direction shares: a unit vector, an offset, and the checks of what is given to it."""

# ruff: noqa: N803 - X is the name scikit-learn callers pass

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import ClassifierTags
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from normsuite.errors import InputError

Floats = NDArray[np.float64]

ROWS_AT_ONCE: Final = 8192
"""Rows that are widened to float64 at a time: the product is exact to float64 without a second copy of X."""

ROUNDING: Final = 1e-12
"""A vector shorter than this share of the data's own size is rounding, not a direction."""


class DirectionError(InputError, ValueError):
    """Embeddings or labels that define no direction; a ValueError, as scikit-learn expects of bad input."""


class Direction(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A scikit-learn estimator that reads each embedding as its signed distance along one unit vector.

    Subclasses write ``fit``. A score is ``X @ direction_ - offset_``: positive towards the positive pole, in
    the units of the embeddings.

    Attributes:
        direction_: [d] float64, of length 1, from the negative to the positive pole.
        offset_: The projection that scores 0.
        n_features_in_: d.
    """

    direction_: Floats
    offset_: float

    def decision_function(self, X: ArrayLike) -> Floats:
        """The score of each embedding.

        Args:
            X: [n, d] embeddings, float32 or float64.

        Returns:
            [n] float64; greater is nearer to the positive pole.

        Raises:
            DirectionError: X has NaN, infinity, or another number of features than the direction.
        """
        check_is_fitted(self)
        return project(embeddings(self, X, reset=False), self.direction_) - self.offset_

    def transform(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """The same scores as a column [n, 1] in the precision of X, for use inside a Pipeline."""
        scores = self.decision_function(X)[:, None]
        return scores.astype(np.float32) if getattr(X, "dtype", None) == np.float32 else scores

    @property
    def _n_features_out(self) -> int:
        return 1

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        # Two poles: scikit-learn's own checks then give two labels.
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def embeddings(estimator: Direction, X: ArrayLike, *, reset: bool) -> NDArray[np.floating[Any]]:
    """[n, d] checked embeddings in their own precision; ``reset`` when fitting, where d is learnt."""
    try:
        # A NaN is looked for below, where its row can be told.
        checked: NDArray[np.floating[Any]] = validate_data(
            estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=False
        )
    except ValueError as error:
        raise DirectionError(str(error)) from error
    bad = ~np.isfinite(checked).all(axis=1)
    if bad.any():
        raise DirectionError(
            f"X has NaN or inf in {bad.sum()} of {len(bad)} embeddings, first in row {bad.argmax()} (from 0)",
            fix="leave those texts out, or look for overflow in the encoder (float16?)",
        )
    return checked


def seeds(estimator: Direction, X: ArrayLike) -> Floats:
    """[n, d] float64 embeddings to fit on: checked, more than one, and not all alike."""
    checked = embeddings(estimator, X, reset=True)
    if len(checked) < 2:
        raise DirectionError("X has n_samples=1, and a direction needs two poles", fix="give more embeddings")
    if np.all(checked == checked[0]):
        raise DirectionError(
            f"all {len(checked)} embeddings of X are the same vector",
            fix="check that the texts differ and that the encoder reads them",
        )
    return checked.astype(np.float64)


def column(y: ArrayLike | None, n: int, who: object, name: str = "y") -> NDArray[Any]:
    """[n] values that go with the rows of X, one each."""
    if y is None:
        raise DirectionError(
            f"{type(who).__name__} requires {name} to be passed, but the target {name} is None",
            fix="give one value per embedding",
        )
    try:
        values: NDArray[Any] = column_or_1d(y, warn=True)
    except ValueError as error:
        raise DirectionError(f"{name} cannot be read: {error}", fix="give one value per embedding") from error
    if len(values) != n:
        raise DirectionError(
            f"{name} has {len(values)} values for {n} embeddings", fix="give one value per embedding"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DirectionError(f"{name} has NaN or inf", fix="leave out the rows that have no value")
    return values


def ratings(y: ArrayLike | None, n: int, who: object) -> Floats:
    """[n] numbers, of which at least two differ."""
    values = column(y, n, who)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "error"
            )  # a complex number would lose its imaginary part with a warning only
            numbers = values.astype(np.float64)
    except (TypeError, ValueError, Warning) as error:
        raise DirectionError(f"y is not made of numbers: {error}", fix="give ratings as numbers") from error
    if not np.isfinite(numbers).all():
        raise DirectionError("y has NaN or inf", fix="leave out the rows that have no value")
    if np.all(numbers == numbers[0]):
        raise DirectionError(
            f"y holds one class only: every value is {numbers[0]:g}", fix="give seeds of both poles"
        )
    return numbers


def two_classes(y: ArrayLike | None, n: int, who: object) -> NDArray[np.bool_]:
    """[n] whether a row is of the positive pole: the greater of exactly two labels."""
    values = column(y, n, who)
    try:
        labels = np.unique(values)
    except TypeError as error:
        raise DirectionError(
            "y mixes kinds of labels", fix="give 1 (positive pole) or 0 (negative)"
        ) from error
    if len(labels) == 1:
        raise DirectionError(
            f"y holds one class only: every label is {labels[0]}",
            fix="give seeds of both poles, 1 (positive) and 0 (negative)",
        )
    if len(labels) > 2:
        raise DirectionError(
            f"y holds {len(labels)} different labels",
            fix="give 1 (positive pole) or 0 (negative); ratings go to TwoExtremes",
        )
    positive: NDArray[np.bool_] = values == labels[1]
    return positive


def project(X: NDArray[np.floating[Any]], direction: Floats) -> Floats:
    """[n] float64 products of the rows of X [n, d] with a vector [d]."""
    starts = range(0, len(X), ROWS_AT_ONCE)
    return np.concatenate([X[i : i + ROWS_AT_ONCE].astype(np.float64) @ direction for i in starts])


def unit(vector: Floats, size: float, *, what: str, fix: str) -> Floats:
    """The vector [d] at length 1; an error, ``what``, where it is no more than rounding of ``size``."""
    length = float(np.linalg.norm(vector))
    if not length > ROUNDING * size:
        raise DirectionError(what, fix=fix)
    return vector / length


def anchored(axis: Floats, X: Floats, positive: NDArray[np.bool_], negative: NDArray[np.bool_]) -> Floats:
    """The axis [d] or its opposite, such that the positive rows of X lie further along it on average."""
    gap = float(axis @ (X[positive].mean(axis=0) - X[negative].mean(axis=0)))
    if abs(gap) <= ROUNDING * float(np.abs(X).max()):
        raise DirectionError(
            "the two poles lie at the same place along the axis found, so its sign is undefined",
            fix="add seeds, or use DifferenceInMeans",
        )
    return axis if gap > 0 else -axis
