"""The whole way through the house: raw files to Items to Predictions to Results, in one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from normsuite import folders
from normsuite.aggregate import task_results
from normsuite.engines import EngineSpec
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.questions import AnyQuestion, DirectionQuestion, Question
from normsuite.runs import Run, locked, start_run
from normsuite.scorers import BASELINES, baseline_predictions
from normsuite.scorers.direction import SCORER, Models, measure, untrained_doubles
from normsuite.work import Settings, describe_work
from normsuite.workers import Job, LocalWorkers, Workers, missing_parts
from normsuite.workers.local import LOG


def evaluate(
    spec: EngineSpec | None,
    questions: Sequence[AnyQuestion],
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
    prompted = [question for question in questions if isinstance(question, Question)]
    directions = [question for question in questions if isinstance(question, DirectionQuestion)]
    if directions and spec is None:
        what = f"the task {directions[0].task.name!r} is read off embeddings, and `baselines` has none"
        raise InputError(what, fix="name a model; a direction task brings its nulls along")
    with locked(out):
        run = start_run(out, describe_work(spec, questions, settings, workers))
        for question in prompted:
            _predict_baselines(run, question, settings.seed, progress)
        if spec is not None:
            job = Job(run, spec, prompted, settings.seed, settings.part)
            missing = missing_parts(job)
            # The model is loaded only if there is something left to ask it.
            if missing:
                workers.predict(job, missing, progress)
            for direction in directions:
                _measure_direction(run, spec, direction, settings.seed, progress)
        run.write_results(pa.concat_tables(results(run, questions, settings, progress)))
    return run


def _predict_baselines(run: Run, question: Question, seed: int, progress: Progress) -> None:
    """Write the baselines' predictions of a task that the run folder does not have yet."""
    stage = f"{question.task.name}: baselines"
    for done, name in enumerate(BASELINES):
        progress(stage, done, len(BASELINES))
        if not run.part_path(question.task.name, name, 0).exists():
            predictions = baseline_predictions(name, question.task, question.train, question.asked, seed)
            if predictions is not None:
                run.write_part(question.task.name, name, 0, predictions)
    progress(stage, len(BASELINES), len(BASELINES))


def _measure_direction(
    run: Run, spec: EngineSpec, question: DirectionQuestion, seed: int, progress: Progress
) -> None:
    """Measure a direction task that the run folder lacks; its embeddings outlive a kill in the cache."""
    task = question.task
    if run.part_path(task.name, SCORER, 0).exists():
        return
    doubles, why_not = untrained_doubles(spec)
    models = Models(spec, doubles, why_not, folders.cache() / "embeddings", run.path / LOG)
    prompt = "+".join(task.texts)
    measured = measure(
        task.name, question.parts, question.recipe(), models, prompt=prompt, seed=seed, progress=progress
    )
    run.write_direction(task.name, measured.predictions, measured.nulls, measured.about)


def results(
    run: Run, questions: Sequence[AnyQuestion], settings: Settings, progress: Progress
) -> Iterator[pa.Table]:
    """The results of each task, from its predictions."""
    before, total = 0, sum(question.items.num_rows for question in questions)
    for question in questions:
        task, size = question.task, question.items.num_rows
        progress("bootstrap", before, total)
        yield task_results(
            run.predictions(task.name),
            run.nulls(task.name) if isinstance(question, DirectionQuestion) else None,
            metrics=task.metrics,
            headline=task.headline,
            calibrate=task.data.calibrate,
            replicates=settings.replicates,
            seed=settings.seed,
            progress=_share(progress, "bootstrap", before, size, total),
        )
        before += size


def _share(progress: Progress, stage: str, start: int, size: int, total: int) -> Callable[[float], None]:
    """Listens to the share that is done of ``size`` items, which are a part of a stage from ``start`` on."""
    return lambda share: progress(stage, start + int(share * size), total)
