"""The documents that agents search: a folder of plain text that the user names, cut into passages.

Only ``.txt`` and ``.md`` files are read, as text: nothing of them is run or rendered. No link leads out of
the folder, and sizes are bounded, for the passages are held in memory and travel to other processes.
"""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from normsuite.errors import InputError

SUFFIXES: Final = (".md", ".txt")
MOST_FILES: Final = 10_000
MOST_BYTES: Final = 64 << 20
"""Of all files together."""
PASSAGE: Final = 600
"""Most characters of a passage."""


@dataclass(frozen=True)
class Passage:
    """A piece of a document.

    Attributes:
        name: the file's path in the folder and, from 1, the passage's number in it.
        text: on one line.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Documents:
    """What can be searched.

    Attributes:
        passages: in the order of the files' names.
        files: path in the folder and sha256 of each file.
    """

    passages: tuple[Passage, ...]
    files: Mapping[str, str]


def read_documents(folder: Path) -> Documents:
    """All text files in a folder and the folders below it.

    Raises:
        InputError: no such folder, no text in it, a link that leads out, a file that is no UTF-8 text, more
            than ``MOST_FILES`` or ``MOST_BYTES``.
    """
    if not folder.is_dir():
        raise InputError(
            "no such folder", file=folder, fix=f"give a folder of {' and '.join(SUFFIXES)} files"
        )
    root = folder.resolve()
    passages: list[Passage] = []
    files: dict[str, str] = {}
    left = MOST_BYTES
    for path in sorted(_texts(folder)):
        if not path.resolve().is_relative_to(root):
            raise InputError("is a link that leads out of the folder", file=path, fix="copy the file itself")
        if not path.is_file():
            raise InputError("is no file", file=path)
        content = _read(path, left)
        left -= len(content)
        name = path.relative_to(folder).as_posix()
        files[name] = hashlib.sha256(content).hexdigest()
        passages += _passages(name, _decoded(path, content))
        if len(files) > MOST_FILES:
            raise InputError(f"holds more than {MOST_FILES:,} files", file=folder)
    if not passages:
        raise InputError(f"holds no text in {' or '.join(SUFFIXES)} files", file=folder)
    return Documents(tuple(passages), files)


def _texts(folder: Path) -> Iterator[Path]:
    """The files with one of ``SUFFIXES``; folders that are links are not entered."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names if Path(name).suffix.lower() in SUFFIXES)


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as source:
            content = source.read(most + 1)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", file=path) from None
    if len(content) > most:
        raise InputError(f"the documents have more than {MOST_BYTES >> 20} MiB together", file=path)
    return content


def _decoded(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"is no UTF-8 text ({error.reason} at byte {error.start})", file=path) from None
    if "\0" in text:
        raise InputError("is no text: it holds a NUL byte", file=path)
    return text


def _passages(name: str, text: str) -> Iterator[Passage]:
    """Paragraphs, short ones together and long ones cut between words."""
    kept, number = "", 0
    pieces = (
        piece
        for paragraph in text.replace("\r\n", "\n").split("\n\n")
        for piece in textwrap.wrap(" ".join(paragraph.split()), PASSAGE, break_on_hyphens=False)
    )
    for piece in pieces:
        if kept and len(kept) + 1 + len(piece) > PASSAGE:
            number += 1
            yield Passage(f"{name}#{number}", kept)
            kept = ""
        kept = f"{kept} {piece}".strip()
    if kept:
        yield Passage(f"{name}#{number + 1}", kept)
