"""Which seeds meet which items: the rows and columns of a transfer matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from normsuite.embeddings import Passage
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.questions import Data, DirectionQuestion, load_seeds, prepare_direction
from normsuite.scorers.direction import Part, Recipe, Seeds
from normsuite.tasks import AnyTask, DirectionTask, Step

IN_DOMAIN: Final = "in-domain"
SHARED_ITEMS: Final = "in-domain, shared items"
SHARED_CLUSTERS: Final = "in-domain, shared clusters"
ACROSS: Final = "across"

_Clusters = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Source:
    """A row of the matrix: what a direction is fitted on, and how.

    Attributes:
        question: the task whose seeds these are.
        recipe: how the direction is made.
        ids: of the seeds' Items.
        clusters: the seeds' data sets and clusters.
    """

    question: DirectionQuestion
    recipe: Recipe
    ids: frozenset[str]
    clusters: _Clusters

    @property
    def name(self) -> str:
        """The task's name."""
        return self.question.task.name


def direction_questions(
    tasks: Sequence[AnyTask],
    data: Data,
    *,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> list[DirectionQuestion]:
    """Load direction tasks; each data set is read once.

    Args:
        tasks: from ``resolve_tasks``.
        data: gives a data set.
        limit: score this many clusters of each task; None is all.
        seed: of that sample.
        progress: told which task's data is read.

    Raises:
        InputError: a task is not read off embeddings, or its data cannot be used.
    """
    found = []
    for done, task in enumerate(tasks):
        if not isinstance(task, DirectionTask):
            what = f"the task {task.name!r} is read off answers, and has no seeds to fit a direction on"
            raise InputError(what, field="--tasks", fix="name tasks of type direction")
        progress("reading data", done, len(tasks))
        found.append(prepare_direction(task, data, limit=limit, seed=seed))
    progress("reading data", len(tasks), len(tasks))
    return found


def sources_of(
    questions: Sequence[DirectionQuestion], data: Data, estimator: Step | None = None
) -> list[Source]:
    """A row for each task.

    Args:
        questions: [q].
        data: what they were loaded with.
        estimator: in the place of each task's own; None keeps those.
    """
    found = []
    for question in questions:
        own, task = question.recipe(), question.task
        recipe = Recipe(estimator, own.preprocessing, own.reading) if estimator else own
        seeds = [load_seeds(task.name, source, data)[0] for source in task.seeds]
        ids = frozenset(name for items in seeds for name in items["id"].to_pylist())
        found.append(Source(question, recipe, ids, frozenset().union(*map(clusters_of, seeds))))
    return found


def clusters_of(items: pa.Table) -> _Clusters:
    """The data set and cluster of every Item: names of clusters repeat between data sets."""
    return frozenset(zip(items["dataset"].to_pylist(), items["cluster"].to_pylist(), strict=True))


def domain_of(source: Source, test: DirectionQuestion) -> tuple[str, str]:
    """Whether seeds and items are of one domain, and why the pair is left out, if it is.

    Returns:
        One of ``IN_DOMAIN``, ``SHARED_ITEMS``, ``SHARED_CLUSTERS`` and ``ACROSS``; and a reason or "".
    """
    if source.recipe.reading.combine != test.task.reading.combine:
        return ACROSS, "one is read off texts, the other off the offset of two"
    shared = source.ids & set(test.items["id"].to_pylist())
    if shared:
        return SHARED_ITEMS, f"{len(shared):,} of the items are among the seeds, first {min(shared)!r}"
    together = source.clusters & clusters_of(test.items)
    if together:
        return SHARED_CLUSTERS, ""
    same_set = {name for name, _ in source.clusters} & set(test.items["dataset"].to_pylist())
    same = source.name == test.task.name or bool(same_set)
    return (IN_DOMAIN if same else ACROSS), ""


def parts_of(source: DirectionQuestion, test: DirectionQuestion) -> list[Part]:
    """The items of one task with the seeds of another.

    Where the seeds' task has a direction for each language, an item meets that of its own language, and items
    of other languages are not scored.

    Raises:
        InputError: no item is of a language that there is a direction for.
    """
    per = source.task.per
    items = pa.concat_tables([part.items for part in test.parts])
    texts = [own for part in test.parts for own in part.texts]
    train = pa.concat_tables([part.train for part in test.parts])
    train_texts = [own for part in test.parts for own in part.train_texts]
    found = []
    for part in source.parts:
        own_items, own_texts = _of(items, texts, per, part.name)
        # The threshold moves no value here, and the seeds will do for it, if they have both poles.
        own_train, own_train_texts = _of(train, train_texts, per, part.name)
        if _has_poles(part.seeds):
            own_train, own_train_texts = own_train.slice(0, 0), []
        if own_items.num_rows:
            found.append(Part(part.name, own_items, own_texts, own_train, own_train_texts, part.seeds))
    if not found:
        raise InputError(f"no item has a {per} that the seeds have")
    return found


def _of(
    items: pa.Table, texts: Sequence[Sequence[Passage]], per: str | None, name: str
) -> tuple[pa.Table, Sequence[Sequence[Passage]]]:
    """The items of one part, and their texts."""
    if per is None:
        return items, texts
    mine = np.array([value == name for value in items[per].to_pylist()], bool)
    return items.filter(pa.array(mine)), [own for own, ok in zip(texts, mine, strict=True) if ok]


def _has_poles(sources: Sequence[Seeds]) -> bool:
    values = np.concatenate([source.values for source in sources]) if sources else np.empty(0)
    return bool((values == 0).any() and (values == 1).any())
