"""Named facets of items, column-wise: what becomes the Items' ``categories``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.schema import ITEM_SCHEMA


def facets(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.MapArray:
    """The ``categories`` of n items.

    Args:
        columns: for each facet, n values: strings (one value per item) or lists of strings; null where the
            item has no such facet.
    """
    lists = [_as_lists(column) for column in columns.values()]
    n, k = len(lists[0]), len(lists)
    present = np.stack([np.asarray(pc.is_valid(column)) for column in lists], axis=1)
    at = (np.arange(n)[:, None] + n * np.arange(k))[present]  # row after row, facet after facet
    keys = pa.array(list(columns), pa.string()).take(pa.array(np.broadcast_to(np.arange(k), (n, k))[present]))
    offsets = np.concatenate([[0], present.sum(axis=1).cumsum()])
    items = pa.concat_arrays(lists).take(pa.array(at))
    kind = ITEM_SCHEMA.field("categories").type
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items, kind)


def _as_lists(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Strings as lists of one; lists as they are."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_list(column.type):
        return column.cast(pa.list_(pa.string()))
    values = column.cast(pa.string())
    offsets = pa.array(np.arange(len(values) + 1), pa.int32())
    return pa.ListArray.from_arrays(offsets, values, mask=pc.is_null(values))
