"""Means, covariances and projections of embeddings, summed in double precision over blocks of rows."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from normsuite.directions.base import DirectionError

Floats = NDArray[np.floating[Any]]

_BLOCK: Final = 8192  # rows held in double precision at once


def mean_and_covariance(rows: Floats) -> tuple[Floats, Floats]:
    """Mean [features] and covariance [features, features] (divided by rows - 1) of rows [rows, features]."""
    mean = rows.mean(axis=0, dtype=np.float64)
    total = np.zeros((len(mean), len(mean)))
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK] - mean
        total += block.T @ block
    return mean, total / max(len(rows) - 1, 1)


def principal_axes(rows: Floats) -> tuple[Floats, Floats, Floats]:
    """Principal component analysis by the covariance's eigenvectors.

    Args:
        rows: [rows, features].

    Returns:
        The mean [features]; the variances along the axes, falling [features]; the axes, orthonormal rows
        [features, features], each with its largest entry positive so that a second fit gives the same signs.

    Raises:
        DirectionError: all rows are equal.
    """
    if (rows == rows[0]).all():
        raise DirectionError("all rows of X are equal", fix="give embeddings that differ from text to text")
    mean, covariance = mean_and_covariance(rows)
    rising, columns = np.linalg.eigh(covariance)
    axes = columns.T[::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return mean, np.maximum(rising[::-1], 0), axes * np.sign(largest)


def group_means(rows: Floats, codes: Floats) -> tuple[Floats, Floats]:
    """The codes that occur, sorted [groups], and the mean of the rows of each [groups, features]."""
    groups, starts, counts = np.unique(np.sort(codes), return_index=True, return_counts=True)
    sums = np.add.reduceat(rows[np.argsort(codes, kind="stable")], starts, axis=0, dtype=np.float64)
    return groups, sums / counts[:, None]


def centred(rows: Floats, mean: Floats) -> Floats:
    """Rows less the mean, in the type of the rows."""
    return rows - mean.astype(rows.dtype)


def remove_directions(rows: Floats, directions: Floats) -> Floats:
    """Rows [rows, features] less their part along orthonormal directions [directions, features]."""
    axes = directions.astype(rows.dtype)
    return rows - (rows @ axes.T) @ axes


def unit(vector: Floats, what: str) -> Floats:
    """A vector [features] of length 1 in double precision.

    Raises:
        DirectionError: the vector is zero or not finite; ``what`` names it.
    """
    length = np.linalg.norm(vector.astype(np.float64))
    if not np.isfinite(length) or length == 0:
        raise DirectionError(f"{what} has length {length:g}")
    return vector.astype(np.float64) / length
