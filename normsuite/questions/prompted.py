"""What a prompted task asks: its rows, its training rows and its wordings, loaded before work begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from normsuite.adapters import Adapted
from normsuite.metrics import resolve
from normsuite.prompts import Wording, load_wordings
from normsuite.questions.data import Data
from normsuite.tasks import Task, require_rows, sample_clusters, select


@dataclass(frozen=True)
class Question:
    """A task with everything it needs: the rows to score, the rows to fit baselines on, the wordings."""

    task: Task
    adapted: Adapted
    items: pa.Table
    train: pa.Table
    wordings: Sequence[Wording]


def prepare_prompted(task: Task, data: Data, *, limit: int | None = None, seed: int = 0) -> Question:
    """Load everything one task needs.

    Args:
        task: what to ask.
        data: gives a data set.
        limit: ask about this many clusters, a seeded sample; None is all.
        seed: of the sample.

    Raises:
        InputError: data, task, prompts or metrics cannot be used.
    """
    wordings = load_wordings(task.prompts)
    adapted = data(task.data.set, task.data.view)
    chosen = require_rows(task, select(task, adapted.items, task.data.split))
    resolve(task.metrics, chosen["kind"][0].as_py(), list(task.labels))
    items = sample_clusters(chosen, limit, seed)
    return Question(task, adapted, items, select(task, adapted.items, task.data.train), wordings)
