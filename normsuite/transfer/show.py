"""The matrix and the table in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.report.text import FEW_MARK, NOTHING, count, interval, metric_title, number, shorten, visible
from normsuite.transfer.drawing import NOT_ABOVE
from normsuite.transfer.matrix import is_above

_NAME: Final = 44
_MATRIX_NOTE: Final = (
    f"{NOT_ABOVE}: not above its nulls with the whole 95 % interval (cluster bootstrap). {NOTHING}: left "
    "out. *: in domain (the same data set). Values are of different metrics where columns say so."
)
_FEET_NOTE: Final = (
    "AUROC. Frozen and fine-tuned: 95 % interval, cluster bootstrap. Few-shot k: k seeds in all, half of "
    "each pole; mean and 95 % band over draws. Changes are in points against frozen; that of a fine-tuned "
    "column is paired (the same clusters drawn for both), that of few-shot is of its draws against the "
    "frozen value."
)

Line = Mapping[str, Any]


def print_matrix(table: pa.Table, notes: Sequence[str] = (), console: Console | None = None) -> None:
    """Print a transfer matrix: a square of values, then each pair with interval and verdict.

    Args:
        table: rows in ``TRANSFER_SCHEMA``.
        notes: said below it.
        console: standard output by default; names are printed as text, never as markup.
    """
    console = console or Console()
    lines = table.to_pylist()
    overall = [line for line in lines if not line["facet"]]
    cells = {(line["fit"], line["test"]): line for line in overall}
    rows, columns = (list(dict.fromkeys(key[at] for key in cells)) for at in (0, 1))
    square = _table("Fitted on rows, tested on columns", ["fit"], columns)
    for fit in rows:
        square.add_row(*map(Text, [visible(fit), *(_matrix_cell(cells[fit, test]) for test in columns)]))
    console.print(square)
    console.print(_pairs("Pairs", "test", overall, lambda line: visible(line["test"])))
    for facet in dict.fromkeys(line["facet"] for line in lines if line["facet"]):
        mine = [line for line in lines if line["facet"] == facet]
        title = f"By {visible(facet)}"
        console.print(
            _pairs(title, "test", mine, lambda line: f"{visible(line['test'])}: {visible(line['group'])}")
        )
    if any(line["clusters"] < FEW_CLUSTERS for line in lines):
        console.print(Text(f"{FEW_MARK} fewer than {FEW_CLUSTERS} clusters.", style="dim"))
    for note in (_MATRIX_NOTE, *notes):
        console.print(Text(note, style="dim"))


def print_feet(table: pa.Table, console: Console | None = None) -> None:
    """Print a FEET table, and the table of changes against frozen, in points.

    Args:
        table: rows in ``FEET_SCHEMA``.
        console: standard output by default.
    """
    console = console or Console()
    lines = table.to_pylist()
    columns = list(dict.fromkeys(line["column"] for line in lines))
    console.print(_feet("AUROC", lines, columns, _feet_value))
    console.print(_feet("Change against frozen, in points", lines, columns[1:], _feet_change))
    for line in lines:
        if line["value"] is None and line["note"]:
            where = f"{line['model']}, {line['task']}, {line['column']}"
            console.print(Text(visible(f"{where}: {line['note']}"), style="italic"))
    console.print(Text(_FEET_NOTE, style="dim"))


def _matrix_cell(line: Line) -> str:
    if line["value"] is None:
        return NOTHING
    mark = "" if is_above(line) else f"{NOT_ABOVE} "
    home = "" if line["domain"] == "across" else "*"
    return f"{mark}{number(line['value'])}{home}"


def _pairs(title: str, second: str, lines: Sequence[Line], name: Callable[[Line], str]) -> Table:
    headings = ["value", "95 % interval", "n", "clusters"]
    table = _table(title, ["fit", second, "metric"], headings)
    table.add_column("verdict")
    for line in lines:
        few = f" {FEW_MARK}" if line["clusters"] < FEW_CLUSTERS else ""
        numbers = [number(line["value"]), interval(line["ci_low"], line["ci_high"])]
        numbers += [count(line["n"]), count(line["clusters"]) + few]
        names = [shorten(line["fit"], _NAME), shorten(name(line), _NAME), metric_title(line["metric"])]
        table.add_row(*map(Text, [*names, *numbers, visible(line["verdict"])]))
    return table


def _feet(title: str, lines: Sequence[Line], columns: Sequence[str], cell: Callable[[Line], str]) -> Table:
    table = _table(title, ["model", "task", "n"], columns)
    groups = dict.fromkeys((line["model"], line["task"]) for line in lines)
    for model, task in groups:
        mine = {line["column"]: line for line in lines if (line["model"], line["task"]) == (model, task)}
        items = count(max(line["n"] for line in mine.values()))
        names = [shorten(model, _NAME), shorten(task, _NAME), items]
        table.add_row(*map(Text, [*names, *(cell(mine[column]) for column in columns)]))
    return table


def _feet_value(line: Line) -> str:
    return f"{number(line['value'])}\n{interval(line['low'], line['high'])}"


def _feet_change(line: Line) -> str:
    if line["change_points"] is None:
        return NOTHING
    ends = line["change_low"], line["change_high"]
    band = "" if None in ends else f"\n[{ends[0]:+.1f}, {ends[1]:+.1f}]"
    return f"{line['change_points']:+.1f}{band}"


def _table(title: str, names: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in names:
        table.add_column(Text(visible(heading)))
    for heading in numbers:
        table.add_column(Text(visible(heading)), justify="right")
    return table
