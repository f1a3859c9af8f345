"""The tasks and data sets that this normsuite knows, against which a submission is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from normsuite import places
from normsuite.adapters import get_adapter, known_adapters
from normsuite.leaderboard.redact import without_texts
from normsuite.leaderboard.submission import Manifest, TaskFacts
from normsuite.prompts import load_wordings
from normsuite.questions import data_of, prepare_direction, prepare_prompted
from normsuite.questions.direction import load_families
from normsuite.schema import scoring_columns
from normsuite.tasks import AnyTask, Task, load_task, used_sets


def known_task(name: str) -> AnyTask | None:
    """The task of that name that ships here, comes with a package or is included; None where there is none.

    Raises:
        InputError: its file cannot be used.
    """
    path = places.find_all("tasks").get(name)
    return _loaded(path) if path else None


@cache
def _loaded(path: Path) -> AnyTask:
    return load_task(path)


def has_labels(name: str) -> bool:
    """Whether all items of a known task share labels that the task itself names."""
    task = known_task(name)
    return bool(task.labels) if isinstance(task, Task) else True


def task_problems(name: str, told: TaskFacts) -> Iterator[str]:
    """What a submission says of a task and the task does not."""
    task = known_task(name)
    if task is None:
        yield f"no task is called {name!r} here"
        return
    if told.version != task.version:
        yield f"{name} is of version {told.version}, here it is {task.version}"
        return
    declared = {
        "type": "prompted" if isinstance(task, Task) else "direction",
        "title": task.title,
        "dataset": task.data.set,
        "sha256": task.sha256,
        "prompts": _prompts(task),
        "metrics": list(task.metrics),
        "headline": task.headline,
        "calibrate": task.data.calibrate,
    }
    for field, value in declared.items():
        if getattr(told, field) != value:
            yield f"{name}: {field} is not that of the task of version {task.version} here"


def data_problems(manifest: Manifest) -> Iterator[str]:
    """What a submission says of its data sets and their adapters do not."""
    tasks = [task for task in map(known_task, manifest.tasks) if task is not None]
    used = used_sets(tasks)
    for name in sorted(used - set(manifest.data)):
        yield f"says nothing of the data set {name!r}"
    for name, told in manifest.data.items():
        if name not in used:
            yield f"no task here is of the data set {name!r}"
        elif name in known_adapters():
            adapter = get_adapter(name)
            expected = {"title": adapter.title, "licence": adapter.home.licence}
            for field, value in expected.items():
                if getattr(told, field) != value:
                    yield f"{name}: {field} is not {value!r}, as here"


def expected_items(name: str, raw: Mapping[str, Path], limit: int | None, seed: int) -> pa.Table | None:
    """The items a task asks about, as a submission's are told; None where its data is not here.

    ``mini`` ships with normsuite; of other data sets ``raw`` says where they are.

    Raises:
        InputError: the data cannot be used.
    """
    task = known_task(name)
    if task is None or not used_sets([task]) <= {"mini", *raw}:
        return None
    data = data_of(raw, [task])
    prepare: Any = prepare_prompted if isinstance(task, Task) else prepare_direction
    question = prepare(task, data, limit=limit, seed=seed)
    items = question.asked if isinstance(task, Task) else question.items
    told = scoring_columns(items).add_column(0, "item", items["id"])
    return without_texts(told, labels=has_labels(name)).sort_by("item")


def _prompts(task: AnyTask) -> dict[str, str]:
    """The digest of each wording of a task."""
    found = (
        load_wordings(task.prompts, beside=task.folder)
        if isinstance(task, Task)
        else load_families(task.texts)
    )
    return {wording.name: wording.sha256 for wording in found}
