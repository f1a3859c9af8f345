"""Which layer of a decoder to read: the one whose direction does best on seeds that it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from normsuite.directions import DirectionError
from normsuite.scorers.direction.pipeline import fit
from normsuite.scorers.direction.seeds import Floats, SeedRows

FOLDS: Final = 3


def held_out_agreement(pipeline: Pipeline, rows: SeedRows) -> float:
    """Spearman's rho of scores and poles over seeds in folds that were left out; NaN where none can be.

    With two poles it rises and falls with the AUROC. No item that is evaluated is looked at.
    """
    folds = min(FOLDS, len(np.unique(rows.groups)))
    if folds < 2:
        return float("nan")
    found = []
    for train, test in GroupKFold(folds).split(rows.X, groups=rows.groups):
        try:
            _, axis = fit(pipeline, rows.take(train))
        except DirectionError:
            continue  # a fold with one pole only says nothing of the layer
        held = rows.take(test)
        if np.ptp(held.y) > 0:
            found.append(float(spearmanr(axis(held.X), held.y).statistic))
    return float(np.mean(found)) if found else float("nan")


def choose_layer(pipeline: Pipeline, rows: SeedRows, layers: Sequence[int]) -> tuple[int, dict[int, float]]:
    """The layer of the best agreement with held-out seeds; the lowest of equals.

    Args:
        pipeline: from ``build``.
        rows: [m] seeds with embeddings [m, l, d].
        layers: [l].

    Returns:
        Its place among ``layers``, and the agreement by layer.

    Raises:
        DirectionError: no layer can be judged.
    """
    if len(layers) == 1:
        return 0, {}
    agreement = [held_out_agreement(pipeline, at_layer(rows, place)) for place in range(len(layers))]
    values: Floats = np.array(agreement)
    if np.isnan(values).all():
        raise DirectionError("too few seeds to choose a layer", fix="set `reading.layer` to a number")
    return int(np.nanargmax(values)), dict(zip(layers, agreement, strict=True))


def at_layer(rows: SeedRows, place: int) -> SeedRows:
    """The seeds with embeddings [m, d] of one layer of [m, l, d]."""
    own: NDArray[np.float32] = rows.X[:, place]
    return replace(rows, X=own)
