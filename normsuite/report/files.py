"""A run's numbers and plots as files: CSV and Parquet for work, PNG and SVG for papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.report.drawing import PRINT, to_file
from normsuite.report.figures import Plot, task_plots
from normsuite.report.provenance import mapping
from normsuite.report.readings import read_model
from normsuite.report.tables import TaskTables, beside, task_tables
from normsuite.runs import Run, open_run, write_text
from normsuite.schema import RESULT_SCHEMA, write_table

_FORMULA: Final = re.compile(r"\s*[=+\-@]")
_NUMBER: Final = re.compile(r"[+\-]?[0-9.]+")


def results_of(runs: Sequence[Path]) -> pa.Table:
    """The results of runs in one table: who answered, then the columns of ``schema.RESULT_SCHEMA``.

    Raises:
        InputError: a folder holds no finished run, or damaged files.
    """
    tables = []
    for path in runs:
        run = open_run(path)
        results = run.results()
        model = mapping(run.manifest.get("model"))
        told = {
            "run": str(run.manifest.get("hash") or ""),
            "model": str(model.get("name") or ""),
            "revision": str(model.get("revision") or ""),
        }
        columns = [pa.repeat(value, results.num_rows) for value in told.values()]
        tables.append(pa.table([*columns, *results.columns], [*told, *RESULT_SCHEMA.names]))
    return pa.concat_tables(tables)


def to_csv(frame: pd.DataFrame) -> str:
    """A table as CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return str(frame.map(_safe).to_csv(index=False, lineterminator="\n"))


def write_results(table: pa.Table, out: Path) -> None:
    """Write results as Parquet or CSV, by the file's ending.

    Raises:
        InputError: the file cannot be written.
    """
    if out.suffix == ".parquet":
        write_table(table, out)
    else:
        write_text(out, to_csv(table.to_pandas()))


def write_plots(runs: Sequence[Path], folder: Path, progress: Progress = silent) -> int:
    """Write every plot of runs as PNG and SVG, and its numbers as CSV.

    They lie in ``folder/<task>/<plot>.{png,svg,csv}``; of several runs each has a folder, named by its hash.

    Args:
        runs: run folders.
        folder: where to; it is made.
        progress: told how many tasks are done.

    Returns:
        How many plots were written.

    Raises:
        InputError: a folder holds no finished run, or damaged files; ``folder`` cannot be written.
    """
    written = 0
    for path in runs:
        run = open_run(path)
        own = (
            folder if len(runs) == 1 else folder / _file_name(str(run.manifest.get("hash") or path.name)[:12])
        )
        tasks = task_tables(run)
        for done, tables in enumerate(tasks):
            progress("drawing", done, len(tasks))
            name = _file_name(tables.name)
            taken = [_file_name(task.name) for task in tasks[:done]]
            place = own / (f"{name}-{done}" if name in taken else name)
            written += _write_task(_plots(run, tables, tasks), place)
        progress("drawing", len(tasks), len(tasks))
    return written


def _plots(run: Run, tables: TaskTables, tasks: Sequence[TaskTables]) -> Sequence[Plot]:
    others = [
        readings for task in beside(tables, tasks) if (readings := read_model(run, task.name)) is not None
    ]
    return task_plots(tables, read_model(run, tables.name), others)


def _write_task(plots: Sequence[Plot], folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=folder) from error
    names: set[str] = set()
    for at, plot in enumerate(plots):
        name = _file_name(plot.name)
        name = f"{name}-{at}" if name in names else name
        names.add(name)
        figure = plot.draw(PRINT)
        for ending in ("png", "svg"):
            to_file(figure, folder / f"{name}.{ending}")
        write_text(folder / f"{name}.csv", to_csv(plot.numbers))
    return len(plots)


def _file_name(text: str) -> str:
    """A name from data as the name of a file, on any system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:100] or "plot"


def _safe(value: Any) -> Any:
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"
