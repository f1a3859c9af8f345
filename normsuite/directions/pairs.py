"""Directions learnt from pairs of embeddings: LAT and CCS. Labels choose the sign, nothing else."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state

from normsuite.directions.base import (
    ROUNDING,
    Direction,
    DirectionError,
    Floats,
    anchored,
    column,
    embeddings,
    project,
    seeds,
    two_classes,
)
from normsuite.directions.components import exact_solver

Rows = NDArray[np.int64]
Truth = NDArray[np.bool_]
COLLAPSED: Final = 1e-6
"""Weights of CCS shorter than this, on embeddings of variance one, are what the penalty leaves of nothing."""


class LAT(Direction):
    """Linear Artificial Tomography: the first principal component of differences within pairs.

    Zou et al. (2023, "Representation Engineering", arXiv:2310.01405, §3.1). Pairs are taken in random order
    (each difference is turned at random), their differences are centred again, and PC1 is the axis. Labels
    choose its sign: in more than half of the pairs of both labels the positive row has the larger projection.
    0 lies at the mean of all rows.

    Args:
        random_state: How rows are paired, and the order within pairs.

    Attributes:
        agreement_: Share of the pairs of both labels in which the positive row has the larger projection; NaN
            where no pair has both labels, and then the means of the labels choose the sign.
    """

    def __init__(self, random_state: int | np.random.RandomState | None = 0) -> None:
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, pairs: ArrayLike | None = None) -> Self:
        """Learn from embeddings X [n, d] and labels y [n], 1 (positive pole) or 0.

        Args:
            X: [n, d] embeddings.
            y: [n] labels, for the sign.
            pairs: [n] the name of each row's pair; each name stands on exactly two rows. Without it rows are
                paired at random, whatever their labels (and one row is left over where n is odd).

        Raises:
            DirectionError: One class only, a NaN, pairs whose differences do not vary, or a name that is not
                on exactly two rows.
        """
        X = seeds(self, X)
        positive = two_classes(y, len(X), self)
        random = check_random_state(self.random_state)
        if pairs is None:
            rows = random.permutation(len(X))[: len(X) // 2 * 2].reshape(-1, 2)
        else:
            rows = named_pairs(pairs, len(X), self)
            turned = random.random_sample(len(rows)) < 0.5
            rows[turned] = rows[turned, ::-1]
        differences = X[rows[:, 0]] - X[rows[:, 1]]
        if np.ptp(differences, axis=0).max() <= ROUNDING * np.abs(X).max():
            raise DirectionError(
                f"the differences within the {len(rows)} pair(s) do not vary, so they have no component",
                fix="give more pairs",
            )
        axis: Floats = PCA(1, svd_solver=exact_solver(differences)).fit(differences).components_[0]
        self._set_sign(axis, X, positive, rows)
        self.offset_ = float(self.direction_ @ X.mean(axis=0))
        return self

    def _set_sign(self, axis: Floats, X: Floats, positive: Truth, rows: Rows) -> None:
        """Turn the axis [d] by the pairs of both labels; by the labels' means where these decide nothing."""
        mixed = rows[positive[rows[:, 0]] != positive[rows[:, 1]]]
        at = project(X, axis)[mixed]
        ahead = np.sign(np.where(positive[mixed[:, 0]], at[:, 0] - at[:, 1], at[:, 1] - at[:, 0]))
        balance = ahead.mean() if len(mixed) else 0.0
        sign = np.sign(balance)
        self.direction_ = axis * sign if sign else anchored(axis, X, positive, ~positive)
        self.agreement_ = float((1 + abs(balance)) / 2) if len(mixed) else float("nan")


