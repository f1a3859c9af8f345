"""What each metric sums over rows, and what it makes of the sums.

A metric that is a function of sums can be resampled by resampling the sums: a bootstrap replicate is a
weighted sum, never a second pass over the rows. ``*_sums`` functions give [n, s], one row of addends for each
prediction; ``*_value`` functions take sums [..., s] and return [...], NaN where the metric is undefined.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from normsuite.metrics.rows import Bools, Floats, Ints

CLIP: Final = 1e-12
"""Probabilities below this count as this in log-loss."""

BINS: Final = 10
"""Equal-width bins [0, .1), [.1, .2) ... [.9, 1] of the expected calibration error."""


def mean_sums(values: NDArray[Any]) -> Floats:
    """[n, 2]: each value and 1, for any mean."""
    return np.stack([np.asarray(values, float), np.ones(len(values))], axis=1)


def mean_value(sums: Floats) -> Floats:
    """Mean from [..., 2]."""
    return divide(sums[..., 0], sums[..., 1])


def log_loss(shares: Floats, probabilities: Floats) -> Floats:
    """Cross-entropy [n] in nats of probabilities [n, K] against shares [n, K]."""
    logs: Floats = np.log(np.maximum(probabilities, CLIP))
    losses: Floats = -(shares * logs).sum(axis=1)
    return losses


def brier(shares: Floats, probabilities: Floats) -> Floats:
    """Squared error [n] summed over options (0 to 2; Brier 1950, the multi-class form)."""
    errors: Floats = np.square(probabilities - shares).sum(axis=1)
    return errors


def f1_sums(gold: Bools | Floats, predicted: Bools | Floats, both: Bools | Floats) -> Floats:
    """[n, 2 L]: for each label of [n, L] gold plus predicted, then both."""
    return np.concatenate([np.add(gold, predicted, dtype=float), both], axis=1)


def macro_f1_value(sums: Floats) -> Floats:
    """Mean F1 over the labels that occur in gold or prediction, from [..., 2 L].

    A label that occurs but is never hit has F1 0 (scikit-learn's ``zero_division=0``).
    """
    labels = sums.shape[-1] // 2
    occurring, both = sums[..., :labels], sums[..., labels:]
    f1 = np.divide(2 * both, occurring, out=np.zeros(both.shape), where=occurring > 0)
    return divide(f1.sum(axis=-1), (occurring > 0).sum(axis=-1))


def weighted_f1_sums(gold: Bools | Floats, predicted: Bools | Floats, both: Bools | Floats) -> Floats:
    """[n, 3 L]: for each label of [n, L] gold plus predicted, then both, then gold."""
    return np.concatenate([f1_sums(gold, predicted, both), gold], axis=1)


def weighted_f1_value(sums: Floats) -> Floats:
    """Mean F1 of the labels, each weighted by how often it is gold, from [..., 3 L]."""
    occurring, both, gold = np.split(np.asarray(sums, float), 3, axis=-1)
    f1 = np.divide(2 * both, occurring, out=np.zeros(both.shape), where=occurring > 0)
    return divide((f1 * gold).sum(axis=-1), gold.sum(axis=-1))


def hit_sums(gold: Bools | Floats, both: Bools | Floats) -> Floats:
    """[n, 2 L]: for each label of [n, L] gold, then gold and predicted."""
    return np.concatenate([gold, both], axis=1, dtype=float)


def mean_recall_value(sums: Floats) -> Floats:
    """Mean recall over the labels that occur in gold, from [..., 2 L]."""
    gold, both = np.split(np.asarray(sums, float), 2, axis=-1)
    recall = np.divide(both, gold, out=np.zeros(both.shape), where=gold > 0)
    return divide(recall.sum(axis=-1), (gold > 0).sum(axis=-1))


def js_similarity(shares: Floats, probabilities: Floats) -> Floats:
    """1 - Jensen-Shannon distance [n], base 2, of probabilities [n, K] to shares [n, K], 1 where equal.

    The distance is the root of the divergence (Endres and Schindelin 2003, IEEE Transactions on Information
    Theory 49); so GlobalOpinionQA compares a model with a country (Durmus et al. 2023).
    """
    middle = (shares + probabilities) / 2
    divergence = (_relative_entropy(shares, middle) + _relative_entropy(probabilities, middle)) / 2
    # Equal distributions may leave a rounding below 0, disjoint ones above 1.
    similarity: Floats = 1 - np.sqrt(np.clip(divergence, 0.0, 1.0))
    return similarity


def _relative_entropy(of: Floats, to: Floats) -> Floats:
    """Kullback-Leibler divergence [n] in bits of [n, K] from [n, K], which is 0 only where the first is."""
    ratio = np.divide(of, to, out=np.ones(of.shape), where=of > 0)
    return np.asarray((of * np.log2(ratio)).sum(axis=1))


def calibration_sums(confidence: Floats, right: Bools) -> Floats:
    """[n, BINS + 1]: confidence minus hit in the bin of the confidence, and 1."""
    sums = np.zeros((len(confidence), BINS + 1))
    bins = np.minimum(np.nan_to_num(confidence) * BINS, BINS - 1).astype(int)
    sums[np.arange(len(bins)), bins] = confidence - right
    sums[:, BINS] = 1.0
    return sums


def calibration_value(sums: Floats) -> Floats:
    """Expected calibration error (Guo et al. 2017, eq. 3): bins weighted by rows, |confidence - accuracy|."""
    return divide(np.abs(sums[..., :BINS]).sum(axis=-1), sums[..., BINS])


def moment_sums(x: Floats, y: Floats) -> Floats:
    """[n, 6]: 1, x, y, xx, yy, xy about the means, which keeps the sums of squares exact."""
    x, y = x - _mean(x), y - _mean(y)
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def pearson_value(sums: Floats) -> Floats:
    """Pearson's r from [..., 6]; NaN where one side does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    var_x, var_y = n * xx - x * x, n * yy - y * y
    # A side that is constant leaves only rounding, about 1e-16 of the squares.
    varies = (var_x > 1e-12 * n * xx) & (var_y > 1e-12 * n * yy)
    r = divide(n * xy - x * y, np.sqrt(np.where(varies, var_x * var_y, np.nan)))
    return np.clip(r, -1.0, 1.0)


def samples_f1(gold: Bools, predicted: Bools) -> Floats:
    """F1 [n] of each row's predicted set [n, L]; 1 where both sets are empty (``zero_division=1``)."""
    size = gold.sum(axis=1) + predicted.sum(axis=1)
    both = (gold & predicted).sum(axis=1)
    scores: Floats = np.divide(2.0 * both, size, out=np.ones(len(size)), where=size > 0)
    return scores


def set_iou(gold: Bools, predicted: Bools) -> Floats:
    """Intersection over union [n] of sets [n, L]; 1 where both are empty."""
    either = (gold | predicted).sum(axis=1)
    both = (gold & predicted).sum(axis=1)
    scores: Floats = np.divide(both, either, out=np.ones(len(either)), where=either > 0)
    return scores


def guessed_samples_f1(gold: Bools, offered: Bools) -> Floats:
    """Expected F1 [n] of a set into which a fair coin puts each offered label."""
    return _over_coins(gold, offered, lambda hit, false, golds: 2 * hit / (hit + false + golds))


def guessed_set_iou(gold: Bools, offered: Bools) -> Floats:
    """Expected intersection over union [n] of a set into which a fair coin puts each offered label."""
    return _over_coins(gold, offered, lambda hit, false, golds: hit / (false + golds))


def _over_coins(gold: Bools, offered: Bools, score: Callable[[int, int, int], float]) -> Floats:
    """Expected score [n] of a set of coins; 1 where it is empty like the gold, 0 where the gold alone is.

    Args:
        gold: [n, L].
        offered: [n, L] of which coins are thrown.
        score: of the number of golds in the set, of others in it, and of all golds, of which there is one.
    """
    pairs = np.stack([offered.sum(axis=1), gold.sum(axis=1)], axis=1)
    distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
    expected = np.array([_expected(int(labels), int(golds), score) for labels, golds in distinct])
    return expected[inverse.reshape(-1)]


def _expected(labels: int, golds: int, score: Callable[[int, int, int], float]) -> float:
    if golds == 0:
        return 0.5**labels
    others = labels - golds
    ways = (
        comb(golds, hit) * comb(others, false) * score(hit, false, golds)
        for hit in range(golds + 1)
        for false in range(others + 1)
    )
    return float(sum(ways) / 2**labels)


def guessed_steps(gold: Ints, size: Ints) -> Floats:
    """Expected |guess - gold| [n] for a guess that is uniform over ``size`` [n] ordered labels."""
    below, above = gold, size - 1 - gold
    return divide((below * (below + 1) + above * (above + 1)) / 2, size)


def divide(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    """``above / below``, NaN where ``below`` is 0."""
    above = np.asarray(above, float)
    quotient: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=np.asarray(below) != 0)
    return quotient


def _mean(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else 0.0
