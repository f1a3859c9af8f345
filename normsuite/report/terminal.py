"""A run in the terminal: one block of tables per task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.report.provenance import data_line, engine_line, mapping, sample_line
from normsuite.report.rows import Row
from normsuite.report.tables import FacetTable, TaskTables, task_tables
from normsuite.report.text import (
    CEILING,
    FEW_MARK,
    NOTHING,
    count,
    interval,
    metric_title,
    number,
    shorten,
    visible,
)
from normsuite.runs import open_run

_NAME_WIDTH = 44
_LEGEND = f"{FEW_MARK} fewer than {FEW_CLUSTERS} clusters: too few for the interval to be relied on."
_CEILING = CEILING[:1].upper() + CEILING[1:]
_NOTE = (
    "Intervals: 95 %, cluster bootstrap. n: items. Chance: expected value of uniform guessing; of a gap or "
    "spread, its mean when the same data are dealt to groups at random; a gap "
    "is never negative, so compare it with that."
)


def print_report(run: Path, console: Console | None = None) -> None:
    """Print the tables of a run.

    Args:
        run: the run folder.
        console: where to, standard output by default; names from data are printed as text, never as markup.

    Raises:
        InputError: the folder holds no finished run, or damaged files.
    """
    opened = open_run(run)
    tasks = task_tables(opened)  # before anything is printed: it says so if the run has not finished
    console = console or Console()
    _header(opened.manifest, console)
    if not tasks:
        console.print("The run holds no results.")
    for task in tasks:
        _task(task, console)
    console.print(Text(_NOTE, style="dim"))


def _header(manifest: Mapping[str, Any], console: Console) -> None:
    model = mapping(manifest.get("model"))
    lines = {
        "Model": " ".join(str(model[key]) for key in ("name", "revision") if model.get(key)),
        "Engine": engine_line(manifest),
        "Data": data_line(manifest),
        "Limited to": sample_line(manifest),
        "Version": f"normsuite {manifest.get('normsuite', NOTHING)}",
        "Run": str(manifest.get("hash", NOTHING))[:12],
        "Date": str(manifest.get("created", NOTHING)),
    }
    grid = Table.grid(padding=(0, 2))
    for key, value in lines.items():
        if not value:
            continue
        grid.add_row(Text(key, style="bold"), Text(visible(value) or NOTHING))
    console.print(grid)


def _task(task: TaskTables, console: Console) -> None:
    console.print()
    console.print(Rule(Text(shorten(task.title, 70), style="bold"), align="left"))
    headline = task.metric_title
    console.print(_rows_table(f"{visible(task.name)}: {headline}", "Scorer", task.overall))
    if task.has_ceiling:
        console.print(Text(_CEILING, style="dim"))
    for note in task.notes:
        console.print(Text(note, style="italic"))
    others = [line.model.named(metric_title(line.metric)) for line in task.others if line.model]
    if others:
        console.print(_rows_table("Other metrics of the model", "Metric", others))
    for facet in (*task.facets, *task.presentation):
        if facet.groups:
            console.print(_rows_table(f"{headline} by {facet.title.lower()}", facet.title, facet.groups))
            _summary(facet, console)
    if task.recalls:
        console.print(_rows_table("Recall per label", "Label", task.recalls))
    if task.validity:
        console.print(
            _rows_table("Validity", "Measure", [row.named(metric_title(row.name)) for row in task.validity])
        )
    rows = (*task.overall, *task.recalls, *(row for facet in task.facets for row in facet.groups))
    if any(row.few for row in rows):
        console.print(Text(_LEGEND, style="dim"))


def _summary(facet: FacetTable, console: Console) -> None:
    for row in facet.summary:
        chance = "" if row.chance is None else f", chance {number(row.chance)}"
        line = f"{visible(row.name)}: {number(row.value)} {interval(row.low, row.high)}{chance}"
        console.print(Text(line, style="italic"))


def _rows_table(title: str, first: str, rows: Sequence[Row]) -> Table:
    """One table of rows; the interval and chance columns appear only where some row has them."""
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    bounds = any(row.low is not None for row in rows)
    chance = any(row.chance is not None for row in rows)
    table.add_column(Text(visible(first)))
    nulls = any(row.nulls is not None for row in rows)
    shown = [*(["95 % interval"] * bounds), *(["chance"] * chance), *(["nulls up to"] * nulls)]
    for heading in ("value", *shown, "n", "clusters"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        name = shorten(row.name, _NAME_WIDTH) + (f" {FEW_MARK}" if row.few else "")
        cells = [number(row.value)]
        cells += [interval(row.low, row.high)] if bounds else []
        cells += [number(row.chance)] if chance else []
        cells += [number(row.nulls)] if nulls else []
        table.add_row(*(Text(cell) for cell in (name, *cells, count(row.n), count(row.clusters))))
    return table
