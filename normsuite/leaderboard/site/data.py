"""The data files that pages load: the ranking, each group's board, and each model's numbers for comparing."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.leaderboard.site.boards import TaskBoard, Track
from normsuite.leaderboard.site.entries import Entry, Sample, page_name
from normsuite.leaderboard.site.numbers import (
    Numbers,
    by,
    culture_facet,
    group_title,
    scaled,
    scorer_title,
)
from normsuite.metrics.rows import Floats
from normsuite.report.tables import facet_title
from normsuite.report.text import metric_title
from normsuite.web import visible

SHOWN: Final = 120
"""Characters of a name that a table shows; its page shows all."""

_ENDS: Final = ("value", "ci_low", "ci_high")

_STEPS: Final = 32_000
"""Differences of a replicate from the value, in steps, fit 16 bits."""


def short(text: str) -> str:
    """A stranger's text on one line, cut."""
    clean = visible(text[: 4 * SHOWN])
    return clean if len(clean) <= SHOWN else clean[: SHOWN - 1] + "…"


@cache
def short_group(facet: str, group: str) -> str:
    """A group's name for people, cut."""
    return short(group_title(facet, group))


def ranking(
    entries: Sequence[Entry],
    boards: Mapping[str, TaskBoard],
    tracks: Sequence[Track],
    numbers: Numbers,
) -> dict[str, Any]:
    """What the first page shows: every model, task and rank, and nothing of groups but the worst served."""
    own, summaries, beside = (
        by(numbers.own, "task"),
        by(numbers.summaries, "task"),
        by(numbers.beside, "task"),
    )
    return {
        "models": models(entries),
        "tasks": {
            name: {
                **_about(board),
                "cells": _cells(board, own[name]) if name in own else None,
                "worst": _worst(board, summaries[name]) if name in summaries else None,
                "beside": _beside(board, beside[name]) if name in beside else [],
            }
            for name, board in boards.items()
        },
        "tracks": [_track(track) for track in tracks],
    }


def models(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """Every model by column: the name of its page, its name, revision, day, and why it is partial."""
    return {
        "page": [entry.page for entry in entries],
        "name": [short(entry.name) for entry in entries],
        "revision": [short(entry.revision) for entry in entries],
        "day": [f"{entry.created:%Y-%m-%d}" for entry in entries],
        "partial": [short("; ".join(map(str, entry.facts["partial"]))) for entry in entries],
    }


def _about(board: TaskBoard) -> dict[str, Any]:
    return {
        "title": short(board.line.title),
        "page": page_name(board.name),
        "metric": metric_title(board.line.headline),
        "higher": board.higher_is_better,
        "dataset": short(board.line.dataset),
    }


def _cells(board: TaskBoard, own: pd.DataFrame) -> dict[str, Any]:
    """Values of the ranked models, and where they stand; ``at`` counts models."""
    rows = own.set_index("entry").reindex(board.members)
    stands = board.standing
    return {
        "at": list(board.members),
        "value": scaled(board.values),
        "low": scaled(rows["ci_low"]),
        "high": scaled(rows["ci_high"]),
        "rank": stands.rank.tolist(),
        "best": stands.low.tolist(),
        "last": stands.high.tolist(),
        "chance": scaled(rows["chance"].head(1))[0] if len(rows) else None,
    }


def _worst(board: TaskBoard, summaries: pd.DataFrame) -> dict[str, Any] | None:
    """The worst-served culture of each ranked model."""
    named = summaries[summaries["metric"].astype(str) == f"{board.line.headline}_worst"]
    facet = culture_facet(named["facet"].unique().tolist())
    rows = named[named["facet"] == facet].drop_duplicates("entry").set_index("entry")
    members = [at for at in board.members if at in rows.index]
    if not facet or not members:
        return None
    rows = rows.loc[members]
    groups = sorted({str(group) for group in rows["group"]})
    return {
        "facet": facet_title(facet),
        "groups": [short_group(facet, group) for group in groups],
        "at": members,
        "group": [groups.index(str(group)) for group in rows["group"]],
        "value": scaled(rows["value"]),
        "low": scaled(rows["ci_low"]),
        "high": scaled(rows["ci_high"]),
    }


def _beside(board: TaskBoard, beside: pd.DataFrame) -> list[list[Any]]:
    """Baselines, nulls and the ceiling, as the first ranked submission that has each tells them."""
    rows = beside[beside["entry"].isin(board.members)].drop_duplicates("scorer")
    ends = zip(*(scaled(rows[name]) for name in _ENDS), strict=True)
    return [
        [short(scorer_title(str(name))), *numbers] for name, numbers in zip(rows["scorer"], ends, strict=True)
    ]


def _track(track: Track) -> dict[str, Any]:
    stands = track.standing
    return {
        "key": track.key,
        "title": track.title,
        "tasks": sorted(track.boards, key=lambda name: (name not in track.panel, name)),
        "panel": list(track.panel),
        "at": list(track.members),
        "rank": stands.rank.tolist(),
        "best": stands.low.tolist(),
        "last": stands.high.tolist(),
        "mean": scaled(stands.mean_rank),
        "others": list(track.others),
    }


def group_boards(boards: Mapping[str, TaskBoard], numbers: Numbers) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, board) of every culture and category; then ``groups``, which lists them.

    A board has a column for each task that has the group, with the value, interval and clusters of every
    model of the task's board.
    """
    ranked = numbers.groups[_is_ranked(numbers.groups, boards)]
    listed: dict[str, list[list[Any]]] = {}
    for (facet, group), rows in by(ranked, "facet", "group").items():
        name = page_name(f"{facet}@{group}")
        tasks = {task: _group_cells(own) for task, own in by(rows, "task").items()}
        told = [short_group(facet, group), name, len(tasks)]
        listed.setdefault(facet, []).append(told)
        yield f"groups/{name}", {"tasks": tasks}
    order = sorted(listed, key=lambda facet: (not culture_facet([facet]), facet))
    yield (
        "groups",
        {
            "facets": [[short(facet), facet_title(facet), sorted(listed[facet])] for facet in order],
            "tasks": {name: _about(board) for name, board in boards.items()},
            "few": FEW_CLUSTERS,
        },
    )


def _is_ranked(frame: pd.DataFrame, boards: Mapping[str, TaskBoard]) -> np.ndarray:
    """Which rows are of a model that stands on the board of the row's task."""
    tasks = frame["task"].cat.categories
    entries = int(frame["entry"].max()) + 1 if len(frame) else 0
    table = np.zeros((len(tasks), entries), bool)
    for row, task in enumerate(tasks):
        kept = [at for at in boards[task].members if at < entries] if task in boards else []
        table[row, kept] = True
    found: np.ndarray = table[frame["task"].cat.codes.to_numpy(), frame["entry"].to_numpy()]
    return found


