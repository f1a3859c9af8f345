"""Tables of a submission: written in the same bytes each time, and read only after their size is known."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from normsuite.errors import InputError

MOST_BYTES: Final = 20 * 2**20
"""Of one file on disk."""
MOST_ROWS: Final = 5_000_000
MOST_MEMORY: Final = 2**30
"""Of one table: as its metadata tells, and again while it is read."""
MOST_CHARACTERS: Final = 1_000
"""Of one text in a table."""

_MAGIC: Final = b"PAR1"
_AT_ONCE: Final = 4_096  # rows decoded at once
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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            ordered, temporary, compression="zstd", compression_level=15, row_group_size=_ROW_GROUP
        )
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputError(f"cannot write: {error.strerror or error}", file=path) from error


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
    memory = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS:
        raise InputError(f"has {metadata.num_rows:,} rows, more than {MOST_ROWS:,}", file=path)
    if not 0 <= memory <= MOST_MEMORY:
        what = f"has {memory:,} bytes when unpacked, more than {MOST_MEMORY:,}"
        raise InputError(what, file=path)
    return Shape(metadata.num_rows, memory)


def read_rows(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a table that a stranger wrote.

    Metadata can lie, so memory is counted once more while rows are decoded a few at a time.

    Raises:
        InputError: as ``measure``; a text is too long, a required value is missing, the file is damaged.
    """
    measure(path, schema)
    batches, memory = list[pa.RecordBatch](), 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(_AT_ONCE, columns=schema.names, use_threads=False):
                memory += batch.nbytes
                if memory > MOST_MEMORY:
                    raise InputError(f"unpacks to more than {MOST_MEMORY:,} bytes", file=path)
                batches.append(batch)
        found = pa.Table.from_batches(batches, pq.read_schema(path)).select(schema.names)
        table = pa.table(found.columns, schema=schema)
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"is damaged ({_first_line(error)})", file=path) from None
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise InputError("is empty in some row", file=path, field=field.name)
    return table


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
