"""When numbers are a full measurement, and when they are partial, which the board then says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import CEILING, PREFIX
from normsuite.scorers import BASELINES

LEAST_COVERAGE: Final = 0.95
"""Of the model's readings of a task, so many must have been scored."""
LEAST_MASS: Final = 0.5
"""So much probability the labels must have together on average: below, something else is likelier."""

_OFFICIAL: Final = "-official"
_LEAST: Final = {"coverage": LEAST_COVERAGE, "label_mass": LEAST_MASS}


def shortcomings(results: pa.Table, tasks: Iterable[str], limit: int | None) -> list[str]:
    """Why a run is partial, reason by reason; empty where it is whole.

    Args:
        results: table in ``schema.RESULT_SCHEMA``.
        tasks: names of its tasks.
        limit: clusters of each task that were sampled; None is all.
    """
    reasons = [] if limit is None else [f"a seeded sample of {limit} clusters per task"]
    overall = of_models(results.filter(pc.equal(results["facet"], "")))
    rows = {(row["task"], row["metric"], row["scorer"]): row["value"] for row in overall.to_pylist()}
    for (task, metric, _), value in sorted(rows.items(), key=lambda pair: pair[0]):
        least = _LEAST.get(metric)
        if task in set(tasks) and least is not None and value is not None and value < least:
            reasons.append(f"{task}: {metric.replace('_', ' ')} {value:.3f} is below {least}")
    return reasons


def of_models(results: pa.Table) -> pa.Table:
    """The results that are a model's own: not a baseline's, a null's or a ceiling's.

    What a data set's official parser reads off the same answers stands beside, like a baseline.
    """
    own = [name for name in pc.unique(results["scorer"]).to_pylist() if _is_models(name)]
    return results.filter(pc.is_in(results["scorer"], pa.array(own, pa.string())))


def _is_models(scorer: str) -> bool:
    return not (scorer in BASELINES or scorer.startswith((PREFIX, CEILING)) or scorer.endswith(_OFFICIAL))
