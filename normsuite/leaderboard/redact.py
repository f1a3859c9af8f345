"""Predictions without the texts of their data, which may not be ours to pass on.

Predictions carry no text of an item but what names it: some data sets name clusters by a situation or a rule,
and the options of a choice are texts of their own. A digest stands in their place, the same in every
submission, so that items and clusters can still be told apart and matched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import MOST_GROUPS
from normsuite.metrics import codes

_NAMES: Final = ("item", "cluster", "family")
_NAME: Final = re.compile(r"[A-Za-z0-9_.:/#-]{1,64}")
_DIGEST: Final = re.compile(r"[0-9a-f]{16}")


def without_texts(table: pa.Table, *, labels: bool) -> pa.Table:
    """The table with digests for texts; without reasons why rows are not scored, and identifying facets.

    Names of items, clusters and families stay where they are one word. Facets of more values than results are
    ever grouped by are left out: they name items rather than kinds of them. Doing it again changes nothing.

    Args:
        table: predictions, or what ``evidence.items_of`` gives.
        labels: whether all items share the task's own labels, which stay; else options are the data's.
    """
    for name in _NAMES:
        table = _replaced(table, name, _renamed(table[name].combine_chunks(), _name))
    if not labels:
        lists = table["options"].combine_chunks()
        flat = _renamed(lists.values, _option)
        table = _replaced(
            table, "options", pa.ListArray.from_arrays(lists.offsets, flat, mask=lists.is_null())
        )
    if "detail" in table.column_names:
        table = _replaced(table, "detail", pa.nulls(len(table), pa.string()))
    return _replaced(table, "categories", _grouping(table["categories"].combine_chunks()))


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) else _digest(text)


def _option(text: str) -> str:
    return text if _DIGEST.fullmatch(text) else _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _renamed(texts: pa.Array, name: Callable[[str], str]) -> pa.Array:
    """Each text by its name; nulls stay."""
    encoded = texts.dictionary_encode()
    named = pa.array([name(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return named.take(encoded.indices)


def _grouping(maps: pa.MapArray) -> pa.MapArray:
    """The facets that results can be grouped by."""
    start, stop = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    keys, lists = maps.keys.slice(start, stop - start), maps.items.slice(start, stop - start)
    code, names = codes(pa.chunked_array([keys]))
    parent = np.asarray(pc.list_parent_indices(lists)).astype(np.int64)
    value, values = codes(pa.chunked_array([pc.list_flatten(lists)]))
    pairs = np.unique(code[parent] * max(1, len(values)) + value)
    distinct = np.bincount(pairs // max(1, len(values)), minlength=len(names))
    kept = (distinct <= MOST_GROUPS)[code] if len(names) else np.zeros(0, bool)
    if kept.all():
        return maps
    ends = np.concatenate([[0], np.cumsum(kept)])[np.asarray(maps.offsets) - start]
    mask = pa.array(kept)
    offsets = pa.array(ends.astype(np.int32))
    return pa.MapArray.from_arrays(offsets, keys.filter(mask), lists.filter(mask), mask=maps.is_null())


def _replaced(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), column)
