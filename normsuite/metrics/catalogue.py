"""Every metric by its name: which items it is for, what it sums, what uniform guessing would give.

Metrics are means over rows (item x wording), so that wordings weigh equally. Chance is the value of uniform
guessing: a label drawn evenly, or even probabilities where the metric reads probabilities. It is exact for
means; for macro-F1 it is the value of the expected sums, which many rows approach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from normsuite.errors import InputError
from normsuite.metrics import families, sums
from normsuite.metrics.ranks import weighted_auroc, weighted_spearman
from normsuite.metrics.rows import Bools, Floats, Rows
from normsuite.schema import KINDS, STATUSES

ONE_ANSWER: Final = ("label", "choice", "pair")


@dataclass(frozen=True)
class Metric:
    """A metric that is a function of sums over rows.

    Attributes:
        name: its name in results.
        kinds: kinds of items it is for.
        statistics: rows -> addends [n, s] and which rows are scored [n]; other rows' addends are ignored.
        value: sums [..., s] -> [...]; NaN where undefined.
        guess: rows -> addends [n, s] that uniform guessing is expected to give; None where it has no value.
        over_families: whether addends depend on a family's other rows, so that a group needs its own.
        higher_is_better: False for errors and losses.
    """

    name: str
    kinds: tuple[str, ...]
    statistics: Callable[[Rows], tuple[Floats, Bools]]
    value: Callable[[Floats], Floats] = sums.mean_value
    guess: Callable[[Rows], Floats] | None = None
    over_families: bool = False
    higher_is_better: bool = True


@dataclass(frozen=True)
class RankMetric:
    """A metric that must see each row's weight: Spearman's correlation and the AUROC.

    Attributes:
        name, kinds, higher_is_better: as in ``Metric``.
        pairs: rows -> gold [n], prediction [n] and which rows are scored [n].
        value: (gold [n], prediction [n], weights [..., n]) -> [...].
        chance: value of uniform guessing.
    """

    name: str
    kinds: tuple[str, ...]
    pairs: Callable[[Rows], tuple[Floats, Floats, Bools]]
    value: Callable[[Floats, Floats, Floats], Floats]
    chance: float
    higher_is_better: bool = True


AnyMetric = Metric | RankMetric


def _mean(
    values: Callable[[Rows], Floats | Bools], scored: Callable[[Rows], Bools]
) -> Callable[..., tuple[Floats, Bools]]:
    return lambda rows: (sums.mean_sums(values(rows)), scored(rows))


def _answered(rows: Rows) -> Bools:
    return rows.answered


def _judged(rows: Rows) -> Bools:
    """Rows with probabilities and with votes or a gold."""
    return rows.scored & np.isfinite(rows.probabilities).all(axis=1) & np.isfinite(rows.shares).all(axis=1)


def _even(rows: Rows) -> Floats:
    """Uniform probabilities [n, K]."""
    offered = np.arange(rows.shares.shape[1]) < rows.size[:, None]
    shares: Floats = offered / np.maximum(rows.size, 1)[:, None]
    return shares


def _f1_statistics(rows: Rows) -> tuple[Floats, Bools]:
    return sums.f1_sums(rows.gold_set, rows.predicted_set, rows.gold_set & rows.predicted_set), rows.answered


def _guessed_labels(rows: Rows) -> Floats:
    """Probability [n, L] that a guess names each label: one label drawn evenly, or a coin for each."""
    one_in = np.maximum(rows.size, 1)[:, None] if rows.kind == "label" else 2.0
    guessed: Floats = rows.offered / one_in
    return guessed


def _guessed_f1(rows: Rows) -> Floats:
    guessed = _guessed_labels(rows)
    return sums.f1_sums(rows.gold_set, guessed, rows.gold_set * guessed)


def _calibration_statistics(rows: Rows) -> tuple[Floats, Bools]:
    confidence = rows.probabilities.max(axis=1, initial=0.0)
    return sums.calibration_sums(confidence, rows.gold == rows.predicted), _judged(rows) & rows.answered


def _moments(rows: Rows) -> tuple[Floats, Bools]:
    return sums.moment_sums(rows.score, rows.rating), rows.answered


def _guessed_moments(rows: Rows) -> Floats:
    """A score that knows nothing of the rating: it varies, and its products with the rating sum to 0."""
    moments = sums.moment_sums(rows.rating, rows.rating)
    moments[:, 1] = moments[:, 5] = 0.0
    return moments


def _two_options(rows: Rows) -> tuple[Floats, Floats, Bools]:
    """Whether the second option is gold, and how much speaks for it, for items of two options.

    That is the score where there is one, for probabilities near 1 round to the same number; else the
    probability.
    """
    two = (rows.size == 2) & _judged(rows) & (rows.gold >= 0)
    second = rows.probabilities[:, 1] if rows.probabilities.shape[1] > 1 else np.full(len(rows), np.nan)
    return (rows.gold == 1).astype(float), np.where(np.isfinite(rows.score), rows.score, second), two


def _status(name: str) -> Metric:
    index = STATUSES.index(name)
    everything = _mean(lambda rows: rows.status == index, lambda rows: np.ones(len(rows), bool))
    return Metric("coverage" if name == "ok" else name, KINDS, everything, higher_is_better=name == "ok")


STATUS_METRICS: Final = tuple(_status(name) for name in STATUSES)
"""Coverage, the share of rows that could be scored, and the shares of rows that could not, by reason."""

SPREADS: Final = ("wording_spread", "order_spread")
"""Best minus worst wording or label order of the headline metric; ``aggregate`` adds them by itself."""

_ALL: Final[tuple[AnyMetric, ...]] = (
    Metric(
        "accuracy",
        ONE_ANSWER,
        _mean(lambda rows: rows.gold == rows.predicted, _answered),
        guess=lambda rows: sums.mean_sums(1 / np.maximum(rows.size, 1)),
    ),
    Metric("macro_f1", ("label", "multilabel"), _f1_statistics, sums.macro_f1_value, _guessed_f1),
    Metric(
        "log_loss",
        ONE_ANSWER,
        _mean(lambda rows: sums.log_loss(rows.shares, rows.probabilities), _judged),
        guess=lambda rows: sums.mean_sums(np.log(np.maximum(rows.size, 1))),
        higher_is_better=False,
    ),
    Metric(
        "brier",
        ONE_ANSWER,
        _mean(lambda rows: sums.brier(rows.shares, rows.probabilities), _judged),
        guess=lambda rows: sums.mean_sums(sums.brier(rows.shares, _even(rows))),
        higher_is_better=False,
    ),
    Metric("ece", ONE_ANSWER, _calibration_statistics, sums.calibration_value, higher_is_better=False),
    Metric(
        "label_mass", KINDS, _mean(lambda rows: rows.mass, lambda rows: rows.scored & np.isfinite(rows.mass))
    ),
    Metric(
        "top_is_label",
        KINDS,
        _mean(lambda rows: rows.top_is_label, lambda rows: rows.scored & np.isfinite(rows.top_is_label)),
    ),
    Metric(
        "mae",
        ("label",),
        _mean(lambda rows: np.abs(rows.gold - rows.predicted), _answered),
        guess=lambda rows: sums.mean_sums(sums.guessed_steps(rows.gold, rows.size)),
        higher_is_better=False,
    ),
    Metric(
        "exact_match",
        ONE_ANSWER,
        partial(families.wholly_right, smallest=1),
        guess=partial(families.guessed_wholly_right, smallest=1),
        over_families=True,
    ),
    Metric(
        "family_right",
        ONE_ANSWER,
        partial(families.wholly_right, smallest=2),
        guess=partial(families.guessed_wholly_right, smallest=2),
        over_families=True,
    ),
    Metric("flip_accuracy", ("label",), families.flips, guess=families.guessed_flips, over_families=True),
    Metric("pearson", ("rating",), _moments, sums.pearson_value, _guessed_moments),
    RankMetric(
        "spearman",
        ("rating",),
        lambda rows: (rows.rating, rows.score, rows.answered),
        weighted_spearman,
        chance=0.0,
    ),
    RankMetric(
        "auroc",
        ("label",),
        _two_options,
        weighted_auroc,
        chance=0.5,
    ),
    Metric(
        "rating_mae",
        ("rating",),
        _mean(lambda rows: np.abs(rows.score - rows.rating), _answered),
        guess=lambda rows: sums.mean_sums(np.abs((rows.scale_min + rows.scale_max) / 2 - rows.rating)),
        higher_is_better=False,
    ),
    Metric(
        "samples_f1",
        ("multilabel",),
        _mean(lambda rows: sums.samples_f1(rows.gold_set, rows.predicted_set), _answered),
        guess=lambda rows: sums.mean_sums(sums.guessed_samples_f1(rows.gold_set, rows.offered)),
    ),
    *STATUS_METRICS,
)

METRICS: Final[dict[str, AnyMetric]] = {metric.name: metric for metric in _ALL}
"""The catalogue; ``recall`` stands beside it, since it becomes one metric for each of a task's labels."""


