"""The scorer `generate`: the model writes, and parsers read. One text, one row for each parser.

A task that was published with a parser names ``official`` beside ``strict``: both read the same texts, and
what the one folds into a label the other counts as unparsed or refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.engines import Engine, Generation, Problem, Sampling
from normsuite.errors import InputError
from normsuite.prompts import Wording
from normsuite.schema import ANSWER_SCHEMA, conform
from normsuite.scorers.cells import empty_cell, prediction_table
from normsuite.scorers.parsing import Asked, Parsed, Parser, parser_of
from normsuite.scorers.pictures import Images, encode
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.scorers.requests import Request, build_requests
from normsuite.tasks import Task

SCORER: Final = "generate"


def check(task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
    """See that the task's parsers exist, that an answer has room, and that pictures can be shown.

    Raises:
        InputError: no such parser, the answer alone fills the model's context, or there are pictures and the
            model takes none.
    """
    for name in task.parsers:
        parser_of(name, task.data.set)
    if task.generation.max_tokens >= engine.context_length:
        what = f"{task.generation.max_tokens} tokens leave no room for a prompt of {task.name!r}"
        fix = f"the model's context has {engine.context_length}"
        raise InputError(what, field="generation.max_tokens", fix=fix)
    first = list(build_requests(task, wordings, items.slice(0, 1).to_pylist(), np.zeros(1, np.int64)))
    if any(request.images for request in first):
        encode(engine, [request.prompt for request in first], [request.images for request in first])


def predict(
    task: Task,
    wordings: Sequence[Wording],
    items: pa.Table,
    ranks: NDArray[np.int64],
    engine: Engine,
    progress: Tell = untold,
) -> Predicted:
    """Texts for every item under every wording, read by each of the task's parsers.

    Returns:
        For each parser [n x w] predictions of the scorer ``generate-<parser>``, and the texts.
    """
    rows = items.to_pylist()
    requests = list(build_requests(task, wordings, rows, ranks))
    images = [request.images for request in requests]
    texts = write([request.prompt for request in requests], task, engine, progress, images)
    asked = [_asked(task, request, rows[request.row // len(wordings)]) for request in requests]
    predictions = []
    for name in task.parsers:
        parsed = _parse(parser_of(name, task.data.set), texts, asked)
        by_row: dict[int, list[tuple[Request, Parsed | Problem]]] = defaultdict(list)
        for request, answer in zip(requests, parsed, strict=True):
            by_row[request.row].append((request, answer))
        several = [row["kind"] == "multilabel" for row in rows]
        cells = [_cell(task, several[at // len(wordings)], by_row[at]) for at in range(len(by_row))]
        predictions.append(prediction_table(task, f"{SCORER}-{name}", wordings, items, cells))
    return Predicted(pa.concat_tables(predictions), _answers(task, wordings, rows, requests, texts))


def write(
    prompts: Sequence[str],
    task: Task,
    engine: Engine,
    progress: Tell = untold,
    images: Sequence[Images] = (),
) -> list[Generation | Problem]:
    """One text for each prompt; a prompt that leaves no room for it is a problem.

    Args:
        prompts: [n].
        task: how long and how warm answers are.
        engine: the model.
        progress: told what is done.
        images: [n] the files of each prompt's pictures; empty where no prompt has any.
    """
    how = task.generation
    sampling = Sampling(max_tokens=how.max_tokens, temperature=how.temperature, seed=how.seed)
    encoded = encode(engine, prompts, images)
    room = engine.context_length - how.max_tokens
    found: dict[int, Generation | Problem] = {
        at: Problem("too_long", f"{len(tokens)} tokens, the model's context leaves room for {room}")
        for at, tokens in enumerate(encoded)
        if len(tokens) > room
    }
    fitting = [at for at in range(len(encoded)) if at not in found]
    done = read = 0

    def advance(more: int, tokens: int) -> None:
        nonlocal done, read
        done, read = done + more, read + tokens
        progress(done / len(prompts), read)

    texts = engine.generate([encoded[at] for at in fitting], sampling, advance) if fitting else []
    for at, (text,) in zip(fitting, texts, strict=True):
        found[at] = Problem("error", text.detail) if text.finish == "error" else text
    progress(1.0, read)
    return [found[at] for at in range(len(prompts))]


def _asked(task: Task, request: Request, item: dict[str, Any]) -> Asked:
    scale = (item["scale_min"], item["scale_max"]) if task.reads_numbers else None
    return Asked(request.shown, scale, several=item["kind"] == "multilabel" and task.answer != "yes-no")


def _parse(
    parser: Parser, texts: Sequence[Generation | Problem], asked: Sequence[Asked]
) -> list[Parsed | Problem]:
    """What a parser reads in each text; each distinct (text, question) is read once."""
    seen: dict[tuple[str, Asked], Parsed] = {}
    found: list[Parsed | Problem] = []
    for text, question in zip(texts, asked, strict=True):
        if isinstance(text, Problem):
            found.append(text)
            continue
        key = (text.text, question)
        if key not in seen:
            seen[key] = parser(text.text, question)
        found.append(seen[key])
    return found


def _cell(task: Task, several: bool, parts: list[tuple[Request, Parsed | Problem]]) -> dict[str, Any]:
    """The reading columns of one prediction row; ``several`` options may hold of the item."""
    cell = empty_cell(parts[0][0].order)
    for _, answer in parts:
        if answer.status != "ok":
            return cell | {"status": answer.status, "detail": answer.detail}
    answers = [(request, answer) for request, answer in parts if isinstance(answer, Parsed)]
    named = [[request.order[at] for at in answer.chosen] for request, answer in answers]
    if task.reads_numbers:
        return cell | {"score": answers[0][1].number}
    if task.answer == "yes-no":
        return cell | {"predicted_set": [option for option, (said,) in enumerate(named) if said == 1]}
    return cell | ({"predicted_set": sorted(named[0])} if several else {"predicted": named[0][0]})


def _answers(
    task: Task,
    wordings: Sequence[Wording],
    rows: list[dict[str, Any]],
    requests: Sequence[Request],
    texts: Sequence[Generation | Problem],
) -> pa.Table:
    """What was written, in ``ANSWER_SCHEMA``."""
    written = [
        (request, text) for request, text in zip(requests, texts, strict=True) if isinstance(text, Generation)
    ]
    w = len(wordings)
    columns = {
        "task": task.name,
        "item": [rows[request.row // w]["id"] for request, _ in written],
        "prompt": [wordings[request.row % w].name for request, _ in written],
        "option": [request.option if task.answer == "yes-no" else None for request, _ in written],
        "step": pa.repeat("", len(written)),
        "asked": [request.prompt for request, _ in written],
        "text": [text.text for _, text in written],
        "thinking": [text.thinking for _, text in written],
        "tokens": [text.tokens for _, text in written],
        "finish": [text.finish for _, text in written],
    }
    return conform(columns, ANSWER_SCHEMA, len(written))
