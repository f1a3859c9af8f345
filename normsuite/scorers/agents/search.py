"""Searching passages: by their words (BM25), or by the nearness of a sentence encoder's embeddings."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from normsuite import folders
from normsuite.embeddings import Passage as Embedded
from normsuite.embeddings import Reader
from normsuite.engines import EngineSpec, Pooling, find_checkpoint
from normsuite.errors import InputError
from normsuite.scorers.agents.documents import Passage

_POOLING: Final = Pooling(position="model")


@dataclass(frozen=True)
class Found:
    """A passage that a search found, and how well it fits: the greater the better."""

    passage: Passage
    score: float


class Searcher(Protocol):
    """Finds passages. May be called from several threads."""

    def search(self, queries: Sequence[str], top: int) -> list[list[Found]]:
        """At most ``top`` passages for each of n queries, the best first, ties in the passages' order."""
        ...


class ByWords:
    """BM25 (Robertson & Zaragoza 2009) as Lucene computes it, over words of two letters or more.

    English stop words are left out. Writing without spaces between words is not cut into words: use
    ``ByEmbedding`` for it.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Index m passages."""
        import bm25s

        self._passages = passages
        words = _words([passage.text for passage in passages])
        self._index = bm25s.BM25(method="lucene") if any(words) else None
        if self._index:
            self._index.index(words, show_progress=False)

    def search(self, queries: Sequence[str], top: int) -> list[list[Found]]:
        """See ``Searcher.search``; a passage that shares no word with the query is not found."""
        found = []
        for words in _words(queries):
            scores = self._index.get_scores(words) if self._index and words else np.zeros(len(self._passages))
            found.append([one for one in _best(self._passages, scores, top) if one.score > 0])
        return found


class ByEmbedding:
    """Cosine of a sentence encoder's embeddings. The encoder is loaded at the first search."""

    def __init__(self, passages: Sequence[Passage], encoder: EngineSpec) -> None:
        """Nothing is loaded yet."""
        self._passages = passages
        self._reader = Reader(encoder, cache=folders.cache() / "embeddings")
        self._vectors: NDArray[np.float32] | None = None
        self._lock = threading.Lock()

    def search(self, queries: Sequence[str], top: int) -> list[list[Found]]:
        """See ``Searcher.search``; a text longer than the encoder's context is never found, nor finds any."""
        with self._lock:
            if self._vectors is None:
                self._vectors = self._embed([passage.text for passage in self._passages])
            asked = self._embed(queries)
        scores = np.nan_to_num(asked @ self._vectors.T, nan=-np.inf)
        return [[one for one in _best(self._passages, row, top) if np.isfinite(one.score)] for row in scores]

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """[n, d] vectors of length 1; NaN for a text that is too long."""
        vectors = self._reader.read([Embedded(text) for text in texts], _POOLING)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(length > 0, length, 1.0), np.float32)


def find_encoder(name: str) -> EngineSpec:
    """A sentence encoder by its folder or hub id. It runs on the CPU, beside whatever fills the GPU.

    Raises:
        InputError: no such checkpoint, or one that does not say how it makes one vector of a text.
    """
    from normsuite.engines.transformers import TransformersSpec

    checkpoint = find_checkpoint(name)
    if checkpoint.sentence is None:
        fix = "name one that sentence-transformers can load"
        raise InputError(f"{name!r} is no sentence encoder", field="agents.encoder", fix=fix)
    return TransformersSpec(checkpoint, dtype="float32", device="cpu")


def _words(texts: Sequence[str]) -> list[list[str]]:
    import bm25s

    words: Any = bm25s.tokenize(list(texts), stopwords="en", return_ids=False, show_progress=False)
    return list(words)


def _best(passages: Sequence[Passage], scores: NDArray[Any], top: int) -> list[Found]:
    order = np.argsort(-scores, kind="stable")[:top]
    return [Found(passages[at], float(scores[at])) for at in order]
