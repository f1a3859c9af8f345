"""Artefacts: how far the project's TF-IDF baseline comes, on everything that is shown and on parts of it.

A part that should not decide by itself, such as the options without the question (Gururangan et al. 2018,
"Annotation artifacts in natural language inference data"), and that predicts the gold all the same, tells
that a score on the task need not be what its name says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.checks.estimates import MIN_CLUSTERS, at_most, bounds, codes, count
from normsuite.checks.findings import Finding, Severity, percent
from normsuite.checks.shown import NAMES, joined, texts_of
from normsuite.checks.subject import OWN_OPTIONS, Subject, with_gold
from normsuite.metrics.rows import Floats
from normsuite.schema import ITEM_SCHEMA
from normsuite.scorers.baselines import baseline_predictions
from normsuite.tasks import Task

CHECK: Final = "artefacts"
MOST_FITTED: Final = 2_000
"""Of more rows than this, to fit on or to predict, a sample of whole clusters is taken."""

EVERYTHING: Final = "everything that is shown"
_FOLDS: Final = 5
_SEED: Final = 0
_MARKED: Final = 0.2  # of what guessing gets wrong
_SURELY: Final = 0.1
_SERIOUS: Final = 0.8
_GOLD: Final = {"label": "gold", "rating": "rating"}
_WORD: Final = r"[\p{L}\p{N}_]{2}"  # what the baseline takes for a word


@dataclass(frozen=True)
class _Result:
    """How one input does.

    Attributes:
        errors, guess: [n] what is wrong with each prediction, and with guessing, from 0.
        gain: the share of guessing's errors that is put right.
        low: the lower bound of its interval.
    """

    errors: Floats
    guess: Floats
    gain: float
    low: float


def check(subject: Subject) -> list[Finding]:
    """Parts that predict the gold by themselves, and how the whole does."""
    task = subject.task
    if not isinstance(task, Task):
        return []
    if subject.kind == "multilabel" and subject.own_options:
        return []  # the baseline learns labels that all items share
    items = with_gold(at_most(subject.items, MOST_FITTED))
    if count(items["cluster"]) < MIN_CLUSTERS:
        return []
    if subject.kind in ("label", "rating") and count(items[_GOLD[subject.kind]]) < 2:
        return []  # nothing to tell apart
    train = with_gold(at_most(subject.train, MOST_FITTED))
    if count(train["cluster"]) < MIN_CLUSTERS:
        train = None
    found = []
    for name, inputs in _inputs(subject, items, train):
        result = _measure(task, *inputs)
        if result is None:
            continue
        finding = _whole(subject, result) if name == EVERYTHING else _part(subject, name, result)
        if finding is not None:
            found.append(finding)
    return found


def _inputs(
    subject: Subject, items: pa.Table, train: pa.Table | None
) -> Iterator[tuple[str, tuple[pa.Table, pa.Table | None]]]:
    """Parts of what is shown by name, then all of it: items, and training rows where there are enough."""
    tables = [items] if train is None else [items, train]
    texts = [texts_of(table, subject.shown) for table in tables]

    def only(*fields: str) -> tuple[pa.Table, pa.Table | None]:
        made = [
            _with_text(table, joined([own[field] for field in fields], table.num_rows))
            for table, own in zip(tables, texts, strict=True)
        ]
        return made[0], made[1] if len(made) > 1 else None

    fields = list(texts[0])
    if subject.kind in OWN_OPTIONS:
        yield "the options", only()
    elif len(fields) > 1:
        for field in fields:
            yield NAMES[field], only(field)
    yield EVERYTHING, only(*fields)


def _with_text(items: pa.Table, text: pa.Array) -> pa.Table:
    """Items that have this text and no other."""
    for name in ("situation", "behavior", "norm", "country", "frame", "turns"):
        column = text if name == "situation" else pa.nulls(items.num_rows, ITEM_SCHEMA.field(name).type)
        items = items.set_column(items.schema.get_field_index(name), ITEM_SCHEMA.field(name), column)
    return items


def _measure(task: Task, items: pa.Table, train: pa.Table | None) -> _Result | None:
    """The baseline's errors beside guessing's; None where guessing is never wrong or there is no word."""
    errors, guess = np.full(items.num_rows, np.nan), np.full(items.num_rows, np.nan)
    for fitted, asked in _folds(items, train):
        known = items.take(pa.array(fitted)) if train is None else train
        test = items.take(pa.array(asked))
        guess[asked] = _guessing(task, known, test)
        errors[asked] = _learned(task, known, test) if _has_words(known) else guess[asked]
    told = np.isfinite(errors) & np.isfinite(guess)
    errors, guess, cluster = errors[told], guess[told], codes(items["cluster"])[told]
    if not guess.sum():
        return None
    cluster = np.unique(cluster, return_inverse=True)[1]
    low, _ = bounds(lambda sums: 1 - sums[0] / sums[1], np.stack([errors, guess]), cluster)
    return _Result(errors, guess, 1 - float(errors.sum() / guess.sum()), low)


def _folds(items: pa.Table, train: pa.Table | None) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(rows to fit on, rows to predict); with training rows of its own, all are predicted at once."""
    if train is not None:
        everything = np.arange(items.num_rows)
        yield everything, everything
        return
    from sklearn.model_selection import GroupKFold

    cluster = codes(items["cluster"])
    yield from GroupKFold(_FOLDS).split(cluster, groups=cluster)


