"""Metrics: ``catalogue`` has them by name for whole tasks, ``plain`` as functions of arrays.

``columns`` reads the Arrow table of predictions into ``rows``; ``sums``, ``ranks`` and ``families`` hold the
arithmetic that both share.
"""

from normsuite.metrics.catalogue import (
    METRICS,
    SPREADS,
    STATUS_METRICS,
    VALIDITY,
    Metric,
    RankMetric,
    recalls,
    resolve,
)
from normsuite.metrics.columns import check_families, codes, read_rows
from normsuite.metrics.plain import (
    accuracy,
    auroc,
    brier,
    calibration_error,
    log_loss,
    macro_f1,
    mean_absolute_error,
    pearson,
    recall,
    samples_f1,
    set_macro_f1,
    spearman,
)
from normsuite.metrics.rows import Rows

__all__ = [
    "METRICS",
    "SPREADS",
    "STATUS_METRICS",
    "VALIDITY",
    "Metric",
    "RankMetric",
    "Rows",
    "accuracy",
    "auroc",
    "brier",
    "calibration_error",
    "check_families",
    "codes",
    "log_loss",
    "macro_f1",
    "mean_absolute_error",
    "pearson",
    "read_rows",
    "recall",
    "recalls",
    "resolve",
    "samples_f1",
    "set_macro_f1",
    "spearman",
]
