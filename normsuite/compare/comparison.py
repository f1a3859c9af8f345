"""The comparison of runs as one table: every difference with its interval, test and adjusted p-value."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import (
    DIFFERENCE_SCHEMA,
    REPLICATES,
    SIZE,
    Adjust,
    Counts,
    Pairs,
    adjusted,
    apart,
    differences,
    pair,
)
from normsuite.aggregate.temperature import with_temperatures
from normsuite.compare.matching import Side, open_sides, refuse_other_work
from normsuite.errors import InputError
from normsuite.metrics import METRICS, resolve
from normsuite.metrics.catalogue import AnyMetric
from normsuite.progress import Progress, silent
from normsuite.report.tables import MODELS

COMPARISON_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("baseline", pa.string(), nullable=False),  # letter of the run
        pa.field("other", pa.string(), nullable=False),
        pa.field("baseline_model", pa.string(), nullable=False),
        pa.field("other_model", pa.string(), nullable=False),
        pa.field("baseline_run", pa.string(), nullable=False),  # beginning of the run's hash
        pa.field("other_run", pa.string(), nullable=False),
        *DIFFERENCE_SCHEMA,
        pa.field("p_adjusted", pa.float64()),
        # What the adjusted p < 0.05 says of the other run: better, worse; higher, lower where none is better;
        # empty where it says nothing.
        pa.field("verdict", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class TaskComparison:
    """One task.

    Attributes:
        name, title: of the task.
        headline: the metric that stands for it.
        others: the runs that are compared with the baseline on it.
        counts: for each of ``others``, what is paired.
        table: in ``COMPARISON_SCHEMA``.
    """

    name: str
    title: str
    headline: str
    others: tuple[Side, ...]
    counts: tuple[Counts, ...]
    table: pa.Table


@dataclass(frozen=True)
class Comparison:
    """Runs beside a baseline.

    Attributes:
        sides: all runs, the baseline first.
        tasks: what at least two of them were asked.
        alone: tasks that could not be compared with the letters of the runs that have them.
        adjust: how p-values were adjusted.
        replicates, seed: of bootstrap and flips.
    """

    sides: tuple[Side, ...]
    tasks: tuple[TaskComparison, ...]
    alone: tuple[tuple[str, str], ...]
    adjust: Adjust
    replicates: int
    seed: int

    @property
    def baseline(self) -> Side:
        """The run that all others are compared with."""
        return self.sides[0]

    @property
    def table(self) -> pa.Table:
        """Every difference, in ``COMPARISON_SCHEMA``."""
        return pa.concat_tables([task.table for task in self.tasks])


def compare(
    runs: Sequence[Path],
    *,
    metrics: Sequence[str] = (),
    adjust: Adjust = "holm",
    replicates: int = REPLICATES,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare runs with the first of them, on the tasks that they share.

    p-values are adjusted over all groups of a facet and all runs, for each task and metric apart.

    Args:
        runs: folders of finished runs.
        metrics: compared beside each task's headline metric, where they are for its items.
        adjust: how p-values pay for each other.
        replicates: of bootstrap and flips.
        seed: of both.
        threads: threads to use; None is one per CPU. They do not change results.
        progress: told what is done.

    Raises:
        InputError: runs that did other work, or have no task in common; no such metric, or one that is for no
            task here.
    """
    _refuse_unknown(metrics)
    sides = open_sides(runs)
    baseline, others = sides[0], sides[1:]
    shared = {
        name: with_it
        for name in baseline.tasks
        if (with_it := tuple(side for side in others if side.task(name) is not None))
    }
    if not shared:
        raise InputError("the runs have no task in common", file=others[0].run.path)
    for name, with_it in shared.items():
        for side in with_it:
            refuse_other_work(name, baseline, side)
    found = []
    for done, (name, with_it) in enumerate(shared.items()):
        progress("comparing", done, len(shared))
        found.append(_compare_task(name, baseline, with_it, metrics, adjust, replicates, seed, threads))
    progress("comparing", len(shared), len(shared))
    _refuse_unused(metrics, found)
    return Comparison(sides, tuple(found), _alone(sides, shared), adjust, replicates, seed)