def _has_words(items: pa.Table) -> bool:
    parts = [items["situation"].combine_chunks(), pc.list_flatten(items["options"].combine_chunks())]
    if items["kind"][0].as_py() not in OWN_OPTIONS:
        parts.pop()
    return any(pc.any(pc.match_substring_regex(part, _WORD)).as_py() for part in parts)


def _learned(task: Task, train: pa.Table, test: pa.Table) -> Floats:
    predictions = baseline_predictions("tfidf", task, train, test, _SEED)
    return np.full(test.num_rows, np.nan) if predictions is None else _errors(predictions)


def _guessing(task: Task, train: pa.Table, test: pa.Table) -> Floats:
    """Errors of the commonest answer, of the mean rating, or of a blind choice among own options."""
    kind = test["kind"][0].as_py()
    if kind in OWN_OPTIONS:
        sizes = np.asarray(pc.list_value_length(test["options"]), float)
        return 1 - 1 / sizes
    if kind == "rating":
        mean = float(np.mean(_places(train, "rating")))
        off: Floats = _places(test, "rating") - mean
        return off * off
    predictions = baseline_predictions("majority", task, train, test, _SEED)
    return np.full(test.num_rows, np.nan) if predictions is None else _errors(predictions)


def _errors(predictions: pa.Table) -> Floats:
    """What is wrong with each prediction: 0 or 1, a share of labels, or a squared distance on the scale."""
    kind = predictions["kind"][0].as_py()
    if kind == "rating":
        off: Floats = _places(predictions, "rating") - _places(predictions, "score")
        return off * off
    if kind == "multilabel":
        columns = ("gold_set", "predicted_set", "options")
        rows = zip(*(predictions[name].to_pylist() for name in columns), strict=True)
        return np.array([len(set(gold) ^ set(said)) / len(own) for gold, said, own in rows])
    gold, predicted = (np.asarray(predictions[name], np.int64) for name in ("gold", "predicted"))
    wrong: NDArray[np.bool_] = gold != predicted
    return wrong.astype(float)


def _places(rows: pa.Table, column: str) -> Floats:
    """Where values lie on their scales, 0 to 1."""
    names = (column, "scale_min", "scale_max")
    value, low, high = (np.asarray(rows[name].cast(pa.float64()), float) for name in names)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((value - low) / (high - low), float)


def _told(subject: Subject, result: _Result) -> str:
    """How well it does, in the terms of the kind."""
    if subject.kind == "rating":
        return f"explains {percent(max(result.gain, 0.0))} of the ratings' variance"
    right, guessed = 1 - float(result.errors.mean()), 1 - float(result.guess.mean())
    guessing = "guessing" if subject.kind in OWN_OPTIONS else "the commonest answer"
    what = "of labels" if subject.kind == "multilabel" else "of golds"
    return f"tells {percent(right)} {what}, {guessing} {percent(guessed)}"


def _part(subject: Subject, name: str, result: _Result) -> Finding | None:
    """A part is found if it does well and would again: the interval is over clusters."""
    if result.gain < _MARKED or result.low < _SURELY:
        return None
    message = f"TF-IDF on {name} alone {_told(subject, result)}"
    severity: Severity = "problem" if result.low >= _SERIOUS else "warning"
    fix = "an artefact, unless this part should decide: balance it, or report a model on this part alone too"
    return Finding(CHECK, severity, message, len(result.errors), result.gain, None, fix)


def _whole(subject: Subject, result: _Result) -> Finding:
    message = f"TF-IDF on {EVERYTHING} {_told(subject, result)}"
    if result.low >= _SERIOUS:
        fix = "single words nearly decide: a high score needs no reasoning"
        return Finding(CHECK, "warning", message, len(result.errors), result.gain, None, fix)
    return Finding(CHECK, "note", message, len(result.errors), result.gain)
