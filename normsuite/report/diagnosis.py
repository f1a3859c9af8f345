"""How a model's answers go wrong: confusion of labels, calibration, label mass, and what was not answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from normsuite.metrics import Rows
from normsuite.metrics.columns import codes
from normsuite.report.readings import Readings
from normsuite.schema import STATUSES

MOST_LABELS: Final = 15
"""With more labels a matrix cannot be read, and recall per label has to do."""

BINS: Final = 10
"""Of calibration: as in the expected calibration error."""

_MASS_BINS: Final = 20
_ONE_ANSWER: Final = ("label", "choice", "pair")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Confusion:
    """Readings by gold label and given label.

    Attributes:
        labels: [L].
        counts: [L, L], gold by given.
    """

    labels: tuple[str, ...]
    counts: Ints

    @property
    def shares(self) -> Floats:
        """[L, L] of each gold label's readings; NaN for a label that no item has."""
        totals = self.counts.sum(axis=1, keepdims=True)
        shares = np.full(self.counts.shape, np.nan)
        return np.asarray(np.divide(self.counts, totals, out=shares, where=totals > 0))

    def table(self) -> pd.DataFrame:
        """One row per pair of labels."""
        gold, given = np.divmod(np.arange(self.counts.size), len(self.labels))
        names = np.array(self.labels, dtype=object)
        columns = {"gold": names[gold], "given": names[given], "readings": self.counts.ravel()}
        return pd.DataFrame(columns | {"share of gold": self.shares.ravel()})


@dataclass(frozen=True)
class Calibration:
    """Readings by confidence; bins without any are left out.

    Attributes:
        confidence: [b] mean top probability.
        accuracy: [b] share right.
        counts: [b] readings.
    """

    confidence: Floats
    accuracy: Floats
    counts: Ints

    def table(self) -> pd.DataFrame:
        """One row per bin."""
        return pd.DataFrame(
            {"confidence": self.confidence, "share right": self.accuracy, "readings": self.counts}
        )


@dataclass(frozen=True)
class Masses:
    """Readings by label mass: [b] counts between [b + 1] edges."""

    edges: Floats
    counts: Ints

    def table(self) -> pd.DataFrame:
        """One row per bin."""
        return pd.DataFrame({"from": self.edges[:-1], "to": self.edges[1:], "readings": self.counts})


def confusion_of(readings: Readings) -> Confusion | None:
    """Gold by given label; None for tasks without labels of their own, or with too many of them."""
    rows = readings.rows
    if rows.kind != "label" or not 2 <= len(rows.labels) <= MOST_LABELS:
        return None
    labels = rows.labels
    gold, given = (_label_codes(readings.named(column), labels) for column in ("gold", "predicted"))
    both = rows.answered
    pairs = gold[both] * len(labels) + given[both]
    counts = np.bincount(pairs, minlength=len(labels) ** 2).reshape(len(labels), -1)
    return Confusion(labels, counts) if counts.any() else None


def calibration_of(rows: Rows) -> Calibration | None:
    """Share right by top probability; None where no probabilities were read."""
    if rows.kind not in _ONE_ANSWER or not rows.probabilities.size:
        return None
    read = rows.answered & np.isfinite(rows.probabilities).all(axis=1)
    if not read.any():
        return None
    confidence = rows.probabilities[read].max(axis=1)
    right = rows.predicted[read] == rows.gold[read]
    bins = np.minimum(confidence * BINS, BINS - 1).astype(np.int64)
    counts = np.bincount(bins, minlength=BINS)
    filled = counts > 0
    mean, share = (np.bincount(bins, values, BINS)[filled] / counts[filled] for values in (confidence, right))
    return Calibration(mean, share, counts[filled])


def masses_of(rows: Rows) -> Masses | None:
    """How label mass is spread; None where it was not read."""
    known = rows.mass[rows.scored & np.isfinite(rows.mass)]
    if not len(known):
        return None
    counts, edges = np.histogram(np.clip(known, 0, 1), _MASS_BINS, (0, 1))
    return Masses(edges, counts)


def statuses_of(readings: Readings, about: dict[str, Any]) -> pd.DataFrame:
    """Readings by what became of them: ``missing`` are those that the task asks for and the run lacks."""
    rows = readings.rows
    counts = dict(zip(STATUSES, np.bincount(rows.status, minlength=len(STATUSES)).tolist(), strict=False))
    wordings, items = about.get("prompts"), about.get("items")
    if isinstance(wordings, dict) and isinstance(items, int) and about.get("type") != "direction":
        counts["missing"] = max(0, len(wordings) * items * len(rows.scorers) - len(rows))
    total = max(1, sum(counts.values()))
    told = {"readings": list(counts.values()), "share": [count / total for count in counts.values()]}
    return pd.DataFrame({"status": list(counts)} | told)


def _label_codes(names: Any, labels: tuple[str, ...]) -> Ints:
    """Each name's place among the labels; -1 for none."""
    import pyarrow as pa

    code, known = codes(pa.chunked_array([names]))
    place = np.array([labels.index(name) for name in known] + [-1], np.int64)
    return place[code]
