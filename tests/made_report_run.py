"""A finished run on the shipped data, as if a model had answered by lot: a report needs no model."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from normsuite.aggregate import aggregate
from normsuite.questions import prepare
from normsuite.runs import start_run
from normsuite.schema import PREDICTION_SCHEMA, conform, scoring_columns
from normsuite.scorers import design_ranks
from normsuite.scorers.requests import build_requests
from normsuite.tasks import resolve_tasks
from normsuite.work import Settings, describe_work
from normsuite.workers.local import LocalWorkers

PROMPTED = "mini-framed"
DIRECTION = "direction-mini-framed"
SETTINGS = Settings(limit=40, seed=3, replicates=100)


def make_mini_run(folder: Path) -> Path:
    """One prompted and one direction task of mini, 40 clusters each."""
    questions = prepare(
        resolve_tasks(f"{PROMPTED},{DIRECTION}"), {}, limit=SETTINGS.limit, seed=SETTINGS.seed
    )
    work = describe_work(None, questions, SETTINGS, LocalWorkers())
    run = start_run(folder, work | {"model": {"name": "drawn-by-lot", "revision": "r1"}})
    results = []
    for question, scorer in zip(questions, ("labels", "direction"), strict=True):
        made = answers_of(question) if scorer == "labels" else scores_of(question)
        run.write_part(question.task.name, scorer, 0, made)
        metrics = ["accuracy", "macro_f1", "recall", *(["label_mass"] if scorer == "labels" else [])]
        results.append(aggregate(made, metrics=metrics, headline="accuracy", replicates=SETTINGS.replicates))
    run.write_results(pa.concat_tables(results))
    return folder


def answers_of(question):
    """Probabilities by lot for every item in every wording, under the orders of the design."""
    items, wordings = question.items, question.wordings
    ranks = design_ranks(items["id"].to_pylist(), SETTINGS.seed)
    requests = list(build_requests(question.task, wordings, items.to_pylist(), ranks))
    random = np.random.default_rng(1)
    odds = random.gamma(1.0, size=(len(requests), 3))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    status = np.where(random.random(len(requests)) < 0.05, "unparsed", "ok").tolist()
    ok = [one == "ok" for one in status]
    each = [request.row // len(wordings) for request in requests]
    columns = {
        "task": question.task.name,
        "scorer": "labels",
        "item": items["id"].take(each),
        "prompt": [wordings[request.row % len(wordings)].name for request in requests],
        "order": ["-".join(map(str, request.order)) for request in requests],
        "status": status,
        "probabilities": [
            own if known else None for own, known in zip(probabilities.tolist(), ok, strict=True)
        ],
        "predicted": [
            int(own.argmax()) if known else None for own, known in zip(probabilities, ok, strict=True)
        ],
        "mass": random.beta(20, 2, len(requests)),
    }
    kept = scoring_columns(items.take(each))
    return conform(columns | {name: kept[name] for name in kept.column_names}, PREDICTION_SCHEMA, len(each))


def scores_of(question):
    """Scores by lot for every item."""
    items = question.items
    scores = np.random.default_rng(2).normal(size=items.num_rows)
    columns = {
        "task": question.task.name,
        "scorer": "direction",
        "item": items["id"],
        "prompt": "+".join(question.task.texts),
        "order": "",
        "status": "ok",
        "score": scores,
        "predicted": (scores > 0).astype(np.int32),
    }
    kept = scoring_columns(items)
    columns |= {name: kept[name] for name in kept.column_names}
    return conform(columns, PREDICTION_SCHEMA, items.num_rows)
