"""Where each value of an item comes from: a column, an expression, the file's name, a folder, a constant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa

from normsuite.tables.expressions import Expression
from normsuite.tables.rows import Bools, Cells, Rows, as_cells, texts
from normsuite.tasks.table_parts import From


class Sieve:
    """Rows set aside one check after the other: each with the first that it fails."""

    def __init__(self, rows: Rows) -> None:
        """All rows are left."""
        self.rows = rows
        self.left: Bools = np.ones(len(rows), bool)
        self.tables: list[pa.Table] = []

    def drop(
        self,
        bad: Bools,
        field: str,
        reason: str,
        values: Sequence[Any] | Cells | None = None,
        *,
        invalid: bool = False,
    ) -> None:
        """Set rows aside (see ``Rows.aside``)."""
        hit = self.left & bad
        self.left &= ~hit
        if hit.any():
            self.tables.append(self.rows.aside(hit, field, reason, values, invalid=invalid))

    def drop_wrong(self, wrong: Mapping[int, str], field: str, values: Sequence[Any] | Cells) -> None:
        """Set aside the rows whose cell is wrong, each for its own reason."""
        for reason in dict.fromkeys(wrong.values()):
            bad = np.zeros(len(self.rows), bool)
            bad[[at for at, why in wrong.items() if why == reason]] = True
            self.drop(bad, field, reason, values, invalid=True)


def raw_cells(rows: Rows, source: From, field: str) -> tuple[Cells, dict[int, str]]:
    """The cells of a source before its ``map``, and what is wrong by position.

    Args:
        rows: [n].
        source: where from.
        field: the key of the task file, for errors.
    """
    n = len(rows)
    if source.column is not None:
        return rows.cells(source.column, field), {}
    if source.expression is not None:
        return _printed(rows, source.expression, field)
    if source.constant is not None:
        return np.full(n, source.constant, object), {}
    if source.file is not None:
        parts = (re.escape(part).replace(r"\*", ".*") for part in source.file.split("{}"))
        pattern = re.compile("(.+?)".join(parts), re.DOTALL)
        found = [pattern.fullmatch(PurePosixPath(name).name) for name in rows.files]
        named = [match[1] if match else None for match in found]
    else:
        level = source.folder or 0
        above = [PurePosixPath(name).parts[:-1][::-1] for name in rows.files]
        named = [parts[level] if level < len(parts) else None for parts in above]
    return as_cells(named)[rows.file], {}


def values_of(rows: Rows, source: From, field: str, sieve: Sieve) -> pa.Array:
    """The values of a source as texts: string [n], null where there is none; what is wrong is set aside."""
    cells, failed = raw_cells(rows, source, field)
    column = source.column or field
    sieve.drop_wrong(failed, column, np.full(len(rows), source.expression, object))
    found, wrong = texts(cells)
    sieve.drop_wrong(wrong, column, cells)
    return mapped(found, source.map)


def mapped(values: pa.Array, spellings: Mapping[str, str | None]) -> pa.Array:
    """Texts in other spellings; those that ``spellings`` does not name stay as they are."""
    if not spellings:
        return values
    encoded = values.dictionary_encode()
    words = [spellings.get(word, word) for word in encoded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(encoded.indices)


def _printed(rows: Rows, text: str, field: str) -> tuple[Cells, dict[int, str]]:
    expression = Expression(text, rows.columns, field)
    found: list[str | None] = []
    wrong: dict[int, str] = {}
    for at in range(len(rows)):
        try:
            found.append(expression({name: cells[at] for name, cells in rows.columns.items()}))
        except ValueError as error:
            wrong[at] = str(error)
            found.append(None)
    return as_cells(found), wrong
