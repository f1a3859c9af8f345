"""One temperature: how much more or less certain a model should be, told by its own answers elsewhere.

Logits divided by T are probabilities to the power 1/T, normalised (Guo et al. 2017, section 4.2). T is fitted
on rows that are not scored; Scruples reports cross-entropy after it (Lourie, Le Bras and Choi 2021).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from normsuite.metrics.rows import Floats
from normsuite.metrics.sums import log_loss

RANGE: Final = (0.01, 100.0)
"""Temperatures that are considered; where all rows are right, colder is always better."""


def tempered(probabilities: ArrayLike, temperature: ArrayLike) -> Floats:
    """Probabilities [n, K] after a temperature, one for all or one [n] for each row; 0 stays 0."""
    table = np.asarray(probabilities, float)
    with np.errstate(divide="ignore"):
        logs = np.log(table)
    powers = np.exp((logs - logs.max(axis=-1, keepdims=True)) / np.asarray(temperature, float)[..., None])
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def fit_temperature(shares: ArrayLike, probabilities: ArrayLike) -> float:
    """The temperature under which probabilities have the least cross-entropy.

    Cross-entropy is convex in 1/T, so there is one minimum.

    Args:
        shares: [n, K] what people chose, or 1 for the gold.
        probabilities: [n, K] of the model, for the same rows.

    Returns:
        T within ``RANGE``; NaN for no rows.
    """
    from scipy.optimize import minimize_scalar

    gold, told = np.asarray(shares, float), np.asarray(probabilities, float)
    if not len(told):
        return float("nan")
    found = minimize_scalar(
        lambda log_t: float(log_loss(gold, tempered(told, np.exp(log_t))).mean()),
        bounds=tuple(np.log(RANGE)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(found.x))
