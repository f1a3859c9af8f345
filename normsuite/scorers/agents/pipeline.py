"""The pipeline: every step is asked about all questions at once, then the next.

1. *search*: the model writes search words, and passages are retrieved (left out where nothing is to search).
2. *calculate*: the model writes an expression, which a calculator works out.
3. *judge*: of the passages and of the result in turn, whether they help; what does not help is dropped.
4. *reason*: the model thinks about the options, with what is left.
5. *choose*: the model names one option, which the strict parser reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.engines import Engine, EngineSpec, Generation, Problem
from normsuite.errors import InputError
from normsuite.prompts import Wording, item_fields
from normsuite.scorers.agents.documents import Documents
from normsuite.scorers.agents.search import ByEmbedding, ByWords, Searcher, find_encoder
from normsuite.scorers.agents.steps import (
    CALCULATE,
    JUDGE,
    REASON,
    SEARCH,
    Case,
    Notes,
    is_useful,
    load_steps,
    read_calculation,
    read_query,
)
from normsuite.scorers.agents.trace import Trace
from normsuite.scorers.cells import empty_cell, prediction_table
from normsuite.scorers.generate import write
from normsuite.scorers.parsing import Asked, strict
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.scorers.requests import order_of, shown_options
from normsuite.tasks import Task

SCORER: Final = "agents"
CHOOSE: Final = "choose"
_ROUNDS: Final = 5


@dataclass(frozen=True)
class Agents:
    """The scorer of one task, with all that it needs: it travels to other processes as it is.

    Attributes:
        steps: the wordings of each step but the last, by step and name.
        documents: what is searched; None searches nothing.
        encoder: embeds passages and queries; None searches by words.
    """

    steps: Mapping[str, Mapping[str, Wording]]
    documents: Documents | None = None
    encoder: EngineSpec | None = None

    def describe(self) -> dict[str, Any]:
        """Everything of it that can move a number and that the task's file does not say."""
        encoder = self.encoder
        return {
            "steps": {
                step: {name: wording.sha256 for name, wording in own.items()}
                for step, own in self.steps.items()
            },
            "documents": dict(self.documents.files) if self.documents else {},
            "encoder": {**encoder.model(), **encoder.describe()} if encoder else {},
        }

    @cached_property
    def _searcher(self) -> Searcher | None:
        if self.documents is None:
            return None
        passages = self.documents.passages
        return ByEmbedding(passages, self.encoder) if self.encoder else ByWords(passages)

    def __getstate__(self) -> dict[str, Any]:
        """Without the index, which is built where it is used."""
        return {name: value for name, value in vars(self).items() if name != "_searcher"}

    def check(self, task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
        """See that one option is asked for, and that an answer has room behind a prompt.

        Raises:
            InputError: the task asks about each option in turn, or answers alone fill the model's context.
        """
        if task.answer == "yes-no":
            raise InputError(f"the task {task.name!r} answers yes or no", fix="agents choose one option")
        longest = max(task.generation.max_tokens, task.agents.step_tokens)
        if longest >= engine.context_length:
            what = f"{longest} tokens leave no room for a prompt of {task.name!r}"
            fix = f"the model's context has {engine.context_length}"
            raise InputError(what, field="generation.max_tokens", fix=fix)

    def predict(
        self,
        task: Task,
        wordings: Sequence[Wording],
        items: pa.Table,
        ranks: NDArray[np.int64],
        engine: Engine,
        progress: Tell = untold,
    ) -> Predicted:
        """See ``PromptedScorer.predict``; the answers are a trace of every step of every item."""
        cases = _cases(task, wordings, items.to_pylist(), ranks)
        asking = _Asking(task, engine, progress, cases)
        self._search(asking)
        _calculate(asking, self.steps[CALCULATE])
        _judge(asking, self.steps[JUDGE])
        _reason(asking, self.steps[REASON])
        cells = _choose(asking, {wording.name: wording for wording in wordings})
        progress(1.0, asking.tokens)
        predictions = prediction_table(task, SCORER, wordings, items, cells)
        return Predicted(predictions, asking.trace.table(task.name))

    def _search(self, asking: _Asking) -> None:
        """Search words from the model, passages from the index."""
        searcher = self._searcher
        if searcher is None:
            asking.round += 1
            return
        texts = asking.write(SEARCH, self.steps[SEARCH], asking.open, short=True)
        asked = list(texts)
        queries = [read_query(texts[at].text, asking.cases[at]) for at in asked]
        found = searcher.search(queries, asking.task.agents.top)
        for at, query, passages in zip(asked, queries, found, strict=True):
            asking.notes[at] = replace(asking.notes[at], found=tuple(one.passage.text for one in passages))
            names = [f"{one.passage.name} ({one.score:.3f})" for one in passages]
            asking.trace.add(asking.cases[at], "found", query, "\n".join(names))


@dataclass
class _Asking:
    """The state of a run through the steps.

    Attributes:
        task, engine, progress: as given.
        cases: [c] every item under every wording.
        notes: [c] what was brought to each so far.
        problems: why a case cannot go on.
        trace: what was asked and written.
        round: how many steps are done.
        tokens: how many were read.
    """

    task: Task
    engine: Engine
    progress: Tell
    cases: Sequence[Case]
    notes: list[Notes] = field(default_factory=list)
    problems: dict[int, Problem] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    round: int = 0
    tokens: int = 0

    def __post_init__(self) -> None:
        self.notes = [Notes() for _ in self.cases]

    @property
    def open(self) -> list[tuple[int, Notes]]:
        """The cases that can go on, with their notes."""
        return [(at, self.notes[at]) for at in range(len(self.cases)) if at not in self.problems]

    def write(
        self,
        step: str,
        wordings: Mapping[str, Wording],
        asked: Sequence[tuple[int, Notes]],
        *,
        short: bool,
    ) -> dict[int, Generation]:
        """What the model writes about some cases in one step; a case that it cannot be asked is given up."""
        written = self.ask(step, wordings, asked, short=short)
        for (at, _), text in zip(asked, written, strict=True):
            if isinstance(text, Problem):
                self.problems[at] = replace(text, detail=f"{step}: {text.detail}")
        return {
            at: text for (at, _), text in zip(asked, written, strict=True) if isinstance(text, Generation)
        }

    def ask(
        self,
        step: str,
        wordings: Mapping[str, Wording],
        asked: Sequence[tuple[int, Notes]],
        *,
        short: bool,
    ) -> list[Generation | Problem]:
        """What the model writes about some cases, in the order asked; a case may be there twice."""
        prompts = [self.cases[at].render(wordings, notes) for at, notes in asked]
        before, tokens = self.round, self.tokens

        def tell(share: float, read: int) -> None:
            self.tokens = tokens + read
            self.progress((before + share) / _ROUNDS, self.tokens)

        how = self.task.generation
        if short:
            how = how.model_copy(update={"max_tokens": self.task.agents.step_tokens})
        written = write(prompts, self.task.model_copy(update={"generation": how}), self.engine, tell)
        for (at, _), prompt, text in zip(asked, prompts, written, strict=True):
            if isinstance(text, Generation):
                self.trace.wrote(self.cases[at], step, prompt, text)
        self.round += 1
        return written


def prepare_agents(task: Task, wordings: Sequence[Wording], documents: Documents | None = None) -> Agents:
    """The scorer of a task.

    Args:
        task: its ``agents`` say how documents are searched.
        wordings: of its last step.
        documents: what to search; None leaves the search out.

    Raises:
        InputError: a step lacks a wording, or there is no such encoder.
    """
    how = task.agents.retriever
    searched = documents if how != "none" else None
    encoder = find_encoder(task.agents.encoder) if how == "embedding" and searched else None
    return Agents(load_steps(wordings), searched, encoder)


def check(task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
    """See ``Agents.check``; nothing is searched."""
    prepare_agents(task, wordings).check(task, wordings, items, engine)


def predict(
    task: Task,
    wordings: Sequence[Wording],
    items: pa.Table,
    ranks: NDArray[np.int64],
    engine: Engine,
    progress: Tell = untold,
) -> Predicted:
    """See ``Agents.predict``; nothing is searched."""
    return prepare_agents(task, wordings).predict(task, wordings, items, ranks, engine, progress)


def _cases(
    task: Task, wordings: Sequence[Wording], rows: list[dict[str, Any]], ranks: NDArray[np.int64]
) -> list[Case]:
    """Every item under every wording, by item, then wording."""
    cases = []
    for at, (item, rank) in enumerate(zip(rows, ranks, strict=True)):
        fields = item_fields(item, task.context)
        for number, wording in enumerate(wordings):
            order = order_of(task, len(item["options"]), int(rank), number)
            shown = shown_options(task, item["options"], order)
            row = at * len(wordings) + number
            cases.append(Case(row, item["id"], wording.name, fields, shown, order))
    return cases


def _calculate(asking: _Asking, wordings: Mapping[str, Wording]) -> None:
    for at, text in asking.write(CALCULATE, wordings, asking.open, short=True).items():
        expression, result, reason = read_calculation(text.text)
        if result:
            asking.notes[at] = replace(asking.notes[at], expression=expression, result=result)
        if expression:
            asking.trace.add(asking.cases[at], "calculated", expression, result or f"({reason})")


def _judge(asking: _Asking, wordings: Mapping[str, Wording]) -> None:
    """Drop what the model does not say is useful, also where it cannot be asked: then it was too long."""
    asked, names = [], []
    for at, notes in asking.open:
        for name in ("found", "result"):
            if getattr(notes, name):
                asked.append((at, notes.only(name)))
                names.append(name)
    written = asking.ask(JUDGE, wordings, asked, short=True) if asked else []
    if not asked:
        asking.round += 1
    for (at, _), name, text in zip(asked, names, written, strict=True):
        if isinstance(text, Problem) or not is_useful(text.text):
            asking.notes[at] = asking.notes[at].without(name)
            asking.trace.add(asking.cases[at], "dropped", name, getattr(text, "detail", "") or "not useful")


def _reason(asking: _Asking, wordings: Mapping[str, Wording]) -> None:
    for at, text in asking.write(REASON, wordings, asking.open, short=False).items():
        asking.notes[at] = replace(asking.notes[at], reasoning=text.text)


def _choose(asking: _Asking, wordings: Mapping[str, Wording]) -> list[dict[str, Any]]:
    """The reading columns of every case."""
    texts = asking.write(CHOOSE, wordings, asking.open, short=True)
    cells = []
    for at, case in enumerate(asking.cases):
        cell = empty_cell(case.order)
        if at in asking.problems:
            problem = asking.problems[at]
            cells.append(cell | {"status": problem.status, "detail": problem.detail})
            continue
        answer = strict(texts[at].text, Asked(case.shown))
        if answer.status == "ok":
            cells.append(cell | {"predicted": case.order[answer.chosen[0]]})
        else:
            cells.append(cell | {"status": answer.status, "detail": answer.detail})
    return cells
