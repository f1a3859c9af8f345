"""The whole way through the house: raw files to Items to Predictions to Results, in one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

import normsuite
from normsuite.adapters import ADAPTERS, get_adapter
from normsuite.aggregate import aggregate
from normsuite.engines import EngineSpec
from normsuite.metrics import VALIDITY
from normsuite.progress import Progress, silent
from normsuite.questions import Question
from normsuite.runs import Run, locked, start_run
from normsuite.scorers import BASELINES, baseline_predictions
from normsuite.workers import Job, LocalWorkers, Workers, missing_parts

_NO_MODEL: Final = {"name": "baselines", "revision": "", "sha256": "", "context_length": 0}


@dataclass(frozen=True)
class Settings:
    """What a run may vary.

    Attributes:
        limit: evaluate this many clusters of each task, a seeded sample; None is all.
        seed: of the sample, the label-order design, the random baseline and the bootstrap.
        replicates: of the cluster bootstrap.
        part: most items of a part of the predictions: what a crash can lose.
    """

    limit: int | None = None
    seed: int = 0
    replicates: int = 10_000
    part: int = 1024


def evaluate(
    spec: EngineSpec | None,
    questions: Sequence[Question],
    out: Path,
    *,
    settings: Settings | None = None,
    workers: Workers | None = None,
    progress: Progress = silent,
) -> Run:
    """Evaluate one model, and the baselines beside it, on tasks; write or continue the run folder ``out``.

    Args:
        spec: the model and its engine; None runs the baselines alone.
        questions: what to ask, from ``questions.prepare``.
        out: the run folder.
        settings: sample, seeds, replicates.
        workers: who asks the model; None is this process.
        progress: told what is done, at least every few seconds.

    Raises:
        InputError: data, prompts, labels or the folder cannot be used; nothing finished is lost.
    """
    settings, workers = settings or Settings(), workers or LocalWorkers()
    with locked(out):
        run = start_run(out, describe_work(spec, questions, settings, workers))
        for question in questions:
            _predict_baselines(run, question, settings.seed, progress)
        if spec is not None:
            job = Job(run, spec, questions, settings.seed, settings.part)
            missing = missing_parts(job)
            # The model is loaded only if there is something left to ask it.
            if missing:
                workers.predict(job, missing, progress)
        run.write_results(pa.concat_tables(results(run, questions, settings, progress)))
    return run


def _predict_baselines(run: Run, question: Question, seed: int, progress: Progress) -> None:
    """Write the baselines' predictions of a task that the run folder does not have yet."""
    stage = f"{question.task.name}: baselines"
    for done, name in enumerate(BASELINES):
        progress(stage, done, len(BASELINES))
        if not run.part_path(question.task.name, name, 0).exists():
            predictions = baseline_predictions(name, question.task, question.train, question.items, seed)
            if predictions is not None:
                run.write_part(question.task.name, name, 0, predictions)
    progress(stage, len(BASELINES), len(BASELINES))


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


def _share(progress: Progress, stage: str, start: int, size: int, total: int) -> Callable[[float], None]:
    """Listens to the share that is done of ``size`` items, which are a part of a stage from ``start`` on."""
    return lambda share: progress(stage, start + int(share * size), total)


def describe_work(
    spec: EngineSpec | None, questions: Sequence[Question], settings: Settings, workers: Workers
) -> dict[str, Any]:
    """Everything that can move a number; its hash names the run. No path, host or user goes in."""
    return {
        "normsuite": normsuite.__version__,
        "model": dict(spec.model()) if spec else _NO_MODEL,
        **workers.describe(spec),
        "seed": settings.seed,
        "limit": settings.limit,
        "replicates": settings.replicates,
        "part": settings.part,
        "tasks": {question.task.name: _describe_task(question) for question in questions},
        "data": {question.task.data.set: _describe_data(question) for question in questions},
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
