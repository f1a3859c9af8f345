"""Speed of comparing two runs, and ``scipy.stats.bootstrap`` with paired samples on a smaller common case.

    python benchmarks/compare.py

prints seconds and peak memory of two runs of 100,000 items with 75 countries and 20 topics, from tables of
predictions to intervals and p-values; and for the smaller case the ratio of times and the largest difference
between the two sides' intervals in units of its Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

import numpy as np
import pyarrow as pa
from aggregate import REPLICATES, best_of_three, monte_carlo_error, predictions, scipy_bootstrap, timed

from normsuite.aggregate import bootstrap, differences, interval, pair
from normsuite.aggregate.statistics import group_sums
from normsuite.metrics import METRICS
from normsuite.metrics.sums import mean_value


def two_runs(items: int, clusters: int, wordings: int) -> tuple[pa.Table, pa.Table]:
    """Invented predictions, and those of a model that guesses in one row of ten."""
    first = predictions(items, clusters, countries=75, categories=20, wordings=wordings)
    generator = np.random.default_rng(1)
    predicted = np.asarray(first["predicted"]).copy()
    guessed = generator.random(len(predicted)) < 0.1
    predicted[guessed] = generator.integers(0, 3, int(guessed.sum()))
    at = first.schema.get_field_index("predicted")
    return first, first.set_column(at, first.schema.field(at), pa.array(predicted))


def large(items: int, clusters: int, wordings: int) -> None:
    first, second = two_runs(items, clusters, wordings)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"2 runs of {items:,} items, {clusters:,} clusters, {wordings} wording(s), 75 countries, 20 topics")
    print(f"{REPLICATES:,} replicates and as many flips, {os.cpu_count()} CPUs")
    seconds, pairs = timed(lambda: pair(first, second))
    print(f"pairing: {seconds:.1f} s")
    for names in (["accuracy"], ["macro_f1"], ["accuracy", "macro_f1", "brier"]):
        chosen = [METRICS[name] for name in names]
        used = time.process_time()
        seconds, found = timed(lambda chosen=chosen: differences(pairs, chosen, replicates=REPLICATES))
        used = time.process_time() - used
        print(f"{', '.join(names)}: {seconds:.1f} s, {used:.1f} CPU seconds, {found.num_rows} differences")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MiB, of which {before:,.0f} MiB were there before (data, libraries)")


def against_scipy(clusters: int = 2_000, groups: int = 75) -> None:
    """Difference of two shares of hits in each of 75 groups; both sides resample whole clusters."""
    generator = np.random.default_rng(1)
    group = np.arange(clusters) % groups
    rows = generator.integers(1, 20, clusters)
    hits = [generator.binomial(rows, chance) for chance in (0.6, 0.63)]
    member = np.arange(groups)[:, None] == group
    broadcast = tuple((member * column).astype(float) for column in (*hits, rows))

    def gain(first: np.ndarray, second: np.ndarray, row: np.ndarray, axis: int = -1) -> np.ndarray:
        return (second.sum(axis=axis) - first.sum(axis=axis)) / row.sum(axis=axis)

    parts = [np.flatnonzero(group == index) for index in range(groups)]
    columns = np.stack([*hits, rows], axis=1).astype(float)
    sums = [(part, columns[part]) for part in parts]
    ours = group_sums(
        sums, clusters, [(slice(0, 3), lambda sums: mean_value(sums[..., 1:]) - mean_value(sums[..., 0::2]))]
    )

    def by_counts() -> np.ndarray:
        (replicates,) = bootstrap([ours], clusters, REPLICATES, seed=3)
        return np.stack(interval(replicates[:, 0]))

    seconds, bounds = best_of_three(by_counts)
    plain, result = best_of_three(lambda: scipy_bootstrap(broadcast, gain, batch=25))
    found = result.confidence_interval
    error = monte_carlo_error(result.bootstrap_distribution)
    apart = (np.stack([found.low, found.high]) - bounds) / error
    print(
        f"\n{clusters:,} clusters in {groups} groups, paired difference of shares, {REPLICATES:,} replicates"
    )
    print(f"normsuite {seconds:.2f} s")
    print(f"scipy.stats.bootstrap, paired and vectorised: {plain:.2f} s, ratio {plain / seconds:.0f}")
    print(f"intervals differ by {np.sqrt(np.mean(apart**2)):.2f} Monte-Carlo errors (1 is expected)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--clusters", type=int, default=25_000)
    parser.add_argument("--wordings", type=int, default=1)
    arguments = parser.parse_args()
    large(arguments.items, arguments.clusters, arguments.wordings)
    against_scipy()


if __name__ == "__main__":
    main()
