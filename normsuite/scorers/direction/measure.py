"""One direction task on one model: fit on the seeds, score the items, and score them by every null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.directions import DirectionError
from normsuite.embeddings import Passage, Reader
from normsuite.engines import EngineSpec, Pooling
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.schema import NULL_SCHEMA
from normsuite.scorers.direction.diagnosis import diagnosis
from normsuite.scorers.direction.fitted import Fitted, Recipe, fit_direction, seed_scores
from normsuite.scorers.direction.nulls import (
    permuted_scores,
    random_scores,
    tfidf_scores,
    why_not_permuted,
)
from normsuite.scorers.direction.predictions import Threshold, direction_predictions, fit_threshold
from normsuite.scorers.direction.reading import choose_pooling, read
from normsuite.scorers.direction.seeds import Combine, Floats, Seeds, combined

Texts = Sequence[Sequence[Passage]]
_FEW: Final = 2  # items, below which no scores are worth a null


@dataclass(frozen=True)
class Part:
    """Items that share one direction: all of a task, or those of one language.

    Attributes:
        name: of the part; empty for a task of one part.
        items: [n] Items to score; with options they are two, the negative pole first.
        texts: [n][w] the same as passages.
        train: [m] Items for the threshold; empty for ratings.
        train_texts: [m][w].
        seeds: what the direction is fitted on.
    """

    name: str
    items: pa.Table
    texts: Texts
    train: pa.Table
    train_texts: Texts
    seeds: Sequence[Seeds]


@dataclass(frozen=True)
class Models:
    """The model that is measured, and what becomes of its architecture without training.

    Attributes:
        spec: the model and its engine.
        untrained: the same with random weights, one for each seed.
        why_not: why there are none, if there are none.
        cache: of embeddings; None keeps none.
        log: where an engine's messages go.
    """

    spec: EngineSpec
    untrained: Sequence[EngineSpec] = ()
    why_not: str = ""
    cache: Path | None = None
    log: Path | None = None


@dataclass(frozen=True)
class Measured:
    """What a task's run leaves behind.

    Attributes:
        predictions: rows in ``PREDICTION_SCHEMA``.
        nulls: rows in ``NULL_SCHEMA``, scores in the order of ``predictions``.
        about: how each part was read and fitted, for people.
    """

    predictions: pa.Table
    nulls: pa.Table
    about: dict[str, Any] = field(default_factory=dict)


def measure(
    task: str,
    parts: Sequence[Part],
    recipe: Recipe,
    models: Models,
    *,
    prompt: str = "",
    seed: int = 0,
    progress: Progress = silent,
) -> Measured:
    """Measure one task.

    Args:
        task: its name.
        parts: what is scored, and on what the direction of each part is fitted.
        recipe: how directions are made.
        models: the model and its untrained doubles.
        prompt: the families of wordings, for the record.
        seed: of the random nulls.
        progress: told what is embedded.

    Raises:
        InputError: seeds, texts or engine cannot be used; ``DirectionError`` where no direction is defined.
    """
    with Reader(models.spec, cache=models.cache, log=models.log) as reader:
        scored = [
            _score_part(task, part, recipe, models.spec, reader, prompt, seed, progress) for part in parts
        ]
    # One model after the other: a machine that holds one may not hold four.
    for spec in models.untrained:
        with Reader(spec, cache=models.cache, log=models.log) as reader:
            for one in scored:
                one.add_untrained(_untrained(spec, reader, one, recipe, f"{task}: untrained", progress))
    missing = {name: why for one in scored for name, why in one.missing.items()}
    if models.why_not:
        missing["untrained"] = models.why_not
    nulls = [_null_table(one.nulls, one.readable) for one in scored]
    return Measured(
        pa.concat_tables([one.predictions for one in scored]),
        nulls[0] if len(nulls) == 1 else _side_by_side(nulls, [part.items.num_rows for part in parts]),
        {"parts": {one.part.name: one.about for one in scored}, "missing_nulls": missing},
    )


@dataclass(frozen=True)
class _Scored:
    """A part that the model has scored.

    Attributes:
        part: which.
        pooling: where its texts were read.
        predictions: rows in ``PREDICTION_SCHEMA``.
        readable: [n] which items are not too long.
        nulls: for each null scores [draws, readable].
        missing: why a null is not there.
        about: as in ``Measured``.
    """

    part: Part
    pooling: Pooling
    predictions: pa.Table
    readable: NDArray[np.bool_]
    nulls: dict[str, Floats]
    missing: dict[str, str]
    about: dict[str, Any]

    def add_untrained(self, scores: Floats | None) -> None:
        """Scores [readable] by one untrained double; None where its embeddings define no direction."""
        if scores is None:
            self.about["untrained_without_direction"] += 1
        elif len(scores):
            before = self.nulls.get("untrained", np.empty((0, len(scores))))
            self.nulls["untrained"] = np.vstack([before, scores])


def _score_part(
    task: str,
    part: Part,
    recipe: Recipe,
    spec: EngineSpec,
    reader: Reader,
    prompt: str,
    seed: int,
    progress: Progress,
) -> _Scored:
    everything = [*part.texts, *part.train_texts, *(own for source in part.seeds for own in source.passages)]
    pooling = choose_pooling(recipe.reading, spec, [passage for own in everything for passage in own])
    fitted = fit_direction(reader, spec, part.seeds, recipe, pooling=pooling, progress=progress)
    way, combine = fitted.pooling, recipe.reading.combine
    items = _vectors(reader, part.texts, way, combine, f"{task}: embedding items", progress)
    train = _vectors(reader, part.train_texts, way, combine, f"{task}: embedding training rows", progress)
    threshold = _threshold(part, fitted, train)
    predictions = direction_predictions(task, part.items, fitted.axis(items), prompt, threshold)
    readable: NDArray[np.bool_] = np.asarray(np.isfinite(items).all(axis=1))
    about = diagnosis(fitted, part.seeds) | {"untrained_without_direction": 0}
    scored = _Scored(part, fitted.pooling, predictions, readable, {}, {}, about)
    if readable.sum() >= _FEW:
        _add_nulls(scored, fitted, items[readable], recipe, seed)
    return scored


def _add_nulls(
    scored: _Scored, fitted: Fitted, items: NDArray[np.float32], recipe: Recipe, seed: int
) -> None:
    """The nulls that need no other model, for the embeddings [readable, d] of the readable items."""
    scored.nulls["random"] = random_scores(fitted, items, seed)
    why_not = why_not_permuted(recipe.estimator)
    if why_not:
        scored.missing["permuted"] = why_not
    else:
        shuffled, failed = permuted_scores(fitted.pipeline, fitted.rows, items, seed)
        scored.nulls["permuted"] = shuffled
        scored.about["permutations_without_direction"] = failed
    part = scored.part
    texts = [[p.text for p in own] for own, ok in zip(part.texts, scored.readable, strict=True) if ok]
    words = tfidf_scores(
        part.seeds, texts, recipe.estimator, recipe.preprocessing, items.shape[1], recipe.reading.combine
    )
    if words is None:
        scored.missing["tfidf"] = "the seeds' words define no direction"
    else:
        scored.nulls["tfidf"] = words[None]


def _vectors(
    reader: Reader, texts: Texts, pooling: Pooling, combine: Combine, stage: str, progress: Progress
) -> NDArray[np.float32]:
    """[n, d] the embedding of each item: its wordings' mean, or the offset of two."""
    if not len(texts):
        return np.empty((0, 0), np.float32)
    flat = read(reader, texts, pooling, (pooling.layer,), stage, progress)[:, 0]
    return combined(flat.reshape(len(texts), -1, flat.shape[-1]), combine)


