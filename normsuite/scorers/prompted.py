"""The register of prompted scorers: each is a module with ``check`` and ``predict``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

import pyarrow as pa
from numpy import int64
from numpy.typing import NDArray

from normsuite.engines import Engine
from normsuite.prompts import Wording
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.tasks import Task


class PromptedScorer(Protocol):
    """What a scorer's module has."""

    def check(self, task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
        """See that the task can be asked of this model, before the first item is asked.

        Args:
            task: what is asked.
            wordings: [w] its paraphrases.
            items: Items of which the first stands for all.
            engine: the model.

        Raises:
            InputError: it cannot.
        """
        ...

    def predict(
        self,
        task: Task,
        wordings: Sequence[Wording],
        items: pa.Table,
        ranks: NDArray[int64],
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
        """
        ...


_MODULES: Final = {
    "labels": "normsuite.scorers.labels",
    "rating": "normsuite.scorers.rating",
    "generate": "normsuite.scorers.generate",
    "chain": "normsuite.scorers.chain",
    "agents": "normsuite.scorers.agents",
}


def scorer_of(task: Task) -> PromptedScorer:
    """The scorer that a task names."""
    return cast("PromptedScorer", import_module(_MODULES[task.scorer]))
