"""Named facets of items, column-wise: what becomes the Items' ``categories``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.schema import ITEM_SCHEMA


@dataclass(frozen=True)
class _Facet:
    """One facet of n items.

    Attributes:
        present: bool [n], which items have it.
        sizes: int64 [n], how many values each item has.
        words: string [w], the distinct values.
        codes: int32 [sizes.sum()], the items' values one after the other, as indices into ``words``.
    """

    present: np.ndarray
    sizes: np.ndarray
    words: pa.Array
    codes: np.ndarray


def facets(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.MapArray:
    """The ``categories`` of n items.

    Args:
        columns: for each facet, n values: strings (one value per item) or lists of strings, plain or as
            dictionaries; null where the item has no such facet.
    """
    parts = [_facet(column) for column in columns.values()]
    present = np.stack([part.present for part in parts], axis=1)
    sizes = np.stack([part.sizes for part in parts], axis=1)
    key = np.broadcast_to(np.arange(len(parts), dtype=np.int32), present.shape)[present]
    kind = ITEM_SCHEMA.field("categories").type
    lists = pa.ListArray.from_arrays(_offsets(sizes[present]), _values(parts, sizes))
    keys = pa.array(list(columns), pa.string()).take(pa.array(key))
    return pa.MapArray.from_arrays(
        _offsets(np.sum([part.present for part in parts], axis=0)), keys, lists, kind
    )


def _values(parts: list[_Facet], sizes: np.ndarray) -> pa.Array:
    """All values, item after item and facet after facet; ``sizes`` is [n, k]."""
    ends = sizes.cumsum().reshape(sizes.shape)
    code = np.empty(sizes.sum(), np.int32)
    known = 0
    for part, end in zip(parts, ends.T, strict=True):
        moved_by = np.repeat(end - part.sizes.cumsum(), part.sizes)
        code[np.arange(len(part.codes)) + moved_by] = part.codes + known
        known += len(part.words)
    return pa.concat_arrays([part.words for part in parts]).take(pa.array(code))


def _facet(column: pa.Array | pa.ChunkedArray) -> _Facet:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    present = np.asarray(pc.is_valid(column))
    if pa.types.is_list(column.type):
        sizes = np.asarray(pc.fill_null(pc.list_value_length(column), 0), np.int64)
        values = column.flatten()
    else:
        sizes, values = present.astype(np.int64), column.drop_null()
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    return _Facet(present, sizes, encoded.dictionary.cast(pa.string()), np.asarray(encoded.indices))


def _offsets(sizes: np.ndarray) -> pa.Array:
    """Where lists of so many values begin and end."""
    return pa.array(np.concatenate([[0], sizes.cumsum()]), pa.int32())
