"""Predictions as numpy columns: what every metric computes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Predictions of one task; n rows, K options of the longest list, L labels of the task.

    Attributes:
        kind: one of ``schema.KINDS``.
        labels: texts of the labels (kinds label and multilabel), else empty.
        scorers: names of the scorers.
        scorer, item, wording, cluster, family: [n] codes; an item without a family is a family of its own.
        status: [n] index into ``schema.STATUSES``.
        size: [n] number of options.
        gold, predicted: [n] index into the row's own options, -1 for none.
        offered, gold_set, predicted_set: [n, L] whether a label is offered, is gold, is predicted.
        probabilities: [n, K] in the order of options, 0 beyond a row's own; NaN where none were read.
        shares: [n, K] share of people for each option, of votes or as told, else 1 for the gold, else NaN.
        has_shares: [n] whether ``shares`` are people's and not the gold's.
        people: [n] how many voted; 0 where nobody did, or where only their shares are told.
        temperature: [n] what the scorer's logits are to be divided by, told by other rows; NaN for none.
        rating, score, scale_min, scale_max: [n] of kind rating, NaN for none.
        valence: [n] of the item, NaN for none.
        mass, top_is_label: [n] validity of the reading, NaN for none.
        has_gold, has_prediction: [n] whether the gold and the prediction that the kind asks for are there.
    """

    kind: str
    labels: tuple[str, ...]
    scorers: tuple[str, ...]
    scorer: Ints
    item: Ints
    wording: Ints
    cluster: Ints
    family: Ints
    status: Ints
    size: Ints
    gold: Ints
    predicted: Ints
    offered: Bools
    gold_set: Bools
    predicted_set: Bools
    probabilities: Floats
    shares: Floats
    has_shares: Bools
    people: Floats
    temperature: Floats
    rating: Floats
    score: Floats
    scale_min: Floats
    scale_max: Floats
    valence: Floats
    mass: Floats
    top_is_label: Floats
    has_gold: Bools
    has_prediction: Bools

    def __len__(self) -> int:
        return len(self.item)

    @property
    def scored(self) -> Bools:
        """Rows [n] with a reading; the others count in coverage and its kin only."""
        scored: Bools = self.status == 0
        return scored

    @property
    def answered(self) -> Bools:
        """Rows [n] that can be right or wrong: scored, with a gold and a prediction."""
        return self.scored & self.has_gold & self.has_prediction

    def take(self, index: NDArray[Any]) -> Rows:
        """The rows at ``index``: positions, which may repeat, or a mask."""
        columns = {
            name: column[index] for name, column in vars(self).items() if isinstance(column, np.ndarray)
        }
        return replace(self, **columns)

    def within(self, index: Ints, group: Ints) -> Rows:
        """The rows at ``index``, with families that never cross the ``group`` [len(index)] of their rows."""
        taken = self.take(index)
        groups = int(group.max()) + 1 if len(group) else 1
        return replace(taken, family=taken.family * groups + group)
