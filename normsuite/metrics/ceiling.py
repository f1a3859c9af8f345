"""BEST: how well one could do at best where people disagree (Lourie, Le Bras and Choi 2021, Scruples).

Nobody can always name the majority of a few votes. BEST is the expected score of an oracle that knows, for
each item, the shares that all people together would have: a Dirichlet distribution over shares is fitted to
the votes of all items, and the oracle's shares are drawn from its posterior given an item's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from normsuite.errors import InputError
from normsuite.metrics.rows import Floats, Ints
from normsuite.metrics.sums import CLIP, macro_f1_value

DRAWS: Final = 1000
_BOUNDS: Final = (1e-10, 1e6)  # of alpha; without an upper one votes that agree with chance would have no end
_DRAWN_AT_ONCE: Final = 1 << 21  # numbers (16 MiB), or one draw where that is more


@dataclass(frozen=True)
class Ceiling:
    """The best expected scores, each with its Monte-Carlo standard error.

    Attributes:
        accuracy, macro_f1: against the option that most people chose, the first of several.
        cross_entropy: in nats against the vote shares; less is better.
        accuracy_error, macro_f1_error, cross_entropy_error: standard deviation over draws / sqrt(draws).
        alpha: [k] of the Dirichlet distribution.
    """

    accuracy: float
    macro_f1: float
    cross_entropy: float
    accuracy_error: float
    macro_f1_error: float
    cross_entropy_error: float
    alpha: Floats


def best_ceiling(counts: ArrayLike, seed: int = 0, draws: int = DRAWS) -> Ceiling:
    """The best that anybody can expect to score on items about which people disagree.

    Args:
        counts: [n, k] how many people chose each option of each item.
        seed: of the draws.
        draws: of the posterior, at least 2.

    Raises:
        InputError: no matrix of whole numbers from 0 on, an item without votes, no item with two of them.
    """
    votes = _checked(counts)
    if draws < 2:
        raise InputError(f"{draws} draws have no standard error", field="draws", fix="draw 2 or more")
    alpha = fit_dirichlet(votes)
    shares = votes / votes.sum(axis=1, keepdims=True)
    gold = votes.argmax(axis=1)
    found = []
    for oracle in _posterior(votes, alpha, seed, draws):
        chosen = oracle.argmax(axis=2)
        losses = -np.einsum("nk,dnk->d", shares, np.log(np.maximum(oracle, CLIP))) / len(votes)
        found.append(np.stack([(chosen == gold).mean(axis=1), _macro_f1(chosen, gold, len(alpha)), losses]))
    scores = np.concatenate(found, axis=1)
    accuracy, macro_f1, cross_entropy = scores.mean(axis=1).tolist()
    errors = (scores.std(axis=1, ddof=1) / np.sqrt(draws)).tolist()
    return Ceiling(accuracy, macro_f1, cross_entropy, errors[0], errors[1], errors[2], alpha)


def fit_dirichlet(counts: Floats) -> Floats:
    """Alpha [k] of the Dirichlet-multinomial distribution under which counts [n, k] are most likely."""
    from scipy.optimize import minimize
    from scipy.special import gammaln, psi

    rows, times = np.unique(counts, axis=0, return_counts=True)
    totals = rows.sum(axis=1)

    def loss(alpha: Floats) -> tuple[float, Floats]:
        whole = alpha.sum()
        fit = gammaln(whole) - gammaln(whole + totals) + (gammaln(alpha + rows) - gammaln(alpha)).sum(axis=1)
        slope = (psi(whole) - psi(whole + totals))[:, None] + psi(alpha + rows) - psi(alpha)
        return -float(times @ fit) / len(counts), -(times @ slope) / len(counts)

    k = counts.shape[1]
    found = minimize(loss, np.ones(k), jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * k)
    return np.asarray(found.x, float)


def oracle_choices(counts: Floats, alpha: Floats, seed: int, draws: int) -> Floats:
    """How often [n, k] an oracle would choose each option of items with these counts [n, k], as shares."""
    chosen = np.zeros(counts.shape)
    options = np.arange(counts.shape[1])
    for oracle in _posterior(counts, alpha, seed, draws):
        chosen += (oracle.argmax(axis=2)[:, :, None] == options).sum(axis=0)
    return np.asarray(chosen / draws)


def oracle_logs(counts: Floats, alpha: Floats) -> Floats:
    """Expected logarithm [n, k] of an oracle's shares: the mean of log p under a Dirichlet distribution."""
    from scipy.special import psi

    known = counts + alpha
    return np.asarray(psi(known) - psi(known.sum(axis=1, keepdims=True)))


def _posterior(counts: Floats, alpha: Floats, seed: int, draws: int) -> Iterator[Floats]:
    """Draws [d, n, k] of shares from Dirichlet(alpha + counts): gammas that are normalised."""
    random = np.random.default_rng(seed)
    step = max(1, _DRAWN_AT_ONCE // max(1, counts.size))
    for start in range(0, draws, step):
        drawn = random.standard_gamma(alpha + counts, (min(step, draws - start), *counts.shape))
        yield drawn / drawn.sum(axis=2, keepdims=True)


def _macro_f1(chosen: Ints, gold: Ints, k: int) -> Floats:
    """Macro-F1 [d] of choices [d, n] against gold [n]."""
    draws = len(chosen)
    code = chosen + k * np.arange(draws)[:, None]
    right = chosen == gold
    predicted, both = (
        np.bincount(code.ravel(), weights, draws * k).reshape(draws, k) for weights in (None, right.ravel())
    )
    return macro_f1_value(np.concatenate([predicted + np.bincount(gold, minlength=k), both], axis=1))


def _checked(counts: ArrayLike) -> Floats:
    votes = np.asarray(counts, float)
    if votes.ndim != 2 or not votes.size or not (np.isfinite(votes) & (votes >= 0) & (votes % 1 == 0)).all():
        raise InputError("counts must be a matrix of whole numbers from 0 on", field="counts")
    people = votes.sum(axis=1)
    if (people == 0).any():
        row = int((people == 0).argmax()) + 1
        raise InputError("nobody voted", row=row, field="counts", fix="leave such items out")
    if people.max() < 2:
        what = "no item has two votes, so nothing is known of how people disagree"
        raise InputError(what, field="counts")
    return votes
