"""Submissions of invented models, small and whole, for the tests of the leaderboard's site."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from made_predictions import LABELS, prediction, table

from normsuite.aggregate import aggregate
from normsuite.leaderboard.clusters import cluster_sums
from normsuite.leaderboard.submission import CLUSTERS, MANIFEST, RESULTS, Manifest, manifest_text
from normsuite.leaderboard.tables import write_rows
from normsuite.schema import PREDICTION_SCHEMA

COUNTRIES = ("ITA", "JPN", "NGA")
TOPICS = ("greetings", "meals")


def write_submission(
    root: Path,
    name: str,
    tasks: Sequence[str],
    skill: float,
    revision: str = "first",
    *,
    items: int = 90,
    topics: Sequence[str] = TOPICS,
    created: str = "2026-03-01T12:00:00+00:00",
    **changes: Any,
) -> Path:
    """Write a submission; a task whose name begins with "direction-" is read off embeddings.

    Args:
        root: the folder of submissions.
        name: ``org/model``.
        tasks: their names.
        skill: the share of items that the model answers right.
        revision: the folder's name.
        items: of each task; another number is another edition.
        topics: the categories of items.
        created: when the run began.
        changes: entries of the manifest.
    """
    org, model = name.split("/")
    folder = root / f"{org}__{model}" / revision
    parts = {task: _predictions(task, skill, items, topics, name) for task in tasks}
    headlines = {task: "spearman" if _direction(task) else "accuracy" for task in tasks}
    results, sums = [], []
    for task, predictions in parts.items():
        others = [] if _direction(task) else ["macro_f1"]
        results.append(
            aggregate(predictions, metrics=others, headline=headlines[task], replicates=100, threads=1)
        )
        sums.append(cluster_sums(predictions, PREDICTION_SCHEMA.empty_table(), headlines[task]))
    write_rows(pa.concat_tables(results), folder / RESULTS, ["task", "scorer", "metric", "facet", "group"])
    write_rows(pa.concat_tables(sums), folder / CLUSTERS, ["task", "scorer", "facet", "group", "cluster"])
    about = {task: _about(task, headlines[task], items) for task in tasks}
    manifest = _manifest(org, model, about, created) | changes
    (folder / MANIFEST).write_text(manifest_text(Manifest.model_validate(manifest)), encoding="utf-8")
    return folder


def _direction(task: str) -> bool:
    return task.startswith("direction-")


def _predictions(task: str, skill: float, items: int, topics: Sequence[str], name: str) -> pa.Table:
    """The model's predictions and, of tasks it answers, a baseline's."""
    truth = np.random.default_rng(0)
    luck = np.random.default_rng(
        int.from_bytes(hashlib.sha256(f"{name} {task}".encode()).digest()[:4], "big")
    )
    rows = []
    for item in range(items):
        gold, guess = (int(code) for code in truth.integers(3, size=2))
        country = item % len(COUNTRIES)
        right = luck.random() < skill - 0.15 * country
        fixed: dict[str, Any] = {
            **{"task": task, "country": COUNTRIES[country], "cluster": f"story {item // 2:03}"},
            "categories": [("topic", [topics[item % len(topics)]])],
        }
        key = f"item {item:03}"
        if _direction(task):
            score = gold + (0.0 if right else luck.normal(0, 2))
            scale = {
                "kind": "rating",
                "rating": float(gold),
                "scale_min": 0.0,
                "scale_max": 2.0,
                "score": score,
            }
            told = prediction(key, None, None, scorer="direction", **fixed) | scale | {"options": None}
            rows.append(told)
            continue
        rows.append(prediction(key, gold, gold if right else (gold + 1) % 3, scorer="labels", **fixed))
        rows.append(prediction(key, gold, guess, scorer="random", **fixed))
    return table(rows)


def _about(task: str, headline: str, items: int) -> dict[str, Any]:
    return {
        **{"type": "direction" if _direction(task) else "prompted", "title": f"What is asked in {task}"},
        **{"dataset": "mini", "version": 1, "sha256": _digest(task), "prompts": {"plain": _digest("plain")}},
        **{"metrics": [headline], "headline": headline, "items": items, "clusters": (items + 1) // 2},
        "calibrate": None,
    }


def _manifest(org: str, model: str, tasks: dict[str, Any], created: str) -> dict[str, Any]:
    return {
        **{"schema": 1, "org": org, "tasks": tasks, "data": {}, "partial": [], "files": {}},
        "model": {"name": model, "revision": "", "sha256": _digest(model), "context_length": 512},
        "run": {"hash": _digest(f"{org}/{model}"), "created": created, "normsuite": "0.1.0"},
        "engine": {"engine": "invented", "labels": LABELS},
        "settings": {"limit": None, "seed": 0, "replicates": 100, "part": 1024},
        "predictions": "included",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
