"""Parts: the unit of work of a run. A part is written whole by whoever predicted it, never asked twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.engines import Engine, EngineSpec
from normsuite.progress import Progress
from normsuite.questions import Question
from normsuite.runs import Run
from normsuite.scorers import design_ranks


class Part(NamedTuple):
    """Some consecutive items of one task."""

    task: str
    number: int


@dataclass(frozen=True)
class Job:
    """All that a worker needs, in this process or another.

    Attributes:
        run: the run folder.
        spec: the model and its engine.
        questions: what is asked.
        seed: of the label-order design.
        size: most items of a part; more where the scorer wants whole families and one goes on.
    """

    run: Run
    spec: EngineSpec
    questions: Sequence[Question]
    seed: int
    size: int

    def items_of(self, part: Part) -> int:
        """How many items a part has."""
        start, stop = self.rows_of(part)
        return stop - start

    def rows_of(self, part: Part) -> tuple[int, int]:
        """The range [start, stop) of a part's items among those of its task."""
        cuts = self.cuts(self.question(part.task))
        return cuts[part.number], cuts[part.number + 1]

    def cuts(self, question: Question) -> list[int]:
        """Where the parts of a task begin, and behind them the number of its items."""
        asked = question.asked
        cuts = [*range(0, asked.num_rows, self.size), asked.num_rows]
        return _between_families(cuts, asked) if question.task.scorer == "chain" else cuts

    def question(self, task: str) -> Question:
        """The question of a task."""
        return next(question for question in self.questions if question.task.name == task)

    def done(self, part: Part) -> bool:
        """Whether a part is in its place."""
        return self.run.part_path(part.task, self.question(part.task).task.scorer, part.number).exists()


def _between_families(cuts: list[int], items: pa.Table) -> list[int]:
    """The cuts, each moved on to where a family ends; items of a family follow one another."""
    family = items["family"]
    begins = pc.not_equal(family.slice(1), family.slice(0, max(len(family) - 1, 0))).fill_null(True)
    ends = np.concatenate([[0], np.flatnonzero(begins) + 1, [len(family)]])
    moved: list[int] = np.unique(ends[np.searchsorted(ends, cuts)]).tolist()
    return moved


class Workers(Protocol):
    """Whoever gets the parts of a job done."""

    def describe(self, spec: EngineSpec | None) -> Mapping[str, Any]:
        """``engine``: what ``spec.describe`` says where the engine will run; ``packages`` there."""
        ...

    def predict(self, job: Job, parts: Sequence[Part], progress: Progress) -> None:
        """Write every one of these parts.

        Raises:
            InputError: the work cannot go on; the parts that were finished are kept.
        """
        ...


def missing_parts(job: Job) -> list[Part]:
    """The parts that the run folder does not have yet.

    Parts of tasks on the same data follow one another: prompts that share a prefix meet in the engine.
    """
    sets = list(dict.fromkeys(question.task.data.set for question in job.questions))
    parts = []
    for question in job.questions:
        count = len(job.cuts(question)) - 1
        place = sets.index(question.task.data.set)
        parts += [(place, number, Part(question.task.name, number)) for number in range(count)]
    ordered = [part for _, _, part in sorted(parts, key=lambda entry: entry[:2])]
    return [part for part in ordered if not job.done(part)]


class Predictor:
    """Predicts the parts of a job with one engine; may be called from several threads."""

    def __init__(self, job: Job, engine: Engine) -> None:
        """Keep both, and check all tasks: a mistake in the last is told before the first is asked.

        Raises:
            InputError: a task cannot be asked of this model.
        """
        for question in job.questions:
            question.scorer.check(question.task, question.wordings, question.items, engine)
        self._job, self._engine = job, engine
        self._ranks: dict[str, NDArray[np.int64]] = {}
        self._lock = threading.Lock()

    def predict(self, part: Part, advance: Callable[[float, int], None]) -> None:
        """Ask about the items of one part and put the part in its place.

        Args:
            part: which.
            advance: told the share of the part that is answered, 0 to 1, and the tokens read for it so far.
        """
        question, (start, stop) = self._job.question(part.task), self._job.rows_of(part)
        items, ranks = question.asked.slice(start, stop - start), self._ranks_of(question)[start:stop]
        task = question.task
        predicted = question.scorer.predict(task, question.wordings, items, ranks, self._engine, advance)
        self._job.run.write_part(
            part.task, task.scorer, part.number, predicted.predictions, predicted.answers
        )

    def _ranks_of(self, question: Question) -> NDArray[np.int64]:
        """Places in the label-order design, which is laid over all items of a task at once.

        Items that only calibrate have a design of their own, so that they do not change how others are asked.
        """
        with self._lock:
            name = question.task.name
            if name not in self._ranks:
                parts = (question.items, question.calibration)
                ranks = [design_ranks(items["id"].to_pylist(), self._job.seed) for items in parts]
                self._ranks[name] = np.concatenate(ranks)
            return self._ranks[name]


class Tally:
    """Adds up, task by task, what several workers have done; may be told from several threads."""

    def __init__(self, job: Job, parts: Sequence[Part], progress: Progress) -> None:
        """Tell ``progress`` how much of each task with missing parts was done before."""
        self._job, self._progress = job, progress
        self._lock = threading.Lock()
        self._totals = {question.task.name: question.asked.num_rows for question in job.questions}
        self._known: dict[Part, tuple[float, int]] = {}
        self._done: dict[str, float] = dict(self._totals)
        for part in parts:
            self._done[part.task] -= job.items_of(part)
        self._tokens = dict.fromkeys(self._totals, 0)
        for task in dict.fromkeys(part.task for part in parts):
            self._tell(task)

    def advance(self, part: Part, share: float, tokens: int) -> None:
        """A part is done to this share (0 to 1), for which a model has read so many tokens."""
        with self._lock:
            shared, read = self._known.get(part, (0.0, 0))
            self._known[part] = share, tokens
            self._done[part.task] += (share - shared) * self._job.items_of(part)
            self._tokens[part.task] += tokens - read
            self._tell(part.task)

    def _tell(self, task: str) -> None:
        self._progress(task, int(self._done[task] + 1e-6), self._totals[task], self._tokens[task])
