"""Intervals over clusters, as reports have them, for what checks compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.aggregate.resampling import Surplus, bootstrap, interval
from normsuite.metrics.rows import Floats, Ints
from normsuite.tasks import sample_clusters

MIN_CLUSTERS: Final = 20
"""With fewer clusters nothing is said about what predicts the gold: chance alone does too often."""

_REPLICATES: Final = 1_000
_SEED: Final = 0


@dataclass(frozen=True)
class Statistic:
    """A function of sums that can be resampled.

    Attributes:
        value: from sums [s, replicates] to results [replicates].
        sums: [s, clusters].
    """

    value: Callable[[Floats], Floats]
    sums: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """One number."""
        return ()

    def __call__(self, surplus: Surplus) -> Floats:
        """The function in each replicate."""
        totals = self.sums @ surplus + self.sums.sum(1)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.value(totals)


def bounds(value: Callable[[Floats], Floats], addends: Floats, cluster: Ints) -> tuple[float, float]:
    """The 95% interval of a function of sums, by resampling clusters.

    Args:
        value: from sums [s, replicates] to results [replicates].
        addends: [s, n] what each row adds.
        cluster: [n] codes from 0.
    """
    sums = np.stack([np.bincount(cluster, column) for column in addends.astype(float)], dtype=float)
    (replicates,) = bootstrap([Statistic(value, sums)], sums.shape[1], _REPLICATES, _SEED)
    low, high = interval(replicates)
    return float(low), float(high)


def codes(column: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Values as numbers from 0, in the order they come."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(whole.dictionary_encode().indices, np.int64)


def count(column: pa.ChunkedArray) -> int:
    """How many values are distinct."""
    return len(column.unique())


def at_most(items: pa.Table, rows: int) -> pa.Table:
    """About so many rows: the same seeded sample of whole clusters each time; all where they are fewer."""
    if items.num_rows <= rows:
        return items
    clusters = count(items["cluster"]) * rows // items.num_rows
    return sample_clusters(items, max(1, clusters), _SEED)
