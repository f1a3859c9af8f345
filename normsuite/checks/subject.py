"""What checks look at: a task with its rows in all splits, and what its wordings show of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.checks.shown import Render, Shown, find_shown, joined, texts_of
from normsuite.prompts import item_fields
from normsuite.questions import AnyQuestion, DirectionQuestion, Question
from normsuite.schema import SPLITS
from normsuite.scorers.requests import Request, build_requests
from normsuite.tasks import AnyTask, Task, select

OWN_OPTIONS: Final = ("choice", "pair")
"""Kinds whose items bring options of their own, of which one is right."""


@dataclass(frozen=True)
class Subject:
    """One task's data, as its checks see it.

    Attributes:
        task: what is asked.
        items: [n] the rows that are scored; at least one.
        train: the rows that baselines are fitted on; may be empty.
        others: the rows of the splits that are not scored.
        set_aside: raw rows that became no item, in ``adapters.base.SET_ASIDE_SCHEMA``.
        question: of a prompted task, what is asked; None for a direction.
        render: all prompts of an item.
        shown: which fields the wordings show.
    """

    task: AnyTask
    items: pa.Table
    train: pa.Table
    others: pa.Table
    set_aside: pa.Table
    question: Question | None
    render: Render
    shown: Shown

    @property
    def kind(self) -> str:
        """The items' kind; a task's items have one."""
        return str(self.items["kind"][0].as_py())

    @cached_property
    def own_options(self) -> bool:
        """Whether items bring options of their own, rather than one list of labels."""
        lists = pc.binary_join(self.items["options"].combine_chunks(), "\x1f")
        return self.kind in OWN_OPTIONS or (self.kind == "multilabel" and len(lists.unique()) > 1)

    @cached_property
    def texts(self) -> dict[str, pa.Array]:
        """The shown fields of the scored items."""
        return texts_of(self.items, self.shown)

    def whole_texts(self, items: pa.Table) -> pa.Array:
        """Everything of each item that is shown, its own options included, as one text."""
        parts = list(texts_of(items, self.shown).values())
        if self.own_options:
            parts.append(pc.fill_null(pc.binary_join(items["options"].combine_chunks(), " "), ""))
        return joined(parts, items.num_rows)


def subject_of(asked: AnyQuestion) -> Subject:
    """The subject of a question that was loaded."""
    if isinstance(asked, DirectionQuestion):
        return _direction(asked)
    task = asked.task
    splits = [split for split in SPLITS if split != task.data.split]
    others = [select(task, asked.adapted.items, split) for split in splits]

    def render(row: dict[str, Any]) -> list[str]:
        return [request.prompt for request in requests_of(asked, row)]

    return Subject(
        task,
        asked.items.combine_chunks(),
        asked.train.combine_chunks(),
        pa.concat_tables(others).combine_chunks(),
        asked.adapted.set_aside,
        asked,
        render,
        find_shown(render, asked.items),
    )


def _direction(asked: DirectionQuestion) -> Subject:
    contexts = ("country", "value", "rule")

    def render(row: dict[str, Any]) -> list[str]:
        fields = item_fields(row, contexts) | {"options": None}
        return [wording.render(fields) for wording in asked.wordings]

    items, train = asked.items.combine_chunks(), asked.train.combine_chunks()
    shown = find_shown(render, items)
    return Subject(asked.task, items, train, train, asked.adapted.set_aside, None, render, shown)


def requests_of(asked: Question, row: dict[str, Any], follows: bool = False) -> list[Request]:
    """Everything that is asked about one item.

    Args:
        asked: the task.
        row: of Items.
        follows: whether the item comes after another of its family, whose answer a chain tells it.

    Raises:
        InputError: a wording cannot be filled.
    """
    chosen = dict.fromkeys(range(len(asked.wordings)), "what was chosen") if follows else {}
    return list(build_requests(asked.task, asked.wordings, [row], np.zeros(1, np.int64), chosen))


def words_of(task: Task) -> dict[str, list[str]]:
    """For each option of the data set, how the prompt and the answer may call it."""
    return {name: [name, word] for name, word in task.labels.items()}


def has_gold(items: pa.Table) -> pa.Array:
    """Which items [n] have a right answer."""
    several = pc.and_(pc.equal(items["kind"], "multilabel"), pc.is_valid(items["gold_set"]))
    known = pc.or_(pc.is_valid(items["gold"]), pc.is_valid(items["rating"]))
    return pc.or_(known, several).combine_chunks()


def with_gold(items: pa.Table) -> pa.Table:
    """The items that have a right answer."""
    return items.filter(has_gold(items)).combine_chunks()


def right_options(items: pa.Table) -> pa.Table:
    """All options of all items: ``item`` (whose), ``text`` and whether it is ``right``.

    Args:
        items: Items with options, all with a gold.
    """
    options = items["options"].combine_chunks()
    item = np.asarray(pc.list_parent_indices(options), np.int64)
    sizes = np.asarray(pc.list_value_length(options), np.int64)
    starts = np.cumsum(sizes) - sizes
    right = np.zeros(len(item), bool)
    if items["kind"][0].as_py() == "multilabel":
        sets = items["gold_set"].combine_chunks()
        right[starts[np.asarray(pc.list_parent_indices(sets))] + np.asarray(pc.list_flatten(sets))] = True
    else:
        right[starts + np.asarray(items["gold"], np.int64)] = True
    return pa.table({"item": item, "text": pc.list_flatten(options), "right": right})


def first_id(items: pa.Table, rows: Iterable[Any]) -> str | None:
    """The id of the first of some rows, given by a mask or by positions."""
    marked = np.asarray(rows)
    at = np.flatnonzero(marked) if marked.dtype == bool else marked
    return str(items["id"][int(at[0])].as_py()) if len(at) else None
