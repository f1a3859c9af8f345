"""Reading raw tables: exact text in, one clear line out for a file that is not what it should be.

While pyarrow parses a file, it is scanned for what a parser would swallow silently: another encoding, NUL
bytes, quotes that never close. No text is changed: cells are not stripped, and words such as
``None`` stay words.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from normsuite.adapters.base import SET_ASIDE_SCHEMA, set_aside_rows
from normsuite.adapters.scanning import scan
from normsuite.errors import InputError

_CONVERSION: Final = re.compile(
    r"column #(\d+): Row #(\d+): CSV conversion error to (\S+): invalid value '(.*)'", re.DOTALL
)


@dataclass(frozen=True)
class RawRows:
    """The rows of a raw table that have the right width, and those that have not.

    Attributes:
        table: the columns asked for, in the order asked for.
        records: int64 [n], each row's 1-based record number in the file (header and blank lines not counted).
        set_aside: the rows of another width, in ``SET_ASIDE_SCHEMA``.
        sha256: the file's digest in hexadecimal.
    """

    table: pa.Table
    records: pa.Array
    set_aside: pa.Table
    sha256: str = ""


@dataclass(frozen=True)
class _Layout:
    """How a file is laid out: names of its columns where no header gives them, types of those to read."""

    names: list[str] | None
    types: dict[str, pa.DataType]
    delimiter: str
    quoting: bool


_Widths = list[tuple[int, int, str]]
"""Record number, width and text of each row of another width."""


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def find_file(raw: Path, names: Sequence[str]) -> Path:
    """The raw file of a data set: ``raw`` itself, or the first of ``names`` in it or up to two folders below.

    Args:
        raw: what the user gave: the file, under any name, or a folder that holds it.
        names: accepted file names, the preferred first.

    Raises:
        InputError: nothing there, or the same name in several folders.
    """
    if raw.is_file():
        return raw
    if not raw.exists():
        raise InputError("no such file or folder", file=raw, fix=f"looked for {' or '.join(names)}")
    for name in names:
        for depth in ("", "*/", "*/*/"):
            found = sorted(path for path in raw.glob(depth + name) if path.is_file())
            if len(found) > 1:
                places = ", ".join(str(path.parent) for path in found)
                raise InputError(
                    f"{name} lies in several folders: {places}", file=raw, fix="name one of them"
                )
            if found:
                return found[0]
    raise InputError(
        f"holds no {' or '.join(names)}", file=raw, fix="give the file or the folder that holds it"
    )


def read_csv(
    path: Path,
    columns: Mapping[str, pa.DataType],
    *,
    delimiter: str = ",",
    header: bool = True,
    quoting: bool = True,
) -> pa.Table:
    """``read_rows`` for a file in which every row must have the right width.

    Raises:
        InputError: as ``read_rows``, and for the first row of another width.
    """
    rows = read_rows(path, columns, delimiter=delimiter, header=header, quoting=quoting)
    if rows.set_aside.num_rows:
        first = rows.set_aside.slice(0, 1).to_pylist()[0]
        raise InputError(f"the row {first['reason']}", file=path, row=first["row"])
    return rows.table


def read_rows(
    path: Path,
    columns: Mapping[str, pa.DataType | None],
    *,
    optional: Collection[str] = (),
    ignored: Collection[str] = (),
    others: bool = False,
    delimiter: str = ",",
    header: bool = True,
    quoting: bool = True,
) -> RawRows:
    """Read a delimited UTF-8 file; rows of another width are set aside, all else that is wrong is refused.

    An empty cell is ``""`` in a string or dictionary column and null in any other.

    Args:
        path: the raw file.
        columns: name and type of each column; ``pa.dictionary(pa.int32(), pa.string())`` suits columns of few
            values, None is a column that must be there and is not read. Without a header these are all the
            columns, in file order.
        optional: those of ``columns`` that the file may lack; the table then lacks them too.
        ignored: further columns the file may have; they are not read.
        others: whether it may have any further columns.
        delimiter: one character.
        header: whether the first line names the columns.
        quoting: whether ``"`` encloses cells; if not, it is a character like any other.

    Raises:
        InputError: missing or empty file, no rows, another encoding, a byte-order mark, NUL bytes, quotes
            that do not close, missing or extra columns, a value that is not of its column's type.
    """
    types = {name: kind for name, kind in columns.items() if kind is not None}
    layout = _Layout(None if header else list(columns), types, delimiter, quoting)
    with ThreadPoolExecutor(1) as beside:
        parsed = beside.submit(_parse_lines, path, layout)
        scanned = scan(path, delimiter if quoting else None)
    head = _first_records(path, 1 + header, delimiter, quoting)
    if len(head) < 1 + header:
        raise InputError("has no rows", file=path)
    names = head[0] if header else list(columns)
    _check_columns(names, columns, optional, names if others else ignored, path)
    table, widths = (None if scanned.spanning else parsed.result()), _Widths()
    if table is None:
        table, widths = _parse_exactly(path, layout, names)
    if not table.num_rows:
        raise InputError(f"no row has {len(names)} columns ({', '.join(names)})", file=path)
    return RawRows(
        table.select([name for name in types if name in names]).unify_dictionaries(),
        _records(table.num_rows, widths),
        _set_aside_widths(path, widths, len(names)),
        scanned.sha256,
    )


def _first_records(path: Path, count: int, delimiter: str, quoting: bool) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as source:
        rule = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
        reader = csv.reader(source, delimiter=delimiter, quoting=rule)  # type: ignore[arg-type]
        try:
            return list(islice(filter(None, reader), count))
        except csv.Error as error:
            raise InputError(f"line {reader.line_num} cannot be parsed ({error})", file=path) from error


def _check_columns(
    names: list[str],
    columns: Mapping[str, pa.DataType | None],
    optional: Collection[str],
    ignored: Collection[str],
    path: Path,
) -> None:
    missing = [name for name in columns if name not in names and name not in optional]
    extra = [name for name in names if name not in columns and name not in ignored]
    repeated = sorted({name for name in columns if names.count(name) > 1})
    problems = {"missing": missing, "unknown": extra, "repeated": repeated}
    parts = [f"{word} column(s) {', '.join(map(repr, found))}" for word, found in problems.items() if found]
    if parts:
        raise InputError(" and ".join(parts), file=path, fix=f"expected {', '.join(columns)}")


def _parse_lines(path: Path, layout: _Layout) -> pa.Table | None:
    """The table if every line is a row of the right width and types, else None.

    Void where quoted cells hold line breaks or the text is not UTF-8.
    """
    try:
        return _parse(path, layout, pa_csv.ParseOptions())
    except pa.ArrowInvalid:
        return None


def _parse_exactly(path: Path, layout: _Layout, names: list[str]) -> tuple[pa.Table, _Widths]:
    """The table, and the rows of another width."""
    header = layout.names is None
    widths: _Widths = []

    def note(row: Any) -> str:
        widths.append((row.number - header, row.actual_columns, row.text))
        return "skip"

    options = pa_csv.ParseOptions(newlines_in_values=layout.quoting, invalid_row_handler=note)
    try:
        return _parse(path, layout, options), widths
    except pa.ArrowInvalid as error:
        raise _refusal(error, names, path, header) from error


def _parse(path: Path, layout: _Layout, options: pa_csv.ParseOptions) -> pa.Table:
    """The columns to read, null where the file lacks one."""
    options.delimiter, options.quote_char = layout.delimiter, '"' if layout.quoting else False
    return pa_csv.read_csv(
        pa.OSFile(str(path), "rb"),
        # Plain malloc: the default pool's huge pages take long to touch first on virtual machines.
        memory_pool=pa.system_memory_pool(),
        # One thread: it alone knows the numbers of rows, and another is busy with the scan.
        read_options=pa_csv.ReadOptions(use_threads=False, column_names=layout.names),
        parse_options=options,
        convert_options=pa_csv.ConvertOptions(
            column_types=layout.types,
            include_columns=list(layout.types),
            include_missing_columns=True,
            null_values=[""],
            strings_can_be_null=False,
            check_utf8=False,  # the scan does
        ),
    )


def _refusal(error: pa.ArrowInvalid, names: list[str], path: Path, header: bool) -> InputError:
    if "straddl" in str(error):
        return InputError("holds a row of more than a megabyte", file=path)
    found = _CONVERSION.search(str(error))
    if not found:
        return InputError(f"cannot be parsed ({str(error).splitlines()[0]})", file=path)
    column, row, kind, value = found.groups()
    field = names[int(column)]
    return InputError(f"{value!r} is not {kind}", file=path, row=int(row) - header, field=field)


def _records(kept: int, widths: _Widths) -> pa.Array:
    """Record numbers of the rows kept: all but those of another width."""
    numbers = np.arange(1, kept + len(widths) + 1)
    return pa.array(np.delete(numbers, [record - 1 for record, _, _ in widths]) if widths else numbers)


def _set_aside_widths(path: Path, widths: _Widths, expected: int) -> pa.Table:
    tables = [SET_ASIDE_SCHEMA.empty_table()]
    for width in sorted({width for _, width, _ in widths}):
        rows = [(record, text) for record, found, text in widths if found == width]
        records = pa.array([record for record, _ in rows], pa.int64())
        texts = pa.array([text for _, text in rows], pa.string())
        reason = f"has {width} column(s), not {expected}"
        tables.append(set_aside_rows(path.name, records, "columns", reason, texts, invalid=True))
    together = pa.concat_tables(tables)
    return together.take(pc.sort_indices(together["row"]))
