"""The questions that a prompted task puts: every wording of every item, options in the design's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.errors import InputError
from normsuite.prompts import Option, Wording, item_fields
from normsuite.scorers.orders import Order, assigned_order
from normsuite.scorers.pictures import Images, images_of
from normsuite.tasks import LETTERS, NUMBERS, Task, scale_points


@dataclass(frozen=True)
class Request:
    """One question put to the engine.

    Attributes:
        row: which prediction (item x wording) it belongs to.
        option: the option asked about, for yes-no answers; else 0.
        prompt: the rendered wording.
        shown: the options in the order shown.
        order: which option each shown one stands for.
        images: the files of the pictures that go with it.
    """

    row: int
    option: int
    prompt: str
    shown: tuple[Option, ...]
    order: Order
    images: Images = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The label words in the order shown."""
        return tuple(option.word for option in self.shown)


def build_requests(
    task: Task,
    wordings: Sequence[Wording],
    rows: list[dict[str, Any]],
    ranks: NDArray[np.int64],
    chosen: Mapping[int, str] = MappingProxyType({}),
) -> Iterator[Request]:
    """Every question a task puts about some items, in item, wording, option order.

    Args:
        task: what is asked.
        wordings: [w] its paraphrases.
        rows: [n] rows of Items as dictionaries.
        ranks: [n] each item's place in the label-order design.
        chosen: what was chosen before, by prediction (item x wording); see the scorer ``chain``.
    """
    for at, (item, rank) in enumerate(zip(rows, ranks, strict=True)):
        fields, images = item_fields(item, task.context), images_of(item)
        for number, wording in enumerate(wordings):
            row = at * len(wordings) + number
            fields["chosen"] = chosen.get(row)
            if task.reads_numbers:
                shown = _numbers(task, item)
                prompt = wording.render({**fields, "options": shown})
                yield Request(row, 0, prompt, shown, tuple(range(len(shown))), images)
            elif task.answer == "yes-no":
                for option, name in enumerate(item["options"]):
                    order = order_of(task, 2, int(rank) + option, number)
                    shown = tuple(Option(task.yes_no[index], task.yes_no[index]) for index in order)
                    text = task.labels.get(name, name)
                    prompt = wording.render({**fields, "options": shown, "option": text})
                    yield Request(row, option, prompt, shown, order, images)
            else:
                order = order_of(task, len(item["options"]), int(rank), number)
                shown = shown_options(task, item["options"], order)
                prompt = wording.render({**fields, "options": shown})
                yield Request(row, 0, prompt, shown, order, images)


def order_of(task: Task, k: int, rank: int, wording: int) -> Order:
    """In which order an item's k options are shown, by its place in the design and the wording's number."""
    return tuple(range(k)) if task.order == "fixed" else assigned_order(k, rank, wording)


def shown_options(task: Task, options: list[str], order: Order) -> tuple[Option, ...]:
    """The options in the order shown, each with the word that answers it."""
    texts = [task.labels.get(options[index], options[index]) for index in order]
    if task.answer in ("letters", "numbers"):
        if len(texts) > len(LETTERS):
            raise InputError(
                f"an item of the task {task.name!r} has {len(texts)} options, more than {len(LETTERS)}"
            )
        marks = LETTERS if task.answer == "letters" else NUMBERS
        return tuple(Option(mark, text) for mark, text in zip(marks, texts, strict=False))
    return tuple(Option(text, text) for text in texts)


def example_prompts(task: Task, wordings: Sequence[Wording], items: pa.Table) -> list[tuple[str, str]]:
    """(wording's name, prompt) for the first of ``items``, for people to read."""
    first = items.slice(0, 1).to_pylist()
    requests = list(build_requests(task, wordings, first, np.zeros(len(first), np.int64)))
    return [(wordings[request.row].name, request.prompt) for request in requests if request.option == 0]


def _numbers(task: Task, item: dict[str, Any]) -> tuple[Option, ...]:
    """The numbers of an item's scale whose probability is read; none where the model writes its number."""
    if task.scorer != "rating":
        return ()
    points = scale_points(item["scale_min"], item["scale_max"])
    return tuple(Option(str(point), str(point)) for point in points)
