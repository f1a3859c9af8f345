"""From scores along a direction to predictions in the common schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from normsuite.errors import InputError
from normsuite.schema import PREDICTION_SCHEMA, conform, scoring_columns
from normsuite.scorers.direction.seeds import Floats

SCORER: Final = "direction"
_LEAST_SLOPE: Final = 1e-3  # in the scores' own standard deviations: a flat map would tie scores that differ


@dataclass(frozen=True)
class Threshold:
    """From a score to the probability of the positive pole: ``sigmoid(slope · (score - at))``.

    Attributes:
        at: the score of probability one half, above which the positive option is predicted.
        slope: above 0, whatever the training rows say: a direction that points the wrong way is wrong.
    """

    at: float
    slope: float

    def __call__(self, scores: Floats) -> Floats:
        """Probabilities [n] of the positive pole."""
        chance: Floats = 1 / (1 + np.exp(-np.clip(self.slope * (scores - self.at), -500, 500)))
        return chance


def fit_threshold(scores: Floats, positive: NDArray[np.bool_]) -> Threshold:
    """Threshold and slope from training rows.

    The threshold is the one of greatest accuracy (the middle of the widest gap of equals); the slope is that
    of a logistic regression on the score, kept above 0.

    Args:
        scores: [m] of training rows.
        positive: [m] which of them are of the positive pole.

    Raises:
        InputError: the training rows are of one class only.
    """
    if positive.all() or not positive.any():
        raise InputError("the rows that the threshold is fitted on are of one class only")
    spread = float(scores.std()) or 1.0
    slope = float(LogisticRegression().fit(scores[:, None] / spread, positive).coef_[0, 0])
    return Threshold(_best_threshold(scores, positive), max(slope, _LEAST_SLOPE) / spread)


def _best_threshold(scores: Floats, positive: NDArray[np.bool_]) -> float:
    order = np.argsort(scores, kind="stable")
    ordered, truth = scores[order], positive[order]
    # Cut k predicts the k lowest scores as negative.
    right = np.concatenate([[0], np.cumsum(~truth)]) + np.concatenate(
        [[truth.sum()], truth.sum() - np.cumsum(truth)]
    )
    ends = np.concatenate([[ordered[0] - 1], (ordered[1:] + ordered[:-1]) / 2, [ordered[-1] + 1]])
    widths = np.concatenate([[0], np.diff(ordered), [0]])
    possible = (widths > 0) | (np.arange(len(widths)) % len(ordered) == 0)  # no cut between equal scores
    best = np.flatnonzero(possible & (right == right[possible].max()))
    return float(ends[best[np.argmax(widths[best])]])


def direction_predictions(
    task: str, items: pa.Table, scores: Floats, prompt: str, threshold: Threshold | None
) -> pa.Table:
    """One prediction per item.

    Args:
        task: its name.
        items: [n] Items; those with options have two, the negative pole first.
        scores: [n]; NaN where a text was longer than the model's context.
        prompt: the families of wordings, for the record.
        threshold: for items with options; None for ratings.

    Returns:
        [n] rows in ``PREDICTION_SCHEMA``: the score itself, and for options their probabilities too.
    """
    read = np.isfinite(scores)
    columns: dict[str, Any] = {
        "task": task,
        "scorer": SCORER,
        "item": items["id"],
        "prompt": prompt,
        "order": "",
        "status": np.where(read, "ok", "too_long").tolist(),
        "detail": [None if ok else "a text is longer than the model's context" for ok in read],
        "score": pa.array(scores, pa.float64(), from_pandas=True),
    }
    if threshold is not None:
        chance = threshold(scores)
        columns["probabilities"] = [
            [1 - p, p] if ok else None for p, ok in zip(chance.tolist(), read, strict=True)
        ]
        columns["predicted"] = [
            int(s > threshold.at) if ok else None for s, ok in zip(scores, read, strict=True)
        ]
    scoring = scoring_columns(items)
    columns |= {name: scoring[name] for name in scoring.column_names}
    return conform(columns, PREDICTION_SCHEMA, items.num_rows)


def recast(items: pa.Table, where: Floats, options: tuple[str, str]) -> pa.Table:
    """Items with labels as a choice between two poles; those of neither pole are left out.

    Args:
        items: [n] Items.
        where: [n] 1 positive, 0 negative, NaN neither (``tasks.poles_of``).
        options: the names of the negative and the positive pole.
    """
    kept = np.isfinite(where)
    chosen = items.filter(pa.array(kept))
    n = chosen.num_rows
    columns = {name: chosen[name] for name in chosen.column_names}
    columns |= {
        "kind": "label",
        "options": [list(options)] * n,
        "gold": where[kept].astype(np.int32),
        "gold_set": None,
        "votes": None,
        "shares": None,
    }
    return conform(columns, items.schema, n)
