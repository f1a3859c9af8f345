"""The file of Social-Chem-101: 25 tab-separated columns, with quotes inside the text.

Whether a quote encloses a cell or belongs to its text cannot be told from the format's name: programs that
write tables enclose, people who paste text do not. One line is one row, so the file is read by lines first,
and a cell that is wholly enclosed loses its quotes. Only if some line has not 25 cells is the quoted reading
tried, and the one that sets fewer rows aside is taken.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.reading import RawRows, read_rows
from normsuite.errors import InputError

_WORDS: Final = pa.dictionary(pa.int32(), pa.string())
_TEXT: Final = pa.string()
COLUMNS: Final = {
    "area": _WORDS,
    "m": _WORDS,
    "split": _WORDS,
    "rot-agree": _WORDS,
    "rot-categorization": _WORDS,
    "rot-moral-foundations": _WORDS,
    "rot-char-targeting": _WORDS,
    "rot-bad": _WORDS,
    "rot-judgment": _TEXT,
    "action": _TEXT,
    "action-agency": _WORDS,
    "action-moral-judgment": _WORDS,
    "action-agree": _WORDS,
    "action-legal": _WORDS,
    "action-pressure": _WORDS,
    "action-char-involved": _WORDS,
    "action-hypothetical": _WORDS,
    "situation": _TEXT,
    "situation-short-id": _TEXT,
    "rot": _TEXT,
    "rot-id": _TEXT,
    "rot-worker-id": _WORDS,
    "breakdown-worker-id": _WORDS,
    "n-characters": _WORDS,
    "characters": _TEXT,
}
"""The official columns in order."""

_ENCLOSED: Final = r'^"(?:[^"]|"")*"$'


def read_table(path: Path) -> RawRows:
    """The rows of the file, each text as its writer meant it.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    rows = read_rows(path, COLUMNS, delimiter="\t", quoting=False)
    if rows.set_aside.num_rows:
        try:
            quoted = read_rows(path, COLUMNS, delimiter="\t", quoting=True)
        except InputError:  # quotes that do not close: they are text
            return _unquoted(rows)
        if quoted.set_aside.num_rows < rows.set_aside.num_rows:
            return quoted
    return _unquoted(rows)


def _unquoted(rows: RawRows) -> RawRows:
    table = rows.table
    for at, name in enumerate(table.column_names):
        if table.schema.field(name).type == _TEXT:
            table = table.set_column(at, name, _without_quotes(table[name]))
    return replace(rows, table=table)


def _without_quotes(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts; one wholly enclosed in quotes is freed of them, and its doubled quotes are halved."""

    def freed(chunk: pa.Array) -> pa.Array:
        quoted = pc.starts_with(chunk, '"')
        some = chunk.filter(quoted)
        enclosed = pc.match_substring_regex(some, _ENCLOSED)
        if not enclosed.true_count:
            return chunk
        inner = pc.replace_substring(pc.utf8_slice_codeunits(some, 1, -1), '""', '"')
        return pc.replace_with_mask(chunk, quoted, pc.if_else(enclosed, inner, some))

    return pa.chunked_array([freed(chunk) for chunk in texts.chunks])
