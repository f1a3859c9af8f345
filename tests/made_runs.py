"""Run folders of invented predictions, as small as what compares runs needs."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from made_predictions import prediction, table

from normsuite.schema import RESULT_SCHEMA, write_table

COUNTRIES = ("PER", "JPN", "POL", "NGA", "IRL")
ZONES = ("Latin America", "Confucian", "Catholic Europe", "African-Islamic", "English-Speaking")


def about_task(name: str, **parts: Any) -> dict[str, Any]:
    """A task's entry in a manifest."""
    return {
        "title": f"The title of {name}",
        "version": 1,
        "sha256": "ef" * 32,
        "prompts": {"plain": "aa" * 32, "brief": "bb" * 32},
        "dataset": "mini",
        "view": "default",
        "headline": "accuracy",
        "metrics": ["accuracy", "macro_f1"],
        "calibrate": None,
    } | parts


def judged(task: str, share: dict[str, float], items: int = 240, seed: int = 0, **columns: Any) -> pa.Table:
    """Two wordings of three-label items; a share of each country's readings is right.

    Ireland has five clusters only, whatever ``items`` is.
    """
    random = np.random.default_rng(seed)
    rows = []
    for item in range(items):
        place = 4 if item < 10 else item % 4
        cluster = f"c{item // 2:03}" if place == 4 else f"c{place}-{item // 8:03}"
        for wording in ("plain", "brief"):
            right = random.random() < share.get(COUNTRIES[place], 0.5)
            predicted = 0 if right else int(random.integers(1, 3))
            place_of = {"country": COUNTRIES[place], "zone": ZONES[place], "cluster": cluster}
            topic = {"categories": [("topic", [f"topic {item % 3}"])]}
            told = {"task": task, "scorer": "labels", "prompt": wording}
            rows.append(prediction(f"mini:{item:03}", 0, predicted, **told, **place_of, **topic) | columns)
    return table(rows)


def write_run(
    folder: Path, model: str, predictions: pa.Table, *, seed: int = 0, parts: int = 1, **manifest: Any
) -> Path:
    """A finished run of the tasks in ``predictions``."""
    names = predictions["task"].unique().to_pylist()
    told = {
        "schema": 1,
        "hash": hashlib.sha256(f"{model} {seed}".encode()).hexdigest(),
        "normsuite": "0.1.0",
        "model": {"name": model, "revision": "r1"},
        "seed": seed,
        "tasks": {name: about_task(name) for name in names},
        "data": {"mini": {"version": "1", "files": {"items.jsonl": "cd" * 32}}},
    } | manifest
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    write_table(RESULT_SCHEMA.empty_table(), folder / "results.parquet")
    for name in names:
        own = predictions.filter(pa.compute.equal(predictions["task"], name))
        step = -(-own.num_rows // parts)
        for number in range(parts):
            part = own.slice(number * step, step)
            scorer = part["scorer"][0].as_py()
            write_table(part, folder / "predictions" / f"{name}.{scorer}.{number:05d}.parquet")
    return folder
