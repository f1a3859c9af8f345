"""From raw rows to items: set rows aside, bring the annotators of one item together, count their votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array

from normsuite.adapters.base import set_aside_rows
from normsuite.adapters.reading import RawRows

EMPTY: Final = -1
UNKNOWN: Final = -2
_INT64_MAX: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Check:
    """What sets a row aside.

    Attributes:
        field: the column at fault.
        bad: bool [n], the rows that fail.
        reason: what is wrong, to be read after the value.
        invalid: whether such a row breaks the format rather than being one of its known gaps.
    """

    field: str
    bad: np.ndarray
    reason: str
    invalid: bool = True


def sift(raw: RawRows, file: str, checks: Iterable[Check]) -> tuple[np.ndarray, pa.Table]:
    """The rows that pass every check (bool [n]), and the others with the first check that each fails."""
    left = np.ones(raw.table.num_rows, bool)
    tables = [raw.set_aside]
    for check in checks:
        hit = left & check.bad
        left &= ~hit
        if hit.any():
            mask = pa.array(hit)
            values = raw.table[check.field].filter(mask).combine_chunks()
            rows = raw.records.filter(mask)
            tables.append(
                set_aside_rows(file, rows, check.field, check.reason, values, invalid=check.invalid)
            )
    return left, in_row_order(tables)


def in_row_order(tables: Iterable[pa.Table]) -> pa.Table:
    """Set-aside tables as one, in the order of the rows."""
    together = pa.concat_tables(tables).combine_chunks()
    return together.take(pc.sort_indices(together["row"]))


def codes(column: pa.ChunkedArray, meanings: Mapping[str, int]) -> np.ndarray:
    """What each cell of a dictionary column means: int8 [n], ``EMPTY`` for "", ``UNKNOWN`` for other."""
    known = {"": EMPTY, **meanings}
    words, cells = distinct(column)
    table = np.array([known.get(word, UNKNOWN) for word in words.to_pylist()], np.int8)
    meant: np.ndarray = table[cells]
    return meant


def numerals(values: Iterable[int]) -> dict[str, int]:
    """Whole numbers as files write them, also by way of a float ("1", "1.0")."""
    return {text: value for value in values for text in (str(value), f"{value}.0")}


@dataclass(frozen=True)
class Groups:
    """Rows that belong together, numbered as they appear.

    Attributes:
        codes: int64 [n], each row's group.
        first: int64 [g], each group's first row.
    """

    codes: np.ndarray
    first: np.ndarray

    def later(self) -> np.ndarray:
        """Whether each row is not the first of its group, bool [n]."""
        is_later = np.ones(len(self.codes), bool)
        is_later[self.first] = False
        return is_later

    def differs(self, column: pa.ChunkedArray) -> np.ndarray:
        """Whether each row has another value than the first row of its group, bool [n]."""
        if pa.types.is_dictionary(column.type):
            values = encode(column)
            return np.asarray(values != values[self.first[self.codes]])
        # Rows of a group mostly follow one another: runs of one text are found in place, and compared once.
        begins = np.ones(len(self.codes), bool)
        begins[1:] = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1))
        begins[1:] |= self.codes[1:] != self.codes[:-1]
        heads = np.flatnonzero(begins & self.later())
        different = np.zeros(len(self.codes), bool)
        if len(heads):
            pairs = (column.take(pa.array(rows)) for rows in (heads, self.first[self.codes[heads]]))
            different[heads] = pc.not_equal(*pairs)
        run = np.cumsum(begins) - 1
        return np.asarray(different[np.flatnonzero(begins)][run])

    def votes(self, labels: np.ndarray, k: int) -> np.ndarray:
        """Rows of each group per label; a negative label casts none; int32 [g, k]."""
        cast = labels >= 0
        at = self.codes[cast] * k + labels[cast]
        return np.bincount(at, minlength=len(self.first) * k).reshape(-1, k).astype(np.int32)

    def means(self, values: np.ndarray) -> pa.Array:
        """Mean of each group's values but NaN; null where there is none; float64 [g]."""
        there = ~np.isnan(values)
        n = np.bincount(self.codes[there], minlength=len(self.first))
        total = np.bincount(self.codes[there], values[there], len(self.first))
        return pa.array(total / np.maximum(n, 1), mask=n == 0)


def group(*keys: np.ndarray) -> Groups:
    """The rows that agree in all ``keys``, each int [n] and not negative."""
    return numbered(pd.factorize(_joined(keys))[0])


def repeats(*keys: np.ndarray) -> np.ndarray:
    """Whether an earlier row agrees with a row in all ``keys``, bool [n] (see ``group``)."""
    return pd.Series(_joined(keys)).duplicated().to_numpy()


