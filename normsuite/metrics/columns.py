"""From the Arrow table of predictions to ``Rows``, column by column.

Rows come out sorted by scorer, item, wording and order, so that no result depends on the order in which
predictions were written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.errors import InputError
from normsuite.metrics.rows import Bools, Floats, Ints, Rows
from normsuite.schema import STATUSES


def read_rows(predictions: pa.Table) -> tuple[Rows, Ints]:
    """Columns of one task's predictions, sorted.

    Args:
        predictions: table in ``schema.PREDICTION_SCHEMA`` with at least one row.

    Returns:
        The rows, and [n] where in ``predictions`` each of them was.

    Raises:
        InputError: items of several kinds; two predictions of one item by one scorer under one wording and
            order; probabilities whose number is not that of the options.
    """
    kinds = pc.unique(predictions["kind"]).to_pylist()
    if len(kinds) > 1:
        raise InputError(f"items of one task are of one kind, not {', '.join(sorted(kinds))}", field="kind")
    rows = _rows(predictions, kinds[0])
    keys = np.stack([codes(predictions["order"])[0], rows.wording, rows.item, rows.scorer])
    position = np.lexsort(keys)
    repeated = (np.diff(keys[:, position], axis=1) == 0).all(axis=0)
    if repeated.any():
        first = int(position[1:][repeated][0])
        item, prompt, scorer = (predictions[name][first].as_py() for name in ("item", "prompt", "scorer"))
        what = f"{scorer!r} predicts item {item!r} twice under wording {prompt!r} and one order"
        raise InputError(what, field="item")
    return rows.take(position), position


def check_families(predictions: pa.Table) -> None:
    """Raise ``InputError`` for the first family whose items lie in several clusters.

    What is judged together must be resampled together, or its interval would be wrong.
    """
    pairs = predictions.select(["family", "cluster"]).filter(pc.is_valid(predictions["family"]))
    counts = pairs.group_by("family").aggregate([("cluster", "count_distinct")])
    broken = counts.filter(pc.greater(counts["cluster_count_distinct"], 1))
    if broken.num_rows:
        name = min(broken["family"].to_pylist())
        fix = "give the items of a family one cluster"
        raise InputError(f"the family {name!r} lies in several clusters", field="cluster", fix=fix)


def codes(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """Strings as codes into their sorted distinct values; -1 for null."""
    encoded = pa.chunked_array(column.chunks, pa.string()).combine_chunks().dictionary_encode()
    by_name = pc.array_sort_indices(encoded.dictionary)
    rank = np.full(len(by_name) + 1, -1, np.int64)
    rank[np.asarray(by_name)] = np.arange(len(by_name))
    return rank[_integers(encoded.indices)], tuple(encoded.dictionary.take(by_name).to_pylist())


def _rows(table: pa.Table, kind: str) -> Rows:
    size = _lengths(table["options"])
    gold, predicted = _integers(table["gold"]), _integers(table["predicted"])
    has_gold, has_prediction = gold >= 0, predicted >= 0
    golds, predictions = gold[:, None], predicted[:, None]
    labels: tuple[str, ...] = ()
    label = np.full((len(size), 1), -1)
    if kind in ("label", "multilabel"):
        labels, label = _label_codes(table["options"], size)
    if kind == "multilabel":
        has_gold, has_prediction = _valid(table["gold_set"]), _valid(table["predicted_set"])
        golds, predictions = _padded(table["gold_set"], -1), _padded(table["predicted_set"], -1)
    if kind == "rating":
        has_gold, has_prediction = _valid(table["rating"]), _valid(table["score"])
    one_of_options = kind in ("label", "choice", "pair")
    votes, amounts = _people(table, size) if one_of_options else (np.empty((len(size), 0)),) * 2
    item, _ = codes(table["item"])
    family, families = codes(table["family"])
    scorer, scorers = codes(table["scorer"])
    return Rows(
        kind=kind,
        labels=labels,
        scorers=scorers,
        scorer=scorer,
        item=item,
        wording=codes(table["prompt"])[0],
        cluster=codes(table["cluster"])[0],
        family=np.where(family >= 0, family, len(families) + item),
        status=_integers(pc.index_in(table["status"], pa.array(STATUSES))),
        size=size,
        gold=gold,
        predicted=predicted,
        offered=_indicator(label, len(labels)),
        gold_set=_indicator(_pick(label, golds), len(labels)),
        predicted_set=_indicator(_pick(label, predictions), len(labels)),
        probabilities=_probabilities(table, size) if one_of_options else np.empty((len(size), 0)),
        shares=_shares(amounts, gold) if one_of_options else amounts,
        has_shares=amounts.sum(axis=1) > 0,
        people=votes.sum(axis=1),
        temperature=np.full(len(size), np.nan),
        rating=_floats(table["rating"]),
        score=_floats(table["score"]),
        scale_min=_floats(table["scale_min"]),
        scale_max=_floats(table["scale_max"]),
        valence=_floats(table["valence"]),
        mass=_floats(table["mass"]),
        top_is_label=_floats(table["top_is_label"].cast(pa.int8())),
        has_gold=has_gold,
        has_prediction=has_prediction,
    )


def _probabilities(table: pa.Table, size: Ints) -> Floats:
    """[n, K]; a row without probabilities is NaN."""
    lengths, read = _lengths(table["probabilities"]), _valid(table["probabilities"])
    wrong = read & (lengths != size)
    if wrong.any():
        row = int(wrong.argmax())
        what = f"item {table['item'][row].as_py()!r} has {lengths[row]} probabilities for {size[row]} options"
        raise InputError(what, field="probabilities")
    padded = _padded(table["probabilities"], 0.0, int(size.max(initial=1)))
    padded[~read] = np.nan
    return padded


def _people(table: pa.Table, size: Ints) -> tuple[Floats, Floats]:
    """[n, K] votes; and [n, K] the same, or the shares that are told where nobody voted; 0 for neither."""
    votes, told = (_padded(table[name], 0.0, int(size.max(initial=1))) for name in ("votes", "shares"))
    return votes, np.where(votes.any(axis=1, keepdims=True), votes, told)


def _shares(amounts: Floats, gold: Ints) -> Floats:
    """[n, K] amounts divided by their sum; without any all on the gold; without either NaN."""
    amounts, total = amounts.copy(), amounts.sum(axis=1)
    alone = (total == 0) & (gold >= 0)
    amounts[alone, gold[alone]] = 1.0
    total[alone] = 1.0
    shares: Floats = amounts / np.where(total > 0, total, np.nan)[:, None]
    return shares


def _label_codes(options: pa.ChunkedArray, size: Ints) -> tuple[tuple[str, ...], Ints]:
    """The task's labels and [n, K] the code of each option, -1 beyond a row's own.

    Labels keep the order of the longest list of options (the first in text order, where several are longest).
    """
    flat = pc.list_flatten(options)
    flat_codes, names = codes(flat if isinstance(flat, pa.ChunkedArray) else pa.chunked_array([flat]))
    matrix = np.full((len(size), int(size.max(initial=1))), -1)
    row, position = _coordinates(size)
    matrix[row, position] = flat_codes
    longest = matrix[size == size.max(initial=0)]
    first = longest[np.lexsort(longest.T[::-1])[0]].tolist() if names else []
    order = list(dict.fromkeys([*first, *range(len(names))]))
    rank = np.full(len(names) + 1, -1, np.int64)
    rank[order] = np.arange(len(names))
    return tuple(names[code] for code in order), rank[matrix]


def _indicator(code: Ints, labels: int) -> Bools:
    """[n, labels] whether a label occurs among a row's codes [n, m]; -1 is none."""
    marks = np.zeros((len(code), labels + 1), bool)
    marks[np.arange(len(code))[:, None], code] = True
    return marks[:, :labels]


