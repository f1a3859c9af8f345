"""The same items read in two ways: off the model's answers and off where its embeddings point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from normsuite.metrics import spearman
from normsuite.report.readings import Readings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pairing:
    """Items that one run reads both ways.

    Attributes:
        prompted_task, direction_task: the two tasks.
        items: [n] ids.
        prompted: [n] where the answers place an item, 0 (first option, or foot of the scale) to 1 (last).
        direction: [n] the direction's score.
        prompted_right, direction_right: [n] share of each reading's wordings that are right; NaN for ratings.
        upper: [n] whether the gold lies in the upper half.
        threshold: the score above which the direction says the upper end.
        prompted_axis: what ``prompted`` is, for people.
    """

    prompted_task: str
    direction_task: str
    items: tuple[str, ...]
    prompted: Floats
    direction: Floats
    prompted_right: Floats
    direction_right: Floats
    upper: Bools
    threshold: float
    prompted_axis: str

    @property
    def agreement(self) -> pd.DataFrame:
        """Items by which reading is right; empty where neither can be right or wrong."""
        known = np.isfinite(self.prompted_right) & np.isfinite(self.direction_right)
        first, second = self.prompted_right[known] >= 0.5, self.direction_right[known] >= 0.5
        total = max(1, int(known.sum()))
        rows = [
            (told, int(((first == a) & (second == b)).sum()))
            for told, a, b in (
                ("both right", True, True),
                ("answers alone right", True, False),
                ("direction alone right", False, True),
                ("neither right", False, False),
            )
        ]
        names, counts = [name for name, _ in rows], [count for _, count in rows]
        shares = [count / total for count in counts]
        return pd.DataFrame({"reading": names, "items": counts, "share": shares}).head(
            4 if known.any() else 0
        )

    @property
    def correlation(self) -> float:
        """Spearman's rho of the two placings; NaN where one does not vary."""
        return spearman(self.prompted, self.direction)

    def table(self) -> pd.DataFrame:
        """One row per item."""
        columns = {
            "item": self.items,
            "by answers": self.prompted,
            "direction score": self.direction,
            "answers right": self.prompted_right,
            "direction right": self.direction_right,
        }
        return pd.DataFrame(columns)


def pairings(prompted: Readings, others: Sequence[Readings]) -> tuple[Pairing, ...]:
    """A prompted task's items beside each direction task that reads some of them.

    Args:
        prompted: a task that is read off answers.
        others: the run's direction tasks.
    """
    mine = _placed(prompted)
    found = (_pair(prompted, mine, other) for other in others)
    return tuple(one for one in found if one is not None)


def _pair(prompted: Readings, mine: pd.DataFrame, other: Readings) -> Pairing | None:
    theirs = _placed(other, scores=True)
    both = mine.add_suffix("_answers").join(theirs.add_suffix("_direction"), how="inner")
    both = both.dropna(subset=["place_answers", "place_direction"]).sort_index()
    if both.empty:
        return None
    kind = prompted.rows.kind
    axis = "mean rating given, foot to head of the scale" if kind == "rating" else "place among the options"
    return Pairing(
        prompted_task=prompted.task,
        direction_task=other.task,
        items=tuple(both.index),
        prompted=both["place_answers"].to_numpy(),
        direction=both["place_direction"].to_numpy(),
        prompted_right=both["right_answers"].to_numpy(),
        direction_right=both["right_direction"].to_numpy(),
        upper=both["gold_direction"].to_numpy() >= 0.5,
        threshold=_threshold(other),
        prompted_axis=axis,
    )


def _placed(readings: Readings, *, scores: bool = False) -> pd.DataFrame:
    """Per item: its mean place (or score), the gold's place, and the share of readings that are right."""
    rows = readings.rows
    last = np.maximum(rows.size - 1, 1)
    if scores:
        place = rows.score
    elif rows.kind == "rating":
        place = (rows.score - rows.scale_min) / (rows.scale_max - rows.scale_min)
    else:
        place = np.where(rows.predicted >= 0, rows.predicted / last, np.nan)
        if rows.probabilities.size:
            steps = np.arange(rows.probabilities.shape[1])
            expected = (rows.probabilities * steps).sum(axis=1) / last
            place = np.where(np.isfinite(expected), expected, place)
    if rows.kind == "rating":
        gold = (rows.rating - rows.scale_min) / (rows.scale_max - rows.scale_min)
        right = np.full(len(rows), np.nan)
    else:
        gold = np.where(rows.gold >= 0, rows.gold / last, np.nan)
        right = np.where(rows.answered, rows.predicted == rows.gold, np.nan)
    columns = {"item": readings.table["item"].to_pylist(), "place": place, "gold": gold, "right": right}
    return pd.DataFrame(columns).groupby("item", sort=False).mean()


def _threshold(readings: Readings) -> float:
    """The least score that a direction calls the upper end; 0 where it calls none so."""
    rows = readings.rows
    if rows.kind == "rating":
        return float(np.nanmedian(rows.score))
    upper = rows.score[(rows.predicted == 1) & np.isfinite(rows.score)]
    return float(upper.min()) if len(upper) else 0.0
