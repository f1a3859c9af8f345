"""What may be done to embeddings before a direction is fitted: linear maps learnt on the training rows.

Every class is a scikit-learn transformer of X [rows, features] (float32 stays float32) and stands in a
Pipeline. What differs from row to row, the data set of a text or whether it is negated, travels as a column
of X, because a Pipeline hands X alone to ``transform``: ``with_column`` appends it and the transformer that
reads it removes it.
"""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from normsuite.directions.base import DirectionError
from normsuite.directions.moments import Floats, centred, group_means, principal_axes, remove_directions, unit
from normsuite.directions.transformer import RowTransformer, take_column


class GroupCentring(RowTransformer):
    """Subtract from each row the mean of its data set, as learnt on the training rows.

    A difference-in-means or LDA direction has no intercept, so that the offset between two data sets would
    be read as norm content (Marks and Tegmark 2024, "The Geometry of Truth", mass-mean probing).

    Args:
        column: position of the column of X that holds the data set's code, which is removed; None centres
            all rows as one data set.
        unseen: what to do at ``transform`` with a data set that was not fitted: "error"; "pooled", subtract
            the mean of all training rows; "own", subtract the mean of its own rows in this X, which is
            transductive: a row's score then depends on the rows it came with.

    Attributes:
        groups_: codes of the fitted data sets, sorted [groups].
        means_: their means [groups, features].
        mean_: mean of all training rows [features].
        transductive_: whether scores may depend on the other rows given to ``transform``.
    """

    def __init__(
        self, column: int | None = None, unseen: Literal["error", "pooled", "own"] = "error"
    ) -> None:
        self.column = column
        self.unseen = unseen

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: N803
        """Learn the mean of every data set in X [rows, features (+ 1)]; y is not used."""
        if self.unseen not in ("error", "pooled", "own"):
            raise DirectionError(
                f"unseen={self.unseen!r} is not known", fix="choose 'error', 'pooled' or 'own'"
            )
        codes, rows = take_column(self._rows(X, first=True, rows=1), self.column)
        self.groups_, self.means_ = group_means(rows, codes)
        self.mean_: Floats = rows.mean(axis=0, dtype=np.float64)
        self.transductive_ = self.column is not None and self.unseen == "own"
        self._n_features_out = rows.shape[1]
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Centred rows [rows, features].

        Raises:
            DirectionError: a data set was not fitted and ``unseen`` is "error".
        """
        check_is_fitted(self)
        codes, rows = take_column(self._rows(X, first=False), self.column)
        place = np.searchsorted(self.groups_, codes).clip(max=len(self.groups_) - 1)
        new = self.groups_[place] != codes
        offset: Floats = self.means_[place]
        if new.any():
            offset[new] = self._offset_of_unseen(rows[new], codes[new])
        return centred(rows, offset)

    def _offset_of_unseen(self, rows: Floats, codes: Floats) -> Floats:
        if self.unseen == "error":
            raise DirectionError(
                f"no mean was fitted for group {codes[0]:g}",
                fix="fit it too, or choose unseen='pooled' or unseen='own'",
            )
        if self.unseen == "pooled":
            return self.mean_
        groups, means = group_means(rows, codes)
        return means[np.searchsorted(groups, codes)]


class Whitening(RowTransformer):
    """Give the training rows a covariance of identity.

    With the covariance V diag(l) V' and mean m, z = (x - m) V diag(l)^(-1/2) is PCA whitening, and z V' ZCA
    whitening, the whitened rows closest to the centred ones (Kessy, Lewin and Strimmer 2018, "Optimal
    Whitening and Decorrelation", Table 1; for sentence embeddings Su et al. 2021, "Whitening Sentence
    Representations").

    Few rows give eigenvalues near 0, whose inverse would blow noise up: those below ``floor`` times the
    largest count as that much, and their component comes out with a variance below 1.

    Args:
        method: "pca" or "zca".
        floor: smallest eigenvalue, as a share of the largest, from above 0 to 1.

    Attributes:
        mean_: [features].
        eigenvalues_: of the covariance, before the floor, falling [features], in squared units of X.
        whitening_: matrix W [features, features]; z = (x - mean_) W.
        floored_: number of eigenvalues below the floor.
    """

    def __init__(self, method: Literal["pca", "zca"] = "pca", floor: float = 1e-6) -> None:
        self.method = method
        self.floor = floor

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: N803
        """Learn mean and covariance of X [rows, features]; y is not used."""
        if self.method not in ("pca", "zca"):
            raise DirectionError(f"method={self.method!r} is not known", fix="choose 'pca' or 'zca'")
        if not 0 < self.floor <= 1:
            raise DirectionError(f"floor={self.floor!r} must lie above 0 and at most at 1")
        self.mean_, self.eigenvalues_, axes = principal_axes(self._rows(X, first=True))
        smallest = self.floor * self.eigenvalues_[0]
        self.floored_ = int((self.eigenvalues_ < smallest).sum())
        scaled = axes.T / np.sqrt(np.maximum(self.eigenvalues_, smallest))
        self.whitening_ = scaled if self.method == "pca" else scaled @ axes
        self._n_features_out = len(self.mean_)
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Whitened rows [rows, features], without unit."""
        check_is_fitted(self)
        rows = self._rows(X, first=False)
        white: Floats = centred(rows, self.mean_) @ self.whitening_.astype(rows.dtype)
        return white


class TopComponentsRemoval(RowTransformer):
    """Centre, then remove the components of largest variance ("all but the top").

    Mu and Viswanath 2018, "All-but-the-Top", Algorithm 1, which removes about features / 100 of them.

    Args:
        n_components: how many are removed; None: features / 100, rounded, at least 1 where there are 2
            features.

    Attributes:
        mean_: [features].
        components_: what is removed, orthonormal rows [components, features].
        explained_variance_ratio_: share of the variance that each carried [components].
    """

    def __init__(self, n_components: int | None = None) -> None:
        self.n_components = n_components

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: N803
        """Learn mean and components of X [rows, features]; y is not used."""
        rows = self._rows(X, first=True)
        features = rows.shape[1]
        usual = min(max(1, round(features / 100)), features - 1)
        number = usual if self.n_components is None else self.n_components
        if not 0 <= number < features:
            raise DirectionError(
                f"{number} components cannot be removed: n_features = {features}", field="n_components"
            )
        self.mean_, variances, axes = principal_axes(rows)
        self.components_ = axes[:number]
        self.explained_variance_ratio_ = variances[:number] / variances.sum()
        self._n_features_out = features
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Centred rows [rows, features], orthogonal to ``components_``."""
        check_is_fitted(self)
        return remove_directions(centred(self._rows(X, first=False), self.mean_), self.components_)


class SentencePCA(RowTransformer):
    """Principal components of sentence vectors, the first left out.

    Wada et al. 2025, "Static Word Embeddings for Sentence Semantic Representation", sentence-level PCA: the
    axes are those of (up to 100,000) sentences rather than words; the first 7 are left out and the next 256
    kept.

    Args:
        drop: leading components left out.
        keep: components kept after them; fewer where X has fewer.

    Attributes:
        mean_: [features].
        components_: axes kept, orthonormal rows [kept, features].
        explained_variance_ratio_: share of the variance along each [kept].
    """

    def __init__(self, drop: int = 7, keep: int = 256) -> None:
        self.drop = drop
        self.keep = keep

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: N803
        """Learn mean and axes of sentence vectors X [rows, features]; y is not used."""
        if self.drop < 0 or self.keep < 1:
            raise DirectionError(f"drop={self.drop} and keep={self.keep} must be at least 0 and 1")
        rows = self._rows(X, first=True)
        rank = min(len(rows) - 1, rows.shape[1])
        if self.drop >= rank:
            raise DirectionError(
                f"dropping {self.drop} components leaves none of {rank}: n_samples = {len(rows)}, "
                f"n_features = {rows.shape[1]}"
            )
        self.mean_, variances, axes = principal_axes(rows)
        kept = slice(self.drop, min(self.drop + self.keep, rank))
        self.components_ = axes[kept]
        self.explained_variance_ratio_ = variances[kept] / variances.sum()
        self._n_features_out = len(self.components_)
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Coordinates of the centred rows on the kept axes [rows, kept], in units of X."""
        check_is_fitted(self)
        rows = self._rows(X, first=False)
        return centred(rows, self.mean_) @ self.components_.T.astype(rows.dtype)


class PolarityRemoval(RowTransformer):
    """Remove the axis along which affirmed and negated statements carry the label the other way round.

    Bürger, Hamprecht and Nadler 2024, "Truth is Universal", Section 3, model an activation as
    m + t G + t p P, with t = 1 or -1 for the label and p = 1 or -1 for affirmed or negated. G separates the
    labels of both polarities; P points one way for affirmed and the other for negated text, and a direction
    fitted on affirmed text alone mixes the two. The least squares fit, with one mean per polarity, is in
    closed form: with D(p) the difference of the labels' means at polarity p, G = (D(1) + D(-1)) / 4 and P =
    (D(1) - D(-1)) / 4.

    Args:
        column: position of the column of X that holds the polarity at ``fit``, 1 or -1. It is removed, and
            not read at ``transform``: new texts may hold any number there.

    Attributes:
        classes_: the two labels, sorted; the second is t = 1.
        general_: G [features], in units of X.
        polarity_: P [features], in units of X.
        axis_: P of length 1 [features], which is removed.
    """

    def __init__(self, column: int = -1) -> None:
        self.column = column

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Learn the axis from X [rows, features + 1] and labels y [rows].

        Raises:
            DirectionError: not two labels, a polarity other than 1 and -1, or a label that lacks one of them.
        """
        checked, labels = self._checked(X, y)
        polarity, rows = take_column(checked, self.column)
        self.classes_, label = np.unique(labels, return_inverse=True)
        if len(self.classes_) != 2 or not np.isin(polarity, (-1, 1)).all():
            raise DirectionError(
                "a polarity axis needs two labels and a polarity of 1 or -1 in every row",
                fix="append the polarity by with_column(X, polarity)",
            )
        cells, means = group_means(rows, label + 1.0 + polarity)  # 0, 1: negated; 2, 3: affirmed
        if len(cells) != 4:
            raise DirectionError(
                "a label stands in affirmed or in negated rows only", fix="give both of each label"
            )
        negated, affirmed = means[1] - means[0], means[3] - means[2]
        self.general_, self.polarity_ = (affirmed + negated) / 4, (affirmed - negated) / 4
        self.axis_ = unit(self.polarity_, "the polarity axis")
        self._n_features_out = rows.shape[1]
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Rows without the column and orthogonal to ``axis_`` [rows, features]; they are not centred."""
        check_is_fitted(self)
        _, rows = take_column(self._rows(X, first=False), self.column)
        return remove_directions(rows, self.axis_[None])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
