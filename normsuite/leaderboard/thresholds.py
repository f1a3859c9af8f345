"""When numbers are a full measurement, and when they are partial, which the board then says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.report.tables import MODELS

LEAST_COVERAGE: Final = 0.95
"""Of the model's readings of a task, so many must have been scored."""
LEAST_MASS: Final = 0.5
"""So much probability the labels must have together on average: below, something else is likelier."""

_LEAST: Final = {"coverage": LEAST_COVERAGE, "label_mass": LEAST_MASS}


def shortcomings(results: pa.Table, tasks: Iterable[str], limit: int | None) -> list[str]:
    """Why a run is partial, reason by reason; empty where it is whole.

    Args:
        results: table in ``schema.RESULT_SCHEMA``.
        tasks: names of its tasks.
        limit: clusters of each task that were sampled; None is all.
    """
    reasons = [] if limit is None else [f"a seeded sample of {limit} clusters per task"]
    overall = results.filter(pc.and_(pc.equal(results["facet"], ""), pc.is_in(results["scorer"], _models())))
    rows = {(row["task"], row["metric"], row["scorer"]): row["value"] for row in overall.to_pylist()}
    for (task, metric, _), value in sorted(rows.items(), key=lambda pair: pair[0]):
        least = _LEAST.get(metric)
        if task in set(tasks) and least is not None and value is not None and value < least:
            reasons.append(f"{task}: {metric.replace('_', ' ')} {value:.3f} is below {least}")
    return reasons


def _models() -> pa.Array:
    return pa.array(MODELS, pa.string())
