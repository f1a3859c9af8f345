"""Reading spreadsheets (.xlsx): the cells of one sheet, within bounds, and named columns as a raw table.

A spreadsheet is a zip of XML that may unpack to anything: what it says it holds is added up before it is
opened, rows are read one after the other, and their number and width are bounded.
"""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from normsuite.adapters.base import SET_ASIDE_SCHEMA, set_aside_rows
from normsuite.adapters.reading import RawRows, sha256
from normsuite.adapters.rows import in_row_order
from normsuite.errors import InputError

MOST_BYTES: Final = 1 << 28
"""What a spreadsheet may unpack to."""
MOST_ROWS: Final = 1 << 19
MOST_COLUMNS: Final = 256

_NO_NUMBERS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
"""How cells of numbers say that there is none."""


def sheet_rows(path: Path, sheet: str = "") -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet, one after the other: text, numbers, booleans and dates as they are, else None.

    Args:
        path: the spreadsheet.
        sheet: its name; the first if not said.

    Raises:
        InputError: no such file or sheet, no spreadsheet, or one that is larger than the bounds.
    """
    from openpyxl import load_workbook

    _refuse_bomb(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that do not matter here
            with closing(load_workbook(path, read_only=True, data_only=True, keep_links=False)) as book:
                yield from _bounded(book, sheet, path)
    except InputError:
        raise
    except Exception as error:
        # A stranger's spreadsheet fails in any way that its zip, XML or cells can: each is the file's fault.
        reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise InputError(f"is no readable spreadsheet ({reason})", file=path) from None


def _bounded(book: Any, sheet: str, path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of one sheet of a workbook, up to the bounds."""
    if sheet and sheet not in book.sheetnames:
        raise InputError(f"has no sheet {sheet!r}", file=path, fix=f"it has {', '.join(book.sheetnames)}")
    page = book[sheet or book.sheetnames[0]]
    page.reset_dimensions()  # what a file says of its own size is often wrong
    for number, row in enumerate(page.iter_rows(values_only=True), start=1):
        if number > MOST_ROWS or len(row) > MOST_COLUMNS:
            what = f"has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns"
            raise InputError(what, file=path, row=number)
        yield row


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"is no .xlsx spreadsheet ({error})", file=path) from None
    if size > MOST_BYTES:
        raise InputError(f"unpacks to {size:,} bytes, more than {MOST_BYTES:,}", file=path)


def read_sheet(path: Path, columns: Mapping[str, pa.DataType], sheet: str = "") -> RawRows:
    """Named columns of a sheet whose first row names them; the others are not read.

    An empty cell is ``""`` in a column of strings and null in one of numbers. A cell of another kind sets its
    row aside: a word that the spreadsheet turned into a truth value or a date, as they are known to, and, as
    breaking the format, text where a number should be. Rows without any cell are no records, but are counted.

    Args:
        path: the spreadsheet.
        columns: name of each column, and ``pa.string()`` or ``pa.float64()``.
        sheet: its name; the first if not said.

    Raises:
        InputError: as ``sheet_rows``; a column is missing or there twice; no row holds anything.
    """
    rows = sheet_rows(path, sheet)
    names = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
    places = _places(names, columns, path)
    kept: dict[str, list[Any]] = {name: [] for name in columns}
    records: list[int] = []
    faults: list[tuple[int, str, str]] = []
    for record, row in enumerate(rows, start=1):
        if all(cell is None for cell in row):
            continue
        cells = {name: row[at] if at < len(row) else None for name, at in places.items()}
        values = {name: _value(cell, columns[name]) for name, cell in cells.items()}
        wrong = next((name for name, value in values.items() if value is _WRONG), None)
        if wrong is not None:
            faults.append((record, wrong, str(cells[wrong])))
            continue
        records.append(record)
        for name, value in values.items():
            kept[name].append(value)
    if not records:
        raise InputError("has no rows", file=path)
    table = pa.table({name: pa.chunked_array([pa.array(kept[name], kind)]) for name, kind in columns.items()})
    return RawRows(table, pa.array(records, pa.int64()), _set_aside(path, faults, columns), sha256(path))


_WRONG: Final = object()


def _value(cell: Any, kind: pa.DataType) -> Any:
    """A cell as its column's type has it; ``_WRONG`` where it is of another."""
    if pa.types.is_string(kind):
        return "" if cell is None else cell if isinstance(cell, str) else _WRONG
    if isinstance(cell, str):
        text = cell.strip()
        if text.lower() in _NO_NUMBERS:
            return None
        try:
            cell = float(text)
        except ValueError:
            return _WRONG
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return _WRONG
    return float(cell) if math.isfinite(cell) else None


def _places(names: Sequence[str], columns: Mapping[str, pa.DataType], path: Path) -> dict[str, int]:
    """Where each column stands."""
    problems = {
        "missing": [name for name in columns if name not in names],
        "repeated": [name for name in columns if names.count(name) > 1],
    }
    parts = [f"{word} column(s) {', '.join(map(repr, found))}" for word, found in problems.items() if found]
    if parts:
        shown = ", ".join(filter(None, names[:12])) or "none"
        raise InputError(" and ".join(parts), file=path, fix=f"its first row names {shown}")
    return {name: names.index(name) for name in columns}


def _set_aside(
    path: Path, faults: Sequence[tuple[int, str, str]], columns: Mapping[str, pa.DataType]
) -> pa.Table:
    tables = [SET_ASIDE_SCHEMA.empty_table()]
    for name, kind in columns.items():
        mine = [(record, value) for record, field, value in faults if field == name]
        is_text = pa.types.is_string(kind)
        reason = "is no text: the spreadsheet holds something else" if is_text else "is no number"
        records, values = ([pair[part] for pair in mine] for part in (0, 1))
        rows, shown = pa.array(records, pa.int64()), pa.array(values, pa.string())
        tables.append(set_aside_rows(path.name, rows, name, reason, shown, invalid=not is_text))
    return in_row_order(tables)
