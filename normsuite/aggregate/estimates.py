"""Values, counts and resampled statistics of every metric in every group of a facet, for one scorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from normsuite.aggregate.groups import Facet
from normsuite.aggregate.resampling import Statistic
from normsuite.aggregate.statistics import GroupRanks, GroupSums, group_sums
from normsuite.metrics.catalogue import AnyMetric, Metric, RankMetric
from normsuite.metrics.families import joint_code
from normsuite.metrics.rows import Bools, Floats, Ints, Rows


@dataclass(frozen=True)
class Cells:
    """A facet's entries (row in group) by the cell they fall into: one cluster inside one group.

    Attributes:
        facet: the division.
        cell: [m] the cell of each entry.
        group, cluster: [c] of each cell, ascending.
    """

    facet: Facet
    cell: Ints
    group: Ints
    cluster: Ints

    def sums(self, addends: Floats) -> Floats:
        """Addends [s, m] of entries summed in their cells, [c, s]."""
        columns = [np.bincount(self.cell, column, minlength=len(self.group)) for column in addends]
        return np.stack(columns, axis=1)

    def parts(self) -> list[slice]:
        """The cells of each group."""
        ends = np.searchsorted(self.group, np.arange(len(self.facet.groups) + 1))
        return [slice(int(a), int(b)) for a, b in pairwise(ends)]


def cells_of(facet: Facet, cluster: Ints) -> Cells:
    """The cells of a facet, given the cluster [n] of each row."""
    clusters = int(cluster.max(initial=0)) + 1
    keys, cell = np.unique(facet.group * clusters + cluster[facet.row], return_inverse=True)
    return Cells(facet, cell, *np.divmod(keys, clusters))


@dataclass(frozen=True)
class Estimates:
    """What is known of each group before resampling; G groups, M metrics.

    Attributes:
        facet: the division.
        metrics: the M metrics.
        items, clusters: [G, M] distinct items and clusters that each metric scored.
        value, chance: [G, M].
        statistics: what to resample: sums first, then ranks; their results side by side are in the order of
            ``metrics``.
        scored: for each metric, a mask of the facet's entries.
    """

    facet: Facet
    metrics: tuple[AnyMetric, ...]
    items: Ints
    clusters: Ints
    value: Floats
    chance: Floats
    statistics: tuple[Statistic, ...]
    scored: tuple[Bools, ...]


@dataclass(frozen=True)
class _Measured:
    """One metric over a facet's entries: scored [m], chance [G], and its sums by cell or samples by group."""

    metric: AnyMetric
    scored: Bools
    chance: Floats
    sums: Floats | None = None
    samples: tuple[tuple[Floats, Floats, Ints], ...] = ()


def estimate(
    rows: Rows, metrics: Sequence[AnyMetric], facets: Sequence[Facet], clusters: int
) -> list[Estimates]:
    """Estimates of all metrics in all facets.

    Args:
        rows: one scorer's rows.
        metrics: the metrics, which come back with those on ranks last.
        facets: divisions of ``rows``.
        clusters: number of clusters of the task.
    """
    ordered = tuple(sorted(metrics, key=lambda metric: isinstance(metric, RankMetric)))
    cells = [cells_of(facet, rows.cluster) for facet in facets]
    measured: list[list[_Measured]] = [[] for _ in cells]
    for metric in ordered:
        # Metric by metric, so that the addends of one are held at a time.
        for found, one in zip(measured, _measure(rows, metric, cells), strict=True):
            found.append(one)
    return [_gather(rows, found, cell, clusters) for found, cell in zip(measured, cells, strict=True)]


def _measure(rows: Rows, metric: AnyMetric, cells: Sequence[Cells]) -> list[_Measured]:
    if isinstance(metric, RankMetric):
        return [_ranked(rows, metric, cell.facet) for cell in cells]
    if metric.over_families:
        return [_family_summed(rows, metric, cell) for cell in cells]
    addends, scored = metric.statistics(rows)
    addends = _columns(addends, scored)
    guess = None if metric.guess is None else _columns(metric.guess(rows), scored)
    found = []
    for cell in cells:
        row = cell.facet.row
        guessed = None if guess is None else np.take(guess, row, axis=1)
        found.append(_summed(metric, cell, np.take(addends, row, axis=1), scored[row], guessed))
    return found


