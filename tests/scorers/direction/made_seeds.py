"""Seeds and embeddings invented for the tests of the scorer `direction`."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from normsuite.embeddings import Passage
from normsuite.engines import Pooling
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.scorers.direction import Seeds
from normsuite.scorers.direction.fitted import Fitted
from normsuite.scorers.direction.pipeline import build, fit, for_estimator
from normsuite.scorers.direction.seeds import SeedRows
from normsuite.tasks import Step


def step(name: str, **options: Any) -> Step:
    return Step(name=name, options=options)


def texts(*words: str, values: Sequence[float], wordings: int = 1, **others: Any) -> Seeds:
    """Seeds of these words, each its own cluster, in wordings that are told apart by a number."""
    passages = [
        [Passage(f"{word} {at}" if wordings > 1 else word) for at in range(wordings)] for word in words
    ]
    given = {"name": "made", "clusters": list(words)} | others
    return Seeds(passages=passages, values=np.array(values, float), **given)


def cloud(n: int, d: int = 12, gap: float = 3.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """n embeddings of two poles in turn, ``gap`` standard deviations apart along the first axis."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = rng.normal(size=(n, d))
    X[:, 0] += gap * (y - 0.5)
    return X.astype(np.float32), y.astype(float)


def make_rows(X: np.ndarray, y: np.ndarray, **others: Any) -> SeedRows:
    """Rows of one source, each a cluster of its own."""
    n = len(y)
    columns = {"groups": np.arange(n), "source": np.zeros(n, int)} | others
    return SeedRows(
        np.asarray(X, np.float32),
        np.asarray(y, float),
        *(np.asarray(columns[name], np.int64) for name in ("groups", "source")),
        [f"text {at}" for at in range(n)],
    )


def axis_of(estimator: Step, rows: SeedRows, *preprocessing: Step) -> Any:
    """The fitted pipeline and its axis."""
    return fit(build(estimator, preprocessing), for_estimator(estimator, rows))


def fitted_on(estimator: Step, rows: SeedRows, *preprocessing: Step) -> Fitted:
    pipeline, axis = axis_of(estimator, rows, *preprocessing)
    return Fitted(axis, pipeline, Pooling("mean"), for_estimator(estimator, rows), {})


def items(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Items from the few fields that matter here."""
    plain = {"dataset": "made", "split": "test", "kind": "label", "behavior": "hum", "language": "en"}
    table = [
        {"id": f"made:{at}", "cluster": f"c{at}", "options": ["bad", "good"], "gold": at % 2} | plain | row
        for at, row in enumerate(rows)
    ]
    if not table:
        return ITEM_SCHEMA.empty_table()
    return conform(
        {name: [row.get(name) for row in table] for name in ITEM_SCHEMA.names}, ITEM_SCHEMA, len(table)
    )
