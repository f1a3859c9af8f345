"""Single items for the page: what each is, what was answered, and the prompts where they may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from markupsafe import Markup
from numpy.typing import NDArray

from normsuite.cultures import country_name
from normsuite.report.readings import Readings
from normsuite.report.tables import TaskTables
from normsuite.report.text import visible
from normsuite.runs import Run
from normsuite.schema import STATUSES
from normsuite.web import embed
from normsuite.web.foreign import visible_lines

MOST_READINGS: Final = 30_000
"""Of all tasks of a page together: beyond it the page holds a seeded sample of whole items."""

_LEAST_READINGS: Final = 500
_LONGEST: Final = 300
"""Characters of a name; whole texts are in the prompts."""

_LONGEST_TEXT: Final = 20_000

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """One thing that was put to the model, and what it wrote, if it wrote.

    Attributes:
        prompt: as rendered.
        about: the option asked about, or the step, where there are several; else empty.
        answer: what the model wrote; None where probabilities were read.
        thinking: what it wrote before; empty for nothing.
    """

    prompt: str
    about: str = ""
    answer: str | None = None
    thinking: str = ""


@dataclass(frozen=True)
class Shown:
    """Texts by item and wording, and why there are none, or what is to be known of them."""

    asked: Mapping[tuple[str, str], Sequence[Asked]] = field(default_factory=dict)
    note: str = ""


Texts = Callable[[Run, str, Sequence[str]], Shown]
"""Gives the texts of a task's items, by their ids."""


@dataclass(frozen=True)
class Browser:
    """What the page needs to show items.

    Attributes:
        key: the id of the element that holds the data.
        data: that element.
        items, readings: how many the task has.
        shown: how many items the page holds.
        note: what is to be known of the prompts.
    """

    key: str
    data: Markup
    items: int
    readings: int
    shown: int
    note: str

    @property
    def sampled(self) -> bool:
        """Whether the page holds some of the items only."""
        return self.shown < self.items


def no_texts(run: Run, task: str, ids: Sequence[str]) -> Shown:
    """For a page without prompts."""
    return Shown(note="Prompts are not on this page.")


