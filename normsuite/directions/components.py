"""Directions that need no classes: the first principal component, and the axis between extremes."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA

from normsuite.directions.base import Direction, DirectionError, Floats, anchored, ratings, seeds, unit


def exact_solver(X: Floats) -> Literal["full", "covariance_eigh"]:
    """How scikit-learn's PCA is to be exact on X [n, d] in the least time.

    The eigenvectors of the covariance are as good where rows are many, and several times as fast; where they
    are few it would have more entries than X.
    """
    return "covariance_eigh" if len(X) >= 10 * X.shape[1] else "full"


class PCADirection(Direction):
    """The first principal component of the seeds: the Moral Direction (MoRT).

    Schramowski et al. (2022, "Large pre-trained language models contain human-like biases of what is right
    and wrong to do", Nature Machine Intelligence 4, 258-268): PCA of the mean embedding of each verb over its
    question stems; centred, full SVD, not whitened. ``s(x) = u·(x - mean)``. The published score is divided
    by a constant, which moves no correlation and is left out here. The sign, free in a PCA, is set so that
    the positive seeds lie above the negative ones on average (the published code reads it off the cluster
    without "kill").

    Args:
        n_components: How many components' explained variance to keep, for diagnosis; the direction is the
            first.

    Attributes:
        mean_: [d] mean of the seeds, which scores 0.
        explained_variance_ratio_: Share of the variance along each of the first components.
    """

    def __init__(self, n_components: int = 5) -> None:
        self.n_components = n_components

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Learn from embeddings X [n, d]; y [n] chooses the sign alone.

        Args:
            X: [n, d] seeds.
            y: [n] numbers: the greatest value marks the positive seeds, the least the negative ones; seeds
                between (0.5 with 0 and 1) are neutral: they shape the component and not its sign.

        Raises:
            DirectionError: One value only in y, a NaN, or poles at the same place along the component.
        """
        X = seeds(self, X)
        poles = ratings(y, len(X), self)
        if self.n_components < 1:
            raise DirectionError(f"n_components is {self.n_components}", fix="give 1 or more")
        pca = PCA(min(self.n_components, *X.shape), svd_solver=exact_solver(X)).fit(X)
        self.mean_: Floats = pca.mean_
        self.explained_variance_ratio_: Floats = pca.explained_variance_ratio_
        self.direction_ = anchored(
            pca.components_[0], X - self.mean_, poles == poles.max(), poles == poles.min()
        )
        self.offset_ = float(self.direction_ @ self.mean_)
        return self


class TwoExtremes(Direction):
    """The axis from the lowest to the highest rated embeddings.

    ``w ∝ mean(top) - mean(bottom)``; 0 lies half-way. Sonthalia, Uselis and Oh (2025, "On the rankability of
    visual embeddings", arXiv:2507.03683), where as few as two extreme examples recover the rank axis of an
    attribute.

    Args:
        extremes: Rows at each end: a share of all rows in (0, 0.5], or a number of rows (1: highest minus
            lowest). Rows that tie with the last one taken are taken too, so that the order of rows does not
            matter.

    Attributes:
        n_top_, n_bottom_: Rows used at each end.
    """

    def __init__(self, extremes: float | int = 0.1) -> None:
        self.extremes = extremes

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Learn from embeddings X [n, d] and ratings y [n], on any scale that rises to the positive pole.

        Raises:
            DirectionError: A NaN, ratings all alike, ends that overlap, or ends with the same mean.
        """
        X = seeds(self, X)
        rating = ratings(y, len(X), self)
        top, bottom = _ends(rating, self._rows_at_each_end(len(X)))
        self.n_top_, self.n_bottom_ = int(top.sum()), int(bottom.sum())
        high, low = X[top].mean(axis=0), X[bottom].mean(axis=0)
        self.direction_ = unit(
            high - low,
            np.abs(X).max(),
            what="the highest and the lowest rated rows have the same mean embedding",
            fix="use more rows, or another share of extremes",
        )
        self.offset_ = float(self.direction_ @ (high + low) / 2)
        return self

    def _rows_at_each_end(self, n: int) -> int:
        share = isinstance(self.extremes, float)
        if (share and not 0 < self.extremes <= 0.5) or (not share and not 1 <= self.extremes <= n / 2):
            raise DirectionError(
                f"extremes is {self.extremes} for {n} rows",
                fix="give a share above 0 and up to 0.5, or a number of rows from 1 to half of them",
            )
        return max(1, int(self.extremes * n)) if share else int(self.extremes)


def _ends(rating: Floats, k: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """[n] and [n] whether a row is of the k highest or of the k lowest, ties included."""
    ordered = np.sort(rating)
    least, most = ordered[k - 1], ordered[-k]
    if not least < most:
        raise DirectionError(
            f"the {k} lowest and the {k} highest ratings are the same value, {least:g}",
            fix="lower extremes, or use DifferenceInMeans with labels",
        )
    return rating >= most, rating <= least
