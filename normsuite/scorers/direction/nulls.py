"""Nulls: what the same items score without what is claimed to be measured.

- ``random``: directions drawn evenly from the sphere, after the same preprocessing, their signs set by the
  seeds. What the sign alone is worth.
- ``permuted``: the same estimator on the same seeds with their poles shuffled. What any fit is worth. An
  estimator that looks at the poles for its sign alone would give the same line again, so it has none.
- ``tfidf``: the same estimator on TF-IDF features of the same texts. What words are worth without a model.
- ``untrained``: the same architecture and tokenizer with random weights. What the architecture is worth.

A probe is evidence only beside such controls: Hewitt and Liang (2019, "Designing and interpreting probes
with control tasks", EMNLP); for random encoders Wieting and Kiela (2019, "No training required", ICLR).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline

from normsuite.directions import DirectionError
from normsuite.directions.catalogue import SIGN_ONLY
from normsuite.scorers.direction.fitted import Fitted
from normsuite.scorers.direction.pipeline import (
    build,
    fit,
    for_estimator,
    transformed,
    transformed_items,
    unit_rows,
)
from normsuite.scorers.direction.seeds import Combine, Floats, SeedRows, Seeds, combined, seed_rows
from normsuite.tasks import Step

RANDOM_DRAWS: Final = 100
PERMUTATIONS: Final = 20
NULLS: Final = ("random", "permuted", "tfidf", "untrained")


def random_scores(fitted: Fitted, items: NDArray[np.float32], seed: int) -> Floats:
    """Scores [draws, n] of items [n, d] along random directions, each turned by the seeds' poles."""
    seeds, asked = transformed(fitted.pipeline, fitted.rows), transformed_items(fitted.pipeline, items)
    if fitted.axis.unit_rows:
        seeds, asked = unit_rows(seeds), unit_rows(asked)
    drawn = np.random.default_rng(seed).normal(size=(RANDOM_DRAWS, seeds.shape[1]))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    y = fitted.rows.y
    gap = seeds[y == y.max()].mean(axis=0) - seeds[y == y.min()].mean(axis=0)
    signs = np.where(drawn @ gap < 0, -1.0, 1.0)
    scores: Floats = (drawn * signs[:, None]) @ asked.T
    return scores


def permuted_scores(
    pipeline: Pipeline, rows: SeedRows, items: NDArray[np.float32], seed: int
) -> tuple[Floats, int]:
    """Scores of items [n, d] by the same estimator with the seeds' poles shuffled.

    Rows of one cluster and pole, such as a seed's wordings, are given one pole again.

    Args:
        pipeline: fitted: what its fit chose (the penalty of a logistic probe) is kept.
        rows: [m] the seeds.
        items: [n, d].
        seed: of the shuffles.

    Returns:
        [p, n], and how many of the shuffles defined no direction (p and they are ``PERMUTATIONS``).
    """
    frozen = with_choices_kept(pipeline)
    rng = np.random.default_rng(seed)
    units = np.stack([rows.groups, np.unique(rows.y, return_inverse=True)[1]], axis=1)
    _, first, of = np.unique(units, axis=0, return_index=True, return_inverse=True)
    poles = rows.y[first]
    found = []
    for _ in range(PERMUTATIONS):
        try:
            _, axis = fit(frozen, replace(rows, y=rng.permutation(poles)[of.ravel()]))
        except DirectionError:
            continue
        found.append(axis(items))
    return np.array(found).reshape(-1, len(items)), PERMUTATIONS - len(found)


def why_not_permuted(estimator: Step) -> str:
    """Why an estimator has no null of shuffled seeds; empty if it has one."""
    if estimator.name not in SIGN_ONLY:
        return ""
    return f"{estimator.name} looks at the seeds' poles for its sign alone: shuffled, they give the same line"


def with_choices_kept(pipeline: Pipeline) -> Pipeline:
    """The pipeline with the C that cross-validation chose, which a shuffle would not choose better."""
    chosen = getattr(pipeline[-1], "C_", None)
    if chosen is None:
        return pipeline
    last = pipeline.steps[-1]
    return Pipeline([*pipeline.steps[:-1], (last[0], type(last[1])(**{**last[1].get_params(), "C": chosen}))])


def tfidf_scores(
    sources: Sequence[Seeds],
    items: Sequence[Sequence[str]],
    estimator: Step,
    preprocessing: Sequence[Step],
    dimensions: int,
    combine: Combine = "mean",
) -> Floats | None:
    """Scores [n] by the same estimator on TF-IDF features of words and word pairs.

    The features are the seeds' own, reduced to the embeddings' dimension by a truncated SVD (latent semantic
    analysis), so that every estimator can take them.

    Args:
        sources: the seeds.
        items: [n][w] texts.
        estimator: as the task has it.
        preprocessing: as the task has it.
        dimensions: d of the embeddings.
        combine: as the task has it.

    Returns:
        None where the seeds' words define no direction.
    """
    flat = [[passage.text for own in source.passages for passage in own] for source in sources]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    try:
        features = vectorizer.fit_transform([text for texts in flat for text in texts])
    except ValueError:
        return None  # no text has a word of two letters
    size = min(dimensions, features.shape[1] - 1, features.shape[0] - 1)
    if size < 1:
        return None
    svd = TruncatedSVD(size, random_state=0).fit(features)
    reduced = svd.transform(features).astype(np.float32)
    ends = np.cumsum([len(texts) for texts in flat])[:-1]
    rows = for_estimator(estimator, seed_rows(sources, np.split(reduced, ends), combine))
    try:
        _, axis = fit(build(estimator, preprocessing), rows)
    except DirectionError:
        return None
    asked = svd.transform(vectorizer.transform([text for own in items for text in own]))
    return axis(combined(asked.reshape(len(items), -1, size), combine))
