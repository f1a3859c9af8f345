"""Which plots a task's results and readings allow: each with its caption, its numbers and its drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.report import cells, diagnosis, plots, world
from normsuite.report.drawing import Palette
from normsuite.report.pairing import Pairing, pairings
from normsuite.report.readings import Readings
from normsuite.report.rows import Row
from normsuite.report.tables import MODEL_NAME, FacetTable, TaskTables, facet_title
from normsuite.report.text import CEILING, FEW_MARK, interval, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PLOTTED: Final = ("country", "zone")


@dataclass(frozen=True)
class Plot:
    """One plot of a task.

    Attributes:
        name: what it is, unique within the task: "overall", "by-country", "map", "confusion", …
        title: its heading.
        caption: what is drawn and how.
        alternative: what it shows, in words.
        numbers: what is drawn, as a table.
        draw: makes the drawing in some colours.
        source: what is drawn, for those who set it in another way.
    """

    name: str
    title: str
    caption: str
    alternative: str
    numbers: pd.DataFrame
    draw: Callable[[Palette], Figure]
    source: Any = None


def task_plots(tables: TaskTables, readings: Readings | None, others: Sequence[Readings]) -> tuple[Plot, ...]:
    """Every plot of one task, in the order of a report.

    Args:
        tables: what the results say.
        readings: the model's predictions on the task, if the run holds them.
        others: the readings of the run's direction tasks on the same data set, for a task read off answers.
    """
    found = [_overall(tables)]
    country = tables.facet("country")
    found += _map(tables, country) if country else []
    found += [_facet(tables, table) for table in tables.facets if table.facet in _PLOTTED and table.groups]
    found += [_heat_map(tables, grid) for grid in cells.grids(readings, tables.headline)]
    if readings is not None:
        found += _diagnosis(readings)
        found += [_pairing(pair) for pair in pairings(readings, others)] if others else []
    found += [_presentation(tables, table) for table in tables.presentation if len(table.groups) > 1]
    return tuple(found)


def rows_frame(rows: Iterable[Row], first: str) -> pd.DataFrame:
    """Rows as a table for files; what is undefined is empty."""
    columns = ("value", "low", "high", "chance", "n", "clusters")
    lines = [{first: row.name} | {name: getattr(row, name) for name in columns} for row in rows]
    return pd.DataFrame(lines, columns=[first, *columns])


def _overall(tables: TaskTables) -> Plot:
    metric, rows = tables.metric_title, tables.overall
    numbers = [f"{row.name} {number(row.value)} {interval(row.low, row.high)}" for row in rows]
    caption = (
        f"{_capital(metric)} over all items, with 95 % cluster-bootstrap intervals. "
        "Circle: model; square: baseline; dashed: chance."
    )
    if tables.has_ceiling:
        caption += f" Triangle: {CEILING}"
    return Plot(
        "overall",
        "The model beside the baselines",
        caption,
        f"Overall {metric} with 95 % intervals: {'; '.join(numbers)}.",
        rows_frame(rows, "scorer"),
        lambda palette: plots.interval_plot(rows, metric, palette, model=MODEL_NAME),
    )


def _map(tables: TaskTables, country: FacetTable) -> list[Plot]:
    found = world.mapped(country.groups)
    if found is None:
        return []
    metric = tables.metric_title
    subject = f"{_capital(metric)} of the model by country"
    caption = (
        f"{subject}. Hatched in colour: fewer than {FEW_CLUSTERS} clusters; hatched without colour: no data. "
        "A dot is a country too small for an outline. Outlines and borders: Natural Earth."
    )
    if found.unplaced:
        caption += f" Not on the map: {', '.join(found.unplaced)}."
    low, high = (pick(found.rows, key=lambda row: row.value or 0.0) for pick in (min, max))
    ends = f"from {low.name} {number(low.value)} to {high.name} {number(high.value)}"
    count = f"{len(found.rows)} countries"
    alternative = f"Map of the world: {subject}, {count}, {ends}; numbers in the table by country."
    numbers = rows_frame(found.rows, "country")
    numbers.insert(0, "code", [row.key for row in found.rows])
    return [
        Plot(
            "map",
            "Map",
            caption,
            alternative,
            numbers,
            lambda palette: world.figure(found, metric, palette),
            found,
        )
    ]


def _facet(tables: TaskTables, table: FacetTable) -> Plot:
    subject = f"{_capital(tables.metric_title)} of the model by {table.title.lower()}"
    ends = [f"{row.name} {number(row.value)}" for row in table.groups if row.value is not None]
    alternative = f"{subject}, {len(table.groups)} groups{f': from {ends[0]} to {ends[-1]}' if ends else ''}."
    caption = (
        f"{subject}, highest first, with 95 % cluster-bootstrap intervals. Thin line: all items; "
        f"dashed: chance; hollow and {FEW_MARK}: fewer than {FEW_CLUSTERS} clusters."
    )
    return _intervals(tables, table, f"by-{table.facet}", caption, alternative)


def _presentation(tables: TaskTables, table: FacetTable) -> Plot:
    subject = f"{_capital(tables.metric_title)} of the model by {table.title.lower()}"
    caption = (
        f"{subject}: the same items, put in another way, with 95 % cluster-bootstrap intervals. "
        "Thin line: all readings; dashed: chance."
    )
    told = "; ".join(f"{row.name} {number(row.value)}" for row in table.groups)
    return _intervals(tables, table, f"by-{table.facet}", caption, f"{subject}: {told}.")


def _intervals(tables: TaskTables, table: FacetTable, name: str, caption: str, alternative: str) -> Plot:
    overall = tables.model.value if tables.model else None
    metric, groups = tables.metric_title, table.groups
    return Plot(
        name,
        f"By {table.title.lower()}",
        caption,
        alternative,
        rows_frame(groups, table.facet),
        lambda palette: plots.interval_plot(groups, metric, palette, overall=overall),
    )


def _heat_map(tables: TaskTables, grid: cells.Grid) -> Plot:
    heading = f"{facet_title(grid.row_facet)} × {facet_title(grid.facet).lower()}"
    subject = f"{_capital(tables.metric_title)} by {heading.lower()}"
    filled = int((grid.counts > 0).sum())
    low, high = (f"{end:.3g}" for end in grid.span)
    caption = (
        f"{subject}: the metric within each cell and its n items, without intervals. "
        f"Colour runs from {low} (dark) to {high} (bright); a dot marks a cell without items."
    )
    if grid.left_out:
        caption += (
            f" Shown are the {len(grid.columns)} commonest; {grid.left_out} more stand in the table above."
        )
    at_row, at_column = np.divmod(np.arange(grid.values.size), len(grid.columns))
    numbers = pd.DataFrame(
        {
            grid.row_facet: [grid.rows[at] for at in at_row],
            grid.facet: [grid.columns[at] for at in at_column],
            "value": grid.values.ravel(),
            "n": grid.counts.ravel(),
        }
    )
    return Plot(
        f"cells-{grid.row_facet}-{grid.facet}",
        heading,
        caption,
        f"Heat map: {subject}; {filled} of {grid.counts.size} cells hold items; numbers in the table below.",
        numbers,
        lambda palette: plots.heat_map(grid, palette),
        grid,
    )


def _diagnosis(readings: Readings) -> list[Plot]:
    found = []
    confusion = diagnosis.confusion_of(readings)
    if confusion is not None:
        shares = "; ".join(
            f"{label} {number(float(share))}"
            for label, share in zip(confusion.labels, confusion.shares.diagonal(), strict=True)
        )
        caption = (
            "Of the readings of each gold label, the share that gave each label, and their number. "
            "Framed: right."
        )
        words = f"Confusion matrix of {len(confusion.labels)} labels. Share right by label: {shares}."
        drawn = _drawn(plots.confusion_matrix, confusion)
        found.append(Plot("confusion", "Confusion by label", caption, words, confusion.table(), drawn))
    curve = diagnosis.calibration_of(readings.rows)
    if curve is not None:
        caption = (
            "Share right over the probability of the answer, in ten bins of equal width; the larger a "
            "circle, the more readings. Dashed: perfect calibration; below it the model is surer than it "
            "is right."
        )
        points = zip(curve.confidence, curve.accuracy, strict=True)
        told = "; ".join(f"{share:.2f} right at {confidence:.2f}" for confidence, share in points)
        drawn = _drawn(plots.calibration_curve, curve)
        words = f"Calibration curve: {told}."
        found.append(Plot("calibration", "Calibration", caption, words, curve.table(), drawn))
    masses = diagnosis.masses_of(readings.rows)
    if masses is not None:
        caption = (
            "Readings by label mass: the probability of all label words together, before they are compared."
        )
        high = masses.counts[len(masses.counts) // 2 :].sum() / masses.counts.sum()
        words = f"Histogram of label mass: {high:.0%} of readings have at least one half."
        drawn = _drawn(plots.mass_histogram, masses)
        found.append(Plot("label-mass", "Label mass", caption, words, masses.table(), drawn))
    return found


def _pairing(pair: Pairing) -> Plot:
    caption = (
        f"Each item of {pair.prompted_task} that {pair.direction_task} reads too: where the answers place it "
        f"(upwards) and where its embedding does (to the right). Spearman's rho {number(pair.correlation)}, "
        f"{len(pair.items):,} items. Filled circle: gold in the upper half; open square: in the lower."
    )
    counts = "; ".join(f"{row.reading} {row.items:,}" for row in pair.agreement.itertuples())
    return Plot(
        f"pairing-{pair.direction_task}",
        f"Answers beside the direction of {pair.direction_task}",
        caption,
        f"Scatter of {len(pair.items):,} items. {counts or 'No right or wrong'}.",
        pair.table(),
        _drawn(plots.pairing_scatter, pair),
        pair,
    )


def _drawn(plot: Callable[[Any, Palette], Figure], numbers: Any) -> Callable[[Palette], Figure]:
    return lambda palette: plot(numbers, palette)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