def browse(run: Run, tables: TaskTables, readings: Readings, texts: Texts, key: str, tasks: int) -> Browser:
    """The items of one task for the page.

    Args:
        run: the run.
        tables: what its results say of the task.
        readings: the model's predictions.
        texts: gives prompts.
        key: the id of the element that will hold the data.
        tasks: how many tasks share the page.
    """
    seed = run.manifest.get("seed")
    most = max(_LEAST_READINGS, MOST_READINGS // tasks)
    chosen = sample_items(readings.rows.item, most, seed if isinstance(seed, int) else 0)
    kept = np.flatnonzero(chosen[readings.rows.item])
    kept = kept[np.argsort(readings.rows.item[kept], kind="stable")]
    part = Readings(readings.task, readings.table.take(kept), readings.rows.take(kept))
    fresh = np.diff(part.rows.item, prepend=-1) != 0
    first = np.flatnonzero(fresh)
    ids = part.table["item"].take(first).to_pylist()
    shown = texts(run, tables.name, ids)
    told = {
        "kind": part.rows.kind,
        "statuses": STATUSES,
        "starts": [*first.tolist(), len(part.rows)],
        "items": _items(part, first, ids),
        "readings": _readings(part, shown),
    }
    count = int(chosen.size), len(readings.rows), int(chosen.sum())
    return Browser(key, embed(key, told), *count, note=shown.note)


def sample_items(item: Ints, most: int, seed: int) -> NDArray[np.bool_]:
    """Which of the items 0 … m-1 to keep so that no more than ``most`` rows stay: all, or a seeded sample.

    Args:
        item: [n] the item of each row.
        most: rows that may stay.
        seed: of the sample.
    """
    counts = np.bincount(item)
    chosen = np.ones(len(counts), bool)
    if len(item) > most:
        order = np.random.default_rng(seed).permutation(len(counts))
        chosen[order[np.cumsum(counts[order]) > most]] = False
    return chosen


def _items(part: Readings, first: Ints, ids: Sequence[str]) -> dict[str, Any]:
    """Columns of the items, [m] each; names are given once and pointed to."""
    table, rows = part.table.take(first), part.rows.take(first)
    columns: dict[str, Any] = {
        "id": [visible(name)[:_LONGEST] for name in ids],
        "country": _pointed(table["country"].to_pylist(), country_name),
        "language": _pointed(table["language"].to_pylist()),
        "options": _pointed([tuple(map(_name, options or ())) for options in table["options"].to_pylist()]),
        "categories": _pointed([_facets(pairs) for pairs in table["categories"].to_pylist()]),
        "gold": _answers(table, rows.kind, "gold", "gold_set", "rating"),
    }
    if rows.has_shares.any():
        shares = np.round(rows.shares, 3).tolist()
        sizes = rows.size.tolist()
        columns["people"] = [
            own[:size] if told else None
            for own, size, told in zip(shares, sizes, rows.has_shares.tolist(), strict=True)
        ]
        columns["voters"] = rows.people.astype(int).tolist()
    return columns


def _readings(part: Readings, shown: Shown) -> dict[str, Any]:
    """Columns of the readings, [n] each."""
    table, rows = part.table, part.rows
    probabilities = [
        None if own is None else [round(p, 4) for p in own] for own in table["probabilities"].to_pylist()
    ]
    prompts = table["prompt"].to_pylist()
    columns: dict[str, Any] = {
        "prompt": _pointed(prompts),
        "order": _pointed(table["order"].to_pylist()),
        "status": rows.status.tolist(),
        "detail": _pointed(table["detail"].to_pylist()),
        "given": _answers(table, rows.kind, "predicted", "predicted_set", "score"),
        "right": _right(part),
        "probabilities": probabilities,
        "mass": [None if np.isnan(mass) else round(mass, 4) for mass in rows.mass.tolist()],
    }
    if shown.asked:
        keys = zip(table["item"].to_pylist(), prompts, strict=True)
        columns["asked"] = [[_asked(one) for one in shown.asked.get(key, ())] for key in keys]
    return columns


def _asked(one: Asked) -> dict[str, str]:
    told = {"prompt": _text(one.prompt)}
    if one.about:
        told["about"] = visible(one.about)
    if one.answer is not None:
        told["answer"] = _text(one.answer)
    if one.thinking:
        told["thinking"] = _text(one.thinking)
    return told


def _text(text: str) -> str:
    shown = visible_lines(text[:_LONGEST_TEXT])
    return shown if len(text) <= _LONGEST_TEXT else f"{shown}… ({len(text):,} characters)"


def _answers(table: pa.Table, kind: str, one: str, several: str, number: str) -> list[Any]:
    """Answers as the page compares them: an index into options, a list of them, or a number."""
    if kind == "rating":
        return [None if value is None else round(value, 4) for value in table[number].to_pylist()]
    answers: list[Any] = table[several if kind == "multilabel" else one].to_pylist()
    return answers


def _right(part: Readings) -> list[bool | None]:
    """Whether each reading is right; None where it cannot be."""
    rows = part.rows
    if rows.kind == "rating":
        return [None] * len(rows)
    if rows.kind == "multilabel":
        right = (rows.gold_set == rows.predicted_set).all(axis=1)
    else:
        right = rows.predicted == rows.gold
    return [bool(hit) if answered else None for hit, answered in zip(right, rows.answered, strict=True)]


def _facets(pairs: Sequence[tuple[str, Sequence[str]]] | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((_name(facet), tuple(map(_name, values or ()))) for facet, values in pairs or ())


def _name(text: str) -> str:
    return visible(text)[:_LONGEST]


def _pointed(values: Sequence[Any], told: Callable[[str], str] = lambda text: text) -> dict[str, Any]:
    """Values as a list of the distinct ones and an index [n] into it, -1 for none."""
    place: dict[Any, int] = {}
    at = [-1 if value is None else place.setdefault(value, len(place)) for value in values]
    return {"names": [_name(told(v)) if isinstance(v, str) else v for v in place], "at": at}
