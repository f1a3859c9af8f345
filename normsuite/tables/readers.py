"""Files of any usual format as rows: one function for each."""

from __future__ import annotations

import codecs
import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.adapters.reading import read_rows
from normsuite.adapters.sheets import sheet_rows
from normsuite.errors import InputError
from normsuite.tables.rows import Rows, from_cells
from normsuite.tasks.table_parts import Format

SUFFIXES: Final = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
"""Format by the end of a file's name."""

MOST_BYTES: Final = 4 << 30
_BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLOCK: Final = 1 << 20

Read = tuple[Rows, pa.Table]
"""Rows, and those that have not even a row's form."""


def read_file(path: Path, name: str, how: Format, records: str = "") -> Read:
    """The rows of one file.

    Args:
        path: the file.
        name: its path below the task's folder.
        how: how it is written.
        records: in JSON, the path to the list of records.

    Raises:
        InputError: it is not of its format, or holds no row.
    """
    kind = how.type or SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            "is of no known format", file=path, fix=f"say `format.type`, as {', '.join(SUFFIXES)}"
        )
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"has more than {MOST_BYTES:,} bytes", file=path)
    readers: dict[str, Callable[[], Read]] = {
        "csv": lambda: _delimited(path, name, how, how.delimiter or ","),
        "tsv": lambda: _delimited(path, name, how, how.delimiter or "\t"),
        "json": lambda: _json(path, name, how, _documents(_decoded(path, how.encoding), path), records),
        "jsonl": lambda: _json(path, name, how, _lines(_decoded(path, how.encoding), path), records),
        "parquet": lambda: _parquet(path, name, how),
        "xlsx": lambda: _spreadsheet(path, name, how),
    }
    rows, aside = readers[kind]()
    if not len(rows):
        raise InputError("has no rows", file=path)
    return rows, aside


def _delimited(path: Path, name: str, how: Format, delimiter: str) -> Read:
    with _clean(path, how.encoding) as clean:
        try:
            names = _names(clean, how, delimiter)
            columns = dict.fromkeys(names, pa.string())
            raw = read_rows(clean, columns, delimiter=delimiter, header=how.header, quoting=how.quoting)
        except InputError as error:
            fix = error.fix
            if "UTF-8" in error.what:
                fix = "say its `format.encoding`"
            if "quote" in error.what:
                fix = f"{fix}; or say `format: {{quoting: false}}`"
            raise InputError(error.what, file=path, row=error.row, field=error.field, fix=fix) from None
    cells = {column: raw.table[column].to_pylist() for column in raw.table.column_names}
    aside = raw.set_aside.set_column(0, SET_ASIDE_SCHEMA.field(0), pa.repeat(name, raw.set_aside.num_rows))
    return from_cells(name, cells, raw.records.to_numpy(), how.missing), aside


def _names(path: Path, how: Format, delimiter: str) -> list[str]:
    """Names of the columns: from the header, else as the task says, else numbered."""
    with path.open(encoding="utf-8", newline="") as source:
        rule = csv.QUOTE_MINIMAL if how.quoting else csv.QUOTE_NONE
        try:
            reader = csv.reader(source, delimiter=delimiter, quoting=rule)  # type: ignore[arg-type]
            first = next(filter(None, reader), [])
        except UnicodeDecodeError:
            raise InputError("is not UTF-8") from None
        except csv.Error as error:
            raise InputError(f"cannot be parsed ({error})") from None
    if how.header:
        return first
    if how.columns and len(how.columns) != len(first):
        what = f"has {len(first)} column(s), and `format.columns` names {len(how.columns)}"
        raise InputError(what, fix="name them all")
    return list(how.columns) or numbered(len(first))


def numbered(width: int) -> list[str]:
    """Names for columns that have none: c1, c2 and so on."""
    return [f"c{number}" for number in range(1, width + 1)]


@contextmanager
def _clean(path: Path, encoding: str) -> Iterator[Path]:
    """The same text as UTF-8 without a byte-order mark: the file itself, or a copy while it is read."""
    with path.open("rb") as source:
        marked = source.read(3).startswith(_BOMS)
    if codecs.lookup(encoding).name == "utf-8" and not marked:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        try:
            with (
                path.open(encoding=_marked(encoding), newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as sink,
            ):
                sink.write(source.read(_BLOCK).removeprefix("\ufeff"))
                while block := source.read(_BLOCK):
                    sink.write(block)
        except UnicodeError as error:
            raise _wrong_encoding(path, encoding, error) from None
        yield copy


def _decoded(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding=_marked(encoding)).removeprefix("\ufeff")
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding, error) from None


