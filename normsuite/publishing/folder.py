"""A data set as a folder that others can load: data, card, Croissant metadata and the rows set aside.

It is written beside its place and renamed: it is there whole, or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from normsuite.adapters.build import noted, spreadsheet
from normsuite.adapters.items_folder import DATA, data_files, is_items_folder
from normsuite.adapters.reading import sha256
from normsuite.errors import InputError
from normsuite.publishing.card import readme
from normsuite.publishing.croissant import croissant
from normsuite.publishing.files import DataFile, write_files
from normsuite.publishing.source import Source

README: Final = "README.md"
CROISSANT: Final = "croissant.json"
SET_ASIDE: Final = "set-aside.csv"
_NAMES: Final = {DATA, README, CROISSANT, SET_ASIDE}
_FILE_ENDINGS: Final = {".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".arrow", ".md", ".zip"}


@dataclass(frozen=True)
class BuiltFolder:
    """The folder that ``write_folder`` wrote."""

    path: Path
    files: tuple[DataFile, ...]

    @property
    def card(self) -> Path:
        """The data card."""
        return self.path / README

    @property
    def set_aside(self) -> Path:
        """The rows that are no items."""
        return self.path / SET_ASIDE


def is_built(folder: Path) -> bool:
    """Whether a folder is a build and holds nothing else, so that another build may take its place."""
    names = {path.name for path in folder.iterdir()}
    if names != _NAMES or any(path.is_symlink() for path in folder.iterdir()):
        return False
    return is_items_folder(folder) and len(data_files(folder)) == len(list((folder / DATA).iterdir()))


def check_place(out: Path, raw: Path | None) -> None:
    """Refuse a place that a folder must not be written to.

    Args:
        out: the place.
        raw: what will be read.

    Raises:
        InputError: it is a file, or is called like one; it holds something else than an earlier build; it is
            what will be read, or the folder the user is in.
    """
    if out.suffix in _FILE_ENDINGS:
        fix = "name a folder, or a file that ends in .parquet"
        raise InputError(f"is called like a {out.suffix} file", file=out, field="--out", fix=fix)
    place = out.resolve()
    if Path.cwd().is_relative_to(place):
        raise InputError("is the folder you are in", file=out, field="--out", fix="name another folder")
    if raw is not None and raw.exists() and raw.resolve().is_relative_to(place):
        raise InputError("cannot write: the raw files lie in it", file=out, field="--out")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InputError("cannot write: it is no folder", file=out, field="--out")
    if out.is_dir() and any(out.iterdir()) and not is_built(out):
        what = "holds something else than an earlier build"
        raise InputError(what, file=out, field="--out", fix="name another folder, or empty it")


def write_folder(source: Source, out: Path, date: str = "") -> BuiltFolder:
    """Write a data set; an earlier build at the same place is replaced.

    Args:
        source: from ``read_source``.
        out: the folder; ``check_place`` has been asked about it.
        date: of publication, ISO 8601; today if empty.

    Raises:
        InputError: it cannot be written.
    """
    place = out.resolve()
    beside = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    with ExitStack() as leftovers:
        leftovers.callback(shutil.rmtree, beside, ignore_errors=True)
        try:
            beside.mkdir(parents=True)
            files = write_files(noted(source.adapted), beside)
            _write(beside / SET_ASIDE, spreadsheet(source.adapted.set_aside))
            digests = {SET_ASIDE: sha256(beside / SET_ASIDE)}
            described = croissant(source, files, digests, date or datetime.now(UTC).date().isoformat())
            _write(beside / CROISSANT, json.dumps(described, indent=2, ensure_ascii=False).encode() + b"\n")
            _write(beside / README, readme(source, files).encode())
            _put_in_place(beside, place)
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror or error}", file=out) from error
    return BuiltFolder(out, tuple(files))


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())


def _put_in_place(beside: Path, place: Path) -> None:
    """Rename a folder into its place; what lay there goes only once the new one is there."""
    before = place.with_name(f".{place.name}.{os.getpid()}.before")
    if not place.exists():
        beside.rename(place)
        return
    place.rename(before)
    try:
        beside.rename(place)
    except OSError:
        before.rename(place)
        raise
    shutil.rmtree(before, ignore_errors=True)
