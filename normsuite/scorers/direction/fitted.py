"""A direction fitted on a model's embeddings of seeds, ready to score other texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.pipeline import Pipeline

from normsuite.embeddings import Reader
from normsuite.engines import EngineSpec, Pooling
from normsuite.progress import Progress, silent
from normsuite.scorers.direction.layers import at_layer, choose_layer
from normsuite.scorers.direction.pipeline import Axis, build, fit, for_estimator
from normsuite.scorers.direction.reading import choose_pooling, read
from normsuite.scorers.direction.seeds import SeedRows, Seeds, check_seeds, seed_rows
from normsuite.tasks import ReadingSpec, Step


@dataclass(frozen=True)
class Recipe:
    """How a direction is made, apart from model and seeds.

    Attributes:
        estimator, preprocessing, reading: as in ``tasks.DirectionTask``.
    """

    estimator: Step
    preprocessing: tuple[Step, ...] = ()
    reading: ReadingSpec = field(default_factory=ReadingSpec)


@dataclass(frozen=True)
class Fitted:
    """A fitted direction.

    Attributes:
        axis: what it does to an embedding.
        pipeline: the fitted estimators.
        pooling: where texts are read, its layer chosen.
        rows: the seeds that were fitted on, at that layer.
        layer_agreement: agreement with held-out seeds by layer, where the layer was chosen.
    """

    axis: Axis
    pipeline: Pipeline
    pooling: Pooling
    rows: SeedRows
    layer_agreement: dict[int, float]


def fit_direction(
    reader: Reader,
    spec: EngineSpec,
    sources: Sequence[Seeds],
    recipe: Recipe,
    *,
    pooling: tuple[Pooling, tuple[int, ...]] | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Embed the seeds, choose the layer on them if that is asked, and fit.

    Args:
        reader: the model.
        spec: the same model's spec.
        sources: [s] seeds.
        recipe: how.
        pooling: from ``choose_pooling``, where other texts than the seeds have a say in it.
        progress: told how many texts are embedded.

    Raises:
        InputError: one class only in the seeds, an unknown step, or what the engine cannot read.
        DirectionError: the embeddings define no direction.
    """
    check_seeds(sources)
    pipeline = build(recipe.estimator, recipe.preprocessing)
    flat = [passage for source in sources for own in source.passages for passage in own]
    way, layers = pooling or choose_pooling(recipe.reading, spec, flat)
    vectors = [
        read(reader, source.passages, way, layers, f"embedding {source.name}", progress) for source in sources
    ]
    rows = for_estimator(recipe.estimator, seed_rows(sources, vectors, recipe.reading.combine))
    place, agreement = choose_layer(pipeline, rows, layers)
    chosen = at_layer(rows, place)
    fitted, axis = fit(pipeline, chosen)
    return Fitted(axis, fitted, replace(way, layer=layers[place]), chosen, agreement)


def seed_scores(fitted: Fitted) -> np.ndarray:
    """Scores [m] of the seeds themselves."""
    return fitted.axis(fitted.rows.X)
