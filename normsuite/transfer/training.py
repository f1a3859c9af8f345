"""Training rows and evaluated items of one task, for encoders that are compared on them.

No training row is of an evaluated cluster, or says what an evaluated item says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.embeddings import Passage
from normsuite.errors import InputError
from normsuite.questions import Data, DirectionQuestion, load_seeds
from normsuite.scorers.direction import Seeds, recast, to_passages
from normsuite.tasks import poles_of, select_rows
from normsuite.transfer.pairs import clusters_of

_SIDES: Final = ("below the middle", "above the middle")


@dataclass(frozen=True)
class Bench:
    """The training rows and the evaluated items of one task.

    Attributes:
        question: the task.
        sources: training rows, as seeds.
        items: [n] evaluated Items of two options, the negative pole first.
        texts: [n][w] the same as passages.
        excluded: rows that are no training rows because they, or their cluster, are evaluated.
    """

    question: DirectionQuestion
    sources: tuple[Seeds, ...]
    items: pa.Table
    texts: Sequence[Sequence[Passage]]
    excluded: int

    @property
    def name(self) -> str:
        """The task's name."""
        return self.question.task.name

    def passages(self) -> list[Passage]:
        """Every text that will be read."""
        rows = [*self.texts, *(own for source in self.sources for own in source.passages)]
        return [passage for own in rows for passage in own]


def bench_of(question: DirectionQuestion, data: Data, *, most: int | None = None, seed: int = 0) -> Bench:
    """Training rows and items of one task.

    A task of labels is trained on the training split of its own data, in its own wordings. A task of ratings
    has no labels to train on: it is trained on its seeds, and the question is whether a rating lies above or
    below the middle of its scale (items in the middle are left out).

    Args:
        question: the task.
        data: what it was loaded with.
        most: at most so many training rows of each source, whole clusters of them; None takes all.
        seed: of that sample.

    Raises:
        InputError: the task fits one direction per language, or reads offsets; no training row is left.
    """
    task = question.task
    if task.per is not None:
        what = (
            f"the task {task.name!r} fits one direction per {task.per}, and there is no such table of those"
        )
        raise InputError(what, field="--tasks", fix="use `normsuite direction transfer`")
    if task.reading.combine != "mean":
        what = f"the task {task.name!r} is read off the offset of two texts, and a head reads one"
        raise InputError(what, field="--tasks", fix="use `normsuite direction transfer`")
    (part,) = question.parts
    items, texts = part.items, part.texts
    ratings = items["kind"][0].as_py() == "rating"
    if ratings:
        where = _sides(items)
        texts = [own for own, side in zip(texts, where, strict=True) if np.isfinite(side)]
        items = recast(items, where, _SIDES)
    evaluated = _Evaluated.of(question, ratings)
    found = _seed_rows(question, data) if ratings else [_split_rows(question)]
    kept = [_limited(evaluated.without(own), most, seed) for own in found]
    sources = tuple(_seeds(question, own) for own in kept)
    clean = [_unsaid(source, evaluated.texts) for source in sources]
    excluded = sum(own.items.num_rows - evaluated.without(own).items.num_rows for own in found)
    excluded += sum(map(len, sources)) - sum(map(len, clean))
    if not sum(map(len, clean)):
        what = f"the task {task.name!r} has no training rows apart from the clusters that are evaluated"
        raise InputError(what, field="--tasks", fix="check its `data`, or lower --limit")
    return Bench(question, tuple(source for source in clean if len(source)), items, texts, excluded)


@dataclass(frozen=True)
class _Rows:
    """Training Items with their poles; their passages too where they are seeds already."""

    name: str
    items: pa.Table
    poles: NDArray[np.float64]
    seeds: Seeds | None = None

    def take(self, kept: NDArray[np.bool_]) -> _Rows:
        seeds = None if self.seeds is None else _some(self.seeds, kept)
        return _Rows(self.name, self.items.filter(pa.array(kept)), self.poles[kept], seeds)


@dataclass(frozen=True)
class _Evaluated:
    """What no training row may have."""

    clusters: frozenset[tuple[str, str]]
    behaviors: frozenset[str]
    texts: frozenset[str]

    @classmethod
    def of(cls, question: DirectionQuestion, ratings: bool) -> _Evaluated:
        items = question.items
        # A seed of a rating task is a bare word or action, which an item may be too, in other words around.
        behaviors = items["behavior"].to_pylist() if ratings else []
        texts = (passage.text for part in question.parts for own in part.texts for passage in own)
        return cls(clusters_of(items), frozenset(filter(None, behaviors)), frozenset(texts))

    def without(self, rows: _Rows) -> _Rows:
        """The rows that are of no evaluated cluster and have no evaluated behaviour."""
        columns = (rows.items[name].to_pylist() for name in ("dataset", "cluster", "behavior"))
        kept = [
            (dataset, cluster) not in self.clusters and behavior not in self.behaviors
            for dataset, cluster, behavior in zip(*columns, strict=True)
        ]
        return rows.take(np.array(kept, bool))


def _split_rows(question: DirectionQuestion) -> _Rows:
    """The training split of a task's own data, those of its two poles."""
    task = question.task
    rows = select_rows(task.name, task.data.set, question.adapted.items, [task.data.train], task.data.where)
    poles = poles_of(rows, task.poles)
    if not np.isfinite(poles).any():
        return _Rows(task.data.set, rows.slice(0, 0), poles[:0])
    options = task.poles.get("negative", "negative"), task.poles.get("positive", "positive")
    items = recast(rows, poles, options)
    return _Rows(task.data.set, items, np.asarray(items["gold"].to_numpy(), float))


def _seed_rows(question: DirectionQuestion, data: Data) -> list[_Rows]:
    found = []
    for source in question.task.seeds:
        items, seeds = load_seeds(question.task.name, source, data)
        found.append(_Rows(seeds.name, items, seeds.values, seeds))
    return found


def _seeds(question: DirectionQuestion, rows: _Rows) -> Seeds:
    if rows.seeds is not None:
        return rows.seeds
    letters = question.task.reading.after_letters
    passages = to_passages(rows.items, question.wordings, after_letters=letters)
    return Seeds(rows.name, passages, rows.poles, rows.items["cluster"].to_pylist())


def _limited(rows: _Rows, most: int | None, seed: int) -> _Rows:
    """Whole clusters in a seeded order, as long as there is room for them."""
    if most is None or rows.items.num_rows <= most:
        return rows
    names, code = np.unique(
        np.array(rows.items["cluster"].to_pylist(), dtype=object).astype(str), return_inverse=True
    )
    order = np.random.default_rng(seed).permutation(len(names))
    room = np.cumsum(np.bincount(code)[order]) <= most
    return rows.take(np.isin(code, order[room]))


def _unsaid(seeds: Seeds, texts: frozenset[str]) -> Seeds:
    """The seeds of which no wording is an evaluated text."""
    return _some(seeds, np.array([all(p.text not in texts for p in own) for own in seeds.passages], bool))


def _some(seeds: Seeds, kept: NDArray[Any]) -> Seeds:
    at = np.flatnonzero(kept)
    return Seeds(
        seeds.name,
        [seeds.passages[i] for i in at],
        seeds.values[at],
        [seeds.clusters[i] for i in at],
        seeds.average,
    )


def _sides(items: pa.Table) -> NDArray[np.float64]:
    """1 above the middle of the scale, 0 below, NaN in the middle."""
    place = poles_of(items, {})
    return np.where(place > 0.5, 1.0, np.where(place < 0.5, 0.0, np.nan))
