"""A small real run folder, of rows invented here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from normsuite.schema import PREDICTION_SCHEMA, RESULT_SCHEMA, conform, write_table

COUNTRIES = {
    "PER": "Latin America",
    "BRA": "Latin America",
    "JPN": "Confucian",
    "KOR": "Confucian",
    "POL": "Catholic Europe",
    "ITA": "Catholic Europe",
    "NGA": "African-Islamic",
    "EGY": "African-Islamic",
    "CAN": "English-Speaking",
    "IRL": "English-Speaking",
    "SWE": "Protestant Europe",
    "IND": "West and South Asia",
}
TOPICS = ("table manners", "visiting", "gifts", "work", "family")
SETTINGS = ("home", "restaurant", "street")
OPTIONS = ["wrong", "neutral", "fine"]


def make_result(task: str, metric: str, value: float | None, **row: Any) -> dict[str, Any]:
    """One row of the results; the interval is ±0.1 unless given."""
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    place = {"scorer": "labels", "facet": "", "group": "", "n": 40, "clusters": 20}
    numbers = {"value": value, "ci_low": low, "ci_high": high, "chance": None}
    return {"task": task, "metric": metric} | place | numbers | row


def make_manifest(tasks: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A manifest with every key a run writes."""
    return {
        "schema": 1,
        "hash": "5f1d" * 16,
        "created": "2025-03-09T10:20:30+00:00",
        "normsuite": "0.1.0",
        "model": {
            "name": "an-invented-model",
            "kind": "checkpoint",
            "sha256": "ab" * 32,
            "revision": None,
            "dtype": "float32",
        },
        "engine": {"engine": "transformers", "batch_size": 8, "device": "cpu"},
        "seed": 7,
        "limit": None,
        "tasks": tasks,
        "data": {"mini": {"version": "1.0", "files": {"items.jsonl": "cd" * 32}, "licence": "CC BY 4.0"}},
        "packages": {"numpy": "2.0.0", "torch": "2.5.0"},
        "part": 512,
    } | parts


def write_run(
    folder: Path, told: dict[str, Any], results: list[dict[str, Any]], predictions: dict[str, Any]
) -> Path:
    """Write the three parts of a run folder."""
    columns = {field.name: [row[field.name] for row in results] for field in RESULT_SCHEMA} if results else {}
    write_table(conform(columns, RESULT_SCHEMA, len(results)), folder / "results.parquet")
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    if predictions:
        length = len(predictions["item"])
        part = folder / "predictions" / f"{predictions['task']}.labels.00000.parquet"
        write_table(conform(predictions, PREDICTION_SCHEMA, length), part)
    return folder


def judgement_predictions(task: str, n: int = 600) -> dict[str, Any]:
    """Readings of ``n`` items under two wordings each, by one seed."""
    rng = np.random.default_rng(3)
    country = rng.choice(list(COUNTRIES), n)
    country[country == "IND"] = np.where(rng.random((country == "IND").sum()) < 0.8, "PER", "IND")
    topics, settings = rng.choice(TOPICS, n), rng.choice(SETTINGS, n)
    gold = rng.integers(0, 3, n)
    twice = [*range(n), *range(n)]
    right = rng.random(2 * n) < 0.6
    predicted = np.where(right, gold[twice], (gold[twice] + 1) % 3)
    return {
        "task": task,
        "scorer": "labels",
        "item": [f"mini:{at}" for at in twice],
        "prompt": ["plain"] * n + ["polite"] * n,
        "order": "0-1-2",
        "status": "ok",
        "predicted": predicted,
        "split": "test",
        "kind": "label",
        "options": [OPTIONS] * (2 * n),
        "gold": gold[twice],
        "country": country[twice],
        "zone": [COUNTRIES[country[at]] for at in twice],
        "language": "en",
        "categories": [[("topic", [topics[at]]), ("setting", [settings[at]])] for at in twice],
        "cluster": [f"mini:{at // 2}" for at in twice],
    }


def judgement_results(task: str) -> list[dict[str, Any]]:
    """Rows of one task with all that a report shows, by one seed."""
    rng = np.random.default_rng(5)
    rows = [
        make_result(task, "accuracy", 0.612, n=600, clusters=300, chance=1 / 3, ci_low=0.573, ci_high=0.651),
        make_result(task, "accuracy", 0.351, n=600, clusters=300, chance=1 / 3, scorer="majority"),
        make_result(task, "accuracy", 0.330, n=600, clusters=300, chance=1 / 3, scorer="random"),
        make_result(task, "accuracy", 0.447, n=600, clusters=300, chance=1 / 3, scorer="tfidf"),
        make_result(task, "macro_f1", 0.598, n=600, clusters=300),
        make_result(task, "macro_f1", 0.173, n=600, clusters=300, scorer="majority"),
        make_result(task, "log_loss", 1.021, n=600, clusters=300),
    ]
    groups = {
        "country": COUNTRIES,
        "zone": sorted(set(COUNTRIES.values())),
        "language": ["en"],
        "topic": TOPICS,
        "setting": SETTINGS,
        "wording": ["plain", "polite"],
        "order": ["0-1-2", "2-1-0"],
    }
    for facet, names in groups.items():
        for name in names:
            clusters = 4 if name == "IND" else int(rng.integers(20, 40))
            width = 0.9 / clusters**0.5
            value = float(np.clip(0.6 + rng.normal(0, 0.1), 0, 1))
            low, high = max(0.0, value - width), min(1.0, value + width)
            place = {"facet": facet, "group": name, "n": 2 * clusters, "clusters": clusters}
            rows.append(make_result(task, "accuracy", value, chance=1 / 3, ci_low=low, ci_high=high, **place))
        if facet in ("country", "zone", "topic"):
            worst = "NGA" if facet == "country" else names[0]
            rows += [
                make_result(task, "accuracy_macro", 0.601, facet=facet),
                make_result(task, "accuracy_gap", 0.244, facet=facet, chance=0.131),
                make_result(task, "accuracy_worst", 0.489, facet=facet, group=worst),
            ]
    validity = {"coverage": 0.995, "label_mass": 0.871, "top_is_label": 0.93, "wording_spread": 0.021}
    rows += [make_result(task, metric, value, n=600, clusters=300) for metric, value in validity.items()]
    return rows


ABOUT = {
    "sha256": "ef" * 32,
    "headline": "accuracy",
    "metrics": ["accuracy", "macro_f1", "log_loss"],
    "title": "Is the act fine, in this place?",
    "description": "Short stories from many countries: is an act wrong, neutral or fine?",
    "prompts": {"plain": "12" * 32, "polite": "34" * 32},
    "dataset": "mini",
    "view": "default",
    "items": 600,
    "clusters": 300,
}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of one task, to be read only."""
    task = "mini-judgement"
    told = make_manifest({task: ABOUT})
    return write_run(
        tmp_path_factory.mktemp("run"), told, judgement_results(task), judgement_predictions(task)
    )


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """``make_run(manifest, results, predictions)`` writes a run folder of these parts."""
    return lambda *parts: write_run(tmp_path / "made", *parts)


@pytest.fixture
def result() -> Callable[..., dict[str, Any]]:
    """``result(task, metric, value, **columns)``: one row of the results."""
    return make_result


@pytest.fixture
def manifest() -> Callable[..., dict[str, Any]]:
    """``manifest(tasks, **parts)``: a manifest with every key a run writes."""
    return make_manifest


@pytest.fixture
def about() -> dict[str, Any]:
    """A task's entry in the manifest."""
    return ABOUT
