"""The two statistics that are resampled: metrics of sums, and metrics of ranks, in every group of a facet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.aggregate.resampling import Surplus
from normsuite.metrics.catalogue import RankMetric
from normsuite.metrics.rows import Floats, Ints

_RANKED_AT_ONCE: Final = 1 << 20  # row weights that a rank metric holds at once
_MOST: Final = 0.5  # a group with more than this share of all clusters is summed over all of them


@dataclass(frozen=True)
class Value:
    """A metric's value, and which columns of sums are its own."""

    columns: Ints
    of: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Product:
    """Groups whose sums are one matrix product with the surplus.

    Attributes:
        groups: which groups, g of them.
        clusters: [c] the clusters they have rows in; None is all of the task.
        sums: [g * s, c] the s sums of each group in each cluster.
    """

    groups: slice | Ints
    clusters: Ints | None
    sums: NDArray[np.float32]

    def __call__(self, surplus: Surplus) -> NDArray[np.float32]:
        """[g * s, replicates]."""
        return self.sums @ (surplus if self.clusters is None else np.take(surplus, self.clusters, axis=0))


@dataclass(frozen=True)
class GroupSums:
    """Metrics that are functions of sums, in each of G groups.

    Attributes:
        observed: [G, s] sums over the data.
        products: what the surplus adds to them, each group in one product.
        values: the metrics.
    """

    observed: Floats
    products: tuple[Product, ...]
    values: tuple[Value, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Groups, metrics."""
        return len(self.observed), len(self.values)

    def data(self) -> Floats:
        """Values [G, metrics] of the data themselves."""
        return np.stack([value.of(self.observed[:, value.columns]) for value in self.values], axis=1)

    def __call__(self, surplus: Surplus) -> Floats:
        """Values [G, metrics, replicates]."""
        totals = np.empty((*self.observed.shape, surplus.shape[1]))
        for product in self.products:
            totals[product.groups] = product(surplus).reshape(-1, *totals.shape[1:])
        totals += self.observed[:, :, None]
        own = (np.moveaxis(totals[:, value.columns], 1, 2) for value in self.values)
        return np.stack([value.of(sums) for value, sums in zip(self.values, own, strict=True)], axis=1)


def group_sums(
    sums: Sequence[tuple[Ints, Floats]],
    clusters: int,
    values: Sequence[tuple[slice, Callable[[Floats], Floats]]],
) -> GroupSums:
    """Prepare sums by group and cluster for resampling.

    Args:
        sums: for each group, its clusters [c] and their sums [c, s].
        clusters: number of clusters of the task.
        values: for each metric, its columns of s and its value.
    """
    kept, position = _distinct(np.concatenate([table for _, table in sums]))
    tables = [(cluster, table[:, kept].T.astype(np.float32)) for cluster, table in sums]
    wide = [group for group, (cluster, _) in enumerate(tables) if len(cluster) > _MOST * clusters]
    products = [
        Product(slice(group, group + 1), cluster, table)
        for group, (cluster, table) in enumerate(tables)
        if group not in wide
    ]
    if wide:
        spread = np.zeros((len(wide), len(kept), clusters), np.float32)
        for filled, group in zip(spread, wide, strict=True):
            filled[:, tables[group][0]] = tables[group][1]
        products.append(Product(np.array(wide), None, spread.reshape(-1, clusters)))
    observed: Floats = np.stack([table[:, kept].sum(axis=0) for _, table in sums])
    return GroupSums(observed, tuple(products), tuple(Value(position[own], value) for own, value in values))


def _distinct(table: Floats) -> tuple[Ints, Ints]:
    """The columns to keep, and for every column where its equal is among them: many metrics share sums."""
    first: dict[bytes, int] = {}
    position = [first.setdefault(column.tobytes(), len(first)) for column in table.T]
    kept = [position.index(place) for place in range(len(first))]
    return np.array(kept), np.array(position)


@dataclass(frozen=True)
class GroupRanks:
    """One rank metric in each of G groups.

    Attributes:
        metric: the metric.
        samples: for each group, gold, prediction and cluster [r] of its scored rows.
    """

    metric: RankMetric
    samples: tuple[tuple[Floats, Floats, Ints], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Groups, 1."""
        return len(self.samples), 1

    def data(self) -> Floats:
        """Values [G, 1] of the data themselves."""
        return np.array(
            [[self.metric.value(gold, read, np.ones(len(gold)))] for gold, read, _ in self.samples]
        )

    def __call__(self, surplus: Surplus) -> Floats:
        """Values [G, 1, replicates]."""
        results = np.empty((*self.shape, surplus.shape[1]))
        for result, (gold, prediction, cluster) in zip(results[:, 0], self.samples, strict=True):
            step = max(1, _RANKED_AT_ONCE // max(1, len(gold)))
            for start in range(0, surplus.shape[1], step):
                drawn = np.take(surplus[:, start : start + step], cluster, axis=0)
                weights = 1.0 + drawn.T.astype(np.float64)
                result[start : start + step] = self.metric.value(gold, prediction, weights)
        return results
