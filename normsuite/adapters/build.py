"""From a data set's name to its Items: found in the cache, shipped, or given; and written out with a card."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from normsuite import cultures, folders
from normsuite.adapters import Adapted, Adapter, get_adapter, known_adapters, refuse_invalid
from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.adapters.describe import data_card, reasons
from normsuite.adapters.homes import cached, downloads
from normsuite.adapters.images import with_images
from normsuite.adapters.items_folder import (
    data_files,
    is_items_folder,
    is_plain_items,
    read_items_folder,
    read_plain_items,
)
from normsuite.adapters.reading import sha256
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, check_items, read_table, write_table

_ITEM_NAMES: Final = frozenset({"dataset", "kind", "cluster"})
_RELEASE: Final = b"normsuite.release"
"""Where a file of Items keeps the release that was recognised in the raw files."""


@dataclass(frozen=True)
class Built:
    """The files that ``build`` wrote."""

    items: Path
    card: Path
    set_aside: Path


def find_raw(adapter: Adapter, raw: Path | None) -> Path:
    """Where the raw files are: the path given, the shipped ones, or the downloaded ones.

    Raises:
        InputError: they are nowhere; says how to get them.
    """
    if raw is not None:
        if not raw.exists():
            raise InputError("no such file or folder", file=raw)
        if not raw.name.isprintable():  # it goes into tables, and a name that is no UTF-8 cannot
            raise InputError("its name is not plain text", file=repr(str(raw)), fix="rename it")
        return raw
    if adapter.name == "mini":
        return folders.mini()
    found = cached(adapter)
    if found is None:
        get = f"run `normsuite data get {adapter.name}`"
        fix = f"{get}{' to see where it is had' if adapter.home.manual else ''}, or give a copy with --raw"
        raise InputError(f"the data set {adapter.name!r} is not on this machine", fix=fix)
    return found


def load(name: str, raw: Path | None = None, view: str = "", *, keep_going: bool = False) -> Adapted:
    """A data set's Items, checked.

    Args:
        name: the data set.
        raw: its raw file or folder, or Items that were built (a file or a folder), which may be of any data
            set; None looks in the cache.
        view: which judgement to take of each row; empty is the adapter's first.
        keep_going: set rows that break the format aside instead of refusing the file.

    Raises:
        InputError: nothing there, not the data set's format, rows that break it, no row that is an item.
    """
    if raw is not None and is_items(raw):
        return _read_built(name, raw)
    adapter = get_adapter(name)
    if view and view not in adapter.views:
        raise InputError(
            f"the data set {name!r} has no view {view!r}", fix=f"choose one of {', '.join(adapter.views)}"
        )
    path = find_raw(adapter, raw)
    adapted = adapter.read(path, view or adapter.views[0])
    if not keep_going:
        refuse_invalid(adapted)
    if not adapted.items.num_rows:
        why = "; ".join(f"{field}: {reason}, {n:,} rows" for field, reason, n in reasons(adapted.set_aside))
        raise InputError(f"no row became an item ({why})", file=path)
    check_items(adapted.items, path)
    return adapted


def _read_built(name: str, path: Path) -> Adapted:
    """Items that were built before, by ``build`` or by anyone who writes the schema: no adapter is needed."""
    items = read_items(path)
    named = items["dataset"].unique().to_pylist()
    if named != [name]:
        what = f"holds items of {', '.join(named)}, not of {name}" if named else "holds 0 items"
        raise InputError(what, file=path, field="dataset")
    files = data_files(path) if path.is_dir() else [path]
    release = (pq.read_schema(files[0]).metadata or {}).get(_RELEASE, b"").decode(errors="replace")
    version = f"{release}, as Items" if release else "Items as given"
    digests = {file.name: sha256(file) for file in files}
    return with_images(Adapted(items, SET_ASIDE_SCHEMA.empty_table(), version, digests), path.parent)


def build(
    name: str, raw: Path | None, out: Path, view: str = "", *, keep_going: bool = False
) -> tuple[Adapted, Built]:
    """Write a data set's Items, its card with counts, and the rows that were set aside with reasons.

    Raises:
        InputError: as ``load``; or a file cannot be written.
    """
    if out.suffix != ".parquet":
        raise InputError("must end in .parquet", file=out, field="--out")
    built = Built(out, out.with_suffix(".card.md"), out.with_suffix(".set-aside.csv"))
    for path in (built.items, built.card, built.set_aside):
        if path.is_dir():
            raise InputError("cannot write: it is a folder", file=path)
        if raw is not None and raw.is_file() and path.exists() and path.samefile(raw):
            raise InputError("cannot write: it is the raw file itself", file=path)
    adapted = load(name, raw, view, keep_going=keep_going)
    adapter = get_adapter(name) if name in known_adapters() else None
    downloaded = downloads(adapter) if adapter and raw is None else ()
    texts = {
        built.card: data_card(name, adapter, adapted, downloaded).encode(),
        built.set_aside: spreadsheet(adapted.set_aside),
    }
    _write_beside(noted(adapted), built.items, texts)
    return adapted, built


def noted(adapted: Adapted) -> pa.Table:
    """The Items, with the release that was recognised in the table's metadata, where reading finds it."""
    metadata = {**(adapted.items.schema.metadata or {}), _RELEASE: adapted.version.encode()}
    return adapted.items.replace_schema_metadata(metadata)


