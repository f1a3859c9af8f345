"""What the metrics of the catalogue add up, row by row: their statistics, and what guessing would give.

A statistic takes rows and gives addends [n, s] and which rows [n] are scored; a guess takes rows and gives
the addends that uniform guessing is expected to have.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from normsuite.metrics import sums
from normsuite.metrics.calibration import tempered
from normsuite.metrics.rows import Bools, Floats, Rows

Statistics = Callable[[Rows], tuple[Floats, Bools]]
Guess = Callable[[Rows], Floats]


def mean_of(values: Callable[[Rows], Floats | Bools], scored: Callable[[Rows], Bools]) -> Statistics:
    """Statistics of the mean of ``values`` [n] over the rows that are ``scored`` [n]."""
    return lambda rows: (sums.mean_sums(values(rows)), scored(rows))


def guess_of(values: Callable[[Rows], Floats]) -> Guess:
    """Addends of the mean of ``values`` [n], what guessing is expected to score in each row."""
    return lambda rows: sums.mean_sums(values(rows))


def answered(rows: Rows) -> Bools:
    """Rows that can be right or wrong."""
    return rows.answered


def judged(rows: Rows) -> Bools:
    """Rows with probabilities and with votes, shares or a gold."""
    told = np.isfinite(rows.probabilities).all(axis=1) & np.isfinite(rows.shares).all(axis=1)
    found: Bools = rows.scored & told
    return found


def polled(rows: Rows) -> Bools:
    """Rows with probabilities and with votes or shares: a gold alone is no distribution of people."""
    found: Bools = judged(rows) & rows.has_shares
    return found


def calibrated(rows: Rows) -> Bools:
    """Rows with probabilities, with votes, shares or a gold, and with a temperature."""
    found: Bools = judged(rows) & np.isfinite(rows.temperature)
    return found


def even(rows: Rows) -> Floats:
    """Uniform probabilities [n, K]."""
    offered = np.arange(rows.shares.shape[1]) < rows.size[:, None]
    shares: Floats = offered / np.maximum(rows.size, 1)[:, None]
    return shares


def one_in(rows: Rows) -> Floats:
    """Probability [n] that a guess names the gold."""
    return np.asarray(1 / np.maximum(rows.size, 1))


def even_log_loss(rows: Rows) -> Floats:
    """Log-loss [n] of uniform probabilities, whatever the votes."""
    return np.asarray(np.log(np.maximum(rows.size, 1)))


def calibrated_log_loss(rows: Rows) -> Floats:
    """Log-loss [n] after the temperature that was fitted elsewhere; of no meaning where there is none."""
    known = np.where(np.isfinite(rows.temperature), rows.temperature, 1.0)
    return sums.log_loss(rows.shares, tempered(rows.probabilities, known))


def f1(rows: Rows) -> tuple[Floats, Bools]:
    """For macro-F1."""
    return sums.f1_sums(rows.gold_set, rows.predicted_set, rows.gold_set & rows.predicted_set), rows.answered


def weighted_f1(rows: Rows) -> tuple[Floats, Bools]:
    """For the F1 that is weighted by how often each label is gold."""
    both = rows.gold_set & rows.predicted_set
    return sums.weighted_f1_sums(rows.gold_set, rows.predicted_set, both), rows.answered


def hits(rows: Rows) -> tuple[Floats, Bools]:
    """For balanced accuracy."""
    return sums.hit_sums(rows.gold_set, rows.gold_set & rows.predicted_set), rows.answered


def guessed_labels(rows: Rows) -> Floats:
    """Probability [n, L] that a guess names each label: one label drawn evenly, or a coin for each."""
    among = np.maximum(rows.size, 1)[:, None] if rows.kind == "label" else 2.0
    guessed: Floats = rows.offered / among
    return guessed


def guessed_f1(rows: Rows) -> Floats:
    """For macro-F1."""
    guessed = guessed_labels(rows)
    return sums.f1_sums(rows.gold_set, guessed, rows.gold_set * guessed)


def guessed_weighted_f1(rows: Rows) -> Floats:
    """For the F1 that is weighted by how often each label is gold."""
    guessed = guessed_labels(rows)
    return sums.weighted_f1_sums(rows.gold_set, guessed, rows.gold_set * guessed)


def guessed_hits(rows: Rows) -> Floats:
    """For balanced accuracy."""
    return sums.hit_sums(rows.gold_set, rows.gold_set * guessed_labels(rows))


def calibration(rows: Rows) -> tuple[Floats, Bools]:
    """For the expected calibration error."""
    confidence = rows.probabilities.max(axis=1, initial=0.0)
    return sums.calibration_sums(confidence, rows.gold == rows.predicted), judged(rows) & rows.answered


def moments(rows: Rows) -> tuple[Floats, Bools]:
    """For Pearson's r."""
    return sums.moment_sums(rows.score, rows.rating), rows.answered


def guessed_moments(rows: Rows) -> Floats:
    """A score that knows nothing of the rating: it varies, and its products with the rating sum to 0."""
    addends = sums.moment_sums(rows.rating, rows.rating)
    addends[:, 1] = addends[:, 5] = 0.0
    return addends


def read_without_gold(rows: Rows) -> Bools:
    """Rows with a score whose item says how its scale points: statements of a questionnaire."""
    found: Bools = rows.scored & rows.has_prediction & np.isfinite(rows.valence) & (rows.valence != 0)
    return found


def reverse_coded(rows: Rows) -> Floats:
    """Scores [n], turned over on their scale where the item's valence is negative."""
    turned = rows.scale_min + rows.scale_max - rows.score
    return np.where(rows.valence < 0, turned, rows.score)


def caught(rows: Rows) -> Bools:
    """Rows of catch items: rated, and without a valence of their own."""
    found: Bools = rows.answered & ~np.isfinite(rows.valence)
    return found


def within_quarter(rows: Rows) -> Bools:
    """Whether each score [n] lies within a quarter of the scale of the rating."""
    return np.asarray(np.abs(rows.score - rows.rating) <= (rows.scale_max - rows.scale_min) / 4)


def guessed_within_quarter(rows: Rows) -> Floats:
    """The part [n] of the scale that lies within a quarter of it of the rating."""
    span = rows.scale_max - rows.scale_min
    high = np.minimum(rows.rating + span / 4, rows.scale_max)
    low = np.maximum(rows.rating - span / 4, rows.scale_min)
    return sums.divide(high - low, span)


def two_options(rows: Rows) -> tuple[Floats, Floats, Bools]:
    """Whether the second option is gold, and how much speaks for it, for items of two options.

    That is the score where there is one, for probabilities near 1 round to the same number; else the
    probability.
    """
    two = (rows.size == 2) & judged(rows) & (rows.gold >= 0)
    second = rows.probabilities[:, 1] if rows.probabilities.shape[1] > 1 else np.full(len(rows), np.nan)
    return (rows.gold == 1).astype(float), np.where(np.isfinite(rows.score), rows.score, second), two
