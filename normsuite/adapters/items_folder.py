"""A folder of Items, as ``data build`` writes it, a hub keeps it and ``datasets`` loads it.

``data/<split>-00000-of-00002.parquet``: Items without maps, in one file per split, or in several where a
split is large. Only such files are read; a card and other descriptions may lie beside them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from normsuite.errors import InputError
from normsuite.schema import PLAIN_ITEM_SCHEMA, SPLITS, check_items, read_table, with_maps

DATA: Final = "data"
_NAME: Final = re.compile(rf"({'|'.join(SPLITS)})-([0-9]{{5}})-of-([0-9]{{5}})\.parquet")


def file_name(split: str, shard: int, shards: int) -> str:
    """The path, below the folder, of one file."""
    return f"{DATA}/{split}-{shard:05}-of-{shards:05}.parquet"


def data_files(folder: Path) -> list[Path]:
    """The files of Items of a folder, by split and shard; none where it is no such folder."""
    found = [(match, path) for path in (folder / DATA).glob("*") if (match := _NAME.fullmatch(path.name))]
    found.sort(key=lambda pair: (SPLITS.index(pair[0][1]), pair[1].name))
    return [path for _, path in found]


def is_items_folder(folder: Path) -> bool:
    """Whether a folder's files say of themselves that they are Items; raw data may have such names too."""
    return any(is_plain_items(path) for path in data_files(folder))


def is_plain_items(path: Path) -> bool:
    """Whether a file is Parquet that says of itself that it is Items, and has no maps."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return False
    named = (schema.metadata or {}).get(b"normsuite.table")
    return named == b"items" and schema.field("categories").type == PLAIN_ITEM_SCHEMA.field("categories").type


def read_items_folder(folder: Path) -> pa.Table:
    """The Items of all files of a folder, checked.

    Raises:
        InputError: there is none, one of several is missing, or the first thing wrong with them, with file,
            row and field.
    """
    files = data_files(folder)
    if not files:
        what = f"has no files of Items, such as {file_name('test', 0, 1)}"
        raise InputError(what, file=folder, fix="build it with `normsuite data build`")
    _refuse_gaps(files)
    items = [read_plain_items(path) for path in files]
    together = pa.concat_tables(items).combine_chunks()
    if len(items) > 1:
        check_items(together, folder)
    return together


def read_plain_items(path: Path) -> pa.Table:
    """The Items of one file without maps, checked.

    Raises:
        InputError: the first thing wrong with them, with row and field.
    """
    items = with_maps(read_table(path, PLAIN_ITEM_SCHEMA))
    check_items(items, path)
    return items


def _refuse_gaps(files: list[Path]) -> None:
    """Refuse a split of which not every file is there, or that has files of two builds."""
    for path in files:
        split, _, _, shards = path.stem.split("-")
        wanted = {Path(file_name(split, shard, int(shards))).name for shard in range(int(shards))}
        found = {other.name for other in files if other.name.startswith(f"{split}-")}
        if astray := sorted(wanted ^ found):
            what = f"is not there, or is of another build than {path.name}"
            raise InputError(what, file=path.with_name(astray[0]), fix="bring or build the folder again")
