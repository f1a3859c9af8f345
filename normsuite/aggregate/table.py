"""The tidy table of results of one task.

For each scorer: every metric overall and in each group of each facet; for the headline metric, in each facet
of cultures and categories, ``<metric>_macro`` (mean over groups), ``<metric>_gap`` (best - worst) and
``<metric>_worst``; and overall ``wording_spread`` and ``order_spread``, the same gap between wordings and
between label orders. The chance of a gap or a spread is the mean gap under permuted labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate.estimates import Estimates, estimate
from normsuite.aggregate.gaps import Summary, compared, summaries
from normsuite.aggregate.groups import READINGS, facets
from normsuite.aggregate.permutation import permuted_gap
from normsuite.aggregate.resampling import REPLICATES, bootstrap, interval
from normsuite.aggregate.temperature import with_temperatures
from normsuite.errors import InputError
from normsuite.metrics import STATUS_METRICS, VALIDITY, Metric, Rows, check_families, read_rows, resolve
from normsuite.metrics.catalogue import AnyMetric
from normsuite.metrics.rows import Floats
from normsuite.schema import RESULT_SCHEMA

_REPLICATED_AT_ONCE = 1 << 25  # replicates of groups and metrics held at once (256 MiB)


def aggregate(
    predictions: pa.Table,
    *,
    metrics: Sequence[str],
    headline: str,
    calibration: pa.Table | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> pa.Table:
    """Results of one task for all its scorers.

    Every requested metric has an overall row, with n 0 and no value where nothing could be scored; groups in
    which nothing was scored have no row. ``coverage`` is always there, and ``too_long``, ``unparsed``,
    ``refused`` and ``error`` where they happened. Undefined values, and intervals of one cluster, are null.

    Args:
        predictions: table in ``schema.PREDICTION_SCHEMA`` of one task; the order of rows is of no account.
        metrics: names in ``metrics.METRICS``, or "recall".
        headline: the metric that facets are compared by.
        calibration: predictions that are not scored: each scorer's own fit the temperature of its calibrated
            log-loss, which has no value for a scorer without any.
        replicates: bootstrap replicates.
        seed: seed of draws and permutations. The same seed gives the same table.
        threads: threads to use; None is one per CPU. They do not change results.
        progress: told the share of the work that is done, 0 to 1.

    Returns:
        Table in ``schema.RESULT_SCHEMA``.

    Raises:
        InputError: several tasks or kinds of items; an unknown metric or one that is not for these items; a
            prediction that is there twice; families over several clusters, for metrics of families.
    """
    if predictions.num_rows == 0:
        return RESULT_SCHEMA.empty_table()
    tasks = pc.unique(predictions["task"]).to_pylist()
    if len(tasks) > 1:
        raise InputError(
            f"predictions of one task are wanted, not of {', '.join(sorted(tasks))}", field="task"
        )
    rows, position = read_rows(predictions)
    rows = with_temperatures(rows, calibration)
    main = _headline(headline, rows)
    chosen = resolve([headline, *metrics], rows.kind, rows.labels)
    if any(isinstance(metric, Metric) and metric.over_families for metric in chosen):
        check_families(predictions)
    divisions = facets(predictions, position)
    clusters = int(rows.cluster.max()) + 1
    found: list[dict[str, Any]] = []
    for scorer, name in enumerate(rows.scorers):
        mine = rows.scorer == scorer
        own = rows.take(mine)
        estimates = estimate(own, _with_statuses(chosen, own), [f.among(mine) for f in divisions], clusters)
        for done, (one, resampled) in enumerate(
            _resample(estimates, clusters, replicates, seed, threads), start=1
        ):
            lines = [*_group_lines(one, resampled), *_summary_lines(own, one, resampled, main, seed, threads)]
            found += [{"task": tasks[0], "scorer": name, **line} for line in lines]
            progress((scorer + done / len(estimates)) / len(rows.scorers))
    return _table(found)


def _headline(name: str, rows: Rows) -> AnyMetric:
    metrics = resolve([name], rows.kind, rows.labels)
    if len(metrics) != 1 or metrics[0].name != name:
        raise InputError(f"{name!r} cannot be the headline metric", field="headline")
    return metrics[0]


def _with_statuses(metrics: Sequence[AnyMetric], rows: Rows) -> list[AnyMetric]:
    """The metrics, coverage, and the rates of what happened to rows that could not be scored."""
    happened = set(np.unique(rows.status).tolist())
    rates = [metric for status, metric in enumerate(STATUS_METRICS) if status == 0 or status in happened]
    return list({metric.name: metric for metric in [*metrics, *rates]}.values())


def _resample(
    estimates: Sequence[Estimates], clusters: int, replicates: int, seed: int, threads: int | None
) -> Iterator[tuple[Estimates, Floats]]:
    """Each facet with its replicates [groups, metrics, replicates].

    Facets are resampled together until their replicates fill memory; the draws are the same each time.
    """
    batch: list[Estimates] = []
    for index, one in enumerate(estimates):
        batch.append(one)
        size = sum(each.value.size for each in batch) * replicates
        following = estimates[index + 1].value.size * replicates if index + 1 < len(estimates) else np.inf
        if size + following > _REPLICATED_AT_ONCE:
            statistics = [statistic for each in batch for statistic in each.statistics]
            results = iter(bootstrap(statistics, clusters, replicates, seed, threads))
            for each in batch:
                yield each, np.concatenate([next(results) for _ in each.statistics], axis=1)
            batch = []


def _group_lines(estimates: Estimates, replicates: Floats) -> Iterator[dict[str, Any]]:
    """One result for each metric and group."""
    low, high = interval(replicates)
    facet = estimates.facet
    for index, metric in enumerate(estimates.metrics):
        for group, name in enumerate(facet.groups):
            at = group, index
            # Baselines read no tokens: nothing to say of their label mass, overall or anywhere.
            if estimates.items[at] > 0 or (facet.name == "" and metric.name not in VALIDITY):
                several = estimates.clusters[at] > 1 and np.isfinite(estimates.value[at])
                yield {
                    "metric": metric.name,
                    "facet": facet.name,
                    "group": name,
                    "n": estimates.items[at],
                    "clusters": estimates.clusters[at],
                    "value": estimates.value[at],
                    "ci_low": low[at] if several else np.nan,
                    "ci_high": high[at] if several else np.nan,
                    "chance": estimates.chance[at],
                }


def _summary_lines(
    rows: Rows,
    estimates: Estimates,
    replicates: Floats,
    headline: AnyMetric,
    seed: int,
    threads: int | None,
) -> Iterator[dict[str, Any]]:
    """Macro average, gap and worst group of the headline metric in one facet, or its spread."""
    facet, index = estimates.facet, estimates.metrics.index(headline)
    taking_part = compared(estimates, index)
    if facet.name == "" or taking_part.sum() < 2:
        return
    groups = tuple(name for name, part in zip(facet.groups, taking_part, strict=True) if part)
    value, chance = estimates.value[taking_part, index], estimates.chance[taking_part, index]
    mean, gap, worst = summaries(groups, value, replicates[taking_part, index], headline.higher_is_better)
    items, clusters = _extent(rows, estimates, index, taking_part)
    permuted = permuted_gap(rows, headline, facet, taking_part, seed, threads)
    if facet.name in READINGS:
        yield _line(gap, f"{facet.name}_spread", "", items, clusters, permuted)
        return
    yield _line(mean, f"{headline.name}_macro", facet.name, items, clusters, float(chance.mean()))
    if not headline.ranks:
        return
    yield _line(gap, f"{headline.name}_gap", facet.name, items, clusters, permuted)
    at = facet.groups.index(worst.group), index
    own = int(estimates.items[at]), int(estimates.clusters[at])
    yield _line(worst, f"{headline.name}_worst", facet.name, *own, np.nan)


def _line(
    summary: Summary, metric: str, facet: str, items: int, clusters: int, chance: float
) -> dict[str, Any]:
    low, high = interval(summary.replicates)
    return {
        "metric": metric,
        "facet": facet,
        "group": summary.group,
        "n": items,
        "clusters": clusters,
        "value": summary.value,
        "ci_low": float(low),
        "ci_high": float(high),
        "chance": chance,
    }


def _extent(rows: Rows, estimates: Estimates, metric: int, groups: np.ndarray) -> tuple[int, int]:
    """Distinct items and clusters that a metric scored in some groups."""
    facet = estimates.facet
    row = facet.row[estimates.scored[metric] & groups[facet.group]]
    return len(np.unique(rows.item[row])), len(np.unique(rows.cluster[row]))


def _table(lines: Sequence[dict[str, Any]]) -> pa.Table:
    """The table; NaN becomes null."""
    columns = [
        pa.array([line[field.name] for line in lines], field.type, from_pandas=True)
        for field in RESULT_SCHEMA
    ]
    return pa.table(columns, schema=RESULT_SCHEMA)
