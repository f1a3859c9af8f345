"""What is asked: each task with its rows, its training rows and its wordings, loaded before work begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from normsuite.adapters import Adapted
from normsuite.adapters.build import load
from normsuite.metrics import resolve
from normsuite.progress import Progress, silent
from normsuite.prompts import Wording, load_wordings
from normsuite.tasks import Task, require_rows, sample_clusters, select


@dataclass(frozen=True)
class Question:
    """A task with everything it needs: the rows to score, the rows to fit baselines on, the wordings."""

    task: Task
    adapted: Adapted
    items: pa.Table
    train: pa.Table
    wordings: Sequence[Wording]


def prepare(
    tasks: Sequence[Task],
    raw: Mapping[str, Path],
    *,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Question]:
    """Load everything the tasks need, each data set once, so that what is wrong is said before work begins.

    Args:
        tasks: what to ask.
        raw: local copies of raw data, by data set.
        limit: ask about this many clusters of each task, a seeded sample; None is all.
        seed: of the sample.
        progress: told which data set is read.

    Raises:
        InputError: data, task, prompts or metrics cannot be used.
    """

    @cache
    def data(name: str, view: str) -> Adapted:
        return load(name, raw.get(name), view)

    def question(task: Task) -> Question:
        wordings = load_wordings(task.prompts)
        adapted = data(task.data.set, task.data.view)
        chosen = require_rows(task, select(task, adapted.items, task.data.split))
        resolve(task.metrics, chosen["kind"][0].as_py(), list(task.labels))
        items = sample_clusters(chosen, limit, seed)
        return Question(task, adapted, items, select(task, adapted.items, task.data.train), wordings)

    found = []
    for done, task in enumerate(tasks):
        progress("reading data", done, len(tasks))
        found.append(question(task))
    progress("reading data", len(tasks), len(tasks))
    return found
