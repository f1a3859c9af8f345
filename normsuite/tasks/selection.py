"""Which rows of a data set a task asks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.errors import InputError
from normsuite.tasks.declared import Declared
from normsuite.tasks.prompted import Task
from normsuite.tasks.scales import check_scales


def select(task: Task, items: pa.Table, split: str) -> pa.Table:
    """The rows of ``items`` that a prompted task asks about, in one split.

    Raises:
        InputError: ``where`` names nothing the data has, or items and task disagree on the labels, on how
            many of them hold or on a scale whose points are to be read.
    """
    chosen = select_rows(task.name, task.data.set, items, [split], task.data.where)
    if task.labels and chosen.num_rows:
        _check_labels(task, chosen)
    if task.scorer == "rating" and chosen.num_rows:
        check_scales(task.name, chosen)
    several = pc.any(pc.equal(chosen["kind"], "multilabel")).as_py()
    # A text can name several letters at once; a probability is read of one label at a time.
    listed = task.scorer == "generate" and task.answer in ("letters", "numbers")
    if chosen.num_rows and several != (task.answer == "yes-no") and not (several and listed):
        items_are = "multilabel" if several else "not multilabel"
        raise InputError(
            f"the task {task.name!r} answers in {task.answer}, but its items are {items_are}",
            fix="`answer: yes-no` is for multilabel items, and for them alone",
        )
    return chosen


def select_rows(
    task: str, dataset: str, items: pa.Table, splits: Sequence[str], where: Mapping[str, str]
) -> pa.Table:
    """The rows of some splits whose columns or facets have the wanted values.

    Args:
        task: name of the task that asks, for the error.
        dataset: name of the data set, for the error.
        items: all Items of the data set.
        splits: one or more of train, dev and test.
        where: column or facet, and the value it must have (for a facet: be among).

    Raises:
        InputError: ``where`` names nothing the data has.
    """
    chosen = items.filter(pc.is_in(items["split"], pa.array(splits)))
    for name, wanted in where.items():
        chosen = chosen.filter(_matches(task, dataset, items, chosen, name, wanted))
    return chosen


def require_rows(task: Declared, chosen: pa.Table) -> pa.Table:
    """``chosen`` itself, if it has any rows to score.

    Raises:
        InputError: it has none.
    """
    if not chosen.num_rows:
        where = "".join(f", {name}={value}" for name, value in task.data.where.items())
        raise InputError(
            f"the data set {task.data.set!r} has 0 rows for the task {task.name!r} "
            f"(split {task.data.split}{where})",
            fix="check --raw, or the task's `data`",
        )
    return chosen


def _matches(
    task: str, dataset: str, items: pa.Table, chosen: pa.Table, name: str, wanted: str
) -> pa.ChunkedArray:
    """Which rows of ``chosen`` have the wanted value of a column or facet."""
    if name in items.column_names and not pa.types.is_nested(items.schema.field(name).type):
        return pc.equal(chosen[name].cast(pa.string()), wanted)
    facets = pc.unique(items["categories"].combine_chunks().keys).to_pylist()
    if items.num_rows and name not in facets:
        raise InputError(
            f"the task {task!r} selects by {name!r}, no facet of the data set {dataset!r}",
            fix=f"its facets are {', '.join(sorted(facets))}",
        )
    return pa.chunked_array([_has_category(chosen["categories"], name, wanted)], pa.bool_())


def _has_category(categories: pa.ChunkedArray, facet: str, wanted: str) -> np.ndarray:
    maps = categories.combine_chunks()
    values = pc.map_lookup(maps, facet, "first")
    flat, parents = pc.list_flatten(values), np.asarray(pc.list_parent_indices(values))
    hit = np.asarray(pc.equal(flat, wanted).fill_null(False), bool)
    return np.bincount(parents[hit], minlength=len(maps)) > 0


def _check_labels(task: Task, chosen: pa.Table) -> None:
    """Every item's options must be the labels the task has words for, in the same order."""
    expected = list(task.labels)
    distinct = pc.unique(pc.binary_join(chosen["options"], "\x1f")).to_pylist()
    for options in distinct:
        if (options or "").split("\x1f") != expected:
            raise InputError(
                f"the task {task.name!r} has words for {expected}, but items have the options "
                f"{(options or '').split(chr(31))}",
                fix="name every option in the task's `labels`, in the data set's order",
            )


def poles_of(items: pa.Table, poles: Mapping[str, str]) -> NDArray[np.float64]:
    """Where each item lies between the poles: 1 positive, 0 negative, NaN neither.

    Args:
        items: [n] Items.
        poles: the option that stands for each pole, ``positive`` and ``negative``; empty reads the sign of
            ``valence``, or the rating's place on its scale, which may lie between.

    Returns:
        [n] float64.

    Raises:
        InputError: no item has an option of that name.
    """
    if not poles:
        if pc.any(pc.equal(items["kind"], "rating")).as_py():
            low, high, rating = (_floats(items[name]) for name in ("scale_min", "scale_max", "rating"))
            span = np.where(high > low, high - low, np.nan)
            return np.asarray((rating - low) / span)
        valence = _floats(items["valence"])
        return np.where(valence > 0, 1.0, np.where(valence < 0, 0.0, np.nan))
    options = items["options"].to_pylist()
    gold = items["gold"].to_pylist()
    named = [own[at] if own and at is not None else None for own, at in zip(options, gold, strict=True)]
    offered = {name for own in options for name in own or []}
    for pole, name in poles.items():
        if options and name not in offered:
            raise InputError(f"no item has the option {name!r}", field=f"poles.{pole}")
    values = {poles["positive"]: 1.0, poles["negative"]: 0.0}
    return np.array([values.get(name or "", np.nan) for name in named], float)


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.cast(pa.float64()).to_numpy(), float)


def sample_clusters(items: pa.Table, limit: int | None, seed: int) -> pa.Table:
    """A seeded sample of ``limit`` whole clusters; all of them if ``limit`` is None or larger.

    Clusters are the unit of resampling, so sampling rows would break the intervals.

    Raises:
        InputError: ``limit`` is below 1.
    """
    if limit is None:
        return items
    if limit < 1:
        raise InputError(f"a sample of {limit} clusters is none", fix="give a limit of 1 or more")
    names = np.sort(np.asarray(pc.unique(items["cluster"]).to_pylist(), dtype=object))
    if limit >= len(names):
        return items
    kept = np.random.default_rng(seed).permutation(len(names))[:limit]
    return items.filter(pc.is_in(items["cluster"], pa.array(names[kept], pa.string())))
