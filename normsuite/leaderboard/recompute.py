"""The results of a task once more, from predictions alone; and where they differ from what is told."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import task_results
from normsuite.leaderboard.names import shown
from normsuite.leaderboard.submission import SettingsFacts, TaskFacts

EXACT: Final = 1e-9
"""How far a value may lie from the one that is recomputed."""
RESAMPLED: Final = 1e-5
"""The same for ends of intervals and for chance: resampling multiplies in single precision, whose last digits
differ between processors."""
MOST_LINES: Final = 20
"""Differences of one task that are told one by one."""

_KEY: Final = ("task", "scorer", "metric", "facet", "group")
_COUNTS: Final = ("n", "clusters")
_NUMBERS: Final = {"value": EXACT, "ci_low": RESAMPLED, "ci_high": RESAMPLED, "chance": RESAMPLED}


def recomputed(
    task: TaskFacts, predictions: pa.Table, nulls: pa.Table | None, settings: SettingsFacts
) -> pa.Table:
    """All results of one task, as ``normsuite.evaluate.results`` computes them.

    Args:
        task: metrics, headline and calibration.
        predictions: all rows, those that calibrate included.
        nulls: of a direction task, in the order of ``predictions``.
        settings: seed and replicates of the run.

    Raises:
        InputError: the predictions cannot be scored so.
    """
    return task_results(
        predictions,
        nulls,
        metrics=task.metrics,
        headline=task.headline,
        calibrate=task.calibrate,
        replicates=settings.replicates,
        seed=settings.seed,
    )


def differences(told: pa.Table, found: pa.Table) -> Iterator[str]:
    """One line for each number of one task that is told otherwise than it recomputes.

    Args:
        told: the task's rows of a submission, in ``schema.RESULT_SCHEMA``.
        found: what ``recomputed`` gives.
    """
    lines = list(_differences(_by_key(told), _by_key(found)))
    if told.num_rows != len(_by_key(told)):
        yield "some result is there twice"
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"{len(lines) - MOST_LINES:,} more numbers of this task differ"


def _differences(told: Mapping[tuple[str, ...], Any], found: Mapping[tuple[str, ...], Any]) -> Iterator[str]:
    for key in [*told, *(key for key in found if key not in told)]:
        one, other = told.get(key), found.get(key)
        if one is None or other is None:
            yield f"{_named(key)} is {'told, but does not recompute' if other is None else 'not told'}"
            continue
        for name in _COUNTS:
            if one[name] != other[name]:
                yield f"{_named(key)}: {name} is told as {one[name]}, but is {other[name]}"
        for name, tolerance in _NUMBERS.items():
            if not _same(one[name], other[name], tolerance):
                yield f"{_named(key)}: {name} is told as {one[name]!r}, but recomputes as {other[name]!r}"


def _same(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def _by_key(table: pa.Table) -> dict[tuple[str, ...], Any]:
    return {tuple(row[name] for name in _KEY): row for row in table.to_pylist()}


def _named(key: tuple[str, ...]) -> str:
    """``accuracy of mini-rules (labels, country ITA)``."""
    task, scorer, metric, facet, group = (shown(part) for part in key)
    where = ", ".join(part for part in (scorer, f"{facet} {group}".strip()) if part)
    return f"{metric} of {task} ({where})"


def of_task(table: pa.Table, task: str) -> pa.Table:
    """The rows of one task."""
    return table.filter(pc.equal(table["task"], task))
