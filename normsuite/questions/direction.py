"""What a direction task asks: its items and seeds in all their wordings, loaded before work begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters import Adapted
from normsuite.errors import InputError
from normsuite.metrics import resolve
from normsuite.poles import load_poles
from normsuite.prompts import Wording, load_wordings
from normsuite.questions.data import Data
from normsuite.schema import ITEM_SCHEMA
from normsuite.scorers.direction import (
    Part,
    Recipe,
    Seeds,
    build,
    recast,
    to_passages,
    words_as_items,
)
from normsuite.tasks import DirectionTask, SeedSource, poles_of, require_rows, sample_clusters, select_rows

_TRAINING_CLUSTERS: Final = 1_000  # that a threshold is fitted on: one number needs no more
_SEED: Final = 0  # of samples that are the same in every run


@dataclass(frozen=True)
class DirectionQuestion:
    """A direction task with everything it needs.

    Attributes:
        task: what is asked.
        adapted: the data set whose items are scored.
        items: the items, poles as their two options, with the facet ``seed`` where some are seeds too.
        train: items for the threshold; empty for ratings.
        wordings: of the items.
        parts: the same items by part, with their seeds.
        seed_data: the data sets that seeds come from, by name.
    """

    task: DirectionTask
    adapted: Adapted
    items: pa.Table
    train: pa.Table
    wordings: Sequence[Wording]
    parts: Sequence[Part]
    seed_data: Mapping[str, Adapted]

    def recipe(self) -> Recipe:
        """How the task makes its direction."""
        return Recipe(self.task.estimator, self.task.preprocessing, self.task.reading)


def prepare_direction(
    task: DirectionTask, data: Data, *, limit: int | None = None, seed: int = 0
) -> DirectionQuestion:
    """Load everything one task needs.

    Args:
        task: what to ask.
        data: gives a data set.
        limit: score this many clusters, a seeded sample; None is all.
        seed: of the sample.

    Raises:
        InputError: data, wordings, poles or metrics cannot be used; an evaluated item is a seed.
    """
    adapted = data(task.data.set, task.data.view)
    chosen = require_rows(task, _select(task, adapted, task.data.split))
    resolve(task.metrics, chosen["kind"][0].as_py(), [])
    items = sample_clusters(chosen, limit, seed)
    train = chosen.slice(0, 0)
    if items["kind"][0].as_py() != "rating":
        train = sample_clusters(_select(task, adapted, task.data.train), _TRAINING_CLUSTERS, _SEED)
    check_wordings(task)
    wordings = load_families(task.texts)
    letters = task.reading.after_letters
    sources = [load_seeds(task.name, source, data, after_letters=letters) for source in task.seeds]
    seen = {behavior for own, _ in sources for behavior in own["behavior"].to_pylist() if behavior}
    items = _mark_seeds(items, seen)
    _refuse_leak(task, items, [own for own, _ in sources])
    names = sorted(set(items[task.per].to_pylist()) - {None}) if task.per else [""]
    if not names:
        raise InputError(
            f"no item of the task {task.name!r} has a {task.per}", field="per", fix="leave it out"
        )
    parts = [_part(task, name, items, train, wordings, sources) for name in names]
    seed_data = {
        source.data.set: data(source.data.set, source.data.view) for source in task.seeds if source.data
    }
    return DirectionQuestion(task, adapted, items, train, wordings, parts, seed_data)


def check_direction(task: DirectionTask) -> None:
    """See that a task's wordings, words and estimators exist, without its data.

    Raises:
        InputError: one of them does not.
    """
    build(task.estimator, task.preprocessing)
    check_wordings(task)
    for source in task.seeds:
        if source.words is not None:
            load_poles(source.words)


def check_wordings(task: DirectionTask) -> None:
    """See that the wordings of items and seeds exist, and that an offset has its two.

    Raises:
        InputError: they do not.
    """
    for families in (task.texts, *(source.texts for source in task.seeds)):
        found = len(load_families(families))
        if task.reading.combine == "difference" and found != 2:
            what = f"{'+'.join(families)} are {found} wordings, and an offset is of two"
            raise InputError(what, field="texts", fix="name two families of one wording each")


def load_families(families: Sequence[str]) -> list[Wording]:
    """The wordings of several families, one after the other."""
    return [wording for family in families for wording in load_wordings(family, least=1)]


def load_seeds(
    task: str, source: SeedSource, data: Data, *, after_letters: bool = False
) -> tuple[pa.Table, Seeds]:
    """The seeds of one source: their Items and their passages.

    Args:
        task: who asks, for errors.
        source: which.
        data: gives a data set by name and view.
        after_letters: whether wordings may show the options.

    Raises:
        InputError: words, data or poles cannot be used.
    """
    if source.words is not None:
        name = Path(source.words).stem  # a path of this machine has no place in a manifest
        items = words_as_items(load_poles(source.words), name)
    else:
        assert source.data is not None
        name = source.data.set
        adapted = data(source.data.set, source.data.view)
        chosen = select_rows(task, source.data.set, adapted.items, source.splits, source.data.where)
        items = sample_clusters(chosen, source.limit, _SEED)
    values = poles_of(items, source.poles)
    kept = np.isfinite(values)
    items = items.filter(pa.array(kept))
    passages = to_passages(items, load_families(source.texts), after_letters=after_letters)
    return items, Seeds(name, passages, values[kept], items["cluster"].to_pylist(), source.average)


def _select(task: DirectionTask, adapted: Adapted, split: str) -> pa.Table:
    """The rows a task asks about, as ratings or as a choice between the poles."""
    rows = select_rows(task.name, task.data.set, adapted.items, [split], task.data.where)
    if not rows.num_rows or rows["kind"][0].as_py() == "rating":
        return rows
    options = task.poles.get("negative", "negative"), task.poles.get("positive", "positive")
    return recast(rows, poles_of(rows, task.poles), options)


def _mark_seeds(items: pa.Table, seen: set[str]) -> pa.Table:
    """Add the facet ``seed`` where some behaviours, not all, are seeds too: they were fitted on."""
    mine = [behavior in seen for behavior in items["behavior"].to_pylist()]
    if all(mine) or not any(mine) or "seed" in set(_facet_names(items)):
        return items
    known = [dict(row or []) for row in items["categories"].to_pylist()]
    marked = [{**row, "seed": ["yes" if seed else "no"]} for row, seed in zip(known, mine, strict=True)]
    field = ITEM_SCHEMA.field("categories")
    column = pa.array([list(row.items()) for row in marked], field.type)
    return items.set_column(items.schema.get_field_index("categories"), field, column)


def _facet_names(items: pa.Table) -> list[str]:
    return list(pc.unique(items["categories"].combine_chunks().keys).to_pylist())


def _refuse_leak(task: DirectionTask, items: pa.Table, seeds: Sequence[pa.Table]) -> None:
    scored = set(items["id"].to_pylist())
    shared = scored & {name for own in seeds for name in own["id"].to_pylist()}
    if shared:
        raise InputError(
            f"{len(shared)} of the items that the task {task.name!r} scores are among its seeds, "
            f"first {min(shared)!r}",
            fix="take seeds from another split or data set",
        )


def _part(
    task: DirectionTask,
    name: str,
    items: pa.Table,
    train: pa.Table,
    wordings: Sequence[Wording],
    sources: Sequence[tuple[pa.Table, Seeds]],
) -> Part:
    if task.per:
        items, train = (table.filter(pc.equal(table[task.per], name)) for table in (items, train))
    letters = task.reading.after_letters
    return Part(
        name,
        items,
        to_passages(items, wordings, after_letters=letters),
        train,
        to_passages(train, wordings, after_letters=letters),
        [_seeds_of(task, name, own, seeds) for own, seeds in sources],
    )


def _seeds_of(task: DirectionTask, name: str, items: pa.Table, seeds: Seeds) -> Seeds:
    """The seeds of one part."""
    if not task.per:
        return seeds
    at = np.flatnonzero(np.asarray(pc.equal(items[task.per], name).fill_null(False)))
    return Seeds(
        seeds.name,
        [seeds.passages[i] for i in at],
        seeds.values[at],
        [seeds.clusters[i] for i in at],
        seeds.average,
    )
