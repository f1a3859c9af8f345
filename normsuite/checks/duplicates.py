"""Duplicates: the same text, or nearly, in several splits, in several clusters, or with several golds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.checks.estimates import at_most, codes
from normsuite.checks.findings import Finding, Severity, of_all, percent
from normsuite.checks.near import near_duplicates, prints_of
from normsuite.checks.shown import plain
from normsuite.checks.subject import Subject, first_id

CHECK: Final = "duplicates"
MOST_COMPARED: Final = 100_000
"""Of more rows than this a sample of whole clusters is searched for near-duplicates."""

_SERIOUS: Final = 0.01  # of the scored items
_RATINGS_APART: Final = 0.5  # of the scale


@dataclass(frozen=True)
class _Texts:
    """What is compared: scored rows first, then those of other splits.

    Attributes:
        text: [n] what an item shows, without case and punctuation.
        code: [n] equal for equal texts.
        scored: how many are scored.
    """

    text: pa.Array
    code: NDArray[np.int64]
    scored: int


def check(subject: Subject) -> list[Finding]:
    """Exact duplicates of all rows, then near-duplicates of what is left."""
    texts = _texts(subject, subject.items, subject.others)
    exact = [_across(subject, texts), _contradicting(subject, texts), _within(subject, texts)]
    return [*(one for one in exact if one), *_near(subject)]


def _texts(subject: Subject, items: pa.Table, others: pa.Table) -> _Texts:
    rows = pa.concat_tables([items, others]).combine_chunks()
    text = plain(subject.whole_texts(rows))
    pictures = pc.fill_null(pc.binary_join(rows["images"].combine_chunks(), " "), "")
    code = codes(pc.binary_join_element_wise(text, pictures, "\x1f"))
    return _Texts(text, code, items.num_rows)


def _across(subject: Subject, texts: _Texts) -> Finding | None:
    """Scored items whose text is in another split."""
    scored, others = texts.code[: texts.scored], texts.code[texts.scored :]
    same = np.isin(scored, others)
    n = int(same.sum())
    if not n:
        return None
    message = f"{of_all(n, len(same), 'scored items')} are word for word in another split"
    severity: Severity = "problem" if n / len(same) >= _SERIOUS else "warning"
    fix = "leave them out of one, or give both one `cluster` and split by cluster"
    return Finding(CHECK, severity, message, n, n / len(same), first_id(subject.items, same), fix)


def _contradicting(subject: Subject, texts: _Texts) -> Finding | None:
    """Scored items with one text and several golds: no model can be right on all of them."""
    code = texts.code[: texts.scored]
    differ = _rated_apart if subject.kind == "rating" else _judged_apart
    apart = differ(subject, code)
    n = int(apart.sum())
    if not n:
        return None
    message = f"{of_all(n, len(apart), 'scored items')} have the same text as another but not its gold"
    fix = "show what tells them apart, or count their labels as votes of one item"
    severity: Severity = "problem" if n / len(apart) >= _SERIOUS else "warning"
    if not differ(subject, code * (int(_country(subject).max()) + 1) + _country(subject)).any():
        # A country that is not told may be the very thing that is measured.
        severity, fix = (
            "warning",
            "only their country tells them apart: tell it, if you can",
        )
    elif subject.question is None:
        severity = "warning"  # what a direction does not read, it cannot be right about
    return Finding(CHECK, severity, message, n, n / len(apart), first_id(subject.items, apart), fix)


def _country(subject: Subject) -> NDArray[np.int64]:
    return codes(pc.fill_null(subject.items["country"], ""))


def _judged_apart(subject: Subject, code: NDArray[np.int64]) -> NDArray[np.bool_]:
    gold = _golds(subject)
    known = gold >= 0
    pairs = np.unique(np.stack([code[known], gold[known]]), axis=1)
    several = np.bincount(pairs[0], minlength=int(code.max()) + 1) > 1
    found: NDArray[np.bool_] = several[code] & known
    return found


def _golds(subject: Subject) -> NDArray[np.int64]:
    """A number [n] for each answer, whatever place it has among an item's options; -1 for none."""
    items = subject.items
    if subject.kind == "multilabel":
        sets = items["gold_set"].combine_chunks()
        ordered = [None if own is None else str(sorted(own)) for own in sets.to_pylist()]
    else:
        pairs = zip(items["options"].to_pylist(), items["gold"].to_pylist(), strict=True)
        ordered = [None if gold is None else own[gold] for own, gold in pairs]
    encoded = pa.array(ordered, pa.string()).dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices.cast(pa.int64()), -1))


