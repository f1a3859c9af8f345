"""How much better or worse one model is than another on the same items, overall and in every group.

The interval of a difference is the percentile interval of the cluster bootstrap in which both models get the
same clusters: what makes items hard for both then cancels (Efron and Tibshirani 1993, chapters 8 and 13).

p-values are those of ``significance``: sign flips of clusters for means, the bootstrap for macro-F1 and all
other metrics. Beside them stands the true difference that would have been found at all: in a small group "no
difference was found" says little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from normsuite.aggregate.estimates import Cells, cells_of, count_clusters, count_items
from normsuite.aggregate.gaps import FEW_CLUSTERS
from normsuite.aggregate.groups import Facet
from normsuite.aggregate.pairing import Pairs
from normsuite.aggregate.resampling import REPLICATES, Statistic, Surplus, bootstrap, interval
from normsuite.aggregate.significance import Flipped, bootstrap_p, flip_p, flipped, flips
from normsuite.aggregate.statistics import GroupRanks, group_sums
from normsuite.metrics import STATUS_METRICS, Rows
from normsuite.metrics.catalogue import AnyMetric, Metric, RankMetric
from normsuite.metrics.rows import Bools, Floats, Ints
from normsuite.metrics.sums import mean_value

POWER: Final = 0.8
SIZE: Final = 0.05
DIFFERENCE_SCHEMA: Final = pa.schema(
    [
        pa.field("metric", pa.string(), nullable=False),
        pa.field("facet", pa.string(), nullable=False),  # "" is overall
        pa.field("group", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),  # items that both models were scored on
        pa.field("clusters", pa.int64(), nullable=False),
        pa.field("unscored", pa.int64(), nullable=False),  # paired items that one model or both left unscored
        pa.field("baseline_value", pa.float64()),
        pa.field("other_value", pa.float64()),
        pa.field("difference", pa.float64()),  # other - baseline
        pa.field("ci_low", pa.float64()),
        pa.field("ci_high", pa.float64()),
        pa.field("standard_error", pa.float64()),
        pa.field("detectable", pa.float64()),  # true difference that would be found 8 times in 10
        pa.field("p", pa.float64()),  # two-sided; null for fewer than FEW_CLUSTERS clusters
        pa.field("test", pa.string(), nullable=False),  # flip or bootstrap
    ]
)

_REPLICATED_AT_ONCE: Final = 1 << 25  # replicates of groups and metrics held at once (256 MiB)


@dataclass(frozen=True)
class _Compared:
    """One metric in every group [G] of a facet.

    Attributes:
        metric: the metric.
        facet: the division.
        items, clusters: [G].
        baseline, other: [G] the values.
        difference: other - baseline, to be bootstrapped.
        flipped: of a mean, whether flips reach the difference; else None.
    """

    metric: AnyMetric
    facet: Facet
    items: Ints
    clusters: Ints
    baseline: Floats
    other: Floats
    difference: Statistic
    flipped: Flipped | None


@dataclass(frozen=True)
class _RankDifference:
    """The difference of one rank metric between two models, in each of G groups."""

    baseline: GroupRanks
    other: GroupRanks

    @property
    def shape(self) -> tuple[int, int]:
        """Groups, 1."""
        return self.baseline.shape

    def __call__(self, surplus: Surplus) -> Floats:
        """Differences [G, 1, replicates]."""
        return self.other(surplus) - self.baseline(surplus)


def differences(
    pairs: Pairs,
    metrics: Sequence[AnyMetric],
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
    threads: int | None = None,
) -> pa.Table:
    """Differences of metrics between two models, overall and in every group; none of the groups is left out.

    Args:
        pairs: the paired readings.
        metrics: what to compare. Coverage and its kin are of all paired readings, all others of those that
            both models could be scored on.
        replicates: of the bootstrap, and as many flips.
        seed: of both.
        threads: threads to use; None is one per CPU. They do not change results.

    Returns:
        Table in ``DIFFERENCE_SCHEMA``: for each metric and facet one row for each group.
    """
    clusters = int(pairs.baseline.cluster.max(initial=0)) + 1
    unscored = {facet.name: _unscored(pairs, facet) for facet in pairs.facets}
    lines: list[dict[str, Any]] = []
    for batch in _batches(_compare(pairs, metrics, clusters), replicates):
        found = bootstrap([one.difference for one in batch], clusters, replicates, seed, threads)
        of_means = [one.flipped for one in batch if one.flipped is not None]
        reached = iter(bootstrap(of_means, clusters, replicates, seed, threads, flips) if of_means else ())
        for one, resampled in zip(batch, found, strict=True):
            drawn = resampled[:, 0]
            p = bootstrap_p(drawn) if one.flipped is None else flip_p(next(reached)[:, 0])
            lines += _lines(one, drawn, p, unscored[one.facet.name])
    arrays = [
        pa.array([line[field.name] for line in lines], field.type, from_pandas=True)
        for field in DIFFERENCE_SCHEMA
    ]
    return pa.table(arrays, schema=DIFFERENCE_SCHEMA)


def detectable(standard_error: ArrayLike, clusters: ArrayLike) -> Floats:
    """The true difference that a two-sided test at ``SIZE`` would find with ``POWER``.

    With many clusters it is (1.96 + 0.84) standard errors; with few, quantiles of t for their number and the
    c / (c - 1) that the variance of the bootstrap lacks (Bloom 1995, Evaluation Review 19; Efron and
    Tibshirani 1993, chapter 5).

    Args:
        standard_error: [n] of the bootstrap; 0 tells nothing of what would be found.
        clusters: [n] behind each.

    Returns:
        [n]; NaN where nothing is known.
    """
    from scipy.stats import t

    error, count = np.asarray(standard_error, float), np.asarray(clusters, float)
    freedom = np.where((error > 0) & (count > 1), count - 1, np.nan)
    times = t.ppf(1 - SIZE / 2, freedom) + t.ppf(POWER, freedom)
    return np.asarray(times * np.sqrt(1 + 1 / freedom) * error)


def _batches(compared: Iterator[_Compared], replicates: int) -> Iterator[list[_Compared]]:
    """As many at once as memory allows; the draws are the same for all."""
    batch: list[_Compared] = []
    for one in compared:
        size = sum(len(each.facet.groups) for each in [*batch, one]) * replicates
        if batch and size > _REPLICATED_AT_ONCE:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _compare(pairs: Pairs, metrics: Sequence[AnyMetric], clusters: int) -> Iterator[_Compared]:
    cells = [cells_of(facet, pairs.baseline.cluster) for facet in pairs.facets]
    joint, apart = pairs.jointly_read(), (pairs.baseline, pairs.other)
    for metric in metrics:
        sides = apart if metric in STATUS_METRICS else joint
        if isinstance(metric, RankMetric):
            yield from (_of_ranks(metric, sides, cell) for cell in cells)
        elif metric.over_families:
            # A family's addends depend on which of its rows are in the group, so every group has its own.
            for cell in cells:
                own = [metric.statistics(rows.within(cell.facet.row, cell.facet.group)) for rows in sides]
                yield _of_sums(metric, sides[0], cell, own, clusters)
        else:
            whole = [metric.statistics(rows) for rows in sides]
            for cell in cells:
                row = cell.facet.row
                own = [(addends[row], scored[row]) for addends, scored in whole]
                yield _of_sums(metric, sides[0], cell, own, clusters)


def _of_sums(
    metric: Metric, rows: Rows, cells: Cells, sides: Sequence[tuple[Floats, Bools]], clusters: int
) -> _Compared:
    """From both sides' addends [m, s] of entries and which [m] are scored."""
    (first, mine), (second, theirs) = sides
    scored, width = mine & theirs, first.shape[1]
    addends = np.where(scored[:, None], np.concatenate([first, second], axis=1), 0.0)
    table = cells.sums(addends.T)
    parts = cells.parts()
    total = np.stack([table[part].sum(axis=0) for part in parts])

    def gain(sums: Floats) -> Floats:
        return metric.value(sums[..., width:]) - metric.value(sums[..., :width])

    by_cluster = [(cells.cluster[part], table[part]) for part in parts]
    return _Compared(
        metric,
        cells.facet,
        items=count_items(rows, cells.facet, scored),
        clusters=count_clusters(cells, scored),
        baseline=metric.value(total[:, :width]),
        other=metric.value(total[:, width:]),
        difference=group_sums(by_cluster, clusters, [(slice(0, 2 * width), gain)]),
        flipped=_summed_gain(by_cluster, clusters, width) if metric.value is mean_value else None,
    )


