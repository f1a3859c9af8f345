"""Pictures of items: files below the folder that the user gave, never outside it.

In Items a picture is a path relative to that folder, with ``/``. What asks a model needs files: ``located``
gives absolute paths, which exist on this machine only and are written nowhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import Adapted
from normsuite.adapters.reading import sha256
from normsuite.errors import InputError

MOST_BYTES: Final = 8 * 2**20
"""Of one picture."""
_STARTS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_ENDINGS: Final = (".png", ".jpg", ".jpeg")


def find_images(folder: Path, root: Path, most: int) -> list[str]:
    """The pictures of a folder in the order of the numbers in their names, evenly thinned out.

    Args:
        folder: where they lie; it need not exist.
        root: the folder that the user gave.
        most: how many to keep at most, the first and the last among them.

    Returns:
        Paths relative to ``root``.
    """
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS]
    found.sort(key=lambda path: (_numbers_in(path.stem), path.name))
    kept = np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int))
    return [found[at].relative_to(root).as_posix() for at in kept]


def _numbers_in(name: str) -> list[tuple[int, str]]:
    """A name by which ``frame2`` comes before ``frame10``."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def with_images(adapted: Adapted, folder: Path) -> Adapted:
    """What was read, with the folder that its pictures lie in, and one digest over them all among its files.

    Raises:
        InputError: a picture is outside the folder, missing, none, or too large.
    """
    names = _names(adapted.items["images"])
    if not names:
        return adapted
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0{sha256(_file(name, folder))}\n".encode())
    files = {**adapted.files, f"pictures ({len(names):,})": digest.hexdigest()}
    return replace(adapted, files=files, folder=folder)


def located(items: pa.Table, folder: Path | None) -> pa.Table:
    """Items whose pictures are absolute paths.

    Args:
        items: [n] Items.
        folder: the folder that the paths are relative to.

    Raises:
        InputError: as ``with_images``.
    """
    names = _names(items["images"])
    if not names or folder is None:
        return items
    places = {name: str(_file(name, folder)) for name in names}
    lists = [paths and [places[name] for name in paths] for paths in items["images"].to_pylist()]
    at = items.schema.get_field_index("images")
    return items.set_column(at, items.schema.field("images"), pa.array(lists, pa.list_(pa.string())))


def media_type(content: bytes) -> str | None:
    """What a picture's first bytes say that it is; None if it is none that we know."""
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), None)


def _names(column: pa.ChunkedArray) -> Sequence[str]:
    """The distinct paths of a column of lists, sorted."""
    names: Iterable[str] = pc.unique(pc.list_flatten(column)).to_pylist()
    return sorted(names)


def _file(name: str, folder: Path) -> Path:
    """The file of a picture."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise InputError("lies outside the data set's folder", file=name, field="images")
        if not path.is_file():
            raise InputError("no such picture", file=folder / name, field="images")
        size = path.stat().st_size
        with path.open("rb") as source:
            start = source.read(16)
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        raise InputError(f"cannot be read ({error})", file=repr(name), field="images") from None
    if size > MOST_BYTES:
        what = f"has {size / 2**20:.1f} MiB, more than {MOST_BYTES / 2**20:.0f}"
        raise InputError(what, file=folder / name, field="images", fix="make the picture smaller")
    if media_type(start) is None:
        raise InputError("is no PNG and no JPEG picture", file=folder / name, field="images")
    return path
