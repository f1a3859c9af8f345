"""Every metric by its name: which items it is for, what it sums, what uniform guessing would give.

Metrics are means over rows (item x wording), so that wordings weigh equally. Chance is the value of uniform
guessing: a label drawn evenly, or even probabilities where the metric reads probabilities. It is exact for
means; for the F1s and recalls of labels it is the value of the expected sums, which many rows approach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from normsuite.errors import InputError
from normsuite.metrics import addends, families, sums
from normsuite.metrics.addends import guess_of, mean_of
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
        ranks: False for a reading without gold, by which no group is served better or worse than another.
    """

    name: str
    kinds: tuple[str, ...]
    statistics: Callable[[Rows], tuple[Floats, Bools]]
    value: Callable[[Floats], Floats] = sums.mean_value
    guess: Callable[[Rows], Floats] | None = None
    over_families: bool = False
    higher_is_better: bool = True
    ranks: bool = True


@dataclass(frozen=True)
class RankMetric:
    """A metric that must see each row's weight: Spearman's correlation and the AUROC.

    Attributes:
        name, kinds, higher_is_better, ranks: as in ``Metric``.
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
    ranks: bool = True


AnyMetric = Metric | RankMetric


def _status(name: str) -> Metric:
    index = STATUSES.index(name)
    everything = mean_of(lambda rows: rows.status == index, lambda rows: np.ones(len(rows), bool))
    return Metric("coverage" if name == "ok" else name, KINDS, everything, higher_is_better=name == "ok")


STATUS_METRICS: Final = tuple(_status(name) for name in STATUSES)
"""Coverage, the share of rows that could be scored, and the shares of rows that could not, by reason."""

SPREADS: Final = ("wording_spread", "order_spread")
"""Best minus worst wording or label order of the headline metric; ``aggregate`` adds them by itself."""

_ALL: Final[tuple[AnyMetric, ...]] = (
    Metric(
        "accuracy",
        ONE_ANSWER,
        mean_of(lambda rows: rows.gold == rows.predicted, addends.answered),
        guess=guess_of(addends.one_in),
    ),
    Metric("macro_f1", ("label", "multilabel"), addends.f1, sums.macro_f1_value, addends.guessed_f1),
    Metric(
        "weighted_f1",
        ("label", "multilabel"),
        addends.weighted_f1,
        sums.weighted_f1_value,
        addends.guessed_weighted_f1,
    ),
    Metric("balanced_accuracy", ("label",), addends.hits, sums.mean_recall_value, addends.guessed_hits),
    Metric(
        "log_loss",
        ONE_ANSWER,
        mean_of(lambda rows: sums.log_loss(rows.shares, rows.probabilities), addends.judged),
        guess=guess_of(addends.even_log_loss),
        higher_is_better=False,
    ),
    Metric(
        "calibrated_log_loss",
        ONE_ANSWER,
        mean_of(addends.calibrated_log_loss, addends.calibrated),
        guess=guess_of(addends.even_log_loss),
        higher_is_better=False,
    ),
    Metric(
        "js_similarity",
        ONE_ANSWER,
        mean_of(lambda rows: sums.js_similarity(rows.shares, rows.probabilities), addends.polled),
        guess=guess_of(lambda rows: sums.js_similarity(rows.shares, addends.even(rows))),
    ),
    Metric(
        "brier",
        ONE_ANSWER,
        mean_of(lambda rows: sums.brier(rows.shares, rows.probabilities), addends.judged),
        guess=guess_of(lambda rows: sums.brier(rows.shares, addends.even(rows))),
        higher_is_better=False,
    ),
    Metric("ece", ONE_ANSWER, addends.calibration, sums.calibration_value, higher_is_better=False),
    Metric(
        "label_mass",
        KINDS,
        mean_of(lambda rows: rows.mass, lambda rows: rows.scored & np.isfinite(rows.mass)),
    ),
    Metric(
        "top_is_label",
        KINDS,
        mean_of(lambda rows: rows.top_is_label, lambda rows: rows.scored & np.isfinite(rows.top_is_label)),
    ),
    Metric(
        "mae",
        ("label",),
        mean_of(lambda rows: np.abs(rows.gold - rows.predicted), addends.answered),
        guess=guess_of(lambda rows: sums.guessed_steps(rows.gold, rows.size)),
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
    Metric("pearson", ("rating",), addends.moments, sums.pearson_value, addends.guessed_moments),
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
        addends.two_options,
        weighted_auroc,
        chance=0.5,
    ),
    Metric(
        "rating_mae",
        ("rating",),
        mean_of(lambda rows: np.abs(rows.score - rows.rating), addends.answered),
        guess=guess_of(lambda rows: np.abs((rows.scale_min + rows.scale_max) / 2 - rows.rating)),
        higher_is_better=False,
    ),
    # A reading without gold: what is said on average, not whether it is right. Higher is merely more.
    Metric(
        "mean_score",
        ("rating",),
        mean_of(addends.reverse_coded, addends.read_without_gold),
        guess=guess_of(lambda rows: (rows.scale_min + rows.scale_max) / 2),
        ranks=False,
    ),
    Metric(
        "catch_passed",
        ("rating",),
        mean_of(addends.within_quarter, addends.caught),
        guess=guess_of(addends.guessed_within_quarter),
    ),
    Metric(
        "samples_f1",
        ("multilabel",),
        mean_of(lambda rows: sums.samples_f1(rows.gold_set, rows.predicted_set), addends.answered),
        guess=guess_of(lambda rows: sums.guessed_samples_f1(rows.gold_set, rows.offered)),
    ),
    Metric(
        "set_iou",
        ("multilabel",),
        mean_of(lambda rows: sums.set_iou(rows.gold_set, rows.predicted_set), addends.answered),
        guess=guess_of(lambda rows: sums.guessed_set_iou(rows.gold_set, rows.offered)),
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
        return np.stack([gold * addends.guessed_labels(rows)[:, index], gold], axis=1)

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
