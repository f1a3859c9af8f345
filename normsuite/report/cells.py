"""Culture × category: the headline metric within each cell of the model's predictions, for the heat maps.

No interval stands on a cell: most hold a handful of items. They show where to look, not what to claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.aggregate import Facet, facets
from normsuite.aggregate.groups import CULTURES, READINGS
from normsuite.cultures import country_name
from normsuite.metrics import METRICS, Metric, RankMetric, Rows
from normsuite.report.readings import Readings

MAX_COUNTRIES: Final = 100
"""Beyond it a map of countries is too long to read, and cultural zones take their place."""

MAX_COLUMNS: Final = 20
_NO_CATEGORY: Final = {"", *CULTURES, *READINGS}

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """One heat map.

    Attributes:
        rows, columns: names of the groups, [r] and [c].
        row_facet, facet: what they are groups of ("country" or "zone"; a category facet).
        values: the metric per cell, [r, c]; NaN where it is undefined or no item falls.
        counts: items per cell, [r, c].
        left_out: values of the facet that are not shown because they are rarer.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_facet: str
    facet: str
    values: Floats
    counts: Ints
    left_out: int

    @property
    def span(self) -> tuple[float, float]:
        """What the colours run over: 0 to 1 if all values lie inside, to compare maps; else their range."""
        known = self.values[np.isfinite(self.values)]
        low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def grids(readings: Readings | None, headline: str) -> tuple[Grid, ...]:
    """One grid per category facet of a task; none where the data names no cultures or no categories.

    Args:
        readings: the model's predictions on the task, if the run holds them.
        headline: the metric.
    """
    if headline not in METRICS or readings is None:
        return ()
    by_name = {facet.name: facet for facet in facets(readings.table, readings.position)}
    culture = by_name.get("country")
    if culture is None or len(culture.groups) > MAX_COUNTRIES:
        culture = by_name.get("zone")
    if culture is None:
        return ()
    categories = [facet for name, facet in by_name.items() if name not in _NO_CATEGORY]
    return tuple(_grid(readings.rows, METRICS[headline], culture, facet) for facet in categories)


def _grid(rows: Rows, metric: Metric | RankMetric, culture: Facet, category: Facet) -> Grid:
    """The metric per culture [r] and category [c]: the commonest categories, both in alphabetical order."""
    common = np.bincount(category.group, minlength=len(category.groups)).argsort(kind="stable")[::-1]
    columns = np.sort(common[:MAX_COLUMNS])
    column_of = np.full(len(category.groups), -1)
    column_of[columns] = np.arange(len(columns))
    row_of = np.full(len(rows), -1)
    row_of[culture.row] = culture.group
    inside = (column_of[category.group] >= 0) & (row_of[category.row] >= 0)
    index = category.row[inside]
    cell = row_of[index] * len(columns) + column_of[category.group[inside]]
    shape = len(culture.groups), len(columns)
    values, counts = _cells(rows.within(index, cell), metric, cell, shape[0] * shape[1])
    names = [country_name(name) if culture.name == "country" else name for name in culture.groups]
    order = np.argsort(np.array(names, dtype=object))
    return Grid(
        rows=tuple(names[at] for at in order),
        columns=tuple(category.groups[at] for at in columns),
        row_facet=culture.name,
        facet=category.name,
        values=values.reshape(shape)[order],
        counts=counts.reshape(shape)[order],
        left_out=len(category.groups) - len(columns),
    )


def _cells(rows: Rows, metric: Metric | RankMetric, cell: Ints, size: int) -> tuple[Floats, Ints]:
    """The metric and the number of items of each of ``size`` cells, given the cell [n] of each row."""
    if isinstance(metric, RankMetric):
        gold, predicted, scored = metric.pairs(rows)
        values = np.full(size, np.nan)
        for at in np.unique(cell[scored]):
            here = scored & (cell == at)
            values[at] = metric.value(gold[here], predicted[here], np.ones(int(here.sum())))
    else:
        addends, scored = metric.statistics(rows)
        totals = [np.bincount(cell[scored], column[scored], size) for column in addends.T]
        values = metric.value(np.stack(totals, axis=-1))
    items = int(rows.item.max(initial=0)) + 1
    pairs = np.unique(cell[scored] * items + rows.item[scored])
    return values, np.bincount(pairs // items, minlength=size)
