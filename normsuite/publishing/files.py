"""The Parquet files of a published folder: one for each split, several where a split is large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.items_folder import file_name
from normsuite.adapters.reading import sha256
from normsuite.schema import SPLITS, without_maps, write_table

MOST_BYTES: Final = 500_000_000
"""Of one file's rows, in memory; on disk they take less."""


@dataclass(frozen=True)
class DataFile:
    """One file.

    Attributes:
        name: its path below the folder.
        split: whose rows it has.
        rows: how many.
        memory: their bytes in memory.
        size: its bytes on disk.
        sha256: its digest.
    """

    name: str
    split: str
    rows: int
    memory: int
    size: int
    sha256: str


def write_files(items: pa.Table, folder: Path) -> list[DataFile]:
    """Write Items split by split.

    Args:
        items: Items; what the schema's metadata says is kept.
        folder: ``data/`` is made in it.

    Raises:
        InputError: they cannot be written.
    """
    plain = without_maps(items)
    written = []
    for split in SPLITS:
        rows = plain.filter(pc.equal(plain["split"], split)).combine_chunks()
        if not rows.num_rows:
            continue
        shards = -(-rows.nbytes // MOST_BYTES)
        most = -(-rows.num_rows // shards)
        shards = -(-rows.num_rows // most)
        for shard in range(shards):
            part = rows.slice(shard * most, most)
            path = folder / file_name(split, shard, shards)
            write_table(part, path)
            name, size = file_name(split, shard, shards), path.stat().st_size
            written.append(DataFile(name, split, part.num_rows, part.nbytes, size, sha256(path)))
    return written