def _compare_task(
    name: str,
    baseline: Side,
    others: tuple[Side, ...],
    metrics: Sequence[str],
    adjust: Adjust,
    replicates: int,
    seed: int,
    threads: int | None,
) -> TaskComparison:
    about = baseline.task(name) or {}
    headline = str(about.get("headline"))
    calibrate = str(about.get("calibrate") or "") or None
    mine = _predictions(baseline, name)
    tables, counts = [], []
    for side in others:
        pairs = _pair(mine, _predictions(side, name), calibrate, side)
        counts.append(pairs.counts)
        chosen = _metrics([headline, *metrics], pairs, headline)
        table = differences(pairs, chosen, replicates=replicates, seed=seed, threads=threads)
        tables.append(_labelled(table, name, baseline, side))
    table = _judged(pd.concat(tables, ignore_index=True), adjust)
    return TaskComparison(name, str(about.get("title") or name), headline, others, tuple(counts), table)


def _predictions(side: Side, task: str) -> pa.Table:
    """The model's predictions of a task, not the baselines'.

    Raises:
        InputError: there are none.
    """
    table = side.run.predictions(task)
    table = table.filter(pc.is_in(table["scorer"], pa.array(MODELS)))
    if not table.num_rows:
        what = f"holds no model's predictions of the task {task!r}, only baselines"
        raise InputError(what, file=side.run.path, fix="compare runs of models")
    return table


def _pair(mine: pa.Table, theirs: pa.Table, calibrate: str | None, side: Side) -> Pairs:
    (scored, told), (other_scored, other_told) = apart(mine, calibrate), apart(theirs, calibrate)
    try:
        pairs = pair(scored, other_scored)
    except InputError as error:
        raise InputError(error.what, file=side.run.path, field=error.field) from None
    return replace(
        pairs,
        baseline=with_temperatures(pairs.baseline, told),
        other=with_temperatures(pairs.other, other_told),
    )


def _metrics(names: Sequence[str], pairs: Pairs, headline: str) -> list[AnyMetric]:
    """The metrics of these names that are for the task's items; the headline metric is always."""
    rows = pairs.baseline
    fitting = [
        name
        for name in names
        if name == headline or (bool(rows.labels) if name == "recall" else rows.kind in METRICS[name].kinds)
    ]
    return resolve(fitting, rows.kind, rows.labels)


def _refuse_unknown(metrics: Sequence[str]) -> None:
    known = sorted([*METRICS, "recall"])
    for name in metrics:
        if name not in known:
            raise InputError(f"no metric {name!r}", field="--metrics", fix=f"known are {', '.join(known)}")


def _refuse_unused(metrics: Sequence[str], tasks: Sequence[TaskComparison]) -> None:
    computed = {metric for task in tasks for metric in pc.unique(task.table["metric"]).to_pylist()}
    for name in metrics:
        if name not in computed and not (name == "recall" and any(m.startswith("recall_") for m in computed)):
            raise InputError(f"the metric {name!r} is for none of the runs' tasks", field="--metrics")


def _labelled(table: pa.Table, task: str, baseline: Side, other: Side) -> pd.DataFrame:
    names = {
        "task": task,
        "baseline": baseline.letter,
        "other": other.letter,
        "baseline_model": baseline.model,
        "other_model": other.model,
        "baseline_run": baseline.hash,
        "other_run": other.hash,
    }
    frame: pd.DataFrame = table.to_pandas().assign(**names)
    return frame


def _judged(frame: pd.DataFrame, adjust: Adjust) -> pa.Table:
    """The table with adjusted p-values, and what they say."""
    families = frame.groupby(["metric", "facet"], sort=False)["p"]
    frame["p_adjusted"] = families.transform(lambda p: adjusted(p.astype(float), adjust))
    found = frame["p_adjusted"] < SIZE
    frame["verdict"] = [
        _verdict(metric, gain) if sure else ""
        for metric, gain, sure in zip(frame["metric"], frame["difference"], found, strict=True)
    ]
    return pa.Table.from_pandas(frame, COMPARISON_SCHEMA, preserve_index=False).replace_schema_metadata(None)


def _verdict(metric: str, gain: float) -> str:
    known = METRICS.get(metric)  # recalls of labels are no part of it, and are better the higher they are
    if known is not None and not known.ranks:
        return "higher" if gain > 0 else "lower"
    good = known is None or known.higher_is_better
    return "better" if (gain > 0) == good else "worse"


def _alone(sides: Sequence[Side], shared: Container[str]) -> tuple[tuple[str, str], ...]:
    names = dict.fromkeys(name for side in sides for name in side.tasks if name not in shared)
    return tuple(
        (name, ", ".join(side.letter for side in sides if side.task(name) is not None)) for name in names
    )
