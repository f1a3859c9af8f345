"""All results of one task from what was predicted: a run computes them, and a board computes them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from normsuite.aggregate.ceiling import ceiling_results
from normsuite.aggregate.nulls import null_results
from normsuite.aggregate.table import aggregate
from normsuite.aggregate.temperature import apart
from normsuite.metrics import VALIDITY


def task_results(
    predictions: pa.Table,
    nulls: pa.Table | None,
    *,
    metrics: Sequence[str],
    headline: str,
    calibrate: str | None,
    replicates: int,
    seed: int,
    progress: Callable[[float], None] = lambda share: None,
) -> pa.Table:
    """A task's own results, then its nulls' (of a direction) or its ceiling's (of what is answered).

    Args:
        predictions: all rows, those that calibrate included.
        nulls: of a direction task, in the order of ``predictions``; None for a prompted one.
        metrics: those that the task names.
        headline: the one that stands for it.
        calibrate: the split that fits a temperature and is not scored.
        replicates: of the cluster bootstrap.
        seed: of its draws.
        progress: told the share that is done.

    Returns:
        Table in ``schema.RESULT_SCHEMA``.

    Raises:
        InputError: the predictions cannot be scored so.
    """
    scored, calibration = apart(predictions, calibrate)
    own = aggregate(
        scored,
        metrics=[*metrics, *(VALIDITY if nulls is None else ())],
        headline=headline,
        calibration=calibration,
        replicates=replicates,
        seed=seed,
        progress=progress,
    )
    beside = (
        ceiling_results(scored, metrics=metrics, replicates=replicates, seed=seed)
        if nulls is None
        else null_results(scored, nulls, headline=headline, replicates=replicates, seed=seed)
    )
    return pa.concat_tables([own, beside])
