"""The scorer `labels`: reads the probability of each label after each wording of each item.

Labels that are one token for the model's tokenizer are read at the prompt's end; otherwise all labels of the
task are scored by whole-continuation log-likelihood (the sum over their tokens).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.engines import Engine, LabelReads, Problem
from normsuite.prompts import Wording
from normsuite.scorers.cells import empty_cell, prediction_table
from normsuite.scorers.pictures import encode
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.scorers.requests import Request, build_requests
from normsuite.tasks import Task

SCORER: Final = "labels"


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
