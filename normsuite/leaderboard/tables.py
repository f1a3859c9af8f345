"""Tables of a submission: written in the same bytes each time, and read only after their size is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from normsuite.errors import InputError
from normsuite.whole import written_whole

MOST_BYTES: Final = 20 * 2**20
"""Of one file on disk."""
MOST_ROWS: Final = 5_000_000
MOST_MEMORY: Final = 2**30
"""Of one table, in bytes: as its metadata tells, and again once its texts are known."""
MOST_LENGTH: Final = 10_000
"""Bytes of one text in a table."""

_MAGIC: Final = b"PAR1"
_WIDTH: Final = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "BYTE_ARRAY": 4, "INT96": 12}
"""Bytes of one value in memory, by its physical type; of a text its place in a dictionary."""
_ROW_GROUP: Final = 1 << 20


@dataclass(frozen=True)
class Shape:
    """What the metadata of a Parquet file tells before anything of it is decoded."""

    rows: int
    memory: int


def write_rows(table: pa.Table, path: Path, keys: list[str]) -> None:
    """Write a table sorted by ``keys``: the same rows give the same bytes with the same pyarrow.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    ordered = table.sort_by([(key, "ascending") for key in keys]).combine_chunks()
    leaves = _leaves(table.schema)
    with written_whole(path) as temporary:
        pq.write_table(
            ordered,
            temporary,
            compression="zstd",
            compression_level=15,
            row_group_size=_ROW_GROUP,
            # Numbers that are all different are a fifth smaller with their bytes apart.
            use_byte_stream_split=[path for path, kind in leaves if kind == "DOUBLE"],
            use_dictionary=[path for path, kind in leaves if kind != "DOUBLE"],
        )


def _leaves(schema: pa.Schema) -> list[tuple[str, str]]:
    """The columns, and parts of columns, that Parquet has for a schema, with their physical types."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    columns = pq.read_metadata(pa.BufferReader(sink.getvalue())).schema
    return [(column.path, column.physical_type) for column in map(columns.column, range(len(columns)))]


def measure(path: Path, schema: pa.Schema) -> Shape:
    """See that a file is Parquet of ``schema`` and small enough, by its metadata alone.

    Raises:
        InputError: it is no plain file, no Parquet, too large, or holds other columns or types.
    """
    if path.is_symlink() or not path.is_file():
        raise InputError("is no plain file", file=path)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(f"has {size:,} bytes, more than the {MOST_BYTES:,} of a file", file=path)
    with path.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise InputError("is no Parquet file", file=path)
    try:
        metadata = pq.read_metadata(path)
        found = pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"is no readable Parquet file ({_first_line(error)})", file=path) from None
    _compare(found, schema, path)
    memory = _memory(metadata)
    if metadata.num_rows > MOST_ROWS:
        raise InputError(f"has {metadata.num_rows:,} rows, more than {MOST_ROWS:,}", file=path)
    if not 0 <= memory <= MOST_MEMORY:
        what = f"has {memory:,} bytes when unpacked, more than {MOST_MEMORY:,}"
        raise InputError(what, file=path)
    return Shape(metadata.num_rows, memory)


def _memory(metadata: pq.FileMetaData) -> int:
    """Bytes that a file unpacks to: those of its pages, or of its values, which may be told by far fewer."""
    total = 0
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            width = _WIDTH.get(column.physical_type, MOST_MEMORY)
            sizes = column.total_uncompressed_size, column.num_values * width
            if min(sizes) < 0:
                return -1
            total += max(sizes)
    return total


def read_rows(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a table that a stranger wrote.

    Texts are first read as dictionaries: a short file can say one long text a million times.

    Raises:
        InputError: as ``measure``; a text is too long, a required value is missing, the file is damaged.
    """
    measure(path, schema)
    try:
        with pq.ParquetFile(path, read_dictionary=_texts(path), page_checksum_verification=True) as file:
            found = file.read(schema.names, use_threads=False)
        memory = sum(_spelled_out(chunk, path) for column in found.columns for chunk in column.chunks)
        if memory > MOST_MEMORY:
            raise InputError(f"unpacks to more than {MOST_MEMORY:,} bytes", file=path)
        table = pa.table([found[field.name].cast(field.type) for field in schema], schema=schema)
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"is damaged ({_first_line(error)})", file=path) from None
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise InputError("is empty in some row", file=path, field=field.name)
    return table


def _texts(path: Path) -> list[str]:
    """The columns, and parts of columns, that hold texts."""
    columns = pq.read_metadata(path).schema
    found = (columns.column(i) for i in range(len(columns)))
    return [column.path for column in found if column.physical_type == "BYTE_ARRAY"]


def _spelled_out(array: pa.Array, path: Path) -> int:
    """Bytes of an array once each of its texts is written out."""
    if pa.types.is_dictionary(array.type):
        lengths = np.asarray(pc.fill_null(pc.binary_length(array.dictionary), 0)).astype(np.int64)
        places = np.asarray(pc.drop_null(array.indices))
        if places.min(initial=0) < 0 or places.max(initial=-1) >= len(lengths):
            raise InputError("is damaged (a text is not in its dictionary)", file=path)
        if lengths.max(initial=0) > MOST_LENGTH:
            raise InputError(f"holds a text of more than {MOST_LENGTH:,} bytes", file=path)
        return int(lengths[places].sum())
    if pa.types.is_map(array.type):
        return _spelled_out(array.keys, path) + _spelled_out(array.items, path)
    return _spelled_out(array.values, path) if pa.types.is_list(array.type) else int(array.nbytes)


def _compare(found: pa.Schema, schema: pa.Schema, path: Path) -> None:
    missing = [name for name in schema.names if name not in found.names]
    extra = [name for name in found.names if name not in schema.names]
    if missing or extra or len(found.names) != len(schema.names):
        parts = [f"lacks the columns {', '.join(missing)}"] if missing else []
        parts += [f"has {len(extra)} unexpected columns, first {extra[0][:40]!r}"] if extra else []
        raise InputError(" and ".join(parts) or "has a column twice", file=path)
    for field in schema:
        if found.field(field.name).type != field.type:
            what = f"is {found.field(field.name).type}, not {field.type}"
            raise InputError(what, file=path, field=field.name)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