def recalls(labels: Sequence[str]) -> list[Metric]:
    """Recall of each label: ``recall_<label>``."""
    return [_recall(label, index) for index, label in enumerate(labels)]


def _recall(label: str, index: int) -> Metric:
    def statistics(rows: Rows) -> tuple[Floats, Bools]:
        gold, predicted = rows.gold_set[:, index], rows.predicted_set[:, index]
        return np.stack([gold & predicted, gold], axis=1).astype(float), rows.answered & gold

    def guess(rows: Rows) -> Floats:
        gold = rows.gold_set[:, index]
        return np.stack([gold * _guessed_labels(rows)[:, index], gold], axis=1)

    return Metric(f"recall_{label}", ("label", "multilabel"), statistics, guess=guess)


VALIDITY: Final = ("label_mass", "top_is_label")
"""How far label reads can be trusted: computed for every task beside its own metrics."""


def resolve(names: Sequence[str], kind: str, labels: Sequence[str]) -> list[AnyMetric]:
    """The metrics of these names for a task of this kind, without repetition; spreads are passed over.

    Raises:
        InputError: no such metric, or not for this kind of items.
    """
    found: dict[str, AnyMetric] = {}
    for name in names:
        if name in SPREADS:
            continue
        metrics: Sequence[AnyMetric] = (
            recalls(labels) if name == "recall" else [METRICS[name]] if name in METRICS else []
        )
        if not metrics and name != "recall":
            known = ", ".join(sorted([*METRICS, "recall", *SPREADS]))
            raise InputError(f"no metric {name!r}", field="metrics", fix=f"known are {known}")
        if (name == "recall" and not labels) or any(kind not in metric.kinds for metric in metrics):
            raise InputError(f"metric {name!r} is not for items of kind {kind!r}", field="metrics")
        found.update((metric.name, metric) for metric in metrics)
    return list(found.values())
