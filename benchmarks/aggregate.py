"""Speed of aggregation: a million predictions, and ``scipy.stats.bootstrap`` on a smaller common case.

    python benchmarks/aggregate.py

prints seconds and peak memory of the first, and for the second the ratio of times and the largest difference
between the two sides' intervals in units of its Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import stats

from normsuite.aggregate import aggregate, bootstrap, interval
from normsuite.aggregate.statistics import group_sums
from normsuite.metrics.sums import mean_value
from normsuite.schema import PREDICTION_SCHEMA, conform

REPLICATES = 10_000
METRICS = ("accuracy", "macro_f1", "brier")


def predictions(items: int, clusters: int, countries: int, categories: int, wordings: int = 3) -> pa.Table:
    """Invented three-label predictions; clusters lie within countries and across categories."""
    generator = np.random.default_rng(0)
    rows = items * wordings
    item, wording = np.repeat(np.arange(items), wordings), np.tile(np.arange(wordings), items)
    cluster = np.arange(items) % clusters
    gold = generator.integers(0, 3, items)[item]
    odds = generator.gamma(1.0, size=(rows, 3))
    odds[np.arange(rows), gold] *= generator.uniform(1.0, 3.0, countries)[cluster % countries][item]
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    offsets = np.arange(rows + 1, dtype=np.int32)

    def named(pattern: str, code: np.ndarray) -> pa.Array:
        names = pa.array([pattern.format(i) for i in range(int(code.max()) + 1)])
        return names.take(pa.array(code))

    topics = pa.ListArray.from_arrays(
        offsets, named("topic{}", generator.integers(0, categories, items)[item])
    )
    columns: dict[str, Any] = {
        "task": "benchmark",
        "scorer": "invented",
        "item": named("item:{}", item),
        "prompt": named("wording{}", wording),
        "order": named("order{}", (item + wording) % 3),
        "status": "ok",
        "probabilities": pa.ListArray.from_arrays(offsets * 3, probabilities.ravel()),
        "predicted": pa.array(probabilities.argmax(axis=1).astype(np.int32)),
        "split": "test",
        "kind": "label",
        "options": pa.ListArray.from_arrays(offsets * 3, pa.array(["yes", "no", "neutral"] * rows)),
        "gold": pa.array(gold.astype(np.int32)),
        "country": named("C{}", (cluster % countries)[item]),
        "categories": pa.MapArray.from_arrays(offsets, pa.repeat("topic", rows), topics),
        "cluster": named("cluster{}", cluster[item]),
    }
    return conform(columns, PREDICTION_SCHEMA, rows)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def best_of_three(work: Callable[[], Any]) -> tuple[float, Any]:
    return min((timed(work) for _ in range(3)), key=lambda run: run[0])


def large(items: int, clusters: int) -> None:
    table = predictions(items, clusters, countries=75, categories=20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = time.process_time()
    seconds, results = timed(
        lambda: aggregate(table, metrics=METRICS, headline="accuracy", replicates=REPLICATES)
    )
    used = time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{table.num_rows:,} predictions, {clusters:,} clusters, 75 countries, 20 categories, 3 wordings")
    print(
        f"{', '.join(METRICS)}: {results.num_rows} results, {REPLICATES:,} replicates, {os.cpu_count()} CPUs"
    )
    print(f"{seconds:.1f} s, {used:.1f} CPU seconds")
    print(f"peak memory {peak:,.0f} MiB, of which {before:,.0f} MiB were there before (data, libraries)")


def against_scipy(clusters: int = 2_000, groups: int = 75) -> None:
    """Share of hits in each of 75 groups, 95 % percentile interval; both sides resample whole clusters."""
    generator = np.random.default_rng(1)
    group = np.arange(clusters) % groups
    rows = generator.integers(1, 20, clusters)
    hits = generator.binomial(rows, 0.6)
    member = np.arange(groups)[:, None] == group
    broadcast = (member * hits).astype(float), (member * rows).astype(float)

    def share(hit: np.ndarray, row: np.ndarray, axis: int = -1) -> np.ndarray:
        return hit.sum(axis=axis) / row.sum(axis=axis)

    def shares_of(drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        """The same by a statistic of cluster numbers that counts for itself: [groups, batch]."""
        drawn = np.atleast_2d(drawn.astype(np.intp))
        cell = (group[drawn] + groups * np.arange(len(drawn))[:, None]).ravel()
        size = groups * len(drawn)
        totals = [np.bincount(cell, column[drawn].ravel(), minlength=size) for column in (hits, rows)]
        return (totals[0] / totals[1]).reshape(-1, groups).T.squeeze()

    parts = [np.flatnonzero(group == index) for index in range(groups)]
    sums = [(part, np.stack([hits[part], rows[part]], axis=1).astype(float)) for part in parts]
    ours = group_sums(sums, clusters, [(slice(0, 2), mean_value)])

    def by_counts() -> np.ndarray:
        (replicates,) = bootstrap([ours], clusters, REPLICATES, seed=3)
        return np.stack(interval(replicates[:, 0]))

    seconds, bounds = best_of_three(by_counts)
    plain, result = best_of_three(lambda: scipy_bootstrap(broadcast, share, batch=25))
    tuned, by_hand = best_of_three(lambda: scipy_bootstrap((np.arange(clusters),), shares_of, batch=100))
    print(f"\n{clusters:,} clusters in {groups} groups, share of hits, {REPLICATES:,} replicates")
    print(f"normsuite {seconds:.2f} s")
    for name, other, theirs in (
        ("scipy.stats.bootstrap, paired, vectorised over groups", plain, result),
        ("scipy.stats.bootstrap, only to draw: a hand-written count of groups", tuned, by_hand),
    ):
        interval_of = theirs.confidence_interval
        error = monte_carlo_error(theirs.bootstrap_distribution)
        difference = (np.stack([interval_of.low, interval_of.high]) - bounds) / error
        print(f"{name}: {other:.2f} s, ratio {other / seconds:.0f}")
        print(
            f"  intervals differ by {np.sqrt(np.mean(difference**2)):.2f} Monte-Carlo errors (1 is expected)"
        )


def scipy_bootstrap(data: tuple[np.ndarray, ...], statistic: Callable[..., np.ndarray], batch: int) -> object:
    return stats.bootstrap(
        data,
        statistic,
        paired=len(data) > 1,
        vectorized=True,
        n_resamples=REPLICATES,
        batch=batch,
        axis=-1,
        method="percentile",
        rng=np.random.default_rng(2),
    )


def monte_carlo_error(replicates: np.ndarray) -> np.ndarray:
    """Standard error [2, groups] of the difference of two independent estimates of the 2.5 and 97.5 % points.

    sd of a sample quantile = sqrt(p (1 - p) / B) / density, the density from a normal fit.
    """
    tail = 0.025
    density = stats.norm.pdf(stats.norm.ppf(tail)) / np.nanstd(replicates, axis=-1)
    return np.sqrt(2 * tail * (1 - tail) / REPLICATES) / np.stack([density, density])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=333_334)
    parser.add_argument("--clusters", type=int, default=100_000)
    arguments = parser.parse_args()
    large(arguments.items, arguments.clusters)
    against_scipy()


if __name__ == "__main__":
    main()
