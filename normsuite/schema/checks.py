"""What Items promise: the first row and field that break the schema are named in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.errors import InputError
from normsuite.schema.tables import ITEM_SCHEMA, KINDS, RESERVED_FACETS, SPLITS, SUBJECTS, SUM_TOLERANCE


def check_items(items: pa.Table, file: str | Path | None = None) -> None:
    """Raise ``InputError`` for the first row and field of Items that break the schema's promises."""
    check_shape(items, ITEM_SCHEMA, file)
    for name in (field.name for field in ITEM_SCHEMA if not field.nullable):
        _refuse(pc.is_null(items[name]), items, name, file, "is empty")
    for name, allowed in (("kind", KINDS), ("split", SPLITS)):
        bad = pc.invert(pc.is_in(items[name], pa.array(allowed)))
        _refuse(bad, items, name, file, f"is not one of {', '.join(allowed)}")
    for name in ("id", "cluster"):
        _refuse(pc.equal(items[name], ""), items, name, file, "is empty")
    _check_ids(items, file)
    _check_families(items, file)
    _check_indices(items, file)
    _check_parts(items, file)
    _check_shares(items, file)
    for name, low, high in (("valence", -1, 1), ("agreement", 0, 1), ("pressure", -1, 1)):
        _refuse(_outside(items[name], low, high), items, name, file, f"lies outside {low} to {high}")
    outside = _outside(items["rating"], items["scale_min"], items["scale_max"])
    _refuse(outside, items, "rating", file, "lies outside scale_min to scale_max")
    is_rating = pc.equal(items["kind"], "rating")
    for name in ("scale_min", "scale_max"):
        _refuse(pc.and_(is_rating, pc.is_null(items[name])), items, name, file, "is empty in a rating")
    # What is only read, and has no right answer, says by its valence how its scale points.
    neither = pc.and_(is_rating, pc.and_(pc.is_null(items["rating"]), pc.is_null(items["valence"])))
    _refuse(neither, items, "rating", file, "is empty in a rating, and so is valence")
    for name, pattern, meaning in (
        ("country", r"^[A-Z]{3}$", "an ISO 3166-1 alpha-3 code"),
        ("language", r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "a BCP 47 tag"),
    ):
        bad = pc.invert(pc.match_substring_regex(items[name], pattern))
        _refuse(bad, items, name, file, f"is not {meaning}")


def check_shape(table: pa.Table, schema: pa.Schema, file: str | Path | None) -> None:
    """Raise ``InputError`` where a table has not the schema's columns, or a column is of another type."""
    missing = [name for name in schema.names if name not in table.column_names]
    extra = [name for name in table.column_names if name not in schema.names]
    if missing or extra:
        parts = [f"missing column(s) {', '.join(missing)}"] if missing else []
        parts += [f"unknown column(s) {', '.join(extra)}"] if extra else []
        raise InputError(" and ".join(parts), file=file, fix="build it with `normsuite data build`")
    for field in schema:
        if table.schema.field(field.name).type != field.type:
            found = table.schema.field(field.name).type
            raise InputError(f"is {found}, not {field.type}", file=file, field=field.name)


def _refuse(
    bad: pa.Array | pa.ChunkedArray, items: pa.Table, field: str, file: str | Path | None, what: str
) -> None:
    """Raise for the first true value of a boolean column, naming the row (1-based) and its value."""
    mask = np.asarray(pc.fill_null(bad, False))
    if mask.any():
        row = int(mask.argmax())
        value = items[field][row].as_py()
        raise InputError(f"{value!r} {what}", file=file, row=row + 1, field=field)


def _outside(
    values: pa.ChunkedArray, low: float | pa.ChunkedArray, high: float | pa.ChunkedArray
) -> pa.ChunkedArray:
    """Whether a value is not in [low, high]; NaN is not, null is unknown."""
    return pc.invert(pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high)))


def _check_ids(items: pa.Table, file: str | Path | None) -> None:
    ids = items["id"].combine_chunks().dictionary_encode()
    codes = np.asarray(ids.indices)
    first = np.full(len(ids.dictionary), -1)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    repeated = first[codes] != np.arange(len(codes))
    if repeated.any():
        row = int(repeated.argmax())
        earlier = int(first[codes[row]])
        same = (
            items.slice(row, 1).drop_columns("source").equals(items.slice(earlier, 1).drop_columns("source"))
        )
        what = "repeats" if same else "has other content than"
        raise InputError(
            f"the id {items['id'][row].as_py()!r} {what} row {earlier + 1}",
            file=file,
            row=row + 1,
            field="id",
            fix="ids must be unique",
        )


