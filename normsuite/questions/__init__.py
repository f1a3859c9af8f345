"""What is asked: each task with its rows and its wordings, loaded before work begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from normsuite.progress import Progress, silent
from normsuite.questions.data import Data, data_of
from normsuite.questions.direction import (
    DirectionQuestion,
    check_direction,
    load_families,
    load_seeds,
    prepare_direction,
)
from normsuite.questions.prompted import Question, prepare_prompted
from normsuite.scorers.agents import Documents
from normsuite.tasks import AnyTask, Task

AnyQuestion = Question | DirectionQuestion


def prepare(
    tasks: Sequence[AnyTask],
    raw: Mapping[str, Path],
    *,
    limit: int | None = None,
    seed: int = 0,
    documents: Documents | None = None,
    progress: Progress = silent,
) -> list[AnyQuestion]:
    """Load everything the tasks need, each data set once, so that what is wrong is said before work begins.

    Args:
        tasks: what to ask.
        raw: local copies of raw data, by data set.
        limit: ask about this many clusters of each task, a seeded sample; None is all.
        seed: of the sample.
        documents: what tasks of the scorer ``agents`` search.
        progress: told which task's data is read.

    Raises:
        InputError: data, task, prompts or metrics cannot be used.
    """
    data = data_of(raw, tasks)
    found: list[AnyQuestion] = []
    for done, task in enumerate(tasks):
        progress("reading data", done, len(tasks))
        if isinstance(task, Task):
            found.append(prepare_prompted(task, data, limit=limit, seed=seed, documents=documents))
        else:
            found.append(prepare_direction(task, data, limit=limit, seed=seed))
    progress("reading data", len(tasks), len(tasks))
    return found


__all__ = [
    "AnyQuestion",
    "Data",
    "DirectionQuestion",
    "Question",
    "check_direction",
    "data_of",
    "load_families",
    "load_seeds",
    "prepare",
    "prepare_direction",
    "prepare_prompted",
]