def _rated_apart(subject: Subject, code: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Ratings differ from person to person; only what is half a scale apart contradicts."""
    names = ("rating", "scale_min", "scale_max")
    rating, low, high = (np.asarray(subject.items[name].cast(pa.float64()), float) for name in names)
    place = (rating - low) / np.where(high > low, high - low, np.nan)
    size = int(code.max()) + 1
    lowest, highest = np.full(size, np.inf), np.full(size, -np.inf)
    known = np.isfinite(place)
    np.minimum.at(lowest, code[known], place[known])
    np.maximum.at(highest, code[known], place[known])
    with np.errstate(invalid="ignore"):
        far = highest - lowest >= _RATINGS_APART
    found: NDArray[np.bool_] = far[code] & known
    return found


def _within(subject: Subject, texts: _Texts) -> Finding | None:
    """Scored items that repeat another of a different cluster: as if more had been asked than was."""
    code = texts.code[: texts.scored]
    pairs = np.unique(np.stack([code, codes(subject.items["cluster"])]), axis=1)
    several = np.bincount(pairs[0], minlength=int(code.max()) + 1) > 1
    repeats = several[code]
    n = int(repeats.sum())
    if not n:
        return None
    message = f"{of_all(n, len(repeats), 'scored items')} have the same text as one of another cluster"
    fix = "give equal texts one `cluster`: intervals are too narrow otherwise"
    return Finding(CHECK, "warning", message, n, n / len(repeats), first_id(subject.items, repeats), fix)


def _near(subject: Subject) -> list[Finding]:
    total = subject.items.num_rows + subject.others.num_rows
    share = min(1.0, MOST_COMPARED / total)
    items, others = (at_most(rows, int(share * rows.num_rows)) for rows in (subject.items, subject.others))
    texts = _texts(subject, items, others)
    looked = "" if share == 1 else f" (looked for in {percent(share)} of the rows)"
    rows = _distinct(texts)
    prints = prints_of(texts.text.take(pa.array(rows)))
    is_scored = rows < texts.scored
    across = rows[near_duplicates(prints, is_scored.astype(np.int64)).row]
    cluster = codes(items["cluster"])[np.where(is_scored, rows, 0)]
    within = rows[near_duplicates(prints.take(is_scored), cluster).row]
    found = [
        _near_finding(items, across[across < texts.scored], f"in another split{looked}"),
        _near_finding(items, within, f"in another cluster{looked}"),
    ]
    return [one for one in found if one]


def _distinct(texts: _Texts) -> NDArray[np.int64]:
    """The first row of each text; a text of both sides is an exact duplicate and is left out of both."""
    _, first, inverse = np.unique(texts.code, return_index=True, return_inverse=True)
    sides = np.zeros((len(first), 2), bool)
    sides[inverse[: texts.scored], 0] = True
    sides[inverse[texts.scored :], 1] = True
    kept: NDArray[np.int64] = np.sort(first[~sides.all(1)])
    return kept


def _near_finding(items: pa.Table, rows: NDArray[np.int64], where: str) -> Finding | None:
    n, total = len(rows), items.num_rows
    if not n:
        return None
    message = f"{of_all(n, total, 'scored items')} are nearly word for word {where}"
    fix = "see whether they are edits of one item, which belong in one `cluster`"
    return Finding(CHECK, "warning", message, n, n / total, first_id(items, rows), fix)