def _group_cells(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "at": rows["entry"].tolist(),
        "value": scaled(rows["value"]),
        "low": scaled(rows["ci_low"]),
        "high": scaled(rows["ci_high"]),
        "clusters": rows["clusters"].tolist(),
        "n": int(rows["n"].max()),
    }


def model_files(
    entries: Sequence[Entry], boards: Mapping[str, TaskBoard], numbers: Numbers
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, numbers) of every model: replicates, by which two are compared, groups and other metrics."""
    groups, others = _facets(numbers.groups), _others(numbers.others)
    for at, entry in enumerate(entries):
        tasks: dict[str, dict[str, Any]] = {}
        for task, sample in sorted(entry.samples.items()):
            if math.isfinite(sample.value) and boards[task].edition == sample.edition:
                tasks[task] = _packed(sample)
        for task, facet, columns in groups.get(at, ()):
            tasks.setdefault(task, {}).setdefault("facets", []).append([facet_title(facet), *columns])
        yield f"models/{entry.page}", {"tasks": tasks, "others": others.get(at, [])}


def _facets(groups: pd.DataFrame) -> dict[int, list[tuple[str, str, list[list[Any]]]]]:
    """For each entry (task, facet, [titles, values, lows, highs, items, clusters])."""
    titles: list[Any] = list(map(short_group, groups["facet"].tolist(), groups["group"].tolist()))
    columns = [titles, *(scaled(groups[name]) for name in _ENDS)]
    columns += [groups["n"].tolist(), groups["clusters"].tolist()]
    found: dict[int, list[tuple[str, str, list[list[Any]]]]] = {}
    for (entry, task, facet), rows in _runs(groups, "entry", "task", "facet"):
        found.setdefault(entry, []).append((task, facet, [column[rows] for column in columns]))
    return found


def _others(others: pd.DataFrame) -> dict[int, list[list[Any]]]:
    """For each entry tasks, metrics, values, lows, highs, chances and items of its other metrics."""
    titles = {name: short(metric_title(name)) for name in others["metric"].unique()}
    columns: list[list[Any]] = [others["task"].tolist(), [titles[name] for name in others["metric"].tolist()]]
    columns += [*(scaled(others[name]) for name in (*_ENDS, "chance")), others["n"].tolist()]
    return {entry: [column[rows] for column in columns] for (entry,), rows in _runs(others, "entry")}


def _runs(frame: pd.DataFrame, *keys: str) -> Iterator[tuple[tuple[Any, ...], slice]]:
    """(values, rows) of the stretches of a sorted frame in which some columns do not change."""
    if not len(frame):
        return
    codes = [frame[key].cat.codes if key != "entry" else frame[key] for key in keys]
    fresh = np.any([np.diff(np.asarray(code), prepend=-1) != 0 for code in codes], axis=0)
    starts = np.flatnonzero(fresh)
    values = (frame[key].iloc[starts].tolist() for key in keys)
    ends = [*starts[1:].tolist(), len(frame)]
    yield from zip(zip(*values, strict=True), map(slice, starts.tolist(), ends), strict=True)


def _packed(sample: Sample) -> dict[str, Any]:
    """The value, and the replicates as their differences from it in steps of 16 bits, in base64."""
    away: Floats = np.where(np.isfinite(sample.replicates), sample.replicates - sample.value, 0.0)
    widest = float(np.abs(away).max(initial=0.0))
    step = 10.0 ** max(-6, math.ceil(math.log10(widest / _STEPS))) if widest else 1e-6
    whole = np.rint(away / step).astype("<i2")
    packed = base64.b64encode(whole.tobytes()).decode()
    return {"value": round(sample.value, 6), "step": step, "replicates": packed}
