"""Directions learnt from labels: difference in means, LDA, a logistic probe; and a random one, their null."""

# ruff: noqa: N803, N806 - X and C are the names scikit-learn callers pass

from __future__ import annotations

from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import pinvh, solve
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import check_random_state

from normsuite.directions.base import (
    ROUNDING,
    Direction,
    DirectionError,
    Floats,
    anchored,
    column,
    seeds,
    two_classes,
    unit,
)

_FEW_GROUPS = 2_000
SAME_MEANS = "the two poles have the same mean embedding"
OTHER_SEEDS = "give seeds that differ between the poles"


class DifferenceInMeans(Direction):
    """The direction from the mean of the negative to the mean of the positive embeddings.

    ``w = (mean₊ - mean₋) / ‖mean₊ - mean₋‖``; 0 lies half-way between the means. The strongest simple
    detector in AxBench (Wu et al. 2025, arXiv:2501.17148, "DiffMean"); as a probe of truth in Marks and
    Tegmark (2023, arXiv:2310.06824, mass-mean probing without the covariance).
    """

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Learn from embeddings X [n, d] and labels y [n], 1 (positive pole) or 0.

        Raises:
            DirectionError: One class only, a NaN, or poles with the same mean.
        """
        X = seeds(self, X)
        positive = two_classes(y, len(X), self)
        high, low = X[positive].mean(axis=0), X[~positive].mean(axis=0)
        self.direction_ = unit(high - low, np.abs(X).max(), what=SAME_MEANS, fix=OTHER_SEEDS)
        self.offset_ = float(self.direction_ @ (high + low) / 2)
        return self


class LDADirection(Direction):
    """Fisher's linear discriminant with a shrunk covariance.

    ``w ∝ Σ⁻¹(mean₊ - mean₋)``, Σ the covariance within the poles; 0 lies half-way between the means.
    Mass-mean probing in Marks and Tegmark (2023, arXiv:2310.06824) with Σ⁺, the pseudo-inverse; here Σ is
    shrunk towards a multiple of the identity, by Ledoit and Wolf (2004, "A well-conditioned estimator for
    large-dimensional covariance matrices", J. Multivariate Analysis 88(2)). One multiple for all features, so
    that the direction turns with the space (scikit-learn's own LDA standardises each feature before it
    shrinks).

    Args:
        shrinkage: "auto" (Ledoit-Wolf), or a share from 0 (Σ as it is, inverted by pseudo-inverse) to 1 (Σ
            replaced by a multiple of the identity: difference in means).

    Attributes:
        shrinkage_: The share that was used.
    """

    def __init__(self, shrinkage: float | Literal["auto"] = "auto") -> None:
        self.shrinkage = shrinkage

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Learn from embeddings X [n, d] and labels y [n], 1 (positive pole) or 0.

        Raises:
            DirectionError: One class only, a NaN, the same mean, or no spread within the poles.
        """
        if self.shrinkage != "auto" and not 0 <= self.shrinkage <= 1:
            raise DirectionError(f"shrinkage is {self.shrinkage}", fix='give "auto" or a number from 0 to 1')
        X = seeds(self, X)
        positive = two_classes(y, len(X), self)
        high, low = X[positive].mean(axis=0), X[~positive].mean(axis=0)
        size = float(np.abs(X).max())
        unit(high - low, size, what=SAME_MEANS, fix=OTHER_SEEDS)
        within = np.where(positive[:, None], X - high, X - low)
        if np.abs(within).max() <= ROUNDING * size:
            raise DirectionError(
                "the embeddings of each pole are all alike, so there is no covariance within the poles",
                fix="give more seeds, or use DifferenceInMeans",
            )
        covariance, self.shrinkage_ = _shrunk(within, self.shrinkage)
        if self.shrinkage_ > 0:
            w = solve(covariance, high - low, assume_a="pos")
        else:
            w = pinvh(covariance) @ (high - low)
        self.direction_ = unit(w, 0.0, what=SAME_MEANS, fix="set shrinkage above 0")
        self.offset_ = float(self.direction_ @ (high + low) / 2)
        return self


def _shrunk(within: Floats, shrinkage: float | Literal["auto"]) -> tuple[Floats, float]:
    """The covariance [d, d] of centred rows, shrunk towards its mean variance, and by how much."""
    if shrinkage == "auto":
        covariance, share = ledoit_wolf(within, assume_centered=True)
        return covariance, float(share)
    covariance = within.T @ within / len(within)
    sphere = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return (1 - shrinkage) * covariance + shrinkage * sphere, float(shrinkage)


class LogisticDirection(Direction):
    """The normal of a logistic regression with an L2 penalty: the linear probe.

    Minimises ``Σ log(1 + exp(-±(w·x + b))) + ‖w‖²/(2C)``; 0 is where both poles are equally likely. Probe of
    Alain and Bengio (2016, arXiv:1610.01644); the logistic probe of Marks and Tegmark (2023,
    arXiv:2310.06824) has no bias and a weight decay of AdamW in place of the penalty. The embeddings are
    centred and divided by one number, the root of their mean variance, so that a C means the same for every
    encoder and the direction turns with the space.

    Args:
        C: Inverse strength of the penalty, or "cv": the one of ``grid`` with the least log-loss on held-out
            groups.
        grid: The values tried by "cv", ascending.
        folds: Folds of the cross-validation; fewer where a pole has fewer groups.
        max_iter: Steps of L-BFGS at most.
        random_state: Which rows fall into which fold.

    Attributes:
        C_: The value that was used.
        n_iter_: Steps of L-BFGS of the last fit.
        losses_: For "cv", the mean held-out log-loss of each value of ``grid``.
    """

    def __init__(
        self,
        C: float | Literal["cv"] = "cv",
        *,
        grid: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0),
        folds: int = 5,
        max_iter: int = 1000,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.grid = grid
        self.folds = folds
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, groups: ArrayLike | None = None) -> Self:
        """Learn from embeddings X [n, d] and labels y [n], 1 (positive pole) or 0.

        Args:
            X: [n, d] embeddings.
            y: [n] labels.
            groups: [n] which rows belong together (one story, one verb): never split between folds. Each row
                is its own group where none are given. Used by ``C="cv"`` alone.

        Raises:
            DirectionError: One class only, a NaN, or too few groups to choose C.
        """
        tried = self.grid if self.C == "cv" else (self.C,)
        if not tried or not all(isinstance(C, Real) and C > 0 for C in tried):
            raise DirectionError(f"C is {self.C!r} and grid {self.grid}", fix='give "cv" or numbers above 0')
        X = seeds(self, X)
        positive = two_classes(y, len(X), self)
        mean = X.mean(axis=0)
        X -= mean
        spread = np.sqrt(np.mean(X**2))
        X /= spread
        self.C_ = self._choose(X, positive, groups) if self.C == "cv" else self.C
        model = self._model(tol=1e-6).set_params(C=self.C_).fit(X, positive)
        self.n_iter_ = int(model.n_iter_[0])
        w, b = model.coef_[0], float(model.intercept_[0])
        self.direction_ = unit(w, 0.0, what=SAME_MEANS, fix=OTHER_SEEDS)
        self.offset_ = float(self.direction_ @ mean - b * spread / np.linalg.norm(w))
        return self

    def _model(self, tol: float) -> Any:
        return LogisticRegression(max_iter=self.max_iter, tol=tol, warm_start=True)

    def _choose(self, X: Floats, positive: NDArray[np.bool_], groups: ArrayLike | None) -> float:
        """The C of the least mean held-out log-loss; the strongest penalty of equals."""
        losses = []
        for train, test in self._split(X, positive, groups):
            # Single precision and a plain tolerance are enough to compare losses, in half the time.
            seen, unseen = X[train].astype(np.float32), X[test].astype(np.float32)
            model = self._model(tol=1e-4)  # each C starts from the solution of the one before
            fits = (model.set_params(C=C).fit(seen, positive[train]) for C in self.grid)
            chances = [fit.predict_proba(unseen) for fit in fits]
            losses.append([log_loss(positive[test], chance, labels=[False, True]) for chance in chances])
        self.losses_ = np.mean(losses, axis=0)
        return float(self.grid[int(np.argmin(self.losses_))])

    def _split(self, X: Floats, positive: NDArray[np.bool_], groups: ArrayLike | None) -> Any:
        ids = np.arange(len(X)) if groups is None else column(groups, len(X), self, "groups")
        fewest = min(len(np.unique(ids[positive])), len(np.unique(ids[~positive])))
        folds = min(self.folds, fewest)
        if folds < 2:
            raise DirectionError(
                "a pole has one group only (or folds is below 2), so C cannot be chosen by cross-validation",
                fix="give more groups, or a number as C",
            )
        options = {"n_splits": folds, "shuffle": True, "random_state": self.random_state}
        if groups is None:
            return list(StratifiedKFold(**options).split(X, positive))
        # Many groups are balanced by chance, and stratifying them takes longer than the fits.
        few = len(np.unique(ids)) <= _FEW_GROUPS
        folding = StratifiedGroupKFold(**options) if few else GroupKFold(**options)
        parts = list(folding.split(X, positive, ids))
        if any(len(np.unique(positive[train])) < 2 for train, _ in parts):
            raise DirectionError(
                "a fold would leave one pole only to train on",
                fix="give more groups, fewer folds, or a number as C",
            )
        return parts


class RandomDirection(Direction):
    """A direction drawn evenly from the sphere: what any reading must beat (the null of random directions).

    0 lies at the mean of the embeddings. The labels are not looked at, so its AUROC is around one half; with
    ``anchored`` its sign alone is chosen by them, the fair null of an estimator whose only use of labels is
    its sign.

    Args:
        anchored: Whether to turn the positive pole to the positive side.
        random_state: Which direction; another for each draw.
    """

    def __init__(
        self, *, anchored: bool = False, random_state: int | np.random.RandomState | None = 0
    ) -> None:
        self.anchored = anchored
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Draw a direction for embeddings X [n, d]; labels y [n] are needed only with ``anchored``.

        Raises:
            DirectionError: A NaN, embeddings all alike, or one class only with ``anchored``.
        """
        X = seeds(self, X)
        drawn = check_random_state(self.random_state).normal(size=X.shape[1])
        axis: Floats = drawn / np.linalg.norm(drawn)
        if self.anchored:
            positive = two_classes(y, len(X), self)
            axis = anchored(axis, X, positive, ~positive)
        self.direction_ = axis
        self.offset_ = float(axis @ X.mean(axis=0))
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.anchored
        return tags
