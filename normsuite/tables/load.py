"""A task's table from its files to checked Items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from normsuite.adapters import Adapted, known_adapters
from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapter, Home, RemoteFile
from normsuite.adapters.build import load
from normsuite.adapters.describe import reasons
from normsuite.adapters.homes import get
from normsuite.adapters.items_folder import is_items_folder
from normsuite.adapters.reading import sha256
from normsuite.adapters.rows import in_row_order
from normsuite.errors import InputError
from normsuite.schema import check_items
from normsuite.tables.items import items_of
from normsuite.tables.readers import read_file
from normsuite.tables.reshape import reshape
from normsuite.tables.rows import concat
from normsuite.tasks import AnyTask, DataSpec, DirectionTask
from normsuite.tasks.table import TableSpec

HUB: Final = "hf://"
MOST_FILES: Final = 10_000
_ADDRESS: Final = re.compile(r"hf://datasets/[\w.-]+/[\w.-]+@(?P<revision>[\w.-]+)/(?P<path>[^/].*)")


@dataclass(frozen=True)
class TableSource:
    """A data set that a task file brings along.

    Attributes:
        name: the data set's.
        spec: its files and how their columns become Items.
        folder: where the task file lies.
    """

    name: str
    spec: TableSpec
    folder: Path


def tables_of(tasks: Sequence[AnyTask]) -> dict[str, TableSource]:
    """The tables that tasks bring along, by the data set's name.

    Raises:
        InputError: a name is that of a data set normsuite knows, or stands for two different tables.
    """
    found: dict[str, TableSource] = {}
    for task in tasks:
        for data in _data_of(task):
            if data.table is None:
                continue
            if data.set in known_adapters():
                what = f"the table of the task {task.name!r} has the name of a known data set, {data.set!r}"
                raise InputError(what, field="data.set", fix="choose another")
            source = TableSource(data.set, data.table, (task.folder or Path()).resolve())
            if found.setdefault(data.set, source) != source:
                what = f"two different tables are called {data.set!r}"
                raise InputError(what, field="data.set", fix="give each a name of its own")
    return found


def _data_of(task: AnyTask) -> Iterator[DataSpec]:
    yield task.data
    if isinstance(task, DirectionTask):
        yield from (seeds.data for seeds in task.seeds if seeds.data is not None)


def task_items(task: AnyTask, raw: Path | None = None) -> Adapted:
    """The items of a task that brings its own table, checked, with the rows that were set aside.

    Args:
        task: from ``load_task``.
        raw: another place of the files than the task's folder.

    Raises:
        InputError: the task has no table, or as ``load_table``.
    """
    tables = tables_of([task])
    if task.data.set not in tables:
        raise InputError(f"the task {task.name!r} has no table of its own", field="data.table")
    return load_table(tables[task.data.set], raw)


def unmapped_countries(items: pa.Table) -> dict[str, int]:
    """What the data calls a country and is none that we know, with the number of items: most first."""
    named = pc.struct_field(items["source"].combine_chunks(), "culture")
    lost = named.filter(pc.and_(pc.is_null(items["country"].combine_chunks()), pc.is_valid(named)))
    counted = {row["values"]: row["counts"] for row in pc.value_counts(lost).to_pylist()}
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def load_table(source: TableSource, raw: Path | None = None) -> Adapted:
    """Read a table as its task file says.

    Args:
        source: which.
        raw: a folder in place of the task's, a file in place of its files, or Items that were built.

    Raises:
        InputError: a file or column is not there, a row breaks the format (unless ``keep_going``), or no row
            became an item.
    """
    if raw is not None and _is_items(raw):
        return load(source.name, raw)
    spec = source.spec
    read, faults, digests = [], [], {}
    for path, name in files_of(spec.files, source.folder, raw):
        rows, aside = read_file(path, name, spec.format, spec.records)
        read.append(rows)
        faults.append(aside)
        digests[name] = sha256(path)
    rows, aside_later = reshape(concat(read), spec)
    items, aside_last = items_of(source.name, rows, spec)
    set_aside = in_row_order([SET_ASIDE_SCHEMA.empty_table(), *faults, *aside_later, *aside_last])
    if not spec.keep_going:
        _refuse_invalid(set_aside)
    if not items.num_rows:
        why = "; ".join(f"{field}: {reason}, {n:,} rows" for field, reason, n in reasons(set_aside))
        raise InputError(f"no row of the table {source.name!r} became an item ({why})", field="data.table")
    check_items(items, source.name)
    return Adapted(items, set_aside, files=digests)


def _refuse_invalid(set_aside: pa.Table) -> None:
    bad = set_aside.filter(set_aside["invalid"])
    if bad.num_rows:
        first = bad.slice(0, 1).to_pylist()[0]
        more = f" (and {bad.num_rows - 1:,} more such rows)" if bad.num_rows > 1 else ""
        raise InputError(
            f"{first['value']!r} {first['reason']}{more}",
            file=first["file"],
            row=first["row"],
            field=first["field"],
            fix="mend the file or the task's table, or set such rows aside with `keep_going: true` in it",
        )


def files_of(files: Sequence[str], folder: Path, raw: Path | None = None) -> list[tuple[Path, str]]:
    """The table's files and their paths below the task's folder, sorted.

    Args:
        files: as ``TableSpec`` names them.
        folder: where the task file lies.
        raw: as for ``load_table``.

    Raises:
        InputError: a name matches nothing, or leads out of the folder; a hub does not answer.
    """
    if raw is not None and not raw.exists():
        raise InputError("no such file or folder", file=raw)
    if raw is not None and raw.is_file():
        return [(raw, raw.name)]
    root = raw or folder
    found: dict[str, Path] = {}
    for wanted in files:
        if wanted.startswith(HUB):
            path, at = _from_hub(wanted)
            found[at] = path
            continue
        exact = root / wanted
        try:
            matched = [exact] if exact.is_file() else sorted(p for p in root.glob(wanted) if p.is_file())
        except (ValueError, OSError) as error:
            raise InputError(f"is no name or pattern of files ({error})", file=wanted) from None
        if not matched:
            raise InputError("no such file", file=root / wanted, fix="paths begin at the task file's folder")
        for path in matched:
            if not path.resolve().is_relative_to(root.resolve()):
                raise InputError("leads out of the task file's folder", file=path)
            if not path.name.isprintable():
                raise InputError("its name is not plain text", file=repr(str(path)), fix="rename it")
            found[path.relative_to(root).as_posix()] = path
    if len(found) > MOST_FILES:
        raise InputError(f"has {len(found):,} files, more than {MOST_FILES:,}", field="data.table.files")
    return [(path, at) for at, path in sorted(found.items())]


def _from_hub(address: str) -> tuple[Path, str]:
    """A file of the Hugging Face hub in the user's cache, and its path in the repository."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None or ".." in PurePosixPath(address).parts:
        raise InputError("is not of the form hf://datasets/owner/name@revision/path", file=address)

    def never(raw: Path, view: str) -> Adapted:
        raise NotImplementedError  # a table is read by its task file

    place = address.removeprefix(f"{HUB}datasets/")
    home = Home(page=address, licence="", revision=parts["revision"], files=(RemoteFile(address, place),))
    return get(Adapter("tables", "tables", home, never)) / place, parts["path"]


def _is_items(path: Path) -> bool:
    """Whether a file is Parquet that says of itself that it holds Items, or a folder has such files."""
    if path.is_dir():
        return is_items_folder(path)
    if not path.is_file() or path.suffix != ".parquet":
        return False
    try:
        return (pq.read_schema(path).metadata or {}).get(b"normsuite.table") == b"items"
    except (pa.ArrowException, OSError):
        return False
