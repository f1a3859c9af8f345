"""The metrics as plain functions of arrays, ``(gold, prediction, weight) -> float``.

They share their arithmetic with the bootstrap (``sums`` and ``ranks``). A weight [n] counts a row so many
times; None counts each once. The result is NaN where the metric is undefined, as for no rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from normsuite.metrics import sums
from normsuite.metrics.ranks import weighted_auroc, weighted_spearman
from normsuite.metrics.rows import Bools, Floats


def accuracy(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Share of rows [n] whose predicted label is the gold."""
    return _total(sums.mean_sums(np.asarray(gold) == np.asarray(predicted)), sums.mean_value, weight)


def macro_f1(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean F1 over the labels that occur in gold [n] or predicted [n]."""
    labels = np.union1d(gold, predicted)
    return set_macro_f1(np.asarray(gold)[:, None] == labels, np.asarray(predicted)[:, None] == labels, weight)


def set_macro_f1(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean F1 over the labels of multi-label indicators [n, L]; labels that never occur are left out."""
    first, second = np.asarray(gold, bool), np.asarray(predicted, bool)
    return _total(sums.f1_sums(first, second, first & second), sums.macro_f1_value, weight)


def recall(gold: ArrayLike, predicted: ArrayLike, label: object, weight: ArrayLike | None = None) -> float:
    """Share of the rows [n] with gold ``label`` that are predicted so."""
    of_label: Bools = np.asarray(gold) == label
    hits = np.stack([of_label & (np.asarray(predicted) == label), of_label], axis=1).astype(float)
    return _total(hits, sums.mean_value, weight)


def balanced_accuracy(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean recall over the labels that occur in gold [n]."""
    labels = np.unique(gold)
    of_label = np.asarray(gold)[:, None] == labels
    both = of_label & (np.asarray(predicted)[:, None] == labels)
    return _total(sums.hit_sums(of_label, both), sums.mean_recall_value, weight)


def weighted_f1(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean F1 over labels, each weighted by how many rows of gold [n] have it."""
    labels = np.unique(gold)
    first, second = np.asarray(gold)[:, None] == labels, np.asarray(predicted)[:, None] == labels
    return _total(sums.weighted_f1_sums(first, second, first & second), sums.weighted_f1_value, weight)


def js_similarity(shares: ArrayLike, probabilities: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean of 1 - Jensen-Shannon distance (base 2) between probabilities [n, K] and shares [n, K]."""
    rows = sums.js_similarity(np.asarray(shares, float), np.asarray(probabilities, float))
    return _total(sums.mean_sums(rows), sums.mean_value, weight)


def log_loss(shares: ArrayLike, probabilities: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean cross-entropy in nats of probabilities [n, K], clipped at ``sums.CLIP``, against shares [n, K]."""
    losses = sums.log_loss(np.asarray(shares, float), np.asarray(probabilities, float))
    return _total(sums.mean_sums(losses), sums.mean_value, weight)


def brier(shares: ArrayLike, probabilities: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean squared error of probabilities [n, K] against shares [n, K], summed over options (0 to 2)."""
    errors = sums.brier(np.asarray(shares, float), np.asarray(probabilities, float))
    return _total(sums.mean_sums(errors), sums.mean_value, weight)


def calibration_error(gold: ArrayLike, probabilities: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Expected calibration error of the top probability of [n, K], in ``sums.BINS`` equal-width bins."""
    table = np.asarray(probabilities, float)
    right = table.argmax(axis=1) == np.asarray(gold)
    return _total(sums.calibration_sums(table.max(axis=1), right), sums.calibration_value, weight)


def mean_absolute_error(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean |predicted - gold|: steps between ordinal labels, or points of a rating scale."""
    return _total(sums.mean_sums(np.abs(np.asarray(gold) - np.asarray(predicted))), sums.mean_value, weight)


def pearson(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Pearson's r; NaN where one side does not vary."""
    moments = sums.moment_sums(np.asarray(predicted, float), np.asarray(gold, float))
    return _total(moments, sums.pearson_value, weight)


def spearman(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Spearman's rho on mid-ranks; NaN where one side does not vary."""
    x, y = np.asarray(gold, float), np.asarray(predicted, float)
    return float(weighted_spearman(x, y, _weights(weight, len(x))))


def auroc(positive: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Area under the ROC curve of scores [n], ``positive`` [n] being 1 or 0; NaN where a class is missing."""
    truth, scores = np.asarray(positive, float), np.asarray(score, float)
    return float(weighted_auroc(truth, scores, _weights(weight, len(truth))))


def samples_f1(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean over rows of the F1 of predicted sets [n, L]; 1 where both sets are empty."""
    scores = sums.samples_f1(np.asarray(gold, bool), np.asarray(predicted, bool))
    return _total(sums.mean_sums(scores), sums.mean_value, weight)


def set_iou(gold: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean over rows of intersection over union of sets [n, L]; 1 where both sets are empty."""
    scores = sums.set_iou(np.asarray(gold, bool), np.asarray(predicted, bool))
    return _total(sums.mean_sums(scores), sums.mean_value, weight)


def _total(addends: Floats, value: Callable[[Floats], Floats], weight: ArrayLike | None) -> float:
    return float(value(_weights(weight, len(addends)) @ addends))


def _weights(weight: ArrayLike | None, n: int) -> Floats:
    return np.ones(n) if weight is None else np.asarray(weight, float)
