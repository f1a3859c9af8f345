"""Reading raw Parquet: the columns asked for, in their types, and one clear line for anything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.adapters.reading import RawRows, sha256
from normsuite.errors import InputError


def read_parquet(
    path: Path, columns: Mapping[str, pa.DataType], *, optional: Collection[str] = ()
) -> RawRows:
    """Read some columns of a Parquet file; others are passed over.

    Args:
        path: the raw file.
        columns: name and type of each column.
        optional: those of ``columns`` that the file may lack; the table then lacks them too.

    Raises:
        InputError: missing or damaged file, no rows, a missing column, one that is not of its type.
    """
    if not path.is_file():
        raise InputError("no such file", file=path)
    try:
        parquet = pq.ParquetFile(path)
        missing = [name for name in columns if name not in parquet.schema_arrow.names]
        if set(missing) - set(optional):
            missing = [name for name in missing if name not in optional]
            what = f"missing column(s) {', '.join(map(repr, missing))}"
            raise InputError(what, file=path, fix=f"expected {', '.join(columns)}")
        there = {name: kind for name, kind in columns.items() if name not in missing}
        table = parquet.read(columns=list(there))
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"is not a readable Parquet file ({reason})", file=path) from None
    if not table.num_rows:
        raise InputError("has no rows", file=path)
    cast = [_cast(table[name], name, kind, path) for name, kind in there.items()]
    records = pa.array(np.arange(1, table.num_rows + 1))
    return RawRows(pa.table(cast, names=list(there)), records, SET_ASIDE_SCHEMA.empty_table(), sha256(path))


def _cast(column: pa.ChunkedArray, name: str, kind: pa.DataType, path: Path) -> pa.ChunkedArray:
    try:
        return column.cast(kind)
    except pa.ArrowException:
        raise InputError(f"is {column.type}, not {kind}", file=path, field=name) from None