def _columns(addends: Floats, scored: Bools) -> Floats:
    """Addends [n, s] by column, [s, n], and 0 for rows that are not scored."""
    return np.ascontiguousarray(np.where(scored[:, None], addends, 0.0).T)


def _family_summed(rows: Rows, metric: Metric, cells: Cells) -> _Measured:
    """A family's addends depend on which of its rows are in the group, so every group has its own."""
    entries = rows.within(cells.facet.row, cells.facet.group)
    addends, scored = metric.statistics(entries)
    guess = None if metric.guess is None else metric.guess(entries).T
    return _summed(metric, cells, addends.T, scored, guess)


def _summed(metric: Metric, cells: Cells, addends: Floats, scored: Bools, guess: Floats | None) -> _Measured:
    """From addends [s, m] of entries, and those that guessing would give."""
    groups = len(cells.facet.groups)
    chance = np.full(groups, np.nan)
    if guess is not None:
        totals = [np.bincount(cells.facet.group, column, minlength=groups) for column in guess]
        chance = metric.value(np.stack(totals, axis=-1))
    return _Measured(metric, scored, chance, sums=cells.sums(addends))


def _ranked(rows: Rows, metric: RankMetric, facet: Facet) -> _Measured:
    gold, prediction, scored = metric.pairs(rows)
    samples = []
    for group in range(len(facet.groups)):
        mine = facet.row[facet.group == group]
        mine = mine[scored[mine]]
        samples.append((gold[mine], prediction[mine], rows.cluster[mine]))
    chance = np.array([metric.chance if len(sample[0]) else np.nan for sample in samples])
    return _Measured(metric, scored[facet.row], chance, samples=tuple(samples))


def _gather(rows: Rows, measured: Sequence[_Measured], cells: Cells, clusters: int) -> Estimates:
    statistics: list[GroupSums | GroupRanks] = []
    if any(one.sums is not None for one in measured):
        statistics.append(_group_sums(measured, cells, clusters))
    statistics += [
        GroupRanks(one.metric, one.samples) for one in measured if isinstance(one.metric, RankMetric)
    ]
    return Estimates(
        facet=cells.facet,
        metrics=tuple(one.metric for one in measured),
        items=np.stack([count_items(rows, cells.facet, one.scored) for one in measured], axis=1),
        clusters=np.stack([count_clusters(cells, one.scored) for one in measured], axis=1),
        value=np.concatenate([statistic.data() for statistic in statistics], axis=1),
        chance=np.stack([one.chance for one in measured], axis=1),
        statistics=tuple(statistics),
        scored=tuple(one.scored for one in measured),
    )


def _group_sums(measured: Sequence[_Measured], cells: Cells, clusters: int) -> GroupSums:
    tables, values, width = [], [], 0
    for one in measured:
        if isinstance(one.metric, Metric) and one.sums is not None:
            tables.append(one.sums)
            values.append((slice(width, width + one.sums.shape[1]), one.metric.value))
            width += one.sums.shape[1]
    table = np.concatenate(tables, axis=1)
    return group_sums([(cells.cluster[part], table[part]) for part in cells.parts()], clusters, values)


def count_items(rows: Rows, facet: Facet, scored: Bools) -> Ints:
    """Distinct items [G]; rows are sorted by item, so an item's entries in a group follow one another."""
    group = facet.group[scored]
    fresh = np.diff(joint_code(group, rows.item[facet.row[scored]]), prepend=-1) != 0
    return np.bincount(group[fresh], minlength=len(facet.groups))


def count_clusters(cells: Cells, scored: Bools) -> Ints:
    """Distinct clusters [G] among the entries that are ``scored``."""
    filled = np.bincount(cells.cell, scored, minlength=len(cells.group)) > 0
    return np.bincount(cells.group[filled], minlength=len(cells.facet.groups))
