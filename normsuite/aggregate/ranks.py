"""Ranks of models, and how sure they are: one bootstrap of a task's clusters for all its models together.

A replicate draws clusters once for every model, so what moves all models alike moves no rank. The interval of
a rank is that of the rank over replicates (Goldstein and Spiegelhalter 1996, "League tables and their
limitations", Journal of the Royal Statistical Society A 159). Where models are close it is wide, as it should
be; where many are tied it is known to be short of its nominal level (Mogstad, Romano, Shaikh and Wilhelm
2024, "Inference for ranks", Review of Economic Studies 91), so that it must not be read as a test.

Over several tasks models are ordered by their mean rank, the Borda count: scores of different metrics have no
common unit, and a mean of them is ruled by the task of the widest spread (Demsar 2006, Journal of Machine
Learning Research 7; Colombo, Noiry, Irurozki and Clémençon 2022, "What are the best systems?", NeurIPS).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from normsuite.aggregate.resampling import LEVEL, Surplus, bootstrap
from normsuite.aggregate.statistics import GroupRanks
from normsuite.metrics.catalogue import Metric, RankMetric
from normsuite.metrics.rows import Floats, Ints

RANK_REPLICATES: Final = 1_000


@dataclass(frozen=True)
class Standing:
    """Where M models stand.

    Attributes:
        rank: [M] 1 is best; equals share the best rank that they could have.
        low, high: [M] the ends of the rank's interval, whole ranks.
        mean_rank: [M] over tasks, in which equals share the mean of their ranks.
    """

    rank: Ints
    low: Ints
    high: Ints
    mean_rank: Floats


def draw_seed(clusters: str) -> int:
    """The seed of a task's draws: tasks and models of the same clusters are resampled alike.

    Args:
        clusters: the names of all clusters, in the order in which sums stand, as one text.
    """
    return int.from_bytes(hashlib.sha256(clusters.encode("utf-8", "surrogatepass")).digest()[:16], "big")


def replicate_values(
    sums: Sequence[Floats],
    metric: Metric,
    seed: int,
    replicates: int = RANK_REPLICATES,
    threads: int | None = None,
) -> tuple[Floats, Floats]:
    """A metric of several models, over the data and in every replicate, all under the same draws.

    A model's numbers do not depend on which models stand beside it, so they may be kept and compared with
    those of models that come later.

    Args:
        sums: for each of M models what each cluster adds to the metric, [clusters, s].
        metric: what becomes of the sums.
        seed: of the draws.
        replicates: of the bootstrap.
        threads: as in ``bootstrap``.

    Returns:
        Values [M] and [M, replicates]; NaN where undefined.
    """
    statistic = _Models(np.stack([table.T for table in sums]), metric)
    values = metric.value(statistic.sums.sum(axis=2))
    (replicated,) = bootstrap([statistic], statistic.sums.shape[2], replicates, seed, threads)
    return values, replicated


def replicate_ranked(
    pairs: Sequence[tuple[Floats, Floats, Ints]],
    clusters: int,
    metric: RankMetric,
    seed: int,
    replicates: int = RANK_REPLICATES,
    threads: int | None = None,
) -> tuple[Floats, Floats]:
    """As ``replicate_values``, of a metric that must see every row.

    Args:
        pairs: for each of M models gold, prediction and cluster of its scored rows, [r] each.
        clusters: how many there are.
        metric: what is made of the rows.
        seed: of the draws.
        replicates: of the bootstrap.
        threads: as in ``bootstrap``.
    """
    statistic = GroupRanks(metric, tuple(pairs))
    (replicated,) = bootstrap([statistic], clusters, replicates, seed, threads)
    return statistic.data()[:, 0], replicated[:, 0]


def ranks(values: Floats, higher_is_better: bool = True) -> Floats:
    """Ranks [M, ...] along the first axis: 1 is best, equals share their mean rank, NaN comes last."""
    keys = np.where(np.isnan(values), np.inf, -values if higher_is_better else values)
    return np.asarray(stats.rankdata(keys, axis=0, method="average"))


def standing(tasks: Sequence[tuple[Floats, Floats]], level: float = LEVEL) -> Standing:
    """Where models stand by their mean rank over tasks; one task is ranked by itself.

    Args:
        tasks: for each task the ranks (see ``ranks``) of the same M models, over the data [M] and in every
            replicate [M, R].
        level: of the interval.
    """
    mean = np.mean([over_data for over_data, _ in tasks], axis=0)
    replicated = tasks[0][1]
    if len(tasks) > 1:
        replicated = ranks(np.mean([drawn for _, drawn in tasks], axis=0), higher_is_better=False)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(replicated, tails, axis=1, method="inverted_cdf")
    place: Ints = np.asarray(stats.rankdata(mean, method="min")).astype(np.int64)
    # Equals share half ranks; and what the data say is never outside of what may be.
    low, high = np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64)
    return Standing(place, np.minimum(low, place), np.maximum(high, place), mean)


@dataclass(frozen=True)
class _Models:
    """One metric of M models over the same clusters; double precision, so that equals stay equal.

    Attributes:
        sums: [M, s, clusters].
        metric: what becomes of them.
    """

    sums: Floats
    metric: Metric

    @property
    def shape(self) -> tuple[int]:
        """Models."""
        return (len(self.sums),)

    def __call__(self, surplus: Surplus) -> Floats:
        """Values [M, replicates]."""
        times = 1.0 + surplus.astype(np.float64)
        models, width, clusters = self.sums.shape
        drawn = (self.sums.reshape(-1, clusters) @ times).reshape(models, width, -1)
        return self.metric.value(np.moveaxis(drawn, 1, 2))