class CCS(Direction):
    """Contrast-Consistent Search: the direction along which the halves of contrast pairs exclude each other.

    Burns et al. (2022, "Discovering Latent Knowledge in Language Models Without Supervision",
    arXiv:2212.03827, §2.2). x⁺ and x⁻ are a statement and its contrary; the mean of each half is taken off,
    so that the wording which marks a half does not. With ``p = σ(w·x + b)`` the loss is the mean over pairs
    of ``(p⁺ - (1 - p⁻))² + min(p⁺, p⁻)²``, and a pair's score is ``(p⁺ + 1 - p⁻) / 2``. The best of several
    starts is kept.

    What differs from the published code: L-BFGS with the analytic gradient and a small L2 penalty stands for
    1,000 steps of AdamW (learning rate 1e-3, weight decay 0.01), so that the end does not hang on the number
    of steps; embeddings are divided by one number, the root of their mean variance, and never by a deviation
    per feature; the sign is chosen with the training labels, not by the better of two accuracies on the test;
    and test pairs are normalised by the training means unless ``transductive`` is set.

    Args:
        n_restarts: Random starts.
        alpha: Weight of the penalty ``alpha/2 · ‖w‖²``.
        transductive: Normalise what is scored by its own means, as the published code does. A score then
            depends on the rows beside it: mark such figures.
        max_iter: Steps of L-BFGS at most. Pairs that agree on a direction need about 20.
        random_state: The starts.

    Attributes:
        loss_: The least penalised loss over the starts.
        losses_: [n_restarts] of each start.
        n_iter_: Steps of L-BFGS.
        transductive_: Whether scores depend on the rows beside them.
        half_means_: [2, d] training means of the halves x⁻ and x⁺.
        slope_, bias_: ``p = σ(slope_ · direction_·(x - mean of its half) + bias_)``.
    """

    def __init__(
        self,
        n_restarts: int = 10,
        *,
        alpha: float = 1e-3,
        transductive: bool = False,
        max_iter: int = 100,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_restarts = n_restarts
        self.alpha = alpha
        self.transductive = transductive
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike | None = None,
        pairs: ArrayLike | None = None,
        halves: ArrayLike | None = None,
    ) -> Self:
        """Learn from embeddings X [n, d] of contrast pairs; labels y [n] choose the sign alone.

        Args:
            X: [n, d] embeddings.
            y: [n] 1 where the row's statement holds (positive pole), 0 where it does not.
            pairs: [n] the name of each row's pair; each name stands on exactly two rows. Without it rows 0
                and 1 are a pair, 2 and 3, and so on.
            halves: [n] 1 for x⁺ and 0 for x⁻, one of each in a pair. Without it the earlier row of a pair is
                x⁺.

        Raises:
            DirectionError: One class only, a NaN, rows that do not pair, pairs that do not vary, or labels
                that say the same as the halves.
        """
        X = seeds(self, X)
        label = two_classes(y, len(X), self)
        self.transductive_ = self.transductive
        rows = _contrast_pairs(pairs, halves, len(X), self)
        plus, minus = X[rows[:, 0]], X[rows[:, 1]]
        self.half_means_ = np.stack([minus.mean(axis=0), plus.mean(axis=0)])
        plus, minus = plus - self.half_means_[1], minus - self.half_means_[0]
        spread = float(np.sqrt((np.mean(plus**2) + np.mean(minus**2)) / 2))
        if spread <= ROUNDING * np.abs(X).max():
            raise DirectionError(f"the {len(rows)} contrast pair(s) do not vary", fix="give more pairs")
        w, b = self._search(plus / spread, minus / spread)
        length = float(np.linalg.norm(w))
        if length < COLLAPSED:
            raise DirectionError("CCS found no direction: the penalty outweighs the pairs", fix="lower alpha")
        both, truth = np.concatenate([plus, minus]), label[rows.T.ravel()]
        self.direction_ = _anchored_within_halves(w / length, both, truth)
        self.bias_ = b if w @ self.direction_ > 0 else -b  # the mirrored probe has p' = 1 - p
        self.slope_ = length / spread
        self.offset_ = float(self.direction_ @ self.half_means_.mean(axis=0) - self.bias_ / self.slope_)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """The signed distance of each embedding [n, d] from where p is one half, whichever half it is of.

        Centred between the two halves' training means; with ``transductive`` at the embeddings' own mean.
        """
        scores = super().decision_function(X)
        return scores - scores.mean() + self.bias_ / self.slope_ if self.transductive else scores

    def score_pairs(self, plus: ArrayLike, minus: ArrayLike) -> Floats:
        """[m] the probability that x⁺ holds, ``(p⁺ + 1 - p⁻) / 2``, of m contrast pairs.

        Args:
            plus: [m, d] embeddings of x⁺.
            minus: [m, d] embeddings of x⁻, in the same order.

        Raises:
            DirectionError: A NaN, another number of features, or halves that differ in length.
        """
        halves = [embeddings(self, half, reset=False) for half in (minus, plus)]
        no, yes = map(len, halves)
        if no != yes:
            raise DirectionError(f"{yes} embeddings of x+ and {no} of x-", fix="give one of each per pair")
        means = np.stack([half.mean(axis=0) for half in halves]) if self.transductive else self.half_means_
        p_minus, p_plus = (
            expit(self.slope_ * (project(half, self.direction_) - mean @ self.direction_) + self.bias_)
            for half, mean in zip(halves, means, strict=True)
        )
        return np.asarray((p_plus + 1 - p_minus) / 2)

    def _search(self, plus: Floats, minus: Floats) -> tuple[Floats, float]:
        """The weights [d] and bias of the start that ends at the least loss."""
        if self.n_restarts < 1:
            raise DirectionError(f"n_restarts is {self.n_restarts}", fix="give 1 or more")
        features = plus.shape[1]
        random = check_random_state(self.random_state)
        start = random.uniform(-1, 1, size=(features + 1, self.n_restarts)) / np.sqrt(features)

        # The starts share no weight: minimising the sum minimises each, in one matrix product for all.
        def total(flat: Floats) -> tuple[float, Floats]:
            losses, gradient = ccs_loss(flat.reshape(start.shape), plus, minus, self.alpha)
            return float(losses.sum()), gradient.ravel()

        found = minimize(
            total, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": self.max_iter}
        )
        self.n_iter_ = int(found.nit)
        ends = found.x.reshape(start.shape)
        self.losses_ = ccs_loss(ends, plus, minus, self.alpha)[0]
        best = int(np.argmin(self.losses_))
        self.loss_ = float(self.losses_[best])
        return ends[:-1, best], float(ends[-1, best])