def _untrained(
    spec: EngineSpec, reader: Reader, scored: _Scored, recipe: Recipe, stage: str, progress: Progress
) -> Floats | None:
    """Scores [readable] by the same recipe on random weights, read at the same layer and position.

    None where the embeddings of random weights define no direction.
    """
    if scored.readable.sum() < _FEW:
        return np.empty(0)
    part, pooling = scored.part, scored.pooling
    try:
        fitted = fit_direction(
            reader, spec, part.seeds, recipe, pooling=(pooling, (pooling.layer,)), progress=progress
        )
    except DirectionError:
        return None
    items = _vectors(reader, part.texts, pooling, recipe.reading.combine, stage, progress)
    return fitted.axis(items[scored.readable])


def _threshold(part: Part, fitted: Fitted, train: NDArray[np.float32]) -> Threshold | None:
    """Fitted on the task's training rows, or where it has none on the seeds; None for ratings."""
    if part.items["kind"][0].as_py() == "rating":
        return None
    if len(train):
        scores = fitted.axis(train)
        read = np.isfinite(scores)
        return fit_threshold(scores[read], np.asarray(part.train["gold"])[read] == 1)
    poles = (fitted.rows.y == 0) | (fitted.rows.y == 1)
    return fit_threshold(seed_scores(fitted)[poles], fitted.rows.y[poles] == 1)


def _null_table(nulls: Mapping[str, Floats], readable: NDArray[np.bool_]) -> pa.Table:
    rows = []
    for name, scores in nulls.items():
        whole = np.full((len(scores), len(readable)), np.nan)
        whole[:, readable] = scores
        rows += [{"null": name, "draw": draw, "scores": row.tolist()} for draw, row in enumerate(whole)]
    return pa.Table.from_pylist(rows, NULL_SCHEMA)


def _side_by_side(tables: Sequence[pa.Table], sizes: Sequence[int]) -> pa.Table:
    """Nulls of several parts, draw by draw; a draw that a part lacks leaves that part's scores empty."""
    found: dict[tuple[str, int], list[list[float]]] = {}
    for at, (table, size) in enumerate(zip(tables, sizes, strict=True)):
        for row in table.to_pylist():
            own = found.setdefault((row["null"], row["draw"]), [[float("nan")] * n for n in sizes])
            own[at] = row["scores"]
            if len(own[at]) != size:
                raise InputError("a null's scores are not as many as the items")
    rows = [
        {"null": null, "draw": draw, "scores": [value for part in own for value in part]}
        for (null, draw), own in found.items()
    ]
    return pa.Table.from_pylist(rows, NULL_SCHEMA)
