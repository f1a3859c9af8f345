"""Predictions invented for the tests of metrics and aggregation."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from normsuite.schema import PREDICTION_SCHEMA

LABELS = ["yes", "no", "neutral"]


def prediction(item: str, gold: int | None, predicted: int | None, **others: Any) -> dict[str, Any]:
    """One three-label prediction; the cluster is the item unless said otherwise."""
    row = {
        "task": "task",
        "scorer": "scorer",
        "item": item,
        "prompt": "plain",
        "order": "0-1-2",
        "status": "ok",
        "predicted": predicted,
        "split": "test",
        "kind": "label",
        "options": LABELS,
        "gold": gold,
        "cluster": item,
    }
    return row | others


def table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows], PREDICTION_SCHEMA)


def random_predictions(
    items: int = 120, clusters: int = 30, countries: int = 3, wordings: int = 2, seed: int = 0
) -> pa.Table:
    """Clusters lie within countries; topics, one or two an item, cross them; a row in twenty is unparsed."""
    random = np.random.default_rng(seed)
    rows = []
    for item in range(items):
        cluster = int(random.integers(clusters)) if item >= clusters else item
        gold = int(random.integers(3))
        topics = sorted({f"topic {t}" for t in random.integers(4, size=2)})
        for wording in range(wordings):
            odds = random.gamma(1.0, size=3) + (np.arange(3) == gold)
            probabilities = odds / odds.sum()
            ok = random.random() > 0.05
            rows.append(
                prediction(
                    f"item {item:04}",
                    gold,
                    int(probabilities.argmax()) if ok else None,
                    prompt=f"wording {wording}",
                    order="-".join(map(str, np.roll([0, 1, 2], item + wording))),
                    status="ok" if ok else "unparsed",
                    probabilities=probabilities.tolist() if ok else None,
                    votes=random.integers(5, size=3).tolist(),
                    mass=float(random.random()) if ok else None,
                    top_is_label=bool(random.random() > 0.5) if ok else None,
                    country=f"C{cluster % countries:02}",
                    categories=[("topic", topics)],
                    family=f"{cluster}/{item % 2}",
                    cluster=f"cluster {cluster:03}",
                )
            )
    return table(rows)