def _joined(keys: Sequence[np.ndarray]) -> np.ndarray:
    """One int64 key in place of several: rows agree in it that agree in all of them."""
    joined, top = np.zeros(len(keys[0]), np.int64), 1
    for key in keys:
        width = int(key.max(initial=0)) + 1
        if top * width > _INT64_MAX:
            joined = pd.factorize(joined)[0]
            top = len(joined)
        joined, top = joined * width + key, top * width
    return joined


def numbered(codes: np.ndarray) -> Groups:
    """Groups of rows with the same code; every code from 0 to the highest occurs."""
    first = np.empty(codes.max(initial=-1) + 1, np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last to be written stays
    return Groups(codes, first)


class Distinct(NamedTuple):
    """The distinct values of a column of n rows.

    Attributes:
        values: [u], in the order they appear unless the column is a dictionary.
        codes: int32 [n], the number of each row's value.
    """

    values: pa.Array
    codes: np.ndarray


def distinct(column: pa.ChunkedArray) -> Distinct:
    """The distinct values of a column of at least one row; a dictionary's chunks must share their values."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = np.concatenate([np.asarray(chunk.indices) for chunk in encoded.chunks])
    return Distinct(encoded.chunk(0).dictionary, codes)


def encode(column: pa.ChunkedArray) -> np.ndarray:
    """The number of each row's value, int32 [n] (see ``Distinct``)."""
    return distinct(column).codes


def texts(table: pa.Table, names: Iterable[str], rows: np.ndarray) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Columns as strings at some rows, int64 ascending; what was a dictionary is in one piece."""
    chosen = np.zeros(table.num_rows, bool)
    chosen[rows] = True
    # Chunk by chunk: ``take`` would copy whole columns first.
    picked = table.select(list(names)).filter(pa.array(chosen))
    return {
        name: column.cast(pa.string()).combine_chunks() if pa.types.is_dictionary(column.type) else column
        for name, column in zip(picked.column_names, picked.columns, strict=True)
    }


def majority(votes: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """The label with the most votes (null on a tie), and on a tie the labels that share it (null otherwise).

    Args:
        votes: [g, k], or shares; where nobody voted, all labels are tied.
    """
    columns = np.ascontiguousarray(votes.T)  # label after label: numpy is slow along short rows
    top = columns == columns.max(axis=0)
    tied = top.sum(axis=0) > 1
    gold = (top * np.arange(len(top))[:, None]).sum(axis=0)
    return pa.array(gold.astype(np.int32), mask=tied), index_lists(top.T, absent=~tied)


def index_lists(chosen: np.ndarray, absent: np.ndarray | None = None) -> pa.Array:
    """list<int32> [g]: the columns chosen in each row of a bool [g, k] matrix; null where ``absent``."""
    if absent is not None:
        chosen = chosen & ~absent[:, None]
    row, column = np.divmod(np.flatnonzero(chosen), chosen.shape[1])
    sizes = np.bincount(row, minlength=len(chosen))
    offsets = pa.array(np.concatenate([[0], sizes.cumsum()]), pa.int32())
    mask = None if absent is None else pa.array(absent)
    return pa.ListArray.from_arrays(offsets, pa.array(column, pa.int32()), mask=mask)


def row_lists(matrix: np.ndarray) -> pa.Array:
    """list<int32> [g]: each row of an int32 [g, k] matrix."""
    offsets = np.arange(len(matrix) + 1, dtype=np.int32) * matrix.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(matrix.ravel()))


def digests(texts: pa.Array | pa.ChunkedArray, size: int) -> pa.Array:
    """A stable hash of each string: the first ``2 * size`` hexadecimal digits of its 64-bit SipHash."""
    hashes = hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)
    octets = hashes.astype(">u8").view(np.uint8).reshape(-1, 8)[:, :size]
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    pairs = np.stack([digits[octets >> 4], digits[octets & 15]], axis=-1)
    offsets = np.arange(len(texts) + 1, dtype=np.int32) * (2 * size)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(pairs.tobytes()))


def same_list(values: Sequence[str], n: int) -> pa.Array:
    """list<string> [n]: the same values in every row."""
    k = len(values)
    words = pa.array(values, pa.string()).take(pa.array(np.tile(np.arange(k, dtype=np.int32), n)))
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32) * k), words)


def source(
    rows: pa.Array, labels: pa.Array, cultures: pa.Array | None, splits: pa.Array | None, file: str
) -> pa.Array:
    """The Items' ``source`` column; a part that is None is null."""
    n = len(rows)
    none = pa.nulls(n, pa.string())
    parts = [none if part is None else part.cast(pa.string()) for part in (labels, cultures, splits)]
    return pa.StructArray.from_arrays(
        [rows.cast(pa.int64()), *parts, pa.repeat(file, n)], ["row", "label", "culture", "split", "file"]
    )
