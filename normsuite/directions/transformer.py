"""What the transformers of embeddings share: input checks, and a column of X that says a row's kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import validate_data

from normsuite.directions.base import DirectionError
from normsuite.directions.moments import Floats


def with_column(X: Floats, values: ArrayLike) -> Floats:  # noqa: N803 (scikit-learn's name)
    """Embeddings with one number per row appended, for a transformer with ``column=-1``.

    Args:
        X: embeddings [rows, features].
        values: one number per row [rows]: the code of its data set, or its polarity.

    Returns:
        [rows, features + 1] in the type of X.

    Raises:
        DirectionError: the lengths differ, or the type of X cannot hold a value exactly.
    """
    given = np.asarray(values, np.float64)
    if given.shape != (len(X),):
        raise DirectionError(f"{len(X)} rows of embeddings and values of shape {given.shape}")
    column = given.astype(X.dtype)
    if not np.array_equal(column, given):
        raise DirectionError(
            f"a value cannot be written exactly as {X.dtype}", fix="number the groups from 0"
        )
    return np.column_stack([X, column])


class RowTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer of rows: inputs checked, outputs named, float32 kept."""

    _n_features_out: int

    def _rows(self, X: ArrayLike, *, first: bool, rows: int = 2) -> Floats:  # noqa: N803
        checked: Floats = self._checked(X, reset=first, ensure_min_samples=rows if first else 1)
        return checked

    def _checked(self, *arrays: ArrayLike, **options: Any) -> Any:
        """What scikit-learn's ``validate_data`` gives, its error as one of ours."""
        try:
            return validate_data(self, *arrays, dtype=[np.float64, np.float32], **options)
        except ValueError as error:
            raise DirectionError(str(error)) from error

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def take_column(rows: Floats, column: int | None) -> tuple[Floats, Floats]:
    """A column of the rows [rows] and the rows without it; without a column, zeros and the rows."""
    if column is None:
        return np.zeros(len(rows)), rows
    width = rows.shape[1]
    if not -width <= column < width or width < 2:
        raise DirectionError(f"column {column} of {width} cannot be taken out", field="column")
    return rows[:, column], np.delete(rows, column, axis=1)
