"""Spearman's correlation and the AUROC with weights: the metrics here that are no functions of sums.

Ranks depend on which rows a bootstrap replicate holds, so they are computed anew from its weights. A row of
weight w stands for w equal rows.
"""

from __future__ import annotations

import numpy as np

from normsuite.metrics.rows import Floats
from normsuite.metrics.sums import divide, moment_sums, pearson_value


def mid_ranks(values: Floats, weights: Floats) -> Floats:
    """Mid-ranks of ``values`` [n] in the samples that ``weights`` [..., n] describe, ties averaged.

    Returns:
        [..., n] ranks from 1; equal to ``scipy.stats.rankdata`` of values repeated by integer weights.
    """
    _, code = np.unique(values, return_inverse=True)
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    totals = np.add.reduceat(weights[..., order], starts, axis=-1)
    ranks: Floats = np.cumsum(totals, axis=-1) - (totals - 1) / 2
    return ranks[..., code]


def weighted_spearman(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Spearman's rho [...] of x [n] and y [n] under weights [..., n]; NaN where one side does not vary."""
    if len(x) == 0:
        return np.full(weights.shape[:-1], np.nan)
    total = weights.sum(axis=-1, keepdims=True)
    middle = (total + 1) / 2  # the mean rank of any sample
    first, second = mid_ranks(x, weights) - middle, mid_ranks(y, weights) - middle
    left, right = weights * first, weights * second
    squares = [np.einsum("...n,...n->...", a, b) for a, b in ((left, first), (right, second), (left, second))]
    zero = np.zeros(weights.shape[:-1])
    return pearson_value(np.stack([total[..., 0], zero, zero, *squares], axis=-1))


def weighted_auroc(positive: Floats, score: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve [...] of scores [n] under weights [..., n]; NaN where one class is missing.

    The chance that a positive row's score is above a negative row's, ties counted half: the Mann-Whitney
    statistic (Hanley and McNeil 1982, Radiology 143). ``positive`` [n] is 1 or 0.
    """
    if len(positive) == 0:
        return np.full(weights.shape[:-1], np.nan)
    on = weights * positive
    above = (on * mid_ranks(score, weights)).sum(axis=-1)
    positives, total = on.sum(axis=-1), weights.sum(axis=-1)
    pairs = positives * (total - positives)
    return divide(above - positives * (positives + 1) / 2, pairs)


def weighted_pearson(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Pearson's r [...] of x [n] and y [n] under weights [..., n]; NaN where one side does not vary."""
    if len(x) == 0:
        return np.full(weights.shape[:-1], np.nan)
    return pearson_value(weights @ moment_sums(x, y))
