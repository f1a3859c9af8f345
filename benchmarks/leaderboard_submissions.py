"""Invented submissions for ``benchmarks/leaderboard.py``: many models, tasks, countries and categories."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from normsuite import cultures
from normsuite.leaderboard.submission import (
    CLUSTER_SCHEMA,
    CLUSTERS,
    MANIFEST,
    RESULTS,
    Manifest,
    manifest_text,
)
from normsuite.places import find_all
from normsuite.schema import RESULT_SCHEMA
from normsuite.tasks import Task, load_task

SCORERS = ("labels", "majority", "random", "tfidf")
METRICS = ("accuracy", "macro_f1", "log_loss", "brier", "ece", "label_mass", "coverage")
CLUSTERS_EACH = 1_000
ITEMS_EACH = 3
COUNTRIES = sorted(code for code in cultures._ZONE_OF)
SKILL = {"labels": None, "majority": 0.4, "random": 0.33, "tfidf": 0.5}


def write_submissions(root: Path, models: int, tasks: int, countries: int, categories: int) -> None:
    """Write ``models`` submissions of ``tasks`` tasks below ``root``."""
    names = [task.name for task in map(load_task, find_all("tasks").values()) if isinstance(task, Task)][
        :tasks
    ]
    world = World(names, countries, categories)
    for at in range(models):
        world.write(root, at)


class World:
    """What all models have in common: tasks, groups and the rows of every table but its numbers."""

    def __init__(self, names: list[str], countries: int, categories: int) -> None:
        self.names = names
        cluster = np.arange(CLUSTERS_EACH)
        self.clusters = [f"c{at:05d}" for at in cluster]
        self.country = cluster % countries
        self.topic = np.random.default_rng(3).permutation(cluster) % categories
        self.facets = [
            ("", [""], np.zeros(CLUSTERS_EACH, int)),
            ("country", COUNTRIES[:countries], self.country),
            ("topic", [f"topic {at:02d}" for at in range(categories)], self.topic),
        ]
        self.hardness = np.random.default_rng(1).normal(0, 0.8, (len(names), CLUSTERS_EACH))
        self.harder = np.random.default_rng(2).normal(0, 0.4, countries)[self.country]

    def write(self, root: Path, at: int) -> None:
        """Write the submission of model number ``at``."""
        generator = np.random.default_rng([7, at])
        skill = generator.normal(0.4, 0.5)
        cluster_tables, result_tables = [], []
        for task, name in enumerate(self.names):
            odds = skill + generator.normal(0, 0.15) - self.hardness[task] - self.harder
            for scorer in SCORERS:
                right = SKILL[scorer] or 1 / (1 + np.exp(-odds))
                seed = generator if scorer == "labels" else np.random.default_rng([9, task])
                hits = seed.binomial(ITEMS_EACH, right, CLUSTERS_EACH).astype(float)
                cluster_tables.append(self._clusters(name, scorer, hits))
                result_tables.append(self._results(name, scorer, hits))
        org, model = f"lab-{at % 40:02d}", f"model-{at:03d}-{(7, 13, 34, 70)[at % 4]}b"
        folder = root / f"{org}__{model}" / hashlib.sha256(str(at).encode()).hexdigest()[:12]
        folder.mkdir(parents=True)
        pq.write_table(pa.concat_tables(cluster_tables), folder / CLUSTERS, compression="zstd")
        pq.write_table(pa.concat_tables(result_tables), folder / RESULTS, compression="zstd")
        (folder / MANIFEST).write_text(manifest_text(self._manifest(org, model, at)), encoding="utf-8")

    def _clusters(self, task: str, scorer: str, hits: np.ndarray) -> pa.Table:
        parts = []
        for facet, groups, group in self.facets:
            order = np.lexsort([np.arange(CLUSTERS_EACH), group])
            sums = np.stack([hits[order], np.full(CLUSTERS_EACH, float(ITEMS_EACH))], axis=1).ravel()
            columns = [
                *(pa.repeat(text, CLUSTERS_EACH) for text in (task, scorer, facet)),
                pa.array(groups).take(pa.array(group[order])),
                pa.array(self.clusters).take(pa.array(order)),
                pa.ListArray.from_arrays(np.arange(CLUSTERS_EACH + 1, dtype=np.int32) * 2, pa.array(sums)),
            ]
            parts.append(pa.table(columns, schema=CLUSTER_SCHEMA))
        return pa.concat_tables(parts)

    def _results(self, task: str, scorer: str, hits: np.ndarray) -> pa.Table:
        lines: list[dict[str, Any]] = []
        for facet, groups, group in self.facets:
            clusters = np.bincount(group, minlength=len(groups))
            value = np.bincount(group, hits, len(groups)) / (ITEMS_EACH * clusters)
            half = 1.96 * np.sqrt(np.maximum(value * (1 - value), 0.01) / (ITEMS_EACH * clusters))
            for metric in METRICS if not facet else METRICS[:4]:
                shown = value if metric in ("accuracy", "macro_f1", "coverage") else 1 - value
                lines += [
                    _line(metric, facet, name, int(c), float(v), float(h))
                    for name, c, v, h in zip(groups, clusters, shown, half, strict=True)
                ]
            if facet:
                worst = int(value.argmin())
                ends = [("accuracy_worst", groups[worst], value[worst]), ("accuracy_gap", "", np.ptp(value))]
                lines += [
                    _line(metric, facet, name, int(clusters[worst]), float(v), float(half[worst]))
                    for metric, name, v in ends
                ]
        fixed = {"task": task, "scorer": scorer}
        return pa.Table.from_pylist([{**line, **fixed} for line in lines], schema=RESULT_SCHEMA)

    def _manifest(self, org: str, model: str, at: int) -> Manifest:
        digest = hashlib.sha256(f"{org}/{model}".encode()).hexdigest()
        tasks = {
            name: {
                **{
                    "type": "prompted",
                    "title": name.replace("-", " ").capitalize(),
                    "dataset": name.split("-")[0],
                },
                **{
                    "version": 1,
                    "sha256": hashlib.sha256(name.encode()).hexdigest(),
                    "prompts": {"plain": digest},
                },
                **{"metrics": list(METRICS), "headline": "accuracy", "items": CLUSTERS_EACH * ITEMS_EACH},
                **{"clusters": CLUSTERS_EACH, "calibrate": None},
            }
            for name in self.names
        }
        return Manifest.model_validate(
            {
                **{
                    "schema": 1,
                    "org": org,
                    "engine": {"engine": "invented", "dtype": "float32"},
                    "tasks": tasks,
                },
                "model": {"name": model, "revision": digest[:40], "sha256": digest, "context_length": 8192},
                "run": {
                    **{"hash": digest, "normsuite": "0.1.0"},
                    "created": f"2026-{1 + at % 11:02d}-{1 + at % 28:02d}T12:{at % 60:02d}:00+00:00",
                },
                "settings": {"limit": None, "seed": 0, "replicates": 10_000, "part": 1024},
                **{"data": {}, "partial": [], "files": {}, "predictions": "included"},
            }
        )


def _line(metric: str, facet: str, group: str, clusters: int, value: float, half: float) -> dict[str, Any]:
    return {
        **{
            "metric": metric,
            "facet": facet,
            "group": group,
            "n": clusters * ITEMS_EACH,
            "clusters": clusters,
        },
        **{"value": value, "ci_low": max(0.0, value - half), "ci_high": value + half, "chance": 1 / 3},
    }
