"""From a data set's name to its Items: found in the cache, shipped, or given; and written out with a card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from normsuite import folders
from normsuite.adapters import Adapted, Adapter, get_adapter, refuse_invalid
from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.adapters.describe import data_card
from normsuite.adapters.homes import cached
from normsuite.adapters.reading import sha256
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, check_items, read_table, write_table


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
        return raw
    if adapter.name == "mini":
        return folders.mini()
    found = cached(adapter)
    if found is None:
        fix = f"run `normsuite data get {adapter.name}`, or give a copy with --raw"
        raise InputError(
            f"the data set {adapter.name!r} is not on this machine", fix=adapter.home.manual or fix
        )
    return found


def load(name: str, raw: Path | None = None, view: str = "", *, keep_going: bool = False) -> Adapted:
    """A data set's Items, checked.

    Args:
        name: the data set.
        raw: its raw file or folder, or a Parquet file of Items, which may be of any data set; None looks in
            the cache.
        view: which judgement to take of each row; empty is the adapter's first.
        keep_going: set rows that break the format aside instead of refusing the file.

    Raises:
        InputError: nothing there, not the data set's format, rows that break it.
    """
    if raw is not None and raw.is_file() and _is_items(raw):
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
    check_items(adapted.items, path)
    return adapted


def _read_built(name: str, path: Path) -> Adapted:
    """Items that were built before, by ``build`` or by anyone who writes the schema: no adapter is needed."""
    items = read_items(path)
    named = items["dataset"].unique().to_pylist()
    if named != [name]:
        raise InputError(f"holds items of {', '.join(named)}, not of {name}", file=path, field="dataset")
    return Adapted(items, SET_ASIDE_SCHEMA.empty_table(), "Items as given", {path.name: sha256(path)})


def build(
    name: str, raw: Path | None, out: Path, view: str = "", *, keep_going: bool = False
) -> tuple[Adapted, Built]:
    """Write a data set's Items, its card with counts, and the rows that were set aside with reasons.

    Raises:
        InputError: as ``load``; or a file cannot be written.
    """
    if out.suffix != ".parquet":
        raise InputError("must end in .parquet", file=out, field="--out")
    adapted = load(name, raw, view, keep_going=keep_going)
    built = Built(out, out.with_suffix(".card.md"), out.with_suffix(".set-aside.csv"))
    write_table(adapted.items, built.items)
    try:
        built.card.write_text(data_card(get_adapter(name), adapted), encoding="utf-8")
        pacsv.write_csv(adapted.set_aside, built.set_aside)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=built.card) from None
    return adapted, built


def _is_items(path: Path) -> bool:
    """Whether a file is Parquet: then it must hold Items, since no raw data set here is Parquet."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def read_items(path: Path) -> pa.Table:
    """Items from a Parquet file, checked.

    Raises:
        InputError: the first thing wrong with it, with row and field.
    """
    items = read_table(path, ITEM_SCHEMA)
    check_items(items, path)
    return items
