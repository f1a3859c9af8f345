"""Which rows belong to which group: one ``Facet`` for each way of dividing a task's predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.errors import InputError
from normsuite.metrics.columns import codes
from normsuite.metrics.rows import Bools, Ints

MOST_GROUPS: Final = 200
"""A facet with more values than this is an identifier rather than a grouping, and is passed over."""

CULTURES: Final = ("country", "zone", "language")
READINGS: Final = {"wording": "prompt", "order": "order"}
"""Facets of how an item was put rather than of what it is, and their columns."""


@dataclass(frozen=True)
class Facet:
    """A division of rows into groups, which may overlap and need not cover all rows.

    Attributes:
        name: the facet's name; "" is overall, with one group "".
        groups: names of the groups.
        row: [m] rows, ascending inside each group.
        group: [m] the group of each, ascending.
    """

    name: str
    groups: tuple[str, ...]
    row: Ints
    group: Ints

    def among(self, rows: Bools) -> Facet:
        """The same groups over a subset, a mask of rows; positions count within the subset."""
        kept = rows[self.row]
        renumbered = np.cumsum(rows) - 1
        return Facet(self.name, self.groups, renumbered[self.row[kept]], self.group[kept])


def overall(rows: int) -> Facet:
    """The one group of all rows."""
    return Facet("", ("",), np.arange(rows), np.zeros(rows, np.int64))


def facets(predictions: pa.Table, position: Ints) -> list[Facet]:
    """All divisions of a task's predictions: overall, cultures, categories by name, wording, order.

    A facet with one value says no more than overall, one with more than ``MOST_GROUPS`` too much: both are
    passed over. Rows without a value belong to no group; rows with several belong to each.

    Args:
        predictions: table in ``schema.PREDICTION_SCHEMA``.
        position: [n] where in the table each row stands (see ``metrics.read_rows``).

    Raises:
        InputError: a category facet takes a name that has another meaning.
    """
    found = [_single(name, predictions[name], position) for name in CULTURES]
    found += _categories(predictions["categories"], position)
    for name, column in READINGS.items():
        shown = pc.if_else(pc.equal(predictions[column], ""), None, predictions[column])
        found.append(_single(name, shown, position))
    return [overall(len(position)), *(facet for facet in found if 1 < len(facet.groups) <= MOST_GROUPS)]


def _single(name: str, column: pa.ChunkedArray, position: Ints) -> Facet:
    """A facet of a column of strings."""
    code, groups = codes(column)
    code = code[position]
    row = np.flatnonzero(code >= 0)
    return _facet(name, groups, row, code[row])


def _categories(column: pa.ChunkedArray, position: Ints) -> list[Facet]:
    """One facet for each key of a column of maps to lists."""
    maps = column.combine_chunks()
    offsets = np.asarray(maps.offsets)
    start, length = int(offsets[0]), int(offsets[-1] - offsets[0])
    keys, names = codes(pa.chunked_array([maps.keys.slice(start, length)]))
    taken = sorted({*CULTURES, *READINGS, ""} & set(names))
    if taken:
        raise InputError(f"{taken[0]!r} cannot be the name of a category", field="categories")
    lists = maps.items.slice(start, length)
    entry = np.asarray(pc.list_parent_indices(lists)).astype(np.int64)
    values = pc.list_flatten(lists)
    sorted_row = np.empty_like(position)
    sorted_row[position] = np.arange(len(position))
    row = sorted_row[np.repeat(np.arange(len(maps)), np.diff(offsets))[entry]]
    found = []
    for index, name in enumerate(names):
        mine = keys[entry] == index
        code, groups = codes(pa.chunked_array([values.filter(pa.array(mine))]))
        known = code >= 0
        found.append(_facet(name, groups, row[mine][known], code[known]))
    return found


def _facet(name: str, groups: tuple[str, ...], row: Ints, group: Ints) -> Facet:
    """A facet in order of group and row, each row once in a group."""
    order = np.lexsort([row, group])
    row, group = row[order], group[order]
    fresh = (np.diff(row, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0)
    return Facet(name, groups, row[fresh], group[fresh])
