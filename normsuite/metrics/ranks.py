"""Spearman's correlation with weights: the one metric here that is no function of sums.

Ranks depend on which rows a bootstrap replicate holds, so they are computed anew from its weights. A row of
weight w stands for w equal rows.
"""

from __future__ import annotations

import numpy as np

from normsuite.metrics.rows import Floats
from normsuite.metrics.sums import pearson_value


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
