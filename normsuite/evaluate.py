"""The whole way through the house: raw files to Items to Predictions to Results, in one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

import normsuite
from normsuite.adapters import ADAPTERS, Adapted, get_adapter
from normsuite.adapters.build import load
from normsuite.aggregate import aggregate
from normsuite.engines import Checkpoint, Engine
from normsuite.metrics import VALIDITY, resolve
from normsuite.prompts import Wording, load_wordings
from normsuite.runs import Run, locked, start_run
from normsuite.scorers import BASELINES, SCORER, baseline_predictions, design_ranks, predict
from normsuite.tasks import Task, require_rows, sample_clusters, select

Progress = Callable[[str, int, int], None]
"""Told a stage's name, and how many of how many items (or data sets) are done."""

CHUNK: Final = 1024  # items per part of the predictions: what a crash can lose
_PACKAGES: Final = ("numpy", "pyarrow", "scikit-learn", "scipy", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class Question:
    """A task with everything it needs: the rows to score, the rows to fit baselines on, the wordings."""

    task: Task
    adapted: Adapted
    items: pa.Table
    train: pa.Table
    wordings: Sequence[Wording]


@dataclass(frozen=True)
class Settings:
    """What a run may vary.

    Attributes:
        limit: evaluate this many clusters of each task, a seeded sample; None is all.
        seed: of the sample, the label-order design, the random baseline and the bootstrap.
        replicates: of the cluster bootstrap.
    """

    limit: int | None = None
    seed: int = 0
    replicates: int = 10_000


def evaluate(
    model: tuple[Checkpoint, Engine] | None,
    questions: Sequence[Question],
    out: Path,
    *,
    settings: Settings | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Run:
    """Evaluate one model, and the baselines beside it, on tasks; write or continue the run folder ``out``.

    Args:
        model: the checkpoint and its engine; None runs the baselines alone.
        questions: what to ask, from ``prepare``.
        out: the run folder.
        settings: sample, seeds, replicates.
        progress: told what is done, at least every few seconds.

    Raises:
        InputError: data, prompts, labels or the folder cannot be used; nothing finished is lost.
    """
    settings = settings or Settings()
    with locked(out):
        run = start_run(out, describe_work(model, questions, settings))
        for question in questions:
            predict_missing(run, question, model[1] if model else None, settings.seed, progress)
        run.write_results(pa.concat_tables(results(run, questions, settings, progress)))
    return run


def results(
    run: Run, questions: Sequence[Question], settings: Settings, progress: Progress
) -> Iterator[pa.Table]:
    """The results of each task, from its predictions."""
    before, total = 0, sum(question.items.num_rows for question in questions)
    for question in questions:
        task, size = question.task, question.items.num_rows
        progress("bootstrap", before, total)
        yield aggregate(
            run.predictions(task.name),
            metrics=[*task.metrics, *VALIDITY],
            headline=task.headline,
            replicates=settings.replicates,
            seed=settings.seed,
            progress=_share(progress, "bootstrap", before, size, total),
        )
        before += size


def prepare(
    tasks: Sequence[Task],
    raw: Mapping[str, Path],
    settings: Settings,
    progress: Progress = lambda stage, done, total: None,
) -> list[Question]:
    """Load everything the tasks need, each data set once, so that what is wrong is said before work begins.

    Args:
        tasks: what to ask.
        raw: local copies of raw data, by data set.
        settings: of the run.
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
        items = sample_clusters(chosen, settings.limit, settings.seed)
        return Question(task, adapted, items, select(task, adapted.items, task.data.train), wordings)

    found = []
    for done, task in enumerate(tasks):
        progress("reading data", done, len(tasks))
        found.append(question(task))
    progress("reading data", len(tasks), len(tasks))
    return found


def predict_missing(
    run: Run,
    question: Question,
    engine: Engine | None,
    seed: int,
    progress: Progress,
) -> None:
    """Write every part of a task's predictions that the run folder does not have yet."""
    task, items = question.task, question.items
    for done, name in enumerate(BASELINES):
        progress(f"{task.name}: baselines", done, len(BASELINES))
        if not run.part_path(task.name, name, 0).exists():
            predictions = baseline_predictions(name, task, question.train, items, seed)
            if predictions is not None:
                run.write_part(task.name, name, 0, predictions)
    progress(f"{task.name}: baselines", len(BASELINES), len(BASELINES))
    if engine is None:
        return
    ranks = design_ranks(items["id"].to_pylist(), seed)
    for number, start in enumerate(range(0, items.num_rows, CHUNK)):
        progress(task.name, start, items.num_rows)
        if not run.part_path(task.name, SCORER, number).exists():
            chunk, rank = items.slice(start, CHUNK), ranks[start : start + CHUNK]
            answered = _share(progress, task.name, start, chunk.num_rows, items.num_rows)
            predictions = predict(task, question.wordings, chunk, rank, engine, answered)
            run.write_part(task.name, SCORER, number, predictions)
    progress(task.name, items.num_rows, items.num_rows)


def _share(progress: Progress, stage: str, start: int, size: int, total: int) -> Callable[[float], None]:
    """Listens to the share that is done of ``size`` items, which are a part of a stage from ``start`` on."""
    return lambda share: progress(stage, start + int(share * size), total)


def describe_work(
    model: tuple[Checkpoint, Engine] | None, questions: Sequence[Question], settings: Settings
) -> dict[str, Any]:
    """Everything that can move a number; its hash names the run. No path, host or user goes in."""
    checkpoint = model[0] if model else None
    return {
        "normsuite": normsuite.__version__,
        "model": {
            "name": checkpoint.name if checkpoint else "baselines",
            "revision": checkpoint.revision if checkpoint else "",
            "sha256": checkpoint.sha256 if checkpoint else "",
            "context_length": checkpoint.context_length if checkpoint else 0,
        },
        "engine": dict(model[1].describe()) if model else {},
        "seed": settings.seed,
        "limit": settings.limit,
        "replicates": settings.replicates,
        "chunk": CHUNK,
        "tasks": {question.task.name: _describe_task(question) for question in questions},
        "data": {question.task.data.set: _describe_data(question) for question in questions},
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _describe_task(question: Question) -> dict[str, Any]:
    task, items = question.task, question.items
    return {
        "title": task.title,
        "description": task.description,
        "version": task.version,
        "sha256": task.sha256,
        "prompts": {wording.name: wording.sha256 for wording in question.wordings},
        "dataset": task.data.set,
        "view": task.data.view,
        "metrics": list(task.metrics),
        "headline": task.headline,
        "items": items.num_rows,
        "clusters": len(items["cluster"].unique()),
        "train_items": question.train.num_rows,
        "set_aside": question.adapted.set_aside.num_rows,
    }


def _describe_data(question: Question) -> dict[str, Any]:
    name = question.task.data.set
    adapter = get_adapter(name) if name in ADAPTERS else None
    return {
        "title": adapter.title if adapter else name,
        "version": question.adapted.version,
        "revision": adapter.home.revision if adapter else "",
        "licence": adapter.home.licence if adapter else "",
        "files": dict(question.adapted.files),
    }
