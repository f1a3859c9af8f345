"""EtiCor's files: bytes of more than one encoding, with backslash escapes, as rows of text."""

from __future__ import annotations

import csv
import io
import warnings
from pathlib import Path
from typing import Final

import pyarrow as pa

from normsuite.adapters.base import SET_ASIDE_SCHEMA, set_aside_rows
from normsuite.adapters.reading import RawRows, sha256
from normsuite.errors import InputError

MOST_BYTES: Final = 64 << 20
"""Of a file; the largest have a few megabytes."""


def read_escaped(path: Path, columns: tuple[str, ...]) -> RawRows:
    """Some columns of a CSV file whose text is UTF-8 or windows-1252, cell by cell, with escapes in it.

    The authors read their files by Python's codec ``unicode-escape``, which knows no UTF-8. A row with a cell
    that cannot be decoded is set aside, and so is a row of another width.

    Args:
        path: the raw file.
        columns: names of the columns, which must be there; others are not read.

    Raises:
        InputError: it cannot be read, is far too large, lacks a column, or a quote does not close.
    """
    header, records = _parse(path)
    missing = [name for name in columns if name not in header]
    if missing:
        what = f"missing column(s) {', '.join(map(repr, missing))}"
        raise InputError(what, file=path, fix=f"expected {', '.join(map(repr, columns))}")
    places = [header.index(name) for name in columns]
    rows: list[list[str]] = []
    numbers: list[int] = []
    faults = [SET_ASIDE_SCHEMA.empty_table()]
    for number, cells in enumerate(records, 1):
        if len(cells) != len(header):
            reason = f"has {len(cells)} column(s), not {len(header)}"
            faults.append(_fault(path.name, number, "columns", reason, ",".join(cells)))
            continue
        decoded = [decode(cells[place]) for place in places]
        bad = next((at for at, text in enumerate(decoded) if text is None), None)
        if bad is not None:
            reason = "holds bytes or an escape that are no text"
            faults.append(_fault(path.name, number, columns[bad], reason, cells[places[bad]]))
            continue
        rows.append([text for text in decoded if text is not None])
        numbers.append(number)
    if not rows:
        raise InputError("has no rows", file=path)
    table = pa.table(
        [pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=list(columns)
    )
    return RawRows(table, pa.array(numbers, pa.int64()), pa.concat_tables(faults), sha256(path))


def decode(cell: str) -> str | None:
    """The text of a cell that was read as Latin-1; None if it is none."""
    octets = cell.encode("latin-1")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = octets.decode("windows-1252")
        except UnicodeDecodeError:
            return None
    try:
        if "\\" in text:
            text = _unescaped(text)
        # Escapes write what is beyond the basic plane as two surrogates; half of such a pair is no text.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:
        return None
    return None if "\0" in text else text.strip()


def _unescaped(text: str) -> str:
    with warnings.catch_warnings(
        action="ignore", category=DeprecationWarning
    ):  # a backslash before any letter
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")


def _parse(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows as Latin-1, which gives every byte back; separators and quotes are ASCII anyway."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error
    if len(content) > MOST_BYTES:
        raise InputError(f"has more than {MOST_BYTES >> 20} MiB: no file of this set has", file=path)
    text = content.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        records = [row for row in reader if row]
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} cannot be parsed ({error})", file=path) from error
    if len(records) < 2:
        raise InputError("has no rows", file=path)
    return records[0], records[1:]


def _fault(file: str, number: int, field: str, reason: str, value: str) -> pa.Table:
    shown = value.encode("utf-8", "replace").decode("utf-8")
    return set_aside_rows(file, pa.array([number]), field, reason, pa.array([shown]), invalid=True)
