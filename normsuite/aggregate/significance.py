"""Whether a difference between two models may be chance: two tests, and what many tests at once must pay.

No one test is right for every metric:

- *flips*, for means over rows (accuracy, log-loss, ...): the sign of each cluster's summed difference is
  flipped at random. Under the hypothesis that the models are interchangeable within a cluster the test is
  exact for any number of clusters, where bootstrap tests reject too often with few (Canay, Romano and Shaikh
  2017, Econometrica 85; for systems that read language Yeh 2000, COLING). The data count as one of the flips,
  so that p is never 0 (Phipson and Smyth 2010, Statistical Applications in Genetics 9).
- *bootstrap*, for all that is no mean (macro-F1 and other averages over labels, calibration errors,
  correlations, the AUROC): the interval inverted. Two models of one macro-F1 need not be interchangeable, and
  swapping their outputs would test that too. It is only as good as the bootstrap, which wants some dozens of
  clusters.

A flip test is no inverted interval. Where it and the interval disagree, in groups of few clusters, the test
is the one to be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from normsuite.aggregate.resampling import Surplus
from normsuite.aggregate.statistics import GroupSums, group_sums
from normsuite.metrics.rows import Floats, Ints

Adjust = Literal["holm", "bh", "none"]

_ROUNDING: Final = 1e-6  # of sums in single precision, relative to the sum of absolute values


@dataclass(frozen=True)
class Flipped:
    """Whether a group's summed difference, some clusters' signs flipped, is as far from 0 as in the data.

    Attributes:
        sums: the summed differences of G groups.
        reach: [G] how far from 0 they are in the data, less what may be rounding.
    """

    sums: GroupSums
    reach: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Groups, 1."""
        return self.sums.shape

    def __call__(self, surplus: Surplus) -> Floats:
        """1 or 0, [G, 1, flips]."""
        return (np.abs(self.sums(surplus)) >= self.reach[:, None, None]).astype(float)


def flipped(by_cluster: Sequence[tuple[Ints, Floats]], clusters: int) -> Flipped:
    """Prepare differences for ``bootstrap`` with ``drawing=flips``.

    Args:
        by_cluster: for each group, its clusters [c] and their summed differences [c].
        clusters: number of clusters of the task.
    """
    columns = [(cluster, difference[:, None]) for cluster, difference in by_cluster]
    sums = group_sums(columns, clusters, [(slice(0, 1), lambda sums: sums[..., 0])])
    rounding = _ROUNDING * np.array([np.abs(difference).sum() for _, difference in by_cluster])
    return Flipped(sums, np.abs(sums.data()[:, 0]) - rounding)


def flips(clusters: int, replicates: int, generator: np.random.Generator) -> Surplus:
    """Random signs less one, [clusters, replicates]: what flips the differences of half of the clusters."""
    bits = np.frombuffer(generator.bytes(clusters * ((replicates + 7) // 8)), np.uint8)
    signs = np.unpackbits(bits.reshape(clusters, -1), axis=1, count=replicates)
    return np.multiply(signs, np.float32(-2), dtype=np.float32)


def flip_p(reached: Floats) -> Floats:
    """Two-sided p [G] from what ``Flipped`` gives over flips, [G, flips]."""
    return np.asarray((1 + reached.sum(axis=1)) / (1 + reached.shape[1]))


def bootstrap_p(replicates: Floats) -> Floats:
    """Two-sided p [G] of differences from bootstrap replicates [G, replicates]; NaN where undefined in all.

    The least level at which the percentile interval leaves 0 out (Efron and Tibshirani 1993, section 15.4).
    """
    known = np.isfinite(replicates).sum(axis=1)
    lesser = np.minimum((replicates <= 0).sum(axis=1), (replicates >= 0).sum(axis=1))
    return np.where(known > 0, np.minimum(1.0, 2 * (1 + lesser) / (1 + known)), np.nan)


def adjusted(p: ArrayLike, how: Adjust) -> Floats:
    """p-values [n] of one family of tests, so that all may be looked at; NaN is no test and stays.

    Args:
        p: of the tests.
        how: "holm" bounds the chance of any false finding, whatever the tests have in common (Holm 1979);
            "bh" the share of false findings among all (Benjamini and Hochberg 1995), if they are independent
            or positively dependent; "none" leaves p as it is.
    """
    values = np.array(p, float)
    tested = np.flatnonzero(np.isfinite(values))
    if how == "none" or not len(tested):
        return values
    if how == "bh":
        from scipy.stats import false_discovery_control

        values[tested] = false_discovery_control(values[tested], method="bh")
        return values
    ascending = tested[np.argsort(values[tested], kind="stable")]
    stepped = values[ascending] * np.arange(len(ascending), 0, -1)
    values[ascending] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return values
