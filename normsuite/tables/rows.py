"""The rows of a table on their way to Items: cells of any type, and which file and record each is from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.errors import InputError

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Cells = NDArray[np.object_]
_SHOWN: Final = 200
_ABSENT: Final = object()


@dataclass(frozen=True)
class Rows:
    """n rows of one or more files.

    Attributes:
        columns: n cells of each column, as Python objects; a missing one is None.
        files: the files' paths below the task's folder.
        file: int64 [n], which file a row is from.
        record: int64 [n], its 1-based record number there (a header is not counted).
        part: text [n], what tells the rows apart that were made of one record; "" where there is one.
    """

    columns: Mapping[str, Cells]
    files: tuple[str, ...]
    file: Ints
    record: Ints
    part: Cells

    def __len__(self) -> int:
        return len(self.record)

    def take(self, at: Ints | Bools) -> Rows:
        """The rows at some positions or under a mask."""
        where = np.flatnonzero(at) if at.dtype == bool else at
        columns = {name: cells[where] for name, cells in self.columns.items()}
        return Rows(columns, self.files, self.file[where], self.record[where], self.part[where])

    def with_column(self, name: str, cells: Iterable[Any]) -> Rows:
        """The rows with one column new or replaced."""
        return replace(self, columns={**self.columns, name: as_cells(cells)})

    def cells(self, name: str, field: str) -> Cells:
        """The cells of a column, or of a path such as ``meta.country`` into nested ones.

        Args:
            name: the column.
            field: which key of the task file names it, for the error.

        Raises:
            InputError: there is no such column.
        """
        if name in self.columns:
            return self.columns[name]
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            head = ".".join(parts[:cut])
            if head in self.columns:
                found = [_inside(cell, parts[cut:]) for cell in self.columns[head]]
                if any(cell is not _ABSENT for cell in found) or not found:
                    return as_cells(None if cell is _ABSENT else cell for cell in found)
        columns = ", ".join(map(repr, list(self.columns)[:40]))
        raise InputError(f"no column {name!r}", field=f"data.table.{field}", fix=f"the columns are {columns}")

    def aside(
        self,
        bad: Bools,
        field: str,
        reason: str,
        values: Sequence[Any] | Cells | None = None,
        *,
        invalid: bool,
    ) -> pa.Table:
        """Some rows in ``SET_ASIDE_SCHEMA``.

        Args:
            bad: bool [n], which rows.
            field: the column at fault.
            reason: what is wrong, to be read after the value.
            values: [n] the offending cells.
            invalid: whether such rows break the format rather than being gaps.
        """
        at = np.flatnonzero(bad)
        shown = [None if values is None else brief(values[i]) for i in at]
        columns = {
            "file": [self.files[self.file[i]] for i in at],
            "row": self.record[at],
            "field": [field] * len(at),
            "value": shown,
            "reason": [reason] * len(at),
            "invalid": [invalid] * len(at),
        }
        return pa.table(columns, schema=SET_ASIDE_SCHEMA)


def as_cells(cells: Iterable[Any]) -> Cells:
    """Objects as an array, lists among them as they are."""
    return np.fromiter(cells, dtype=object)


def concat(tables: Sequence[Rows]) -> Rows:
    """Rows of several files as one; a column that a file lacks is empty there."""
    starts = np.cumsum([0, *(len(rows.files) for rows in tables)])
    names = dict.fromkeys(name for rows in tables for name in rows.columns)
    parts = {
        name: [rows.columns.get(name, np.full(len(rows), None, object)) for rows in tables] for name in names
    }
    return Rows(
        {name: np.concatenate(cells) for name, cells in parts.items()},
        tuple(name for rows in tables for name in rows.files),
        np.concatenate([rows.file + start for rows, start in zip(tables, starts, strict=False)]),
        np.concatenate([rows.record for rows in tables]),
        np.concatenate([rows.part for rows in tables]),
    )


def from_cells(
    file: str, columns: Mapping[str, Iterable[Any]], records: Ints, missing: Iterable[str] = ()
) -> Rows:
    """The rows of one file.

    Args:
        file: its path below the task's folder.
        columns: name and cells of each column.
        records: int64 [n] record numbers.
        missing: words that stand for an empty cell.
    """
    empty, n = {"", *missing}, len(records)
    filled = {name: as_cells(_filled(cell, empty) for cell in cells) for name, cells in columns.items()}
    return Rows(filled, (file,), np.zeros(n, np.int64), records, np.full(n, "", object))


def _filled(cell: Any, empty: set[str]) -> Any:
    if isinstance(cell, str):
        return None if cell in empty else cell
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def _inside(cell: Any, path: Sequence[str]) -> Any:
    """What lies at a path of keys and indices in a nested cell."""
    for step in path:
        if isinstance(cell, dict) and step in cell:
            cell = cell[step]
        elif isinstance(cell, list) and step.isdecimal() and int(step[:6]) < len(cell):
            cell = cell[int(step[:6])]
        else:
            return _ABSENT
    return cell


def text_of(cell: Any) -> str | None:
    """A cell as text, without spaces around it; None where there is none.

    Raises:
        ValueError: it is a list, a mapping or half a character; to be read after the cell.
    """
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list | dict | tuple | set | bytes):
        raise ValueError(f"is a {type(cell).__name__}, not a text")
    if isinstance(cell, float):
        return None if math.isnan(cell) else f"{cell:.0f}" if cell.is_integer() else repr(cell)
    text = str(cell).strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is no text: it holds half of a character") from None
    return text or None


def texts(cells: Cells) -> tuple[pa.Array, dict[int, str]]:
    """Cells as texts: string [n], null where there is none, and what is wrong by position."""
    try:  # all text, as in every CSV file: in one go
        trimmed = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed), {}
    except (pa.ArrowException, UnicodeError):
        pass
    found: list[str | None] = []
    wrong: dict[int, str] = {}
    for at, cell in enumerate(cells):
        try:
            found.append(text_of(cell))
        except ValueError as error:
            wrong[at] = str(error)
            found.append(None)
    return pa.array(found, pa.string()), wrong


def number_of(cell: Any) -> float | None:
    """A cell as a finite number; None where it is empty.

    Raises:
        ValueError: it is none; to be read after the cell.
    """
    text = text_of(cell)
    if text is None:
        return None
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = math.nan
    if isinstance(cell, bool) or not math.isfinite(number):
        raise ValueError("is no number")
    return number


def brief(cell: Any) -> str | None:
    """A cell for the report of what was set aside."""
    if cell is None or isinstance(cell, str):
        text = cell
    elif isinstance(cell, list | dict):
        text = json.dumps(cell, ensure_ascii=False, default=str)
    else:
        text = str(cell)
    return None if text is None else text[:_SHOWN].encode("utf-8", "replace").decode()
