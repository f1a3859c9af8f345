"""What a joint bootstrap needs of a task: the headline metric's sums in every cluster, overall and by group.

Ranks and differences can so be resampled over many models without anyone's predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import Facet, facets
from normsuite.aggregate.estimates import cells_of
from normsuite.aggregate.groups import READINGS
from normsuite.aggregate.temperature import with_temperatures
from normsuite.leaderboard.submission import CLUSTER_SCHEMA
from normsuite.metrics import Metric, RankMetric, codes, read_rows, resolve
from normsuite.metrics.catalogue import AnyMetric
from normsuite.metrics.rows import Rows

MOST_CELLS: Final = 20_000
"""A facet with more cells (cluster in group) of one scorer is left out: its differences need predictions."""


def cluster_sums(predictions: pa.Table, calibration: pa.Table, headline: str) -> pa.Table:
    """Sums of a task's headline metric by scorer, group and cluster.

    Args:
        predictions: scored rows of one task, in ``schema.PREDICTION_SCHEMA``.
        calibration: its rows that only tell a temperature.
        headline: the metric.

    Returns:
        Table in ``CLUSTER_SCHEMA``. A cluster in which nothing was scored has sums of 0, on ranks an empty
        list.

    Raises:
        InputError: the predictions cannot be read, or the metric is not for their kind.
    """
    rows, position = read_rows(predictions)
    rows = with_temperatures(rows, calibration)
    metric = resolve([headline], rows.kind, rows.labels)[0]
    _, names = codes(predictions["cluster"])
    divisions = [facet for facet in facets(predictions, position) if facet.name not in READINGS]
    task = predictions["task"][0].as_py()
    tables = []
    for scorer, name in enumerate(rows.scorers):
        mine = rows.scorer == scorer
        own = rows.take(mine)
        for facet in divisions:
            for table in _cells(own, metric, facet.among(mine), names):
                fixed = {"task": task, "scorer": name, "facet": facet.name}
                columns = [table.get(key, fixed.get(key)) for key in CLUSTER_SCHEMA.names]
                tables.append(_table(columns, len(table["group"])))
    return pa.concat_tables([CLUSTER_SCHEMA.empty_table(), *tables])


def _cells(rows: Rows, metric: AnyMetric, facet: Facet, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Group, cluster and sums of one facet of one scorer; nothing where there are too many."""
    cells = cells_of(facet, rows.cluster)
    if facet.name and len(cells.group) > MOST_CELLS:
        return
    groups = pa.array(facet.groups, pa.string()).take(pa.array(cells.group))
    clusters = pa.array(names, pa.string()).take(pa.array(cells.cluster))
    if isinstance(metric, RankMetric):
        gold, read, scored = metric.pairs(rows)
        kept = scored[facet.row]
        order = np.argsort(cells.cell[kept], kind="stable")
        row = facet.row[kept][order]
        values = np.stack([gold[row], read[row]], axis=1).ravel()
        lengths = 2 * np.bincount(cells.cell[kept], minlength=len(cells.group))
    else:
        values = cells.sums(_addends(rows, metric, facet)).ravel()
        lengths = np.full(len(cells.group), len(values) // max(1, len(cells.group)))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    sums = pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.float64()))
    yield {"group": groups, "cluster": clusters, "sums": sums}


def _addends(rows: Rows, metric: Metric, facet: Facet) -> np.ndarray:
    """[s, m] of the facet's entries; 0 where an entry is not scored."""
    if metric.over_families:
        addends, scored = metric.statistics(rows.within(facet.row, facet.group))
    else:
        addends, scored = metric.statistics(rows)
        addends, scored = addends[facet.row], scored[facet.row]
    return np.where(scored[:, None], addends, 0.0).T


def _table(columns: Sequence[Any], length: int) -> pa.Table:
    filled = [pa.repeat(pa.scalar(c, pa.string()), length) if isinstance(c, str) else c for c in columns]
    return pa.table(filled, schema=CLUSTER_SCHEMA)


def headline_value(metric: AnyMetric, sums: pa.ListArray) -> float:
    """The metric's value of some clusters, from their sums alone."""
    flat = np.asarray(pc.list_flatten(sums), float)
    if isinstance(metric, RankMetric):
        gold, read = flat.reshape(-1, 2).T
        return float(metric.value(gold, read, np.ones(len(gold)))) if len(gold) else float("nan")
    return float(metric.value(flat.reshape(len(sums), -1).sum(axis=0)))
