"""A run as one self-contained page: no network, no script, readable from disk, on paper and in the dark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2
import jinja2.sandbox
from markupsafe import Markup

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.report import cells, plots, provenance, text
from normsuite.report.tables import (
    MODEL_NAME,
    VALIDITY,
    FacetTable,
    TaskTables,
    facet_title,
    task_tables,
)
from normsuite.runs import Run, open_run, write_text

_PLOTTED: Final = ("country", "zone")


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption."""

    svg: Markup
    caption: str


@dataclass(frozen=True)
class MapFigure(Figure):
    """A heat map with a heading and the cells it shows."""

    title: str
    grid: cells.Grid


@dataclass(frozen=True)
class TaskPage:
    """One task's tables with its drawings.

    Attributes:
        key: begins every id of the task on the page.
        tables: what the results say.
        overall: the model beside the baselines.
        facets: a drawing for each facet of ``tables.facets`` that has one, by facet.
        maps: culture × category, one per category facet.
    """

    key: str
    tables: TaskTables
    overall: Figure
    facets: dict[str, Figure]
    maps: tuple[MapFigure, ...]


def write_html(run: Path, out: Path) -> Path:
    """Write the page of a run.

    Args:
        run: the run folder.
        out: the file to write, or an existing folder for ``report.html`` in it.

    Returns:
        The file written; it is complete or not there at all.

    Raises:
        InputError: the folder holds no finished run, or damaged files; ``out`` cannot be written.
    """
    opened = open_run(run)
    pages = tuple(_page(opened, tables, at) for at, tables in enumerate(task_tables(opened), start=1))
    manifest = opened.manifest
    html = _template().render(
        manifest=manifest,
        model=provenance.mapping(manifest.get("model")),
        data_line=provenance.data_line(manifest),
        sample_line=provenance.sample_line(manifest),
        pages=pages,
        sections=provenance.sections(manifest),
        rebuild=provenance.rebuild_command(manifest),
        few_clusters=FEW_CLUSTERS,
        few_mark=text.FEW_MARK,
        nothing=text.NOTHING,
        validity=VALIDITY,
        model_name=MODEL_NAME,
    )
    page = out / "report.html" if out.is_dir() else out
    write_text(page, html)
    return page


def _page(run: Run, tables: TaskTables, at: int) -> TaskPage:
    key = f"task-{at}"
    drawn = {table.facet: table for table in tables.facets if table.facet in _PLOTTED and table.groups}
    return TaskPage(
        key=key,
        tables=tables,
        overall=_overall_figure(tables, key),
        facets={facet: _facet_figure(tables, table, f"{key}-{facet}") for facet, table in drawn.items()},
        maps=tuple(
            _map_figure(tables, grid, f"{key}-map-{number}")
            for number, grid in enumerate(cells.grids(run, tables.name, tables.headline), start=1)
        ),
    )


def _overall_figure(tables: TaskTables, key: str) -> Figure:
    metric = tables.metric_title
    numbers = [
        f"{row.name} {text.number(row.value)} {text.interval(row.low, row.high)}" for row in tables.overall
    ]
    alternative = f"Overall {metric} with 95 % intervals: {'; '.join(numbers)}."
    svg = plots.interval_plot(tables.overall, metric, alternative, f"{key}-overall", model=MODEL_NAME)
    caption = (
        f"{_capital(metric)} over all items, with 95 % cluster-bootstrap intervals. "
        "Circle: model; square: baseline; dashed: chance."
    )
    if tables.has_ceiling:
        caption += f" Triangle: {text.CEILING}"
    return Figure(Markup(svg), caption)  # noqa: S704 - written by matplotlib, which escapes text


def _facet_figure(tables: TaskTables, table: FacetTable, key: str) -> Figure:
    subject = f"{_capital(tables.metric_title)} of the model by {table.title.lower()}"
    ends = [f"{row.name} {text.number(row.value)}" for row in table.groups if row.value is not None]
    alternative = f"{subject}, {len(table.groups)} groups{f': from {ends[0]} to {ends[-1]}' if ends else ''}."
    overall = tables.model.value if tables.model else None
    svg = plots.interval_plot(table.groups, tables.metric_title, alternative, key, overall=overall)
    caption = (
        f"{subject}, highest first, with 95 % cluster-bootstrap intervals. Thin line: all items; "
        f"dashed: chance; hollow and {text.FEW_MARK}: fewer than {FEW_CLUSTERS} clusters."
    )
    return Figure(Markup(svg), caption)  # noqa: S704 - as above


def _map_figure(tables: TaskTables, grid: cells.Grid, key: str) -> MapFigure:
    heading = f"{facet_title(grid.row_facet)} × {facet_title(grid.facet).lower()}"
    subject = f"{_capital(tables.metric_title)} by {heading.lower()}"
    filled = int((grid.counts > 0).sum())
    alternative = (
        f"Heat map: {subject}; {filled} of {grid.counts.size} cells hold items; numbers in the table below."
    )
    low, high = (f"{end:.3g}" for end in grid.span)
    caption = (
        f"{subject}: the metric within each cell and its n items, without intervals. "
        f"Colour runs from {low} (dark) to {high} (bright); a dot marks a cell without items."
    )
    if grid.left_out:
        caption += (
            f" Shown are the {len(grid.columns)} commonest; {grid.left_out} more stand in the table above."
        )
    svg = plots.heat_map(grid, alternative, key)
    return MapFigure(Markup(svg), caption, heading, grid)  # noqa: S704 - as above


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _template() -> jinja2.Template:
    environment = jinja2.sandbox.SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": text.number,
        "interval": lambda row: text.interval(row.low, row.high),
        "count": text.count,
        "metric": text.metric_title,
        "shorten": text.shorten,
    }
    return environment.get_template("report.html.jinja")


def _shown(value: object) -> object:
    """What every expression of the template passes through before it is escaped."""
    if value is None:
        return text.NOTHING
    return text.visible(value) if type(value) is str else value