def ccs_loss(weights: Floats, plus: Floats, minus: Floats, alpha: float) -> tuple[Floats, Floats]:
    """The penalised loss of r probes and its gradient.

    Args:
        weights: [d + 1, r] weights, the bias last.
        plus: [m, d] centred x⁺.
        minus: [m, d] centred x⁻.
        alpha: Weight of the penalty.

    Returns:
        [r] losses and their gradient [d + 1, r].
    """
    w, b = weights[:-1], weights[-1]
    p, q = expit(plus @ w + b), expit(minus @ w + b)
    inconsistent, least = p + q - 1, np.minimum(p, q)
    losses = np.mean(inconsistent**2 + least**2, axis=0) + alpha / 2 * np.sum(w**2, axis=0)
    by_p = 2 * (inconsistent + np.where(p <= q, least, 0)) * p * (1 - p) / len(p)
    by_q = 2 * (inconsistent + np.where(p <= q, 0, least)) * q * (1 - q) / len(p)
    by_w = plus.T @ by_p + minus.T @ by_q + alpha * w
    return losses, np.vstack([by_w, by_p.sum(axis=0) + by_q.sum(axis=0)])


def named_pairs(pairs: ArrayLike, n: int, who: Direction) -> Rows:
    """[m, 2] the two rows of each name, the earlier row first."""
    _, pair, counts = np.unique(column(pairs, n, who, "pairs"), return_inverse=True, return_counts=True)
    if (counts != 2).any():
        raise DirectionError(
            f"{(counts != 2).sum()} of {len(counts)} names in pairs are not on exactly two rows",
            fix="give each pair's two rows the same name, and no other row",
        )
    return np.argsort(pair, kind="stable").reshape(-1, 2).astype(np.int64)


def _contrast_pairs(pairs: ArrayLike | None, halves: ArrayLike | None, n: int, who: Direction) -> Rows:
    """[m, 2] the rows of x⁺ and x⁻ of each pair."""
    if pairs is None and n % 2:
        raise DirectionError(
            f"{n} rows are no contrast pairs",
            fix="give x+ and x- in turn, or the name of each row's pair as pairs",
        )
    rows = np.arange(n).reshape(-1, 2) if pairs is None else named_pairs(pairs, n, who)
    if halves is None:
        return rows
    plus = two_classes(halves, n, who)[rows]
    if (plus[:, 0] == plus[:, 1]).any():
        raise DirectionError(
            "a pair has two rows of the same half", fix="give one x+ (1) and one x- (0) per pair"
        )
    return np.where(plus[:, :1], rows, rows[:, ::-1])


def _anchored_within_halves(axis: Floats, centred: Floats, truth: Truth) -> Floats:
    """The axis [d] with the true statements further along it, where each half's mean has been taken off."""
    gap = float(axis @ (centred[truth].mean(axis=0) - centred[~truth].mean(axis=0)))
    if abs(gap) <= 1e-10 * float(np.abs(centred).max()):
        raise DirectionError(
            "the labels do not vary within the halves, so they say nothing of the sign",
            fix="give pairs of which some have a true x+ and some a true x-",
        )
    return axis if gap > 0 else -axis
