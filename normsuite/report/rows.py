"""One number of the results, ready to be set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from normsuite import cultures
from normsuite.aggregate import FEW_CLUSTERS


@dataclass(frozen=True)
class Row:
    """One number of the results, ready to be set.

    Attributes:
        name: what it is of: a scorer, a group, a metric.
        n: items.
        clusters: independent units behind them.
        value, low, high: the estimate and its 95 % interval; None where undefined.
        chance: expected value of uniform guessing, or of a gap that is chance alone; None where it has none.
        nulls: of a direction, how far up its nulls reach (the highest upper end); None for other scorers.
        ceiling: whether it is no scorer's, but the best that people's votes allow to expect.
        key: what it is of as the results name it, where ``name`` is for people: a country's code.
    """

    name: str
    n: int
    clusters: int
    value: float | None
    low: float | None
    high: float | None
    chance: float | None
    nulls: float | None = None
    ceiling: bool = False
    key: str = ""

    @property
    def few(self) -> bool:
        """Whether too few clusters stand behind the interval for it to be trusted."""
        return bool(self.clusters < FEW_CLUSTERS)

    @property
    def against_chance(self) -> str:
        """Where the interval lies; empty if there is no interval or no chance level."""
        if self.low is None or self.high is None or self.chance is None:
            return ""
        if self.low <= self.chance <= self.high:
            return "not told apart from chance"
        return "above chance" if self.low > self.chance else "below chance"

    def named(self, name: str) -> Row:
        """The same numbers under another name."""
        return replace(self, name=name)


def to_rows(frame: pd.DataFrame, name: str, *, country: bool = False) -> Iterator[Row]:
    """Rows of results, each named by one column; countries by their common names."""
    columns = [frame[column].tolist() for column in (name, "n", "clusters")]
    numbers = [frame[column].tolist() for column in ("value", "ci_low", "ci_high", "chance")]
    for label, n, clusters, *values in zip(*columns, *numbers, strict=True):
        value, low, high, chance = (finite(number) for number in values)
        shown = cultures.country_name(label) if country else label
        yield Row(shown, int(n), int(clusters), value, low, high, chance, key=str(label))


def finite(value: float) -> float | None:
    """The value; None for one that is undefined."""
    return value if value is not None and math.isfinite(value) else None