def _summed_gain(by_cluster: Sequence[tuple[Ints, Floats]], clusters: int, width: int) -> Flipped:
    """Of a mean, whose denominators are the same on both sides: only the summed difference can vary."""
    return flipped([(own, table[:, width] - table[:, 0]) for own, table in by_cluster], clusters)


def _of_ranks(metric: RankMetric, sides: tuple[Rows, Rows], cells: Cells) -> _Compared:
    (gold, first, mine), (_, second, theirs) = (metric.pairs(rows) for rows in sides)
    rows, facet, scored = sides[0], cells.facet, mine & theirs
    members = [facet.row[(facet.group == group) & scored[facet.row]] for group in range(len(facet.groups))]
    baseline, other = (
        GroupRanks(metric, tuple((gold[own], read[own], rows.cluster[own]) for own in members))
        for read in (first, second)
    )
    return _Compared(
        metric,
        facet,
        items=count_items(rows, facet, scored[facet.row]),
        clusters=count_clusters(cells, scored[facet.row]),
        baseline=baseline.data()[:, 0],
        other=other.data()[:, 0],
        difference=_RankDifference(baseline, other),
        flipped=None,
    )


def _unscored(pairs: Pairs, facet: Facet) -> Ints:
    """Items [G] with a reading that one model or both could not be scored on."""
    unread = (pairs.baseline.status != 0) | (pairs.other.status != 0)
    return count_items(pairs.baseline, facet, unread[facet.row])


def _lines(one: _Compared, replicates: Floats, p: Floats, unscored: Ints) -> Iterator[dict[str, Any]]:
    """One line for each group, from replicates [G, replicates] of its difference."""
    low, high = interval(replicates)
    difference = one.other - one.baseline
    # One cluster says nothing of how clusters vary.
    known = np.isfinite(difference) & (one.clusters > 1)
    error = np.full(len(known), np.nan)
    error[known] = np.nanstd(replicates[known], axis=1, ddof=1)
    told = known & (one.clusters >= FEW_CLUSTERS)
    numbers = {
        "n": one.items,
        "clusters": one.clusters,
        "unscored": unscored,
        "baseline_value": one.baseline,
        "other_value": one.other,
        "difference": difference,
        "ci_low": np.where(known, low, np.nan),
        "ci_high": np.where(known, high, np.nan),
        "standard_error": error,
        "detectable": detectable(error, one.clusters),
        "p": np.where(told, p, np.nan),
    }
    test = "bootstrap" if one.flipped is None else "flip"
    for group, name in enumerate(one.facet.groups):
        own = {key: values[group] for key, values in numbers.items()}
        yield {"metric": one.metric.name, "facet": one.facet.name, "group": name, **own, "test": test}
