"""Metrics: ``catalogue`` has them by name for whole tasks, ``plain`` as functions of arrays.

``columns`` reads the Arrow table of predictions into ``rows``; ``addends`` says what each metric adds up row
by row; ``sums``, ``ranks`` and ``families`` hold the arithmetic that both share. ``calibration`` fits one
temperature, ``ceiling`` says how well one could do at best where people disagree.
"""

from normsuite.metrics.calibration import fit_temperature, tempered
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
from normsuite.metrics.ceiling import Ceiling, best_ceiling
from normsuite.metrics.columns import check_families, codes, read_rows
from normsuite.metrics.plain import (
    accuracy,
    auroc,
    balanced_accuracy,
    brier,
    calibration_error,
    js_similarity,
    log_loss,
    macro_f1,
    mean_absolute_error,
    pearson,
    recall,
    samples_f1,
    set_iou,
    set_macro_f1,
    spearman,
    weighted_f1,
)
from normsuite.metrics.rows import Rows

__all__ = [
    "METRICS",
    "SPREADS",
    "STATUS_METRICS",
    "VALIDITY",
    "Ceiling",
    "Metric",
    "RankMetric",
    "Rows",
    "accuracy",
    "auroc",
    "balanced_accuracy",
    "best_ceiling",
    "brier",
    "calibration_error",
    "check_families",
    "codes",
    "fit_temperature",
    "js_similarity",
    "log_loss",
    "macro_f1",
    "mean_absolute_error",
    "pearson",
    "read_rows",
    "recall",
    "recalls",
    "resolve",
    "samples_f1",
    "set_iou",
    "set_macro_f1",
    "spearman",
    "tempered",
    "weighted_f1",
]
