"""The scorer `labels`: reads the probability of each label after each wording of each item.

Labels that are one token for the model's tokenizer are read at the prompt's end; otherwise all labels of the
task are scored by whole-continuation log-likelihood (the sum over their tokens).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.engines import Engine, LabelReads, Problem
from normsuite.errors import InputError
from normsuite.prompts import Option, Wording, item_fields
from normsuite.schema import PREDICTION_SCHEMA, conform, scoring_columns
from normsuite.scorers.orders import Order, assigned_order
from normsuite.scorers.pictures import Images, encode, images_of
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.tasks import LETTERS, NUMBERS, Task, scale_points

SCORER: Final = "labels"


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


@dataclass(frozen=True)
class Reading:
    """What came back for one request, in option order.

    Attributes:
        log_probs: [k]; NaN for a label that a server did not tell.
        mass: probability of all labels together; NaN where it was not told.
        top_is_label: whether the most probable next token belongs to a label.
    """

    log_probs: NDArray[np.float64]
    mass: float
    top_is_label: bool


def predict(
    task: Task,
    wordings: Sequence[Wording],
    items: pa.Table,
    ranks: NDArray[np.int64],
    engine: Engine,
    progress: Tell = untold,
) -> Predicted:
    """Predictions for every item under every wording, rows ordered by item, then wording.

    Args:
        task: what is asked.
        wordings: [w] its paraphrases.
        items: [n] Items the task selected.
        ranks: [n] from ``design_ranks`` over all of the task's items.
        engine: the model.
        progress: told what is done.

    Returns:
        [n x w] predictions, and no answers: nothing is written.
    """
    rows = items.to_pylist()
    requests = list(build_requests(task, wordings, rows, ranks))
    readings = read_requests(requests, engine, progress)
    by_row: dict[int, list[tuple[Request, Reading | Problem]]] = defaultdict(list)
    for request, reading in zip(requests, readings, strict=True):
        by_row[request.row].append((request, reading))
    cells = [read_cell(task, rows[at // len(wordings)], by_row[at]) for at in range(len(by_row))]
    return Predicted(prediction_table(task, SCORER, wordings, items, cells))


def prediction_table(
    task: Task, scorer: str, wordings: Sequence[Wording], items: pa.Table, cells: Sequence[dict[str, Any]]
) -> pa.Table:
    """Predictions from their reading columns.

    Args:
        task: what was asked.
        scorer: the name under which its rows stand.
        wordings: [w].
        items: [n].
        cells: [n x w] by item, then wording, each as ``empty_cell`` makes it.

    Returns:
        [n x w] rows in ``PREDICTION_SCHEMA``.
    """
    of_item = np.repeat(np.arange(items.num_rows), len(wordings))
    columns: dict[str, Any] = {name: [cell[name] for cell in cells] for name in cells[0]} if cells else {}
    columns |= {"task": task.name, "scorer": scorer, "item": items["id"].take(of_item)}
    columns["prompt"] = [wording.name for _ in range(items.num_rows) for wording in wordings]
    scoring = scoring_columns(items).take(of_item)
    columns |= {name: scoring[name] for name in scoring.column_names}
    return conform(columns, PREDICTION_SCHEMA, len(of_item))


def empty_cell(order: Order) -> dict[str, Any]:
    """The reading columns of a prediction before anything is read."""
    return {
        "order": "-".join(str(index) for index in order),
        **{"status": "ok", "detail": None, "probabilities": None, "predicted": None, "predicted_set": None},
        **{"score": None, "mass": None, "top_is_label": None},
    }


def check(task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
    """See that the model can tell the task's labels apart, before the first item is asked.

    Args:
        task: what is asked.
        wordings: [w] its paraphrases.
        items: Items of which the first stands for all.
        engine: the model.

    Raises:
        InputError: two labels are the same to its tokenizer, a prompt's end joins with one, or there are
            pictures and the model takes none.
    """
    first = items.slice(0, 1).to_pylist()
    check_requests(build_requests(task, wordings, first, np.zeros(len(first), np.int64)), engine)


def check_requests(requests: Iterable[Request], engine: Engine) -> None:
    """See that the model can tell the labels of some requests apart, and be shown their pictures.

    Raises:
        InputError: as ``check``.
    """
    requests = list(requests)
    shown = [request for request in requests if request.images]
    if shown:
        encode(engine, [request.prompt for request in shown], [request.images for request in shown])
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for request in requests:
        groups[tuple(sorted(request.words))].append(request.prompt)
    for words, prompts in groups.items():
        if engine.label_tokens(prompts, words) is None:
            engine.continuation_tokens(prompts, words)


def example_prompts(task: Task, wordings: Sequence[Wording], items: pa.Table) -> list[tuple[str, str]]:
    """(wording's name, prompt) for the first of ``items``, for people to read."""
    first = items.slice(0, 1).to_pylist()
    requests = list(build_requests(task, wordings, first, np.zeros(len(first), np.int64)))
    return [(wordings[request.row].name, request.prompt) for request in requests if request.option == 0]


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


def _numbers(task: Task, item: dict[str, Any]) -> tuple[Option, ...]:
    """The numbers of an item's scale whose probability is read; none where the model writes its number."""
    if task.scorer != "rating":
        return ()
    points = scale_points(item["scale_min"], item["scale_max"])
    return tuple(Option(str(point), str(point)) for point in points)


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


def read_requests(requests: Sequence[Request], engine: Engine, progress: Tell) -> list[Reading | Problem]:
    """Readings in the order of ``requests``; those with the same label words go to the engine together."""
    encoded = encode(
        engine, [request.prompt for request in requests], [request.images for request in requests]
    )
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, request in enumerate(requests):
        # Which words, not where they stand: a letter or word is read alike wherever it was shown.
        groups[tuple(sorted(request.words))].append(at)
    readings: dict[int, Reading | Problem] = {}
    answered, read = 0.0, 0
    for words, members in groups.items():
        prompts = [requests[at].prompt for at in members]
        single = engine.label_tokens(prompts, words)
        tokens = single or engine.continuation_tokens(prompts, words)
        room = engine.context_length - (1 if single else max(len(token) for token in tokens))
        fitting = [at for at in members if len(encoded[at]) <= room]
        for at in set(members) - set(fitting):
            detail = f"{len(encoded[at])} tokens, the model's context leaves room for {room}"
            readings[at] = Problem("too_long", detail)
        if fitting:
            ask = engine.read_labels if single else engine.score_continuations
            weight = 1 if single else 1 / len(words)  # of a forward pass, in requests

            def advance(passes: int, tokens: int, weight: float = weight) -> None:
                nonlocal answered, read
                answered, read = answered + weight * passes, read + tokens
                progress(answered / len(requests), read)

            reads = ask([encoded[at] for at in fitting], tokens, advance)
            readings |= _in_option_order(requests, fitting, words, reads)
    progress(1.0, read)
    return [readings[at] for at in range(len(requests))]


def _in_option_order(
    requests: Sequence[Request], members: list[int], words: tuple[str, ...], reads: LabelReads
) -> dict[int, Reading | Problem]:
    column = {word: at for at, word in enumerate(words)}
    found: dict[int, Reading | Problem] = {}
    for row, at in enumerate(members):
        if row in reads.problems:
            found[at] = reads.problems[row]
            continue
        request = requests[at]
        log_probs = np.empty(len(words))
        for word, option in zip(request.words, request.order, strict=True):
            log_probs[option] = reads.log_probs[row, column[word]]
        found[at] = Reading(log_probs, float(reads.mass[row]), bool(reads.top_is_label[row]))
    return found


def read_cell(
    task: Task, item: dict[str, Any], parts: list[tuple[Request, Reading | Problem]]
) -> dict[str, Any]:
    """The reading columns of one prediction row, from its requests and what came back for them."""
    cell = empty_cell(parts[0][0].order)
    problem = next((reading for _, reading in parts if isinstance(reading, Problem)), None)
    if problem is not None:
        return cell | {"status": problem.status, "detail": problem.detail}
    readings = [reading for _, reading in parts if isinstance(reading, Reading)]
    mass = float(np.mean([reading.mass for reading in readings]))
    cell["mass"] = None if np.isnan(mass) else mass
    cell["top_is_label"] = all(reading.top_is_label for reading in readings)
    untold = sum(int(np.isnan(reading.log_probs).sum()) for reading in readings)
    if untold:
        cell["detail"] = f"{untold} label(s) not among the tokens the server tells"
        return cell | _without_probabilities(task, item, readings)
    shares = [_normalised(reading.log_probs) for reading in readings]
    if task.answer == "yes-no":
        yes = [float(share[1]) for share in shares]
        return cell | {"probabilities": yes, "predicted_set": [at for at, p in enumerate(yes) if p > 0.5]}
    cell |= {"probabilities": shares[0].tolist(), "predicted": int(shares[0].argmax())}
    if item["kind"] == "rating":
        steps = np.linspace(item["scale_min"], item["scale_max"], len(shares[0]))
        cell["score"] = float(shares[0] @ steps)
    return cell


def _without_probabilities(task: Task, item: dict[str, Any], readings: list[Reading]) -> dict[str, Any]:
    """The answer is known where one label is told: every other is less probable. Its probability is not."""
    if item["kind"] == "rating" or any(np.isnan(reading.log_probs).all() for reading in readings):
        return {"status": "unparsed", "mass": None, "top_is_label": None}
    best = [int(np.nanargmax(reading.log_probs)) for reading in readings]
    if task.answer == "yes-no":
        return {"predicted_set": [at for at, option in enumerate(best) if option == 1]}
    return {"predicted": best[0]}


def _normalised(log_probs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Label probabilities given that the answer is a label."""
    shares = np.exp(log_probs - log_probs.max())
    return np.asarray(shares / shares.sum())
