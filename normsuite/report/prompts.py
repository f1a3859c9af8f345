"""The prompts of a run, rendered again: predictions hold no text of the data, so that they may be passed on.

They are rendered only where the data is on this machine, is what the run read, and may be passed on; and if
task and wordings are what they were. What a model wrote is quoted under the same rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import places
from normsuite.adapters import get_adapter, known_adapters
from normsuite.errors import InputError
from normsuite.questions import DirectionQuestion, Question, data_of, prepare_direction, prepare_prompted
from normsuite.report.browse import Asked, Shown, Texts
from normsuite.report.provenance import mapping
from normsuite.runs import Run
from normsuite.scorers import design_ranks
from normsuite.scorers.direction import to_passages
from normsuite.scorers.requests import build_requests
from normsuite.tasks import AnyTask, DirectionTask, Task, load_task

_READ_OFF: Final = ("labels", "rating")
"""Scorers whose prompts follow from task and item alone; the others keep what they asked."""

_OWN: Final = "Prompts quote your own data: pass this page on only if they may be passed on."


def texts_of(raw: Mapping[str, Path], tasks: Sequence[AnyTask] = ()) -> Texts:
    """What gives the page its prompts.

    Args:
        raw: local copies of raw data, by data set.
        tasks: tasks that are at hand; others are looked for by name.
    """
    at_hand = {task.name: task for task in tasks}
    data = data_of(raw, tasks)

    def texts(run: Run, name: str, ids: Sequence[str]) -> Shown:
        about = mapping(mapping(run.manifest.get("tasks")).get(name))
        try:
            task = at_hand[name] if name in at_hand else _find(name)
            if task is None or task.sha256 != about.get("sha256"):
                return Shown(
                    note="Prompts are not shown: the task is not here as it was when the run was made."
                )
            refused, note = _licence(task.data.set)
            if refused:
                return Shown(note=refused)
            if isinstance(task, Task) and task.scorer not in _READ_OFF:
                return Shown(_written(run, name, ids), note)
            limit, seed = run.manifest.get("limit"), int(run.manifest.get("seed") or 0)
            prepare: Any = prepare_prompted if isinstance(task, Task) else prepare_direction
            question = prepare(task, data, limit=limit, seed=seed)
            if not _same_data(run, task, question):
                return Shown(note="Prompts are not shown: data or wordings are not what the run read.")
            made = _rendered(question, ids, seed) if isinstance(task, Task) else _passages(question, ids)
        except InputError as error:
            what = f"Prompts are not shown: {error.what}."
            return Shown(note=what)
        return Shown(made, note)

    return texts


@cache
def _tasks() -> dict[str, Path]:
    return dict(places.find_all("tasks"))


def _find(name: str) -> AnyTask | None:
    return load_task(_tasks()[name]) if name in _tasks() else None


def _licence(data_set: str) -> tuple[str, str]:
    """Why texts of a data set may not be shown, or nothing; and what is to be known where they may."""
    if data_set not in known_adapters():
        return "", _OWN
    home = get_adapter(data_set).home
    if home.share == "no":
        return f"Prompts are not shown: the data may not be passed on ({home.licence}).", ""
    limits = ", for no commercial use" if home.share == "non-commercial" else ""
    return "", f"Prompts quote the data set {data_set} ({home.licence}{limits})."


def _same_data(run: Run, task: AnyTask, question: Question | DirectionQuestion) -> bool:
    """Whether files and wordings are those that the manifest names."""
    manifest = run.manifest
    files = mapping(mapping(mapping(manifest.get("data")).get(task.data.set)).get("files"))
    wordings = mapping(mapping(mapping(manifest.get("tasks")).get(task.name)).get("prompts"))
    return all(files.get(name) == digest for name, digest in question.adapted.files.items()) and all(
        wordings.get(wording.name) == wording.sha256 for wording in question.wordings
    )


def _rendered(question: Question, ids: Sequence[str], seed: int) -> dict[tuple[str, str], list[Asked]]:
    """The prompts of a task that reads probabilities, with options in the order they were shown in."""
    task, wordings = question.task, question.wordings
    every = question.items["id"].to_pylist()
    wanted = np.flatnonzero(np.asarray(pc.is_in(question.items["id"], pa.array(ids, pa.string()))))
    rows = question.items.take(wanted).to_pylist()
    found: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for request in build_requests(task, wordings, rows, design_ranks(every, seed)[wanted]):
        row = rows[request.row // len(wordings)]
        about = row["options"][request.option] if task.answer == "yes-no" else ""
        found[row["id"], wordings[request.row % len(wordings)].name].append(Asked(request.prompt, about))
    return dict(found)


def _passages(question: DirectionQuestion, ids: Sequence[str]) -> dict[tuple[str, str], list[Asked]]:
    """The texts whose embeddings a direction task read, all wordings of an item together."""
    task: DirectionTask = question.task
    items = question.items.filter(pc.is_in(question.items["id"], pa.array(ids, pa.string())))
    names = [wording.name for wording in question.wordings]
    texts = to_passages(items, question.wordings, after_letters=task.reading.after_letters)
    prompt = "+".join(task.texts)
    return {
        (name, prompt): [Asked(passage.text, wording) for wording, passage in zip(names, own, strict=True)]
        for name, own in zip(items["id"].to_pylist(), texts, strict=True)
    }


def _written(run: Run, task: str, ids: Sequence[str]) -> dict[tuple[str, str], list[Asked]]:
    """What was asked and written, as the run keeps it."""
    answers = run.answers(task)
    answers = answers.filter(pc.is_in(answers["item"], pa.array(ids, pa.string())))
    found: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for row in answers.to_pylist():
        option = "" if row["option"] is None else f"option {row['option'] + 1}"
        about = ", ".join(filter(None, (row["step"], option)))
        found[row["item"], row["prompt"]].append(Asked(row["asked"], about, row["text"], row["thinking"]))
    return dict(found)
