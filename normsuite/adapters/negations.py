"""Statements and their negations: which of many texts say the same but for a "not"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

LEAST_LIKENESS: Final = 0.8
"""Cosine of two texts' TF-IDF vectors, from which on they are taken to be about one thing."""
_ROWS_AT_ONCE: Final = 1_000
_SUFFIX: Final = re.compile(r"(?<=\w\w\w)(?:ing|ed|es|s|e)$")
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NEGATIVE: Final = frozenset(
    {"not", "no", "never", "cannot", "avoid", "avoided", "refrain", "without", "none", "nobody", "nothing"}
    | {
        "appropriate",
        "inappropriate",
        "acceptable",
        "unacceptable",
        "polite",
        "impolite",
        "rude",
        "respectful",
    }
    | {"disrespectful", "proper", "improper", "common", "uncommon", "customary", "allowed", "forbidden"}
    | {"should", "must", "considered", "ought", "does", "did"}
)
"""Words that a statement and its negation differ in: the word "not", and words for good and bad."""


def content(text: str) -> str:
    """A text's stems but negations, judgements and function words; all of its words if none is left.

    Stems, since a negation changes the verb: "asks", "does not ask", "avoids asking".
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # heavy: the catalogue loads all adapters

    words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    kept = [
        _SUFFIX.sub("", word)
        for word in words
        if word not in _NEGATIVE and word not in ENGLISH_STOP_WORDS and not word.endswith("n't")
    ]
    return " ".join(kept) or " ".join(words) or text


def alike(texts: Sequence[str], parts: Sequence[str]) -> NDArray[np.int64]:
    """Groups of texts that have the same content, or nearly the same within their part.

    Args:
        texts: [n].
        parts: [n] names; only texts of one part are looked at for being nearly alike.

    Returns:
        [n] numbers from 0; texts that hang together through others are of one group too.
    """
    codes, contents = pd.factorize(np.array([content(text) for text in texts], dtype=object))
    first = pd.Series(np.asarray(parts, dtype=object)).groupby(codes).first().to_numpy()
    edges = [_edges(np.flatnonzero(first == part), contents) for part in dict.fromkeys(first)]
    pairs = np.concatenate([np.empty((0, 2), np.int64), *edges])
    k = len(contents)
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (k, k))
    groups: NDArray[np.int64] = connected_components(graph, directed=False)[1][codes].astype(np.int64)
    return groups


def _edges(chosen: NDArray[np.int64], contents: NDArray[np.object_]) -> NDArray[np.int64]:
    """Pairs [e, 2] of the chosen contents that are nearly alike."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(chosen) < 2:
        return np.empty((0, 2), np.int64)
    vectors = TfidfVectorizer(analyzer=str.split).fit_transform(contents[chosen])
    found = []
    for start in range(0, len(chosen), _ROWS_AT_ONCE):
        near = (vectors[start : start + _ROWS_AT_ONCE] @ vectors.T).tocoo()
        close = near.data >= LEAST_LIKENESS
        found.append(np.stack([chosen[near.row[close] + start], chosen[near.col[close]]], axis=1))
    return np.concatenate(found)
