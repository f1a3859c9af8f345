"""Tables at rest: Parquet that is there whole or not at all, and Items as ``datasets`` reads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from normsuite.errors import InputError
from normsuite.schema.checks import check_shape
from normsuite.schema.tables import ITEM_SCHEMA, PLAIN_ITEM_SCHEMA, SCHEMA_VERSION, conform
from normsuite.whole import written_whole

if TYPE_CHECKING:
    import datasets


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet whole and rename it into place: the file exists complete or not at all.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    with written_whole(path) as temporary, temporary.open("wb") as sink:
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        sink.flush()
        os.fsync(sink.fileno())


def read_table(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a Parquet file that must hold ``schema``, columns in its order.

    Raises:
        InputError: missing, empty or damaged file, another table, a newer schema.
    """
    if not path.is_file():
        raise InputError("is a folder, not a file" if path.is_dir() else "no such file", file=path)
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
        stored = (table.schema.metadata or {}).get(b"normsuite.schema", b"").decode()
        if stored and stored != str(SCHEMA_VERSION):
            fix = "use the normsuite version that wrote it"
            raise InputError(f"has schema version {stored}, this is {SCHEMA_VERSION}", file=path, fix=fix)
        check_shape(table, schema, path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"is not a readable Parquet file ({_first_line(error)})", file=path) from error
    return pa.table(table.select(schema.names).columns, schema=schema)  # without Parquet's own field ids


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def without_maps(items: pa.Table) -> pa.Table:
    """Items in ``PLAIN_ITEM_SCHEMA``."""
    pairs = items["categories"].combine_chunks()
    entries = pa.StructArray.from_arrays([pairs.keys, pairs.items], ["facet", "values"])
    lists = pa.ListArray.from_arrays(pairs.offsets, entries, mask=pairs.is_null())
    at = items.schema.get_field_index("categories")
    return items.set_column(at, PLAIN_ITEM_SCHEMA.field("categories"), lists)


def with_maps(plain: pa.Table) -> pa.Table:
    """The Items that ``without_maps`` turned into ``plain``."""
    columns = {name: plain[name] for name in plain.column_names}
    lists = columns["categories"].combine_chunks()
    keys, values = lists.values.field("facet"), lists.values.field("values")
    columns["categories"] = pa.MapArray.from_arrays(lists.offsets, keys, values, mask=lists.is_null())
    return conform(columns, ITEM_SCHEMA, plain.num_rows)


def to_dataset(items: pa.Table) -> datasets.Dataset:
    """Items as a ``datasets.Dataset``; maps, which it lacks, become lists of {facet, values}."""
    import datasets

    table = without_maps(items)
    plain = pa.schema([field.with_nullable(True) for field in table.schema])
    return datasets.Dataset(datasets.table.InMemoryTable(table.cast(plain)))


def from_dataset(dataset: datasets.Dataset) -> pa.Table:
    """The Items that ``to_dataset`` turned into ``dataset``."""
    return with_maps(dataset.with_format("arrow")[:])
