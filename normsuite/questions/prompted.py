"""What a prompted task asks: its rows, its training rows and its wordings, loaded before work begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from normsuite.adapters import Adapted
from normsuite.adapters.images import located
from normsuite.metrics import resolve
from normsuite.prompts import Wording, load_wordings
from normsuite.questions.data import Data
from normsuite.scorers import PromptedScorer, scorer_of
from normsuite.scorers.agents import Agents, Documents, prepare_agents
from normsuite.tasks import Task, require_rows, sample_clusters, select

CALIBRATION_CLUSTERS: Final = 400
"""At most so many clusters of another split are asked about, to fit one temperature."""


@dataclass(frozen=True)
class Question:
    """A task with everything it needs.

    Attributes:
        task: what is asked.
        adapted: the data set.
        items: the rows to score; their pictures, if any, are files of this machine.
        train: the rows to fit baselines on.
        wordings: in which words.
        calibration: rows of another split that are asked about to fit a temperature, and are never scored.
        agents: of the scorer ``agents``, its steps and what it searches.
    """

    task: Task
    adapted: Adapted
    items: pa.Table
    train: pa.Table
    wordings: Sequence[Wording]
    calibration: pa.Table
    agents: Agents | None = None

    @property
    def scorer(self) -> PromptedScorer:
        """What asks the task and reads the answers."""
        return self.agents or scorer_of(self.task)

    @property
    def asked(self) -> pa.Table:
        """All rows that are predicted: those to score, then those that calibrate."""
        return pa.concat_tables([self.items, self.calibration])


def prepare_prompted(
    task: Task,
    data: Data,
    *,
    limit: int | None = None,
    seed: int = 0,
    documents: Documents | None = None,
) -> Question:
    """Load everything one task needs.

    Args:
        task: what to ask.
        data: gives a data set.
        limit: ask about this many clusters, a seeded sample; None is all. Of the split that calibrates as
            many, but no more than ``CALIBRATION_CLUSTERS``.
        seed: of the samples.
        documents: what the scorer ``agents`` searches.

    Raises:
        InputError: data, task, prompts or metrics cannot be used.
    """
    wordings = load_wordings(task.prompts, beside=task.folder)
    adapted = data(task.data.set, task.data.view)
    chosen = require_rows(task, select(task, adapted.items, task.data.split))
    resolve(task.metrics, chosen["kind"][0].as_py(), list(task.labels))
    items = sample_clusters(chosen, limit, seed)
    train = select(task, adapted.items, task.data.train)
    calibration = items.schema.empty_table()
    if task.data.calibrate:
        rows = select(task, adapted.items, task.data.calibrate)
        calibration = sample_clusters(rows, min(limit or CALIBRATION_CLUSTERS, CALIBRATION_CLUSTERS), seed)
    items, calibration = (located(rows, adapted.folder) for rows in (items, calibration))
    agents = prepare_agents(task, wordings, documents) if task.scorer == "agents" else None
    return Question(task, adapted, items, train, wordings, calibration, agents)
