"""How well one could do at best on a task whose items carry votes: BEST (``metrics.ceiling``) in the results.

Alpha is fitted once to the votes of all items and held. What is known by shares alone has no ceiling.
Intervals are the cluster bootstrap of the oracle's expected score, item by item, in the same draws that
resample models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate.resampling import REPLICATES, bootstrap, interval
from normsuite.aggregate.statistics import group_sums
from normsuite.metrics import METRICS, Metric, Rows, codes, read_rows, sums
from normsuite.metrics.catalogue import ONE_ANSWER
from normsuite.metrics.ceiling import DRAWS, fit_dirichlet, oracle_choices, oracle_logs
from normsuite.metrics.rows import Bools, Floats
from normsuite.schema import RESULT_SCHEMA, conform

CEILING: Final = "ceiling: "
BEST: Final = f"{CEILING}BEST"
_LOSSES: Final = ("log_loss", "calibrated_log_loss")
_BUDGET: Final = (
    1 << 23
)  # numbers drawn: the error depends on items times draws, so many items need few draws
_FEWEST_DRAWS: Final = 4


def ceiling_results(
    predictions: pa.Table,
    *,
    metrics: Sequence[str],
    replicates: int = REPLICATES,
    seed: int = 0,
    threads: int | None = None,
) -> pa.Table:
    """The ceiling of accuracy, macro-F1 and log-loss, as far as they are among ``metrics``.

    Accuracy and macro-F1 are over the items that have votes and a gold, log-loss (with or without a
    temperature) over those that have votes. Items with as many options have one alpha together.

    Args:
        predictions: table in ``schema.PREDICTION_SCHEMA`` of one task; only what it says of items is read.
        metrics: names of the task's metrics.
        replicates: bootstrap replicates.
        seed: of the oracle's and of the bootstrap's draws.
        threads: as in ``aggregate``.

    Returns:
        Table in ``schema.RESULT_SCHEMA``, overall rows only; empty where no item has two votes.
    """
    if predictions.num_rows == 0:
        return RESULT_SCHEMA.empty_table()
    _, first = np.unique(codes(predictions["item"])[0], return_index=True)
    items = predictions.take(pa.array(first))
    rows, _ = read_rows(items)
    if rows.kind not in ONE_ANSWER or rows.people.max(initial=0) < 2:
        return RESULT_SCHEMA.empty_table()
    addends = _addends(rows, _one_list(items), seed)
    named = (METRICS.get(name) for name in dict.fromkeys(metrics))
    chosen = [metric for metric in named if isinstance(metric, Metric) and metric.name in addends]
    if not chosen:
        return RESULT_SCHEMA.empty_table()
    resampled = _resampled(rows, chosen, addends, replicates, seed, threads)
    columns = {
        "task": predictions["task"][0].as_py(),
        "scorer": BEST,
        "metric": [metric.name for metric in chosen],
        "facet": "",
        "group": "",
        "n": [int(addends[metric.name][1].sum()) for metric in chosen],
        "clusters": [len(np.unique(rows.cluster[addends[metric.name][1]])) for metric in chosen],
        **dict(zip(("value", "ci_low", "ci_high"), resampled, strict=True)),
    }
    return conform(columns, RESULT_SCHEMA, len(chosen))


def _addends(rows: Rows, one_list: bool, seed: int) -> dict[str, tuple[Floats, Bools]]:
    """What the oracle is expected to add to each metric, and which rows it is scored on.

    Args:
        rows: one for each item.
        one_list: whether all items have the same options, without which labels have no F1.
        seed: of the oracle's draws.
    """
    choices, logs, known = _oracle(rows, seed)
    n = np.arange(len(rows))
    golden = known & (rows.gold >= 0)
    found = {"accuracy": (sums.mean_sums(choices[n, rows.gold]), golden)}
    if rows.kind == "label" and one_list:
        found["macro_f1"] = (sums.f1_sums(rows.gold_set, choices, rows.gold_set * choices), golden)
    losses = sums.mean_sums(-(rows.shares * logs).sum(axis=1))
    return found | dict.fromkeys(_LOSSES, (losses, known))


def _oracle(rows: Rows, seed: int) -> tuple[Floats, Floats, Bools]:
    """The oracle's choices and expected logarithms [n, K], and the rows of which it knows anything [n]."""
    counts = np.rint(np.nan_to_num(rows.shares) * rows.people[:, None])
    choices, logs, known = np.zeros(counts.shape), np.zeros(counts.shape), np.zeros(len(rows), bool)
    draws = max(_FEWEST_DRAWS, min(DRAWS, _BUDGET // counts.size))
    for size in np.unique(rows.size).tolist():
        of_size = np.flatnonzero((rows.size == size) & (rows.people > 0))
        own = counts[of_size, :size]
        if own.sum(axis=1).max(initial=0) < 2:
            continue  # single votes say nothing of how people disagree
        alpha = fit_dirichlet(own)
        known[of_size] = True
        choices[of_size, :size] = oracle_choices(own, alpha, seed, draws)
        logs[of_size, :size] = oracle_logs(own, alpha)
    return choices, logs, known


def _one_list(items: pa.Table) -> bool:
    return len(pc.unique(pc.binary_join(items["options"], "\x1f"))) == 1


def _resampled(
    rows: Rows,
    metrics: Sequence[Metric],
    addends: Mapping[str, tuple[Floats, Bools]],
    replicates: int,
    seed: int,
    threads: int | None,
) -> tuple[Floats, Floats, Floats]:
    """Value and both ends of the interval of each metric, [metrics]; one cluster has no interval."""
    clusters = int(rows.cluster.max()) + 1
    columns, values = list[Floats](), list[tuple[slice, Callable[[Floats], Floats]]]()
    for metric in metrics:
        own, scored = addends[metric.name]
        values.append((slice(len(columns), len(columns) + own.shape[1]), metric.value))
        kept = np.where(scored[:, None], own, 0.0)
        columns += [np.bincount(rows.cluster, column, clusters).astype(float) for column in kept.T]
    statistic = group_sums([(np.arange(clusters), np.stack(columns, axis=1))], clusters, values)
    value = statistic.data()[0]
    if clusters == 1:
        return value, np.full(len(metrics), np.nan), np.full(len(metrics), np.nan)
    (replicated,) = bootstrap([statistic], clusters, replicates, seed, threads)
    low, high = interval(replicated[0])
    return value, low, high
