"""What an export holds: every question that a run would ask, in the words and the order a run shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from normsuite.engines.tokens import PromptEncoder
from normsuite.errors import InputError
from normsuite.questions import Question
from normsuite.runs import write_text
from normsuite.scorers import design_ranks
from normsuite.scorers.requests import Request, build_requests

ONE_ANSWER = ("label", "choice", "pair")


def documents(question: Question, seed: int, encoder: PromptEncoder | None = None) -> list[dict[str, Any]]:
    """One document for each item and wording.

    Args:
        question: a prompted task with its items and wordings.
        seed: of the label-order design; a run with the same seed shows the same orders.
        encoder: of the model the export is for: its forms of the labels are written out; None writes each
            label once, behind a space.

    Returns:
        ``id``, ``wording``, ``prompt``, ``words`` and ``texts`` as shown, ``forms`` and the place of the word
        that each form says (``says``), ``gold`` as a place in the order shown, ``cluster``, ``country``.

    Raises:
        InputError: the task has not one answer out of some options, or no item has a gold.
    """
    task, rows = question.task, question.items.to_pylist()
    kind = rows[0]["kind"]
    if kind not in ONE_ANSWER or task.reads_numbers or task.scorer in ("chain", "agents"):
        raise InputError(
            f"the task {task.name!r} cannot be exported: it has not one answer out of some options",
            fix="export tasks of the kinds label, choice and pair, scored by labels or generate",
        )
    ranks = design_ranks(question.items["id"].to_pylist(), seed)
    requests = list(build_requests(task, question.wordings, rows, ranks))
    forms = _forms(requests, encoder)
    found = []
    for request in requests:
        item = rows[request.row // len(question.wordings)]
        if item["gold"] is None:
            continue
        said = [(form, at) for at, word in enumerate(request.words) for form in forms[request.words][word]]
        found.append(
            {
                "id": item["id"],
                "wording": question.wordings[request.row % len(question.wordings)].name,
                "prompt": request.prompt,
                "words": list(request.words),
                "texts": [option.text for option in request.shown],
                "forms": [form for form, _ in said],
                "says": [at for _, at in said],
                "gold": request.order.index(item["gold"]),
                "cluster": item["cluster"],
                "country": item["country"] or "",
            }
        )
    if not found:
        raise InputError(f"no item of the task {task.name!r} has a gold answer")
    return found


def _forms(
    requests: Sequence[Request], encoder: PromptEncoder | None
) -> dict[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """For each way labels are shown, what says each of them."""
    prompts: dict[tuple[str, ...], list[str]] = {}
    for request in requests:
        prompts.setdefault(tuple(sorted(request.words)), []).append(request.prompt)
    per_set = {
        words: [(f" {word}",) for word in words] if encoder is None else encoder.label_forms(asked, words)
        for words, asked in prompts.items()
    }
    return {
        request.words: dict(zip(sorted(request.words), per_set[tuple(sorted(request.words))], strict=True))
        for request in requests
    }


def write_all(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write an export's files into a folder that holds none of them yet.

    Raises:
        InputError: one is there already, or cannot be written.
    """
    paths = [folder / name for name in files]
    for path in paths:
        if path.exists():
            raise InputError("exists", file=path, fix="choose another --out")
    for path, text in zip(paths, files.values(), strict=True):
        write_text(path, text)
    return paths


def as_jsonl(rows: Sequence[dict[str, Any]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
