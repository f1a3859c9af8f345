"""Rating scales whose whole numbers a model can be asked for one by one."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.errors import InputError

MOST_POINTS: Final = 101
"""Whole numbers of the longest scale, 0 to 100: each one is an answer whose probability is read."""


def scale_points(low: float, high: float) -> tuple[int, ...]:
    """The whole numbers from one end of a scale to the other.

    Raises:
        InputError: an end is no whole number, the scale has fewer than 2 points or more than ``MOST_POINTS``.
    """
    if not (float(low).is_integer() and float(high).is_integer()):
        raise InputError(
            f"a scale from {low:g} to {high:g} does not end in whole numbers",
            fix="the scorer rating reads whole numbers; rescale the ratings",
        )
    if not 2 <= high - low + 1 <= MOST_POINTS:
        raise InputError(
            f"a scale from {low:g} to {high:g} has {high - low + 1:g} points, not 2 to {MOST_POINTS}",
            fix="rescale the ratings to the numbers that the wordings name",
        )
    return tuple(range(int(low), int(high) + 1))


def check_scales(task: str, items: pa.Table) -> None:
    """See that every item is a rating on a scale whose points can be read.

    Args:
        task: name of the task that asks, for the error.
        items: the Items it selected.

    Raises:
        InputError: an item is no rating, or a scale cannot be read.
    """
    kinds = set(pc.unique(items["kind"]).to_pylist())
    if kinds - {"rating"}:
        raise InputError(
            f"the task {task!r} reads numbers on a scale, but its items are of kind {min(kinds)}",
            fix="use the scorer labels",
        )
    scales = items.group_by(["scale_min", "scale_max"]).aggregate([])
    for low, high in zip(scales["scale_min"].to_pylist(), scales["scale_max"].to_pylist(), strict=True):
        scale_points(low, high)
