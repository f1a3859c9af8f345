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
_NARROW_NAME: Final = 18
_WIDE: Final = 120  # columns of a terminal on which everything has room
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
        told = (Text(visible(word), overflow="fold") for word in words)
        grid.add_row(Text(side.letter, style="bold"), *told)
    console.print(grid)
    for remark in remarks(comparison):
        console.print(Text(remark, style="italic"))
    for view in task_views(comparison):
        _task(view, p_title(comparison), console)
    console.print()
    if console.width < _WIDE:
        console.print(
            Text("A wider terminal shows both runs' values, clusters and unscored items too.", style="dim")
        )
    for sentence in legend(comparison):
        console.print(Text(sentence, style="dim"))


def _task(view: TaskView, p: str, console: Console) -> None:
    console.print()
    console.print(Rule(Text(shorten(view.title, 70), style="bold"), align="left"))
    for note in view.notes:
        console.print(Text(note, style="italic"))
    for other in dict.fromkeys(line.other for line in view.overall):
        own = [line for line in view.overall if line.other == other]
        console.print(_table(f"{visible(view.name)}: {other} against A", "Metric", p, own, console.width))
    for block in view.blocks:
        _block(block, view.metric, p, console)


def _block(block: Block, metric: str, p: str, console: Console) -> None:
    letter = block.other.letter
    title = f"Where {letter} serves people better or worse than A: {metric} by {block.title.lower()}"
    console.print(_table(title, block.title, p, block.lines, console.width))
    console.print(Text(block.summary, style="italic"))


def _table(title: str, first: str, p: str, lines: Sequence[Line], width: int) -> Table:
    """One table of lines; on a narrow terminal without the columns that matter least."""
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    wide = width >= _WIDE
    table.add_column(Text(visible(first)))
    columns = _columns(lines, p, wide)
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for at, line in enumerate(lines):
        name = shorten(line.name, _NAME_WIDTH if wide else _NARROW_NAME) + (
            f" {FEW_MARK}" if line.few else ""
        )
        style = _STYLES.get(line.verdict, "bold" if line.verdict else "")
        table.add_row(
            Text(f"{name} {FEW_MARK}" if line.few else name),
            *(Text(cells[at]) for cells in columns.values()),
            Text(line.told if wide else line.verdict, style=style),
        )
    return table


def _columns(lines: Sequence[Line], p: str, wide: bool) -> dict[str, list[str]]:
    """Columns of numbers by their headings."""
    other = lines[0].other
    gain = {
        f"{other} − A": [signed(line.gain) for line in lines],
        "95 % interval": [signed_interval(line.low, line.high) for line in lines],
        p if wide else "p": [p_text(line.p) for line in lines],
        "detectable" if wide else "detect": [number(line.detectable) for line in lines],
        "n": [count(line.n) for line in lines],
    }
    if not wide:
        return gain
    values = {"A": [number(line.baseline) for line in lines], other: [number(line.value) for line in lines]}
    extent = {"clusters": [count(line.clusters) for line in lines]}
    if any(line.unscored for line in lines):
        extent["unscored"] = [count(line.unscored) for line in lines]
    return values | gain | extent
