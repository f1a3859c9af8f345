"""A run as one self-contained page: no network, readable from disk, on paper and in the dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.progress import Progress, silent
from normsuite.report import diagnosis, provenance, text, world
from normsuite.report.browse import Browser, Texts, browse, no_texts
from normsuite.report.drawing import PAGE, on_page
from normsuite.report.figures import Plot, task_plots
from normsuite.report.readings import Readings, read_model
from normsuite.report.tables import (
    MODEL_NAME,
    VALIDITY,
    TaskTables,
    beside,
    is_direction,
    task_tables,
)
from normsuite.runs import Run, open_run, write_text
from normsuite.web import NOTHING, SCRIPTS, asset, content_policy, environment

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """A plot set on the page."""

    plot: Plot
    svg: Markup


@dataclass(frozen=True)
class TaskPage:
    """One task's tables with its drawings.

    Attributes:
        key: begins every id of the task on the page.
        tables: what the results say.
        figures: its plots, by name.
        statuses: what became of the readings, where the run holds them.
        browser: its items, where they are shown.
    """

    key: str
    tables: TaskTables
    figures: Mapping[str, Figure]
    statuses: Any
    browser: Browser | None

    def starting(self, prefix: str) -> list[Figure]:
        """The figures whose names begin so."""
        return [figure for name, figure in self.figures.items() if name.startswith(prefix)]


def write_html(
    run: Path, out: Path, *, items: bool = True, texts: Texts = no_texts, progress: Progress = silent
) -> Path:
    """Write the page of a run.

    Args:
        run: the run folder.
        out: the file to write, or an existing folder for ``report.html`` in it.
        items: whether the page holds single items, to be looked through.
        texts: gives the prompts of items, where they may be shown.
        progress: told which task is set.

    Returns:
        The file written; it is complete or not there at all.

    Raises:
        InputError: the folder holds no finished run, or damaged files; ``out`` cannot be written.
    """
    opened = open_run(run)
    pages = _pages(opened, task_tables(opened), texts if items else None, progress)
    manifest = opened.manifest
    scripts = [*map(asset, SCRIPTS), (_HERE / "browser.js").read_text(encoding="utf-8")]
    html = (
        _templates()
        .get_template("report.html.jinja")
        .render(
            manifest=manifest,
            model=provenance.mapping(manifest.get("model")),
            data_line=provenance.data_line(manifest),
            sample_line=provenance.sample_line(manifest),
            pages=pages,
            sections=provenance.sections(manifest),
            rebuild=provenance.rebuild_command(manifest),
            few_clusters=FEW_CLUSTERS,
            few_mark=text.FEW_MARK,
            nothing=NOTHING,
            validity=VALIDITY,
            model_name=MODEL_NAME,
            outlines=world.outlines() if any("map" in page.figures for page in pages) else "",
            own_style=Markup((_HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - as above
            scripts=scripts,
            policy=content_policy(scripts),
        )
    )
    page = out / "report.html" if out.is_dir() else out
    write_text(page, html)
    return page


def _pages(
    run: Run, tasks: Sequence[TaskTables], texts: Texts | None, progress: Progress
) -> tuple[TaskPage, ...]:
    """The tasks' pages; a data set's direction readings are kept until its prompted tasks are set."""
    others = {task.name: read_model(run, task.name) for task in tasks if is_direction(task)}
    pages = []
    for at, tables in enumerate(tasks, start=1):
        progress("writing the page", at - 1, len(tasks))
        mine = others[tables.name] if tables.name in others else read_model(run, tables.name)
        near = (others[task.name] for task in beside(tables, tasks))
        found = [readings for readings in near if readings is not None]
        pages.append(_page(run, tables, mine, found, texts, f"task-{at}", len(tasks)))
    progress("writing the page", len(tasks), len(tasks))
    return tuple(pages)


def _page(
    run: Run,
    tables: TaskTables,
    readings: Readings | None,
    others: Sequence[Readings],
    texts: Texts | None,
    key: str,
    tasks: int,
) -> TaskPage:
    plots = task_plots(tables, readings, others)
    figures = {plot.name: Figure(plot, _set(plot, f"{key}-{at}")) for at, plot in enumerate(plots, start=1)}
    statuses = browser = None
    if readings is not None:
        statuses = diagnosis.statuses_of(readings, tables.about)
        if texts is not None:
            browser = browse(run, tables, readings, texts, f"{key}-items", tasks)
    return TaskPage(key, tables, figures, statuses, browser)


def _set(plot: Plot, key: str) -> Markup:
    if isinstance(plot.source, world.Mapped):
        return world.on_page(plot.source, key, plot.alternative)
    drawn = on_page(plot.draw(PAGE), key, plot.alternative)
    return Markup(drawn)  # noqa: S704 - written by matplotlib, which escapes text


def _templates() -> Any:
    made = environment(_HERE)
    made.filters |= {
        "number": text.number,
        "interval": lambda row: text.interval(row.low, row.high),
        "count": text.count,
        "metric": text.metric_title,
        "shorten": text.shorten,
        "cell": _cell,
    }
    return made


def _cell(value: Any) -> str:
    """A cell of a table as a report sets it: whole numbers whole, others to three decimals."""
    if isinstance(value, str):
        return text.shorten(value, 160)
    if value is None:
        return NOTHING
    whole = isinstance(value, int | np.integer)
    return text.count(int(value)) if whole else text.number(float(value))
