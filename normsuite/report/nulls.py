"""What a report says of a direction's nulls: their names, how far up they reach, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from normsuite.aggregate import PREFIX
from normsuite.report.rows import Row

_NULLS: Final = {
    "random": "random directions",
    "permuted": "shuffled seeds",
    "tfidf": "TF-IDF",
    "untrained": "untrained model",
}


def null_name(null: str) -> str:
    """A null's name for people."""
    return _NULLS.get(null, null)


def top_of_nulls(nulls: pd.DataFrame) -> dict[str, float]:
    """How far up the nulls reach in each group: the greatest upper end, or value where there is no end.

    Args:
        nulls: the nulls' rows of the headline metric, of one facet.
    """
    ends = nulls.assign(end=nulls[["value", "ci_high"]].max(axis=1)).groupby("group")["end"].max()
    return {str(group): float(end) for group, end in ends.items() if math.isfinite(end)}


def null_rows(results: pd.DataFrame) -> pd.DataFrame:
    """The rows of results that are of nulls."""
    return results[results["scorer"].str.startswith(PREFIX)]


def verdict(above: Row) -> str:
    """Whether a direction is more than the strongest of its nulls.

    Args:
        above: its value minus that of the strongest null, which the row is named for.
    """
    if above.value is None:
        return "Not comparable with its nulls: neither has a value."
    bounded = above.low is not None and above.high is not None
    bounds = f" [{above.low:.3f}, {above.high:.3f}]" if bounded else ""
    null = null_name(above.name)
    if above.low is not None and above.low > 0:
        return f"Above every null by {above.value:.3f}{bounds}; strongest: {null}."
    return f"Not distinguishable from its nulls: {null} does as well (difference {above.value:.3f}{bounds})."


def missing_nulls(about: Mapping[str, Any]) -> tuple[str, ...]:
    """Which nulls a direction was not compared with, one sentence each.

    Args:
        about: from ``Run.about_direction``.
    """
    missing = about.get("missing_nulls")
    if not isinstance(missing, Mapping):
        return ()
    return tuple(f"Without the null of {null_name(str(null))}: {why}." for null, why in missing.items())
