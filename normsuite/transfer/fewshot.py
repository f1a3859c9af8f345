"""Directions from few seeds: seeded draws of k training rows, half of each pole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from normsuite.directions import DirectionError
from normsuite.scorers.direction import Fitted, Recipe, build
from normsuite.scorers.direction.pipeline import fit
from normsuite.scorers.direction.seeds import Floats


@dataclass(frozen=True)
class Drawn:
    """Scores of items by directions from k seeds.

    Attributes:
        scores: [draws, n]; a draw that defined no direction is not among them.
        failed: how many those were.
        note: why there are none, if there are none.
    """

    scores: list[Floats]
    failed: int
    note: str = ""


def few_shot(
    fitted: Fitted, recipe: Recipe, items: NDArray[np.float32], shots: int, draws: int, seed: int
) -> Drawn:
    """Fit the recipe on few rows, again and again.

    Rows, and the layer that they are read at, are those of the frozen column: where the layer was chosen, all
    training rows had a say in it.

    Args:
        fitted: the direction of all training rows, with their embeddings.
        recipe: how directions are made.
        items: [n, d].
        shots: k, rows of both poles together; an even number.
        draws: how many times.
        seed: draw i of k rows is the same in every run.
    """
    rows, half = fitted.rows, shots // 2
    poles = [np.flatnonzero(rows.y == pole) for pole in (0.0, 1.0)]
    fewest = min(len(own) for own in poles)
    if fewest < half:
        return Drawn([], 0, f"a pole has {fewest} training rows, of which {half} are needed")
    scores, failed = [], 0
    for draw in range(draws):
        rng = np.random.default_rng([seed, shots, draw])
        chosen = np.concatenate([rng.permutation(own)[:half] for own in poles])
        try:
            _, axis = fit(build(recipe.estimator, recipe.preprocessing), rows.take(chosen))
        except DirectionError as error:
            failed, reason = failed + 1, str(error)
            continue
        scores.append(axis(items))
    return Drawn(scores, failed, "" if scores else f"no draw defines a direction: {reason}")
