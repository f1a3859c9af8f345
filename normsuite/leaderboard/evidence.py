"""Whether predictions are ones that a model could have made of these items."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.errors import InputError
from normsuite.leaderboard.names import fault, shown
from normsuite.metrics.rows import Bools, Floats, Ints
from normsuite.schema import ITEM_SCHEMA, STATUSES, check_items, conform, scoring_columns

MOST_OPTIONS: Final = 1_000
"""Of one item; and of all items of a task that share labels."""
MOST_FACETS: Final = 100
_TOLERANCE: Final = 1e-6
"""How far probabilities may lie from 0 to 1, and their sum from 1."""


def check_predictions(predictions: pa.Table, task: str) -> None:
    """Raise ``InputError`` for the first thing that no run writes.

    Args:
        predictions: table in ``schema.PREDICTION_SCHEMA``.
        task: whose predictions they must be.
    """
    if not predictions.num_rows:
        raise InputError("holds no predictions")
    _among(predictions, "task", [task])
    _among(predictions, "status", STATUSES)
    _check_sizes(predictions)
    _check_shown(predictions)
    items = items_of(predictions)
    _check_one_item(predictions, items)
    columns = {name: items[name] for name in scoring_columns(items).column_names}
    check_items(conform({"id": items["item"], "dataset": "-", **columns}, ITEM_SCHEMA, items.num_rows))
    _check_readings(predictions)


def items_of(predictions: pa.Table) -> pa.Table:
    """What predictions say of their items, once for each: ``item`` and the scoring columns, by id."""
    names = predictions["item"].combine_chunks().dictionary_encode()
    _, first = np.unique(np.asarray(names.indices), return_index=True)
    own = predictions.select(["item", *scoring_columns(predictions).column_names]).take(pa.array(first))
    return own.sort_by("item")


def differing_item(one: pa.Table, other: pa.Table) -> str:
    """The first item of which two tables of ``items_of`` say different things; empty where none.

    Only items that both hold are compared.
    """
    at = pc.index_in(one["item"], other["item"])
    both = pc.is_valid(at)
    mine, theirs = one.filter(both), other.take(at.filter(both))
    for name in mine.column_names:
        if mine[name].combine_chunks().equals(theirs[name].combine_chunks()):
            continue
        for row, (left, right) in enumerate(
            zip(mine[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        ):
            if left != right:
                return f"{name} of {shown(mine['item'][row].as_py())}"
    return ""


def _among(predictions: pa.Table, column: str, allowed: list[str] | tuple[str, ...]) -> None:
    for value in pc.unique(predictions[column]).to_pylist():
        if value not in allowed:
            raise InputError(f"{shown(value)!r} is none of {', '.join(allowed)}", field=column)


def _check_sizes(predictions: pa.Table) -> None:
    """What metrics lay out as matrices must not be made to fill memory."""
    for name in ("options", "votes", "shares", "gold_set", "predicted_set", "probabilities"):
        longest = pc.max(pc.list_value_length(predictions[name])).as_py() or 0
        if longest > MOST_OPTIONS:
            raise InputError(f"has {longest:,} entries, more than {MOST_OPTIONS:,}", field=name)
    kind = predictions["kind"][0].as_py()
    labels = len(pc.unique(pc.list_flatten(predictions["options"].combine_chunks())))
    if kind in ("label", "multilabel") and labels > MOST_OPTIONS:
        raise InputError(f"{labels:,} labels are more than {MOST_OPTIONS:,}", field="options")
    facets = len(pc.unique(predictions["categories"].combine_chunks().keys))
    if facets > MOST_FACETS:
        raise InputError(f"{facets:,} facets are more than {MOST_FACETS}", field="categories")


def _check_shown(predictions: pa.Table) -> None:
    """Names that results carry on to a page."""
    maps = predictions["categories"].combine_chunks()
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        name: predictions[name] for name in ("scorer", "prompt", "order", "zone", "language", "country")
    }
    columns["categories"] = maps.keys
    columns["values of categories"] = pc.list_flatten(maps.items)
    columns["options"] = pc.list_flatten(predictions["options"].combine_chunks())
    for name, column in columns.items():
        for text in pc.unique(column).to_pylist():
            wrong = fault(text) if text else ""
            # The options of a choice are texts of their own, and go on no page.
            if wrong and not (name == "options" and "longer" in wrong):
                raise InputError(f"{shown(text)!r} {wrong}", field=name)


def _check_one_item(predictions: pa.Table, items: pa.Table) -> None:
    """Every row of an item says the same of it."""
    said = predictions.select(items.column_names)
    at = pc.index_in(said["item"], items["item"])
    for name in items.column_names:
        told, once = said[name].combine_chunks(), items[name].take(at).combine_chunks()
        if not told.equals(once):
            pairs = zip(told.to_pylist(), once.to_pylist(), strict=True)
            row = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
            if row is not None:
                item = shown(said["item"][row].as_py())
                raise InputError(f"rows of the item {item!r} differ", field=name)


def _check_readings(predictions: pa.Table) -> None:
    """Probabilities, predictions and masses lie where they can."""
    _within(predictions, "probabilities", 0, 1)
    _within(predictions, "mass", 0, 1)
    kind = predictions["kind"][0].as_py()
    size = _integers(pc.list_value_length(predictions["options"]), 0)
    told = predictions["probabilities"].combine_chunks()
    lengths = _integers(pc.list_value_length(told), 0)
    if kind != "rating":  # whose probabilities are those of the points of a scale
        wrong = np.asarray(pc.is_valid(told)) & (lengths != size)
        _refuse(predictions, wrong, "probabilities", "is not one for each option")
    if kind == "multilabel":
        _check_sets(predictions, size)
        return
    row, flat = np.repeat(np.arange(len(lengths)), lengths), np.asarray(pc.list_flatten(told), float)
    total = np.bincount(row, flat, len(lengths))
    uneven = (lengths > 0) & (np.abs(total - 1) > _TOLERANCE)
    _refuse(predictions, uneven, "probabilities", "does not sum to 1")
    if kind != "rating":
        _check_predicted(predictions, size, lengths, row, flat)


def _check_predicted(predictions: pa.Table, size: Ints, lengths: Ints, row: Ints, flat: Floats) -> None:
    """What is predicted is an option, and the likeliest where there are probabilities.

    Args:
        predictions: [n].
        size: [n] options.
        lengths: [n] probabilities.
        row: [m] the row of each probability.
        flat: [m] the probabilities.
    """
    predicted = _integers(predictions["predicted"], -1)
    _refuse(predictions, (predicted < -1) | (predicted >= size), "predicted", "is no option")
    best: Floats = np.full(len(size), -np.inf)
    np.maximum.at(best, row, flat)
    both = (lengths > 0) & (predicted >= 0)
    chosen: Floats = np.full(len(size), np.inf)
    chosen[both] = flat[(np.cumsum(lengths) - lengths + predicted)[both]]
    _refuse(predictions, chosen < best - _TOLERANCE, "predicted", "is not the likeliest option")


def _check_sets(predictions: pa.Table, size: Ints) -> None:
    sets = predictions["predicted_set"].combine_chunks()
    lengths = _integers(pc.list_value_length(sets), 0)
    row = np.repeat(np.arange(len(lengths)), lengths)
    flat = np.asarray(pc.fill_null(pc.list_flatten(sets), -1), np.int64)
    outside = (flat < 0) | (flat >= size[row])
    _refuse(predictions, np.bincount(row[outside], minlength=len(size)) > 0, "predicted_set", "is no option")


def _within(predictions: pa.Table, name: str, low: float, high: float) -> None:
    column = predictions[name].combine_chunks()
    nested = pa.types.is_list(column.type)
    flat = np.asarray(pc.list_flatten(column) if nested else pc.drop_null(column), float)
    # NaN is not within.
    if not ((flat >= low - _TOLERANCE) & (flat <= high + _TOLERANCE)).all():
        raise InputError(f"holds a value outside {low} to {high}", field=name)


def _refuse(predictions: pa.Table, bad: Bools, field: str, what: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        item, value = predictions["item"][row].as_py(), predictions[field][row].as_py()
        raise InputError(f"{value} of the item {shown(item)!r} {what}", field=field)


def _integers(column: pa.Array | pa.ChunkedArray, missing: int) -> Ints:
    return np.asarray(pc.fill_null(column, missing)).astype(np.int64)
