"""How numbers and foreign text are written: the same in the terminal, the plots and the page."""

from __future__ import annotations

import math
from typing import Final

from rich.cells import cell_len, set_cell_size

from normsuite.web import NOTHING as NOTHING
from normsuite.web import visible as visible

FEW_MARK: Final = "†"
CEILING: Final = (
    "ceiling, the score to be expected of one who knew how all people would divide, given how those who were "
    "asked did."
)

_METRICS: Final = {
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "samples_f1": "samples-F1",
    "set_iou": "overlap of sets (IoU)",
    "js_similarity": "1 - Jensen-Shannon distance",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "mae": "mean absolute error in steps",
    "rating_mae": "mean absolute error",
    "pearson": "Pearson's r",
    "spearman": "Spearman's rho",
    "family_right": "families wholly right",
    "top_is_label": "label on top",
}


def shorten(text: str, width: int) -> str:
    """``visible(text)``, cut to ``width`` terminal cells (a CJK character takes two) with an ellipsis."""
    clean = visible(text[: 4 * width])
    if len(text) <= 4 * width and cell_len(clean) <= width:
        return clean
    return set_cell_size(clean, width - 1).rstrip() + "…"


def number(value: float | None) -> str:
    """A value to three decimals; a dash where there is none."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """``[0.412, 0.587]``; a dash where there is no interval."""
    bounds = number(low), number(high)
    return NOTHING if NOTHING in bounds else f"[{bounds[0]}, {bounds[1]}]"


def count(value: float) -> str:
    """A whole number with thousands set apart."""
    return f"{int(value):,}"


def metric_title(metric: str) -> str:
    """A metric's name for people: ``macro_f1`` is "macro-F1", ``recall_wrong`` is "recall wrong"."""
    return _METRICS.get(metric) or visible(metric).replace("_", " ")