def _marked(encoding: str) -> str:
    """UTF-8 with or without a mark is one encoding to people."""
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _wrong_encoding(path: Path, encoding: str, error: UnicodeError) -> InputError:
    return InputError(f"is not {encoding} ({error})", file=path, fix="say its `format.encoding`")


def _lines(text: str, path: Path) -> list[Any]:
    found: list[Any] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise InputError(f"is no JSON ({error})", file=path, row=number) from None
    return found


def _documents(text: str, path: Path) -> list[Any]:
    """The documents of a JSON file: mostly one; some files are several objects one after the other."""
    decoder, at = json.JSONDecoder(), 0
    found: list[Any] = []
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return found
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            what = f"is no JSON ({error})"
            raise InputError(what, file=path, row=len(found) + 1 if found else None) from None
        found.append(document)


def _json(path: Path, name: str, how: Format, documents: list[Any], records: str) -> Read:
    found: list[tuple[str | None, Any]] = []
    for document in documents:
        if records:
            found += _at(document, records.split("."), path, records)
        elif isinstance(document, list):
            found += [(None, entry) for entry in document]
        else:
            found.append((None, document))
    named = [_as_record(key, entry) for key, entry in found]
    numbers = np.arange(1, len(found) + 1)
    columns = list(dict.fromkeys(column for entry in named if entry is not None for column in entry))
    good = np.array([entry is not None for entry in named], bool)
    rows = from_cells(
        name,
        {column: [entry.get(column) for entry in named if entry is not None] for column in columns},
        numbers[good],
        how.missing,
    )
    everything = from_cells(name, {}, numbers)
    values = [entry for _, entry in found]
    return rows, everything.aside(~good, "record", "is no record", values, invalid=True)


def _as_record(key: str | None, entry: Any) -> dict[str, Any] | None:
    if isinstance(entry, list):
        entry = dict(zip(numbered(len(entry)), entry, strict=True))
    if not isinstance(entry, dict):
        return None
    return entry if key is None else {"key": key, **entry}


def _at(document: Any, path: list[str], file: Path, told: str) -> list[tuple[str | None, Any]]:
    """The records at a path: a list's elements, or with ``*`` the entries of a mapping with their keys."""
    places: list[tuple[str | None, Any]] = [(None, document)]
    for step in path:
        there: list[tuple[str | None, Any]] = []
        for key, place in places:
            if step == "*" and isinstance(place, dict):
                there += place.items()
            elif step == "*" and isinstance(place, list):
                there += [(key, entry) for entry in place]
            elif isinstance(place, dict) and step in place:
                there.append((key, place[step]))
        places = there
    if not places:
        raise InputError(f"holds nothing at {told!r}", file=file, field="data.table.records")
    return [
        entry
        for key, place in places
        for entry in ([(key, part) for part in place] if isinstance(place, list) else [(key, place)])
    ]


def _parquet(path: Path, name: str, how: Format) -> Read:
    try:
        table = pq.read_table(path, partitioning=None)
        cells = {column: table[column].to_pylist() for column in table.column_names}
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"is not a readable Parquet file ({reason})", file=path) from None
    for column in table.column_names:
        if pa.types.is_map(table.schema.field(column).type):
            cells[column] = [None if cell is None else dict(cell) for cell in cells[column]]
    return from_cells(name, cells, np.arange(1, table.num_rows + 1), how.missing), _none()


def _spreadsheet(path: Path, name: str, how: Format) -> Read:
    rows = list(sheet_rows(path, how.sheet or ""))
    filled = [any(cell is not None for cell in row) for row in rows]
    if not any(filled):
        raise InputError("has no rows", file=path)
    start = filled.index(True)
    width = max(len(row) for row in rows)
    names = list(how.columns) or numbered(width)
    if how.header:
        names = ["" if cell is None else str(cell).strip() for cell in rows[start]]
        start += 1
    named = [(at, column) for at, column in enumerate(names) if column]
    repeated = sorted({column for _, column in named if names.count(column) > 1})
    if repeated:
        raise InputError(f"repeated column(s) {', '.join(map(repr, repeated))}", file=path)
    kept = [at for at in range(start, len(rows)) if filled[at]]
    cells = {column: [rows[row][at] if at < len(rows[row]) else None for row in kept] for at, column in named}
    return from_cells(name, cells, np.array(kept, np.int64) - start + 1, how.missing), _none()


def _none() -> pa.Table:
    return SET_ASIDE_SCHEMA.empty_table()
