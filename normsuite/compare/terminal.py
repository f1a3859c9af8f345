"""A comparison in the terminal: one block of tables per task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from normsuite.compare.comparison import Comparison
from normsuite.compare.views import (
    Block,
    Line,
    TaskView,
    legend,
    p_text,
    p_title,
    remarks,
    signed,
    signed_interval,
    task_views,
)
from normsuite.report.text import FEW_MARK, count, number, shorten, visible

_NAME_WIDTH: Final = 36
_STYLES: Final = {"better": "green", "worse": "red"}


def print_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Print the tables of a comparison.

    Args:
        comparison: what was compared.
        console: where to, standard output by default; names from data are printed as text, never as markup.
    """
    console = console or Console()
    grid = Table.grid(padding=(0, 2))
    for side in comparison.sides:
        role = "baseline" if side is comparison.baseline else ""
        words = (f"{side.model} {side.revision}".strip(), str(side.run.path), side.hash, role)
        grid.add_row(Text(side.letter, style="bold"), *(Text(visible(word)) for word in words))
    console.print(grid)
    for remark in remarks(comparison):
        console.print(Text(remark, style="italic"))
    for view in task_views(comparison):
        _task(view, p_title(comparison), console)
    console.print()
    for sentence in legend(comparison):
        console.print(Text(sentence, style="dim"))


def _task(view: TaskView, p: str, console: Console) -> None:
    console.print()
    console.print(Rule(Text(shorten(view.title, 70), style="bold"), align="left"))
    for note in view.notes:
        console.print(Text(note, style="italic"))
    for other in dict.fromkeys(line.other for line in view.overall):
        own = [line for line in view.overall if line.other == other]
        console.print(_table(f"{visible(view.name)}: {other} against A", "Metric", other, p, own))
    for block in view.blocks:
        _block(block, view.metric, p, console)


def _block(block: Block, metric: str, p: str, console: Console) -> None:
    letter = block.other.letter
    title = f"Where {letter} serves people better or worse than A: {metric} by {block.title.lower()}"
    console.print(_table(title, block.title, letter, p, block.lines))
    console.print(Text(block.summary, style="italic"))


def _table(title: str, first: str, other: str, p: str, lines: Sequence[Line]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(Text(visible(first)))
    for heading in ("A", other, f"{other} − A", "95 % interval", p, "detectable", "n", "clusters"):
        table.add_column(heading, justify="right", no_wrap=True)
    unscored = any(line.unscored for line in lines)
    if unscored:
        table.add_column("unscored", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for line in lines:
        cells = [shorten(line.name, _NAME_WIDTH) + (f" {FEW_MARK}" if line.few else "")]
        cells += [number(line.baseline), number(line.value), signed(line.gain)]
        cells += [signed_interval(line.low, line.high), p_text(line.p), number(line.detectable)]
        cells += [count(line.n), count(line.clusters), *([count(line.unscored)] if unscored else [])]
        style = _STYLES.get(line.verdict, "bold" if line.verdict else "")
        table.add_row(*map(Text, cells), Text(line.told, style=style))
    return table
