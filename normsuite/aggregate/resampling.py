"""Cluster bootstrap by resampling counts.

A replicate draws as many clusters as there are, with replacement, and only needs to know how often each was
drawn. Draws are made once for all groups and metrics of a task: group sums are then matrix products, and
scorers of the same clusters are resampled alike (Efron and Tibshirani 1993, chapters 8 and 13).

What travels is the surplus, how much oftener than once a cluster was drawn (-1: not at all). A replicate's
sums are those of the data, in double precision, plus a product with the surplus, in single precision.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from normsuite.metrics.rows import Floats

Surplus = NDArray[np.float32]
"""[clusters, replicates]: times that a cluster was drawn, less one."""

REPLICATES: Final = 10_000
LEVEL: Final = 0.95

_CHUNK_DRAWS: Final = 1 << 22  # held at once by each thread (16 MiB)
_COUNTED_AT_ONCE: Final = 1 << 17  # small enough for a processor's cache
_CHUNK_REPLICATES: Final = 256  # at most, so that small tasks too have chunks for every thread


class Statistic(Protocol):
    """What is resampled: anything that can be computed from how often each cluster was drawn."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result in one replicate."""

    def __call__(self, surplus: Surplus) -> Floats:
        """Results [*shape, replicates]."""


def bootstrap(
    statistics: Sequence[Statistic],
    clusters: int,
    replicates: int = REPLICATES,
    seed: int = 0,
    threads: int | None = None,
    drawing: Callable[[int, int, np.random.Generator], Surplus] | None = None,
) -> list[Floats]:
    """Replicates of each statistic, all under the same draws.

    The draws depend on ``clusters``, ``replicates`` and ``seed`` alone: chunks of replicates have generators
    of their own, and one thread computes the whole of a chunk.

    Args:
        statistics: functions of the surplus.
        clusters: number of clusters.
        replicates: number of bootstrap replicates.
        seed: seed of the draws.
        threads: threads that share the chunks; None is one per CPU.
        drawing: what draws a chunk: (clusters, replicates, generator) to surplus; None is ``draw``.

    Returns:
        For each statistic an array [*shape, replicates].
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    results = [np.empty((*statistic.shape, replicates)) for statistic in statistics]
    chunks = list(_chunks(clusters, replicates))
    generators = [np.random.SFC64(child) for child in np.random.SeedSequence(seed).spawn(len(chunks))]

    def fill(chunk: slice, bits: np.random.SFC64) -> None:
        surplus = (drawing or draw)(clusters, chunk.stop - chunk.start, np.random.Generator(bits))
        for result, statistic in zip(results, statistics, strict=True):
            result[..., chunk] = statistic(surplus)

    # The threads are ours: with BLAS's own beside them both wait, and sums would depend on their number.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(fill, chunks, generators))
    return results


def draw(clusters: int, replicates: int, generator: np.random.Generator) -> Surplus:
    """Resample clusters: the surplus [clusters, replicates]; every replicate sums to 0."""
    surplus = np.empty((replicates, clusters), np.float32)
    step = max(1, _COUNTED_AT_ONCE // clusters)
    for start in range(0, replicates, step):
        block = surplus[start : start + step]
        drawn = generator.integers(0, clusters, block.shape)
        drawn += np.arange(len(block))[:, None] * clusters
        block[:] = np.bincount(drawn.ravel(), minlength=block.size).reshape(block.shape)
    surplus -= 1
    return np.ascontiguousarray(surplus.T)


def interval(replicates: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Percentile interval over the last axis of [..., replicates].

    Replicates in which the statistic is undefined (no row of a small group was drawn) are left out; NaN where
    it is undefined in all.
    """
    quantiles = [(1 - level) / 2, (1 + level) / 2]
    rows = replicates.reshape(-1, replicates.shape[-1])
    bounds: Floats = np.quantile(rows, quantiles, axis=1)
    for row in np.flatnonzero(np.isnan(bounds[0])):
        defined = rows[row][~np.isnan(rows[row])]
        if len(defined):
            bounds[:, row] = np.quantile(defined, quantiles)
    low, high = bounds.reshape(2, *replicates.shape[:-1])
    return low, high


def _chunks(clusters: int, replicates: int) -> Iterator[slice]:
    size = min(_CHUNK_REPLICATES, max(1, _CHUNK_DRAWS // max(clusters, 1)))
    for start in range(0, replicates, size):
        yield slice(start, min(start + size, replicates))