def _write_beside(items: pa.Table, path: Path, others: Mapping[Path, bytes]) -> None:
    """Write Items and the files beside them: the others are on disk before the Items are, or nothing is."""
    staged = {other: other.with_name(f".{other.name}.{os.getpid()}.tmp") for other in others}
    with ExitStack() as leftovers:
        for temporary in staged.values():
            leftovers.callback(_remove, temporary)
        for other, temporary in staged.items():
            try:
                other.parent.mkdir(parents=True, exist_ok=True)
                temporary.write_bytes(others[other])
            except OSError as error:
                raise InputError(f"cannot write: {error.strerror or error}", file=other) from error
        write_table(items, path)
        for other, temporary in staged.items():
            temporary.replace(other)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def spreadsheet(set_aside: pa.Table) -> bytes:
    """The rows set aside as CSV.

    Values come from data: one that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    value = set_aside["value"]
    formula = pc.and_not(
        pc.match_substring_regex(value, r"^\s*[=+\-@]"), pc.match_substring_regex(value, r"^[+\-]?[0-9.]+$")
    )
    shown = pc.if_else(formula, pc.binary_join_element_wise("'", value, ""), value)
    at = set_aside.schema.get_field_index("value")
    sink = pa.BufferOutputStream()
    pacsv.write_csv(set_aside.set_column(at, "value", shown), sink)
    return bytes(sink.getvalue())


def is_items(path: Path) -> bool:
    """Whether a file is Parquet of Items, or a folder has such files, well made or not.

    Raw data in Parquet has other names.
    """
    if not path.is_file():
        return path.is_dir() and is_items_folder(path)
    with path.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            return False
    try:
        return not _ITEM_NAMES.isdisjoint(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return True  # reading it says what is wrong


def read_items(path: Path) -> pa.Table:
    """Items from a Parquet file, or from a folder of them, checked.

    Raises:
        InputError: the first thing wrong with it, with row and field.
    """
    if path.is_dir():
        items = read_items_folder(path)
    elif path.is_file() and is_plain_items(path):
        items = read_plain_items(path)
    else:
        items = read_table(path, ITEM_SCHEMA)
        check_items(items, path)
    for code in items["country"].unique().drop_null().to_pylist():
        if cultures.country(code) != code:
            row = pc.index(items["country"], code).as_py() + 1
            raise InputError(
                f"{code!r} is no country's ISO 3166-1 alpha-3 code", file=path, row=row, field="country"
            )
    return items
