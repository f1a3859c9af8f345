"""Seeds: texts with a known pole, and their embeddings as the rows a direction is fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings import Passage
from normsuite.errors import InputError

Floats = NDArray[np.float64]
Combine = Literal["mean", "difference"]


@dataclass(frozen=True)
class Seeds:
    """The seeds of one source.

    Attributes:
        name: of the source, for people.
        passages: [n][w] each seed in each wording.
        values: [n] 1 positive pole, 0 negative, between for graded seeds.
        clusters: [n] which seeds belong together.
        average: whether a seed's wordings are one row (their mean) or w rows.
    """

    name: str
    passages: Sequence[Sequence[Passage]]
    values: Floats
    clusters: Sequence[str]
    average: bool = True

    def __len__(self) -> int:
        return len(self.passages)

    def sha256(self) -> str:
        """Digest of everything that is fitted on."""
        rows = zip(self.passages, self.values.tolist(), self.clusters, strict=True)
        told = repr([([(p.text, p.span) for p in own], value, cluster) for own, value, cluster in rows])
        return hashlib.sha256(f"{self.average}{told}".encode()).hexdigest()


@dataclass(frozen=True)
class SeedRows:
    """Seeds as rows to fit on; m rows.

    Attributes:
        X: [m, d] embeddings, or [m, l, d] of several layers.
        y: [m] 1, 0 or between.
        groups: [m] codes of clusters, never split between folds.
        source: [m] code of the source.
        text: [m] one text of each row, for people.
    """

    X: NDArray[np.float32]
    y: Floats
    groups: NDArray[np.int64]
    source: NDArray[np.int64]
    text: Sequence[str]

    def take(self, rows: NDArray[Any]) -> SeedRows:
        """Some of the rows: positions or a mask."""
        at = np.arange(len(self.y))[rows]
        text = [self.text[i] for i in at.tolist()]
        return SeedRows(self.X[at], self.y[at], self.groups[at], self.source[at], text)


def check_seeds(sources: Sequence[Seeds]) -> None:
    """See that there is a seed of each pole.

    Raises:
        InputError: there are no seeds, or seeds of one pole only.
    """
    values = np.concatenate([source.values for source in sources]) if sources else np.empty(0)
    if not len(values):
        raise InputError("there are no seeds to fit a direction on", fix="check the task's `seeds` and --raw")
    if values.max() == values.min():
        pole = "positive" if values.max() > 0.5 else "negative"
        raise InputError(f"the seeds are of one class only (all {pole})", fix="give seeds of both poles")


def seed_rows(
    sources: Sequence[Seeds], vectors: Sequence[NDArray[np.float32]], combine: Combine = "mean"
) -> SeedRows:
    """All sources' rows, one below the other; seeds that were too long for the model are left out.

    Args:
        sources: [s].
        vectors: for each source [n * w, ...] embeddings of its passages, seed by seed.
        combine: as in ``combined``, for sources that average.

    Raises:
        InputError: no seed fits the model's context.
    """
    found = [_rows(source, own, combine) for source, own in zip(sources, vectors, strict=True)]
    # A source without seeds has vectors of no dimension, which go beside no others.
    parts = [(code, part) for code, part in enumerate(found) if len(part.y)]
    if not parts:
        raise InputError("no seed fits the model's context", fix="give shorter seeds")
    clusters = np.array([name for _, part in parts for name in part.clusters], dtype=object)
    return SeedRows(
        np.concatenate([part.X for _, part in parts]),
        np.concatenate([part.y for _, part in parts]),
        np.unique(clusters.astype(str), return_inverse=True)[1].astype(np.int64),
        np.concatenate([np.full(len(part.y), code) for code, part in parts]),
        [text for _, part in parts for text in part.text],
    )


@dataclass(frozen=True)
class _Part:
    X: NDArray[np.float32]
    y: Floats
    clusters: list[str]
    text: list[str]


def _rows(source: Seeds, vectors: NDArray[np.float32], combine: Combine) -> _Part:
    """The rows of one source; sources of one name, which differ in their wordings, share their clusters."""
    n = len(source)
    wordings = len(source.passages[0]) if n else 1
    shaped = vectors.reshape(n, wordings, *vectors.shape[1:])
    rows = combined(shaped, combine)[:, None] if source.average else shaped
    each = rows.shape[1]
    flat = rows.reshape(n * each, *rows.shape[2:])
    kept = np.isfinite(flat).all(axis=tuple(range(1, flat.ndim)))
    seed = np.repeat(np.arange(n), each)[kept]
    text = [own[0].text if each == 1 else own[w].text for own in source.passages for w in range(each)]
    return _Part(
        flat[kept],
        source.values[seed],
        [f"{source.name}:{source.clusters[i]}" for i in seed],
        [text[i] for i in np.flatnonzero(kept)],
    )


def combined(vectors: NDArray[np.float32], combine: Combine) -> NDArray[np.float32]:
    """[n, ...] of [n, w, ...]: the mean over wordings, or the second of two less the first."""
    return mean_over_wordings(vectors) if combine == "mean" else vectors[:, 1] - vectors[:, 0]


def mean_over_wordings(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n, ...] means of [n, w, ...]; NaN where one wording could not be read."""
    mean: NDArray[np.float32] = vectors.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mean
