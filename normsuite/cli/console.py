"""Progress bars, on standard error and only where a person looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from normsuite.progress import Progress as StageProgress

ByteReport = Callable[[str, int, int], None]

_FINISHED_SHOWN: Final = 8  # bars; what is at work would leave the screen below many finished ones


@contextmanager
def item_progress() -> Iterator[StageProgress]:
    """A callback that draws one bar per stage with items and tokens per second and the time left."""
    speed = TextColumn("{task.fields[rate]}")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), speed)
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty()
    ) as bars:
        known = {}

        def report(stage: str, done: int, total: int, tokens: int = 0) -> None:
            if stage not in known:
                for task in [task for task in bars.tasks if task.finished][:-_FINISHED_SHOWN]:
                    bars.update(task.id, visible=False)
                known[stage] = bars.add_task(stage, total=total, rate="")
            bars.update(known[stage], completed=done, total=total)
            pace = bars.tasks[known[stage]].speed
            rate = f"{pace:,.3g}/s" if pace else ""
            elapsed = bars.tasks[known[stage]].elapsed
            if tokens and elapsed:
                rate += f", {tokens / elapsed:,.0f} tokens/s"
            bars.update(known[stage], rate=rate)

        yield report


@contextmanager
def byte_progress() -> Iterator[ByteReport]:
    """A callback (file, done, total) that draws one bar per download."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty()
    ) as bars:
        known = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in known:
                known[name] = bars.add_task(name, total=total or None)
            bars.update(known[name], completed=done, total=total or None)

        yield report