def _check_families(items: pa.Table, file: str | Path | None) -> None:
    """A family lies in one cluster: what is judged together must be resampled together."""
    rows = np.flatnonzero(np.asarray(pc.is_valid(items["family"])))
    family, cluster = (
        np.asarray(items[name].combine_chunks().take(pa.array(rows)).dictionary_encode().indices)
        for name in ("family", "cluster")
    )
    _, first, code = np.unique(family, return_index=True, return_inverse=True)
    astray = rows[cluster[first][code] != cluster]
    if len(astray):
        row = int(astray[0])
        what = f"the family {items['family'][row].as_py()!r} lies in several clusters"
        fix = "give the items of a family one cluster"
        raise InputError(what, file=file, row=row + 1, field="cluster", fix=fix)


def _check_indices(items: pa.Table, file: str | Path | None) -> None:
    """Gold and gold_set point into options; votes and shares match options."""
    size = pc.fill_null(pc.list_value_length(items["options"]), 0)
    needs = pc.and_(pc.equal(size, 0), pc.not_equal(items["kind"], "rating"))
    _refuse(needs, items, "options", file, "is empty")
    outside = pc.or_(pc.less(items["gold"], 0), pc.greater_equal(items["gold"], size))
    _refuse(outside, items, "gold", file, "is not an index into options")
    for name in ("votes", "shares"):
        mismatch = pc.not_equal(pc.list_value_length(items[name]), size)
        _refuse(mismatch, items, name, file, "has another length than options")
    _refuse(_any_element(items["votes"], lambda v, _: v < 0), items, "votes", file, "holds a negative count")
    beyond = _any_element(items["gold_set"], lambda v, k: (v < 0) | (v >= k), np.asarray(size))
    _refuse(beyond, items, "gold_set", file, "holds an index that is not into options")


def _check_parts(items: pa.Table, file: str | Path | None) -> None:
    """What lists hold: no nulls, constraints that are whole, facets with names that can be grouped by."""
    for name in ("images", "options", "votes", "shares", "gold_set"):
        lists = items[name].combine_chunks()
        _refuse(_any_child(lists, pc.is_null(pc.list_flatten(lists))), items, name, file, "holds a null")
    frames = items["frame"].combine_chunks()
    constraints = pc.list_flatten(frames)
    whole = pc.is_in(pc.struct_field(constraints, "subject"), pa.array(SUBJECTS))
    for part in ("name", "relation", "value"):
        whole = pc.and_(whole, pc.is_valid(pc.struct_field(constraints, part)))
    what = f"holds a constraint that lacks a part, or whose subject is not one of {', '.join(SUBJECTS)}"
    _refuse(_any_child(frames, pc.invert(whole)), items, "frame", file, what)
    maps = items["categories"].combine_chunks()
    start, stop = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    facets = pa.ListArray.from_arrays(pc.subtract(maps.offsets, start), maps.keys[start:stop])
    unfit = pc.is_in(facets.flatten(), pa.array(["", *RESERVED_FACETS]))
    what = f"holds a facet called {', '.join(RESERVED_FACETS)} (every report has these), or without a name"
    _refuse(_any_child(facets, unfit), items, "categories", file, what)


def _check_shares(items: pa.Table, file: str | Path | None) -> None:
    """Shares, which hold no nulls, divide all people among the options, and no votes stand beside them."""
    shares = items["shares"]
    beyond = _any_element(shares, lambda share, _: ~((share >= 0) & (share <= 1)))
    _refuse(beyond, items, "shares", file, "holds a share that lies outside 0 to 1")
    lists = shares.combine_chunks()
    parents, flat = np.asarray(pc.list_parent_indices(lists)), np.asarray(pc.list_flatten(lists))
    total = np.bincount(parents, flat, len(lists))
    uneven = pc.and_(pc.is_valid(shares), pa.array(np.abs(total - 1) > SUM_TOLERANCE))
    _refuse(uneven, items, "shares", file, "does not sum to 1")
    both = pc.and_(pc.is_valid(shares), pc.is_valid(items["votes"]))
    _refuse(both, items, "shares", file, "stands beside votes, which tell the shares already")


def _any_child(lists: pa.Array, hits: pa.Array) -> pa.Array:
    """Whether any element of each list is a hit, bool [n]."""
    parents = np.asarray(pc.list_parent_indices(lists))
    return pa.array(np.bincount(parents[np.asarray(hits)], minlength=len(lists)) > 0)


def _any_element(
    lists: pa.ChunkedArray, test: Callable[..., Any], per_row: np.ndarray | None = None
) -> pa.Array:
    """Whether any element of each list passes ``test(elements, per_row value of its list)``."""
    lists = lists.combine_chunks()
    parents = np.asarray(pc.list_parent_indices(lists))
    values = np.asarray(pc.list_flatten(lists))
    hits = test(values, per_row[parents] if per_row is not None else None)
    return _any_child(lists, pa.array(np.asarray(hits, bool)))
