"""Baselines every report prints beside the model: `majority`, `random` and `tfidf`.

They read Items, not prompts. `majority` and `tfidf` are fitted on the task's training split.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.schema import PREDICTION_SCHEMA, conform, scoring_columns
from normsuite.tasks import Task

Shares = list[NDArray[np.float64]]
"""Probabilities per item, each [k]; for multilabel the probability of each option on its own."""


def baseline_predictions(
    name: str, task: Task, train: pa.Table, test: pa.Table, seed: int
) -> pa.Table | None:
    """Predictions of one baseline, one row per item.

    Args:
        name: one of ``BASELINES``.
        task: what is asked.
        train: the training rows; may be empty.
        test: the rows that are scored.
        seed: of `random`.

    Returns:
        Rows in ``PREDICTION_SCHEMA``; None where the baseline cannot exist: `tfidf` and `majority` without
        training rows that carry a gold.
    """
    shares = BASELINES[name](train.filter(_has_gold(train)), test, seed)
    if shares is None:
        return None
    kinds = test["kind"].to_pylist()
    low, high = test["scale_min"].to_pylist(), test["scale_max"].to_pylist()
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "task": task.name,
        "scorer": name,
        "item": test["id"],
        "prompt": "",
        "order": "",
        "status": "ok",
        "probabilities": [share.tolist() for share in shares],
        "predicted": [
            None if kind == "multilabel" else _top(s, rng) for kind, s in zip(kinds, shares, strict=True)
        ],
        "predicted_set": [
            _chosen(s, rng) if kind == "multilabel" else None for kind, s in zip(kinds, shares, strict=True)
        ],
        "score": [
            float(s @ np.linspace(a, b, len(s))) if kind == "rating" else None
            for kind, s, a, b in zip(kinds, shares, low, high, strict=True)
        ],
    }
    scoring = scoring_columns(test)
    columns |= {column: scoring[column] for column in scoring.column_names}
    return conform(columns, PREDICTION_SCHEMA, test.num_rows)


def _has_gold(items: pa.Table) -> pa.ChunkedArray:
    known = pc.or_(pc.is_valid(items["gold"]), pc.is_valid(items["rating"]))
    return pc.or_(known, pc.and_(pc.equal(items["kind"], "multilabel"), pc.is_valid(items["gold_set"])))


def _top(share: NDArray[np.float64], rng: np.random.Generator) -> int:
    """The most probable option, ties broken at random: uniform shares are a uniform guess."""
    return int(rng.choice(np.flatnonzero(share == share.max())))


def _chosen(share: NDArray[np.float64], rng: np.random.Generator) -> list[int]:
    chosen = (share > 0.5) | ((share == 0.5) & (rng.random(len(share)) < 0.5))
    return [int(index) for index in np.flatnonzero(chosen)]


def _random(train: pa.Table, test: pa.Table, seed: int) -> Shares:
    """Uniform guessing; ratings get a seeded uniform share, since a constant has no correlation."""
    rng = np.random.default_rng(seed)

    def guess(kind: str, k: int) -> NDArray[np.float64]:
        if kind == "rating":
            return rng.dirichlet(np.ones(k))
        return np.full(k, 0.5 if kind == "multilabel" else 1 / k)

    return [guess(kind, k) for kind, k in zip(test["kind"].to_pylist(), _sizes(test), strict=True)]


def _majority(train: pa.Table, test: pa.Table, seed: int) -> Shares | None:
    """The label shares of the training split."""
    if not train.num_rows:
        return None
    kind = train["kind"][0].as_py()
    sizes = _sizes(test)
    if kind == "multilabel":
        rates = _indicator(train, sizes[0]).mean(0)
        return [rates] * test.num_rows
    if kind == "rating":
        return None  # a constant score ranks nothing
    counts = np.bincount(np.asarray(train["gold"]), minlength=max(sizes)).astype(float)
    return [counts[:k] / counts[:k].sum() if counts[:k].sum() else np.full(k, 1 / k) for k in sizes]


def _tfidf(train: pa.Table, test: pa.Table, seed: int) -> Shares | None:
    """Word and word-pair TF-IDF with logistic regression (ridge for ratings)."""
    if not train.num_rows:
        return None
    kind = train["kind"][0].as_py()
    if kind in ("choice", "pair"):
        return _tfidf_own_options(train, test)
    vectorizer = _vectorizer()
    features, asked = vectorizer.fit_transform(_texts(train)), vectorizer.transform(_texts(test))
    k = _sizes(train)[0]
    if kind == "multilabel":
        columns = [
            _probability(features, column, asked, 2)[:, 1] for column in _indicator(train, k).T.astype(int)
        ]
        return list(np.stack(columns, 1))
    if kind == "rating":
        return _ridge(features, train, asked, k)
    return list(_probability(features, np.asarray(train["gold"]), asked, k))


def _tfidf_own_options(train: pa.Table, test: pa.Table) -> Shares:
    """Options of their own: how much each looks like a right one, softmax within the item."""
    vectorizer = _vectorizer()
    texts, sizes = _with_options(train)
    gold = np.asarray(train["gold"])
    right = np.concatenate([np.arange(k) == g for k, g in zip(sizes, gold, strict=True)]).astype(int)
    asked, test_sizes = _with_options(test)
    scores = _probability(vectorizer.fit_transform(texts), right, vectorizer.transform(asked), 2)[:, 1]
    odds = np.split(scores / (1 - scores), np.cumsum(test_sizes)[:-1])
    return [part / part.sum() for part in odds]


def _with_options(items: pa.Table) -> tuple[list[str], list[int]]:
    options = items["options"].to_pylist()
    texts = [f"{text} {o}" for text, own in zip(_texts(items), options, strict=True) for o in own]
    return texts, [len(own) for own in options]


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def _probability(features: Any, gold: NDArray[np.int64], asked: Any, k: int) -> NDArray[np.float64]:
    """[n, k] class probabilities; a class absent from training has probability 0."""
    from sklearn.linear_model import LogisticRegression

    shares = np.zeros((asked.shape[0], k))
    if len(np.unique(gold)) == 1:
        shares[:, gold[0]] = 1.0
        return shares
    model = LogisticRegression(C=10.0, max_iter=1000).fit(features, gold)
    shares[:, model.classes_] = model.predict_proba(asked)
    return shares


def _ridge(features: Any, train: pa.Table, asked: Any, k: int) -> Shares:
    """A ridge regression of the rating, as shares of the scale's two ends."""
    from sklearn.linear_model import Ridge

    low, high = train["scale_min"][0].as_py(), train["scale_max"][0].as_py()
    position = (np.asarray(train["rating"]) - low) / (high - low)
    where = np.clip(Ridge().fit(features, position).predict(asked), 0, 1)
    shares = np.zeros((len(where), k))
    shares[:, 0], shares[:, -1] = 1 - where, where
    return list(shares)


