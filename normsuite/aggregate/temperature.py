"""Temperatures of a task's scorers, from predictions that are made for that and never scored.

Each scorer has one, for all its wordings and label orders together. It is fitted once: bootstrap replicates
keep it, so intervals of calibrated log-loss are of the scored items alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.metrics import Rows, fit_temperature, read_rows
from normsuite.metrics.addends import judged
from normsuite.metrics.catalogue import ONE_ANSWER


def apart(predictions: pa.Table, calibrate: str | None) -> tuple[pa.Table, pa.Table]:
    """Predictions that are scored, and those of the split that only tells temperatures.

    Args:
        predictions: table in ``schema.PREDICTION_SCHEMA`` of one task.
        calibrate: that split; None is none.
    """
    aside = pc.equal(predictions["split"], calibrate or "")
    return predictions.filter(pc.invert(aside)), predictions.filter(aside)


def with_temperatures(rows: Rows, calibration: pa.Table | None) -> Rows:
    """The rows with their scorers' temperatures.

    Args:
        rows: of one task.
        calibration: predictions of the same task for other items; a scorer without any has no temperature.
    """
    if rows.kind not in ONE_ANSWER or calibration is None or not calibration.num_rows:
        return rows
    told, _ = read_rows(calibration)
    of_scorer = np.full(len(rows.scorers), np.nan)
    for number, name in enumerate(rows.scorers):
        if name in told.scorers:
            own = told.take(judged(told) & (told.scorer == told.scorers.index(name)))
            of_scorer[number] = fit_temperature(own.shares, own.probabilities)
    return replace(rows, temperature=of_scorer[rows.scorer])
