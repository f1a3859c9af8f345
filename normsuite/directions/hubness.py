"""Hubs, points that are the neighbour of too many others, and two corrections of cosine similarity for them.

Both corrections learn from a bank of embeddings and then compare queries with a gallery, say actions with
the answers or seed words they may be near. The bank must not hold the queries: a score would then depend on
which other queries were asked. A bank that shares a row with them is therefore refused, unless
``transductive`` is set, and then the fitted object says so in ``transductive_``.
"""

# ruff: noqa: N803 (X is scikit-learn's name)

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, ndtr
from scipy.stats import skew
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from normsuite.directions.base import DirectionError
from normsuite.directions.moments import Floats, mean_and_covariance

_TINY: Final = 1e-12  # a standard deviation of cosines below it is rounding


def k_occurrence(X: ArrayLike, queries: ArrayLike | None = None, k: int = 10) -> NDArray[np.int64]:
    """How often each point is among the k nearest of a query, by cosine.

    N_k of Radovanović, Nanopoulos and Ivanović 2010, "Hubs in Space".

    Args:
        X: the points [points, features].
        queries: [queries, features]; None: every point asks for its neighbours among the others.
        k: neighbours per query, at least 1 and fewer than the points (with queries: at most as many).

    Returns:
        Counts [points]; their mean is k times queries / points.

    Raises:
        DirectionError: k does not fit the number of points.
    """
    points = _unit_rows(X, "X")
    most = len(points) - 1 if queries is None else len(points)
    if not 1 <= k <= most:
        raise DirectionError(f"{k} neighbours asked of {most}", field="k")
    # On the unit sphere the order by Euclidean distance is the order by cosine.
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points)
    asked = None if queries is None else _unit_rows(queries, "queries")
    neighbours = search.kneighbors(asked, return_distance=False)
    counts: NDArray[np.int64] = np.bincount(neighbours.ravel(), minlength=len(points))
    return counts


def hubness_skewness(X: ArrayLike, queries: ArrayLike | None = None, k: int = 10) -> float:
    """Skewness of the k-occurrence, E[(N_k - mean)^3] / sd^3: large where a few points are hubs.

    Radovanović, Nanopoulos and Ivanović 2010, "Hubs in Space", the S of N_k; the moments are those of the
    points, not corrected for their number. Where every point occurs equally often it is 0. The arguments are
    those of ``k_occurrence``.
    """
    counts = k_occurrence(X, queries, k)
    return 0.0 if (counts == counts[0]).all() else float(skew(counts))


def dynamic_inverted_softmax(
    similarity: Floats, bank_similarity: Floats, beta: float = 20.0, k: int = 1
) -> tuple[Floats, NDArray[np.bool_]]:
    """Divide the similarity to each gallery item by how near the bank of queries is to it.

    Bogolin et al. 2022, "Cross Modal Retrieval with Querybank Normalisation", Section 3 (QB-Norm). The
    activation set holds the items that are among the k nearest of some query of the bank. Where a query's
    nearest item is in the set, its row becomes exp(beta s_j) / sum over the bank of exp(beta s_bank,j); else
    it stays as it was. Rows are therefore on two scales: compare within a row only.

    Args:
        similarity: queries by gallery [queries, items].
        bank_similarity: bank of queries by the same gallery [bank, items].
        beta: inverse temperature; above 300 a normalised similarity may be infinite.
        k: items that each query of the bank activates.

    Returns:
        A new array [queries, items], and which rows were normalised [queries].

    Raises:
        DirectionError: the arrays have different numbers of items, no bank, k does not fit, or beta is not
            positive.
    """
    items = similarity.shape[1]
    if bank_similarity.shape[1] != items or not len(bank_similarity):
        raise DirectionError(f"a bank of shape {bank_similarity.shape} for a gallery of {items} items")
    if not 1 <= k <= items or not beta > 0:
        raise DirectionError(f"k={k} and beta={beta} do not fit a gallery of {items} items")
    active = np.zeros(items, bool)
    active[np.argpartition(-bank_similarity, k - 1, axis=1)[:, :k]] = True
    hit = active[similarity.argmax(axis=1)]
    # In logarithms, so that a sum over a large bank does not overflow.
    normalised = np.exp(beta * similarity - logsumexp(beta * bank_similarity, axis=0))
    return np.where(hit[:, None], normalised, similarity), hit