def _pick(label: Ints, position: Ints) -> Ints:
    """[n, m] the label codes at positions [n, m] of each row's options, -1 where the position is -1."""
    at = np.clip(position, 0, label.shape[1] - 1)
    return np.where(position >= 0, np.take_along_axis(label, at, axis=1), -1)


def _coordinates(lengths: Ints) -> tuple[Ints, Ints]:
    """Row and position in its row of each element of ragged lists that lie flat."""
    row = np.repeat(np.arange(len(lengths)), lengths)
    start = np.cumsum(lengths) - lengths
    return row, np.arange(len(row)) - start[row]


def _padded(lists: pa.ChunkedArray, fill: float, width: int | None = None) -> NDArray[Any]:
    """Ragged lists as a matrix [n, width], ``fill`` beyond each list's end."""
    lengths = _lengths(lists)
    row, position = _coordinates(lengths)
    matrix = np.full((len(lengths), int(lengths.max(initial=1)) if width is None else width), fill)
    matrix[row, position] = np.asarray(pc.list_flatten(lists))
    return matrix


def _lengths(lists: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0)).astype(np.int64)


def _integers(column: pa.Array | pa.ChunkedArray) -> Ints:
    """Integers, -1 for null."""
    return np.asarray(pc.fill_null(column, -1)).astype(np.int64)


def _floats(column: pa.ChunkedArray) -> Floats:
    """Floats, NaN for null."""
    return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan))


def _valid(column: pa.ChunkedArray) -> Bools:
    return np.asarray(pc.is_valid(column))