def _sizes(items: pa.Table) -> list[int]:
    """Options of each item; a rating without any has the two ends of its scale."""
    return list(pc.fill_null(pc.list_value_length(items["options"]), 2).to_pylist())


def _indicator(items: pa.Table, k: int) -> NDArray[np.float64]:
    """[n, k] membership of each option in gold_set."""
    sets = items["gold_set"].combine_chunks()
    member = np.zeros((len(sets), k))
    member[np.asarray(pc.list_parent_indices(sets)), np.asarray(pc.list_flatten(sets))] = 1
    return member


def _texts(items: pa.Table) -> list[str]:
    """All of an item's text in one string."""
    joined = pc.binary_join_element_wise(
        *(pc.fill_null(items[name], "") for name in ("situation", "behavior", "norm", "country")), " "
    ).to_pylist()
    rows = zip(joined, items["frame"].to_pylist(), items["turns"].to_pylist(), strict=True)
    return [
        " ".join(
            [
                text,
                *(f"{part['name']}={part['value']}" for part in frame or []),
                *(turn["text"] or "" for turn in turns or []),
            ]
        )
        for text, frame, turns in rows
    ]


BASELINES: Final[dict[str, Callable[[pa.Table, pa.Table, int], Shares | None]]] = {
    "majority": _majority,
    "random": _random,
    "tfidf": _tfidf,
}