class _Banked(BaseEstimator):  # type: ignore[misc]
    """What both corrections share: a bank of unit rows, and the refusal of a test that stands in it."""

    transductive: bool

    def _keep(self, X: ArrayLike) -> None:
        try:
            rows = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        except ValueError as error:
            raise DirectionError(f"the bank cannot be used: {error}") from error
        self.bank_ = _unit_rows(rows, "the bank")
        self.transductive_ = bool(self.transductive)

    def _pair(self, queries: ArrayLike, gallery: ArrayLike) -> tuple[Floats, Floats]:
        """Unit rows of queries and gallery; no query stands in the bank unless that was asked for."""
        check_is_fitted(self)
        pair = _unit_rows(queries, "the queries"), _unit_rows(gallery, "the gallery")
        for rows, name in zip(pair, ("queries", "gallery"), strict=True):
            if rows.shape[1] != self.n_features_in_:
                raise DirectionError(f"{name} of {rows.shape[1]} features, a bank of {self.n_features_in_}")
        shared = 0 if self.transductive_ else _shared(pair[0], self.bank_)
        if shared:
            raise DirectionError(
                f"{shared} of {len(pair[0])} queries stand in the bank",
                fix="take the bank from other texts, or set transductive=True",
            )
        return pair


class MutualProximity(_Banked):
    """Similarity as the probability that two points are nearer to each other than to a point of the bank.

    Schnitzer et al. 2012, "Local and Global Scaling Reduce Hubs in Space", mutual proximity with independent
    normal distributions: MP(x, y) = SF((d - m_x) / s_x) SF((d - m_y) / s_y), with d the cosine distance of x
    and y, m and s mean and standard deviation of a point's distances to the bank, and SF the normal upper
    tail. Mean and deviation follow from the bank's mean and covariance, so that no point is compared with
    the whole bank. A point that stands in the bank itself has one distance of 0 among the others.

    Args:
        transductive: allow a bank that shares rows with the queries.

    Attributes:
        bank_: its rows at length 1 [bank, features].
        transductive_: whether a score may depend on the other queries.
    """

    def __init__(self, transductive: bool = False) -> None:
        self.transductive = transductive

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn from the bank X [bank, features]; y is not used."""
        self._keep(X)
        self.mean_, self.covariance_ = mean_and_covariance(self.bank_)
        return self

    def similarity(self, queries: ArrayLike, gallery: ArrayLike) -> Floats:
        """Mutual proximity, from 0 to 1 [queries, items] in double precision; as a distance take 1 less it.

        Args:
            queries: [queries, features].
            gallery: [items, features].

        Raises:
            DirectionError: a row is zero or not finite, or a query stands in the bank.
        """
        left, right = self._pair(queries, gallery)
        cosine = left @ right.T
        return self._nearer(cosine, left) * self._nearer(cosine.T, right).T

    def _nearer(self, cosine: Floats, rows: Floats) -> Floats:
        """Share of the bank that is farther from each row than a cosine [rows, others]."""
        # d - m = (1 - cosine) - (1 - mean cosine), and SF(t) = ndtr(-t).
        variance = ((rows @ self.covariance_) * rows).sum(axis=1, keepdims=True)
        deviation = np.sqrt(np.maximum(variance, _TINY**2))
        farther: Floats = ndtr((cosine - (rows @ self.mean_)[:, None]) / deviation)
        return farther


class QuerybankNormalisation(_Banked):
    """Cosines of queries and a gallery, normalised by a bank of other queries (``dynamic_inverted_softmax``).

    Args:
        beta: inverse temperature; the paper's 20.
        k: items that each query of the bank activates; the paper's 1.
        transductive: allow a bank that shares rows with the queries, or is the queries.

    Attributes:
        bank_: its rows at length 1 [bank, features].
        transductive_: whether a score may depend on the other queries.
    """

    def __init__(self, beta: float = 20.0, k: int = 1, transductive: bool = False) -> None:
        self.beta = beta
        self.k = k
        self.transductive = transductive

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Keep the bank of queries X [bank, features]; y is not used."""
        self._keep(X)
        return self

    def similarity(self, queries: ArrayLike, gallery: ArrayLike) -> Floats:
        """Normalised similarities [queries, items] in double precision; compare within a row only.

        Args:
            queries: [queries, features].
            gallery: [items, features].

        Raises:
            DirectionError: a row is zero or not finite, or a query stands in the bank.
        """
        left, right = self._pair(queries, gallery)
        return dynamic_inverted_softmax(left @ right.T, self.bank_ @ right.T, self.beta, self.k)[0]


def _unit_rows(X: ArrayLike, what: str) -> Floats:
    """Rows at length 1 in double precision.

    Raises:
        DirectionError: a row is not finite, or zero, which has no cosine.
    """
    try:
        rows: NDArray[np.float64] = check_array(X, dtype=np.float64)
    except ValueError as error:
        raise DirectionError(f"{what} cannot be compared: {error}") from error
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        raise DirectionError(
            f"row {int(lengths.argmin()) + 1} of {what} is zero", fix="leave out empty texts"
        )
    unit: Floats = rows / lengths
    return unit


def _shared(rows: Floats, bank: Floats) -> int:
    """How many rows also stand in the bank, to single precision."""

    def keys(array: Floats) -> list[bytes]:
        return [row.tobytes() for row in array.astype(np.float32) + np.float32(0)]  # + 0: no negative zero

    held = set(keys(bank))
    return sum(key in held for key in keys(rows))
