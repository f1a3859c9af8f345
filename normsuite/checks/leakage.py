"""Leakage: what an item shows names its own gold, holds the explanation, or has a word that gives it away.

The item's own fields are looked at, not the prompt, which names every option in its list. A label that is
common anyway ("no") is no leak: what counts is how much oftener it is named where it is gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.checks.estimates import MIN_CLUSTERS, at_most, bounds, codes, count
from normsuite.checks.findings import Finding, Severity, of_all, percent
from normsuite.checks.shown import NAMES, joined, plain, texts_of
from normsuite.checks.subject import Subject, first_id, right_options, with_gold, words_of
from normsuite.tasks import Task

CHECK: Final = "leakage"
MOST_READ: Final = 10_000
"""Of more items than this a sample of whole clusters is read."""

_MARKED: Final = 0.1  # how much oftener the gold is named than it would be as another option
_SERIOUS: Final = 0.3
_LEAST_EXPLANATION: Final = 20  # letters; a shorter one is in many texts
_SPACELESS: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"


@dataclass(frozen=True)
class Naming:
    """Where options are named in texts; one row for each item and option.

    Attributes:
        item: [m] whose option.
        option: [m] a number for each label, 0 where items bring options of their own.
        gold: [m] whether it is right.
        named: [m] whether the text names it.
    """

    item: NDArray[np.int64]
    option: NDArray[np.int64]
    gold: NDArray[np.bool_]
    named: NDArray[np.bool_]


def check(subject: Subject) -> list[Finding]:
    """Golds that are named, explanations that are shown."""
    items = at_most(subject.items, MOST_READ).combine_chunks()
    return [*_explained(subject, items), *_named(subject, with_gold(items))]


def _explained(subject: Subject, items: pa.Table) -> list[Finding]:
    explained = items.filter(pc.is_valid(items["explanation"])).combine_chunks()
    if not explained.num_rows:
        return []
    reasons = plain(explained["explanation"].combine_chunks()).to_pylist()
    texts = texts_of(explained, subject.shown)
    shown = plain(joined(list(texts.values()), explained.num_rows)).to_pylist()
    pairs = zip(reasons, shown, strict=True)
    told = np.array([len(why) >= _LEAST_EXPLANATION and why in text for why, text in pairs], bool)
    n, total = int(told.sum()), items.num_rows
    if not n:
        return []
    message = f"{of_all(n, total, 'scored items')} show the explanation of their own gold"
    severity: Severity = "problem" if n / total >= 0.01 else "warning"
    fix = "keep the explanation out of the fields that the wordings show"
    return [Finding(CHECK, severity, message, n, n / total, first_id(explained, told), fix)]


def _named(subject: Subject, items: pa.Table) -> list[Finding]:
    """The field that names the gold most tellingly, for each label or for all options of their own."""
    if subject.kind == "rating" or count(items["cluster"]) < MIN_CLUSTERS:
        return []
    cluster = codes(items["cluster"])
    found: dict[int, tuple[float, Finding]] = {}
    for field, texts in texts_of(items, subject.shown).items():
        naming = _naming(subject, items, texts)
        for option in np.unique(naming.option):
            measured = _measure(naming, int(option), cluster)
            if measured is None or measured[0] <= found.get(int(option), (0.0,))[0]:
                continue
            found[int(option)] = measured[0], _finding(subject, items, naming, int(option), field, measured)
    return [finding for _, finding in found.values()]


def _measure(
    naming: Naming, option: int, cluster: NDArray[np.int64]
) -> tuple[float, float, float, float] | None:
    """(how much oftener, its lower bound, share named where gold, share named elsewhere), if it is marked."""
    mine = naming.option == option
    gold, named = naming.gold[mine], naming.named[mine]
    if not gold.any() or gold.all():
        return None
    right, wrong = float(named[gold].mean()), float(named[~gold].mean())
    if right - wrong < _MARKED:
        return None
    addends = np.stack([named & gold, gold, named & ~gold, ~gold])
    low, _ = bounds(lambda sums: sums[0] / sums[1] - sums[2] / sums[3], addends, cluster[naming.item[mine]])
    return (right - wrong, low, right, wrong) if low > _MARKED / 2 else None


def _finding(
    subject: Subject,
    items: pa.Table,
    naming: Naming,
    option: int,
    field: str,
    measured: tuple[float, float, float, float],
) -> Finding:
    _, low, right, wrong = measured
    hits = (naming.option == option) & naming.gold & naming.named
    n, total = int(hits.sum()), int(((naming.option == option) & naming.gold).sum())
    if subject.own_options:
        what, other = "the gold answer", "each wrong answer"
    else:
        labels = items["options"][0].as_py()
        what, other = f"the answer {labels[option]!r}", "the same word where it is wrong"
    message = (
        f"{NAMES[field]} names {what} in {of_all(n, total, 'items where it is right')}, "
        f"and {other} in {percent(wrong)}"
    )
    severity: Severity = "problem" if low >= _SERIOUS and right > 2 * wrong else "warning"
    fix = "take the verdict out of the text that is shown, or leave the field out of the wordings"
    return Finding(CHECK, severity, message, n, n / total, first_id(items, naming.item[hits]), fix)


def _naming(subject: Subject, items: pa.Table, texts: pa.Array) -> Naming:
    read = plain(texts)
    if subject.own_options:
        return _own_options(items, read)
    return _labels(subject, items, read)


def _own_options(items: pa.Table, texts: pa.Array) -> Naming:
    options = right_options(items)
    item = np.asarray(options["item"])
    words, read = plain(options["text"].combine_chunks()).to_pylist(), texts.to_pylist()
    pairs = zip(item, words, strict=True)
    named = np.array([bool(word) and _holds(read[at], word) for at, word in pairs], bool)
    return Naming(item, np.zeros(len(item), np.int64), np.asarray(options["right"]), named)


def _holds(text: str, words: str) -> bool:
    return f" {words} " in f" {text} "


def _labels(subject: Subject, items: pa.Table, texts: pa.Array) -> Naming:
    labels = items["options"][0].as_py()
    known = words_of(subject.task) if isinstance(subject.task, Task) else {}
    named = np.stack([_named_by(texts, known.get(label, [label])) for label in labels], axis=1)
    options = right_options(items)
    option = np.tile(np.arange(len(labels)), len(texts))
    return Naming(np.asarray(options["item"]), option, np.asarray(options["right"]), named.ravel())


def _named_by(texts: pa.Array, words: list[str]) -> NDArray[np.bool_]:
    """Whether texts [n] hold any of some words as whole words; in scripts without spaces, at all."""
    found = np.zeros(len(texts), bool)
    spaced = pc.binary_join_element_wise("", texts, "", " ")
    for word in dict.fromkeys(plain(pa.array(words)).to_pylist()):
        if not word:
            continue
        spaceless = pc.match_substring_regex(pa.scalar(word), _SPACELESS).as_py()
        found |= np.asarray(pc.match_substring(spaced, word if spaceless else f" {word} "), bool)
    return found
