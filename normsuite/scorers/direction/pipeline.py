"""A direction and its preprocessing, fitted on seeds, as one affine map of an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from normsuite.directions import AnswerCosine, DirectionError
from normsuite.directions.catalogue import ESTIMATORS, GRADED, PREPROCESSING, make
from normsuite.directions.diagnostics import input_direction
from normsuite.directions.transformer import with_column
from normsuite.errors import InputError
from normsuite.scorers.direction.seeds import Floats, SeedRows
from normsuite.tasks import Step

_UNSEEN = -1  # the code of every data set that is no source of seeds


@dataclass(frozen=True)
class Axis:
    """What a fitted direction does to an embedding x [d]: ``(w·x - offset) / scale``.

    Attributes:
        vector: [d] w.
        offset: the projection that scores 0.
        scale: standard deviation of the seeds' scores before it; a score counts in it.
        unit_rows: whether x is taken at length 1 first (cosines).
    """

    vector: Floats
    offset: float
    scale: float
    unit_rows: bool = False

    def __call__(self, vectors: NDArray[Any]) -> Floats:
        """Scores [n] of embeddings [n, d]; NaN where an embedding is NaN.

        Raises:
            InputError: the embeddings have another dimension.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self.vector):
            raise InputError(
                f"the direction has {len(self.vector)} dimensions, the embeddings have {vectors.shape[-1]}",
                fix="use the model that it was fitted on",
            )
        rows = np.asarray(vectors, np.float64)
        if self.unit_rows:
            rows = unit_rows(rows)
        scores: Floats = (rows @ self.vector - self.offset) / self.scale
        return scores


def build(estimator: Step, preprocessing: Sequence[Step]) -> Pipeline:
    """The pipeline a task names, not fitted; ``centre`` removes each seed source's own mean.

    Raises:
        InputError: an unknown step or option.
    """
    steps: list[tuple[str, Any]] = []
    for step in preprocessing:
        made = make(PREPROCESSING, step.name, step.options)
        if step.name == "centre":
            if steps:
                raise InputError("`centre` comes first: later steps do not know the seeds' sources")
            made.set_params(column=-1, unseen="pooled")
        if step.name in dict(steps):
            raise InputError(f"the step {step.name!r} is named twice", fix="name each once")
        steps.append((step.name, made))
    if estimator.name == "ccs":
        raise InputError("ccs needs contrast pairs", fix="use normsuite.directions.CCS in Python")
    if estimator.name == "answer-cosine" and steps:
        raise InputError("answer-cosine is read from the origin", fix="leave out `preprocessing`")
    return Pipeline([*steps, ("direction", make(ESTIMATORS, estimator.name, estimator.options))])


def for_estimator(estimator: Step, rows: SeedRows) -> SeedRows:
    """The seeds an estimator takes: the two poles alone, unless it takes graded ones.

    Raises:
        InputError: it takes the poles alone, and no seed lies at one.
    """
    if estimator.name in GRADED:
        return rows
    poles = (rows.y == 0) | (rows.y == 1)
    if not poles.any():
        what = f"no seed lies at a pole, and {estimator.name} takes the two poles alone"
        raise InputError(what, fix=f"choose {' or '.join(GRADED)}, which take graded seeds")
    return rows.take(poles)


def fit(pipeline: Pipeline, rows: SeedRows) -> tuple[Pipeline, Axis]:
    """Fit a copy of a pipeline.

    Args:
        pipeline: from ``build``.
        rows: [m] seeds of one layer, as ``for_estimator`` gave them.

    Returns:
        The fitted pipeline, and what it does to an embedding.

    Raises:
        DirectionError: one class only, NaN, constant embeddings, options of a wrong type, or whatever else
            defines no direction.
    """
    columns = with_source(pipeline, rows.X, rows.source)
    # scikit-learn passes groups to the last step by this name; only the logistic probe asks for them.
    grouped = getattr(pipeline[-1], "C", None) == "cv"
    parameters = {"direction__groups": rows.groups} if grouped else {}
    try:
        fitted = clone(pipeline).fit(columns, targets(rows.y), **parameters)
    except DirectionError:
        raise
    except (TypeError, ValueError) as error:
        # Options come from task files, and scikit-learn looks at many of them only now.
        fix = "check the options of the task's `estimator` and `preprocessing`"
        raise DirectionError(f"the direction cannot be fitted: {error}", fix=fix) from error
    return fitted, _axis(fitted, rows.X)


def targets(y: Floats) -> NDArray[Any]:
    """Poles [m] as an estimator wants them: integers where there are two."""
    return y if ((y != 0) & (y != 1)).any() else y.astype(np.int64)


def with_source(pipeline: Pipeline, X: NDArray[Any], source: NDArray[np.int64]) -> NDArray[Any]:  # noqa: N803
    """Embeddings [m, d], with the code of each row's source beside them if the pipeline centres."""
    return with_column(X, source) if pipeline.steps[0][0] == "centre" else X


def transformed(fitted: Pipeline, rows: SeedRows) -> Floats:
    """The seeds [m, d'] as the direction sees them, after preprocessing."""
    columns = with_source(fitted, rows.X, rows.source)
    return np.asarray(fitted[:-1].transform(columns) if len(fitted) > 1 else columns, np.float64)


def transformed_items(fitted: Pipeline, vectors: NDArray[Any]) -> Floats:
    """Embeddings [n, d] of other texts as the direction sees them."""
    columns = with_source(fitted, vectors, np.full(len(vectors), _UNSEEN))
    return np.asarray(fitted[:-1].transform(columns) if len(fitted) > 1 else columns, np.float64)


def _axis(fitted: Pipeline, X: NDArray[Any]) -> Axis:  # noqa: N803
    """The affine map behind a fitted pipeline."""
    direction = fitted[-1]
    if isinstance(direction, AnswerCosine):
        vector = direction.direction_ * direction.length_
        return Axis(vector, 0.0, _scale(unit_rows(X) @ vector), unit_rows=True)
    columns = with_source(fitted, np.asarray(X, np.float64), np.full(len(X), _UNSEEN))
    fixed = [X.shape[1]] if columns.shape[1] > X.shape[1] else []
    gradient = input_direction(fitted, columns, fixed) if len(fitted) > 1 else direction.direction_
    start = float(fitted.decision_function(columns[:1])[0])
    offset = float(X[0].astype(np.float64) @ gradient) - start
    return Axis(np.asarray(gradient, np.float64), offset, _scale(X.astype(np.float64) @ gradient))


def unit_rows(vectors: NDArray[Any]) -> Floats:
    """Vectors [n, d] at length 1; one of length 0 stays so and is as near to everything."""
    rows = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.where(lengths == 0, 1.0, lengths)
    return scaled


def _scale(scores: Floats) -> float:
    spread = float(scores.std())
    if not spread > 0:
        raise DirectionError("all seeds have the same score", fix="give seeds that differ")
    return spread
