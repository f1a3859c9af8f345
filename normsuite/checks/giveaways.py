"""Give-aways: a single word that tells the gold nearly always, wherever it stands."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.checks.estimates import MIN_CLUSTERS, at_most, codes, count
from normsuite.checks.findings import Finding, Severity, of_all, percent
from normsuite.checks.leakage import MOST_READ
from normsuite.checks.shown import joined, texts_of
from normsuite.checks.subject import Subject, first_id, right_options, with_gold

CHECK: Final = "leakage"
_PURE: Final = 0.97  # of the texts with the word have one gold
_COMMON: Final = 0.05  # of all texts have it
_RARE: Final = 0.8  # a gold commoner than this is told by nothing
_ABOVE: Final = 0.2  # over the gold's own share
_DECIDES: Final = 0.8  # of what the commonest gold gets wrong, the word alone puts right
_CHANCE: Final = 1e-3  # over all words and golds together
_FEW_CLUSTERS: Final = 10
_NAMED: Final = 3
_WORDS: Final = re.compile(r"\w+")


def check(subject: Subject) -> list[Finding]:
    """The few most telling words; none where chance alone could make them so."""
    items = with_gold(at_most(subject.items, MOST_READ))
    if subject.kind == "rating" or count(items["cluster"]) < MIN_CLUSTERS:
        return []
    own, options = subject.own_options, right_options(items)
    if own:
        texts, row = options["text"].combine_chunks(), np.asarray(options["item"])
        gold = np.asarray(options["right"])[:, None]
        names = ["right"]
    else:
        texts = joined(list(texts_of(items, subject.shown).values()), items.num_rows)
        names = items["options"][0].as_py()
        row, gold = np.arange(items.num_rows), np.asarray(options["right"]).reshape(-1, len(names))
    counted = _count_words(pc.utf8_lower(texts).to_pylist())
    if counted is None:
        return []
    words, matrix = counted
    return _telling(items, words, matrix, row, gold, names, own)


def _count_words(texts: list[str]) -> tuple[NDArray[Any], Any] | None:
    """The words that are common enough, and a sparse [n, words] of which texts have them."""
    from sklearn.feature_extraction.text import CountVectorizer

    least = max(_FEW_CLUSTERS, int(_COMMON * len(texts)))
    vectorizer = CountVectorizer(binary=True, analyzer=_WORDS.findall, min_df=least, dtype=np.int32)
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:  # no word is common enough
        return None
    return vectorizer.get_feature_names_out(), matrix.tocsc()


def _telling(
    items: pa.Table,
    words: NDArray[Any],
    matrix: Any,
    row: NDArray[np.int64],
    gold: NDArray[np.bool_],
    names: list[str],
    own: bool,
) -> list[Finding]:
    n = len(gold)
    hits = np.asarray(matrix.T @ gold.astype(np.int32), float)  # [words, k]
    holding = np.asarray(matrix.sum(0)).ravel()[:, None].astype(float)
    base = gold.mean(0)[None, :]
    purity = hits / holding
    # A rule of one word: this answer where the word stands, no such answer elsewhere.
    right = (
        np.maximum(hits, holding - hits) + np.maximum(base * n - hits, n - holding - base * n + hits)
    ) / n
    start = np.maximum(base, 1 - base)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(start < 1, (right - start) / (1 - start), 0.0)
    telling = (purity >= _PURE) & (base <= _RARE) & (purity - base >= _ABOVE)
    cluster = codes(items["cluster"])[row]
    found = []
    for word, k in zip(*np.nonzero(telling), strict=True):
        own_rows = matrix.indices[matrix.indptr[word] : matrix.indptr[word + 1]]
        clusters = len(np.unique(cluster[own_rows]))
        if clusters < _FEW_CLUSTERS or base[0, k] ** clusters * purity.size > _CHANCE:
            continue
        example = first_id(items, row[own_rows[gold[own_rows, k]]])
        holds = int(holding[word, 0])
        what = "options" if own else "scored items"
        verdict = "is right" if own else f"the gold is {names[k]!r}"
        message = (
            f"the word {str(words[word])!r} is in {of_all(holds, n, what)}, and {verdict} in "
            f"{percent(float(purity[word, k]))} of them, against {percent(float(base[0, k]))} of all"
        )
        severity: Severity = "problem" if gain[word, k] >= _DECIDES else "warning"
        fix = "see whether it gives the answer away, and take it out or balance it"
        strength = float(gain[word, k])
        found.append((strength, Finding(CHECK, severity, message, holds, holds / n, example, fix)))
    found.sort(key=lambda pair: -pair[0])
    return [finding for _, finding in found[:_NAMED]]
