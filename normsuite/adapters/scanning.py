"""Is this file clean text, and which file is it? One pass for what a CSV parser would swallow silently."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from normsuite.errors import InputError

_BLOCK_BYTES: Final = 256 << 10  # fits a core's cache
_QUOTE, _LINE_FEED, _RETURN = ord('"'), ord("\n"), ord("\r")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FIX_TEXT: Final = "save it as plain UTF-8 text"


@dataclass(frozen=True)
class Scan:
    """What a scan found in a fit file.

    Attributes:
        sha256: the file's digest in hexadecimal.
        spanning: whether a quoted cell may hold a line break.
    """

    sha256: str
    spanning: bool


@dataclass(frozen=True)
class _Marks:
    """Offsets of the quotes in a stretch of the file, the bytes beside each, a number that tells its line."""

    quotes: np.ndarray
    before: np.ndarray
    after: np.ndarray
    lines: np.ndarray


def scan(path: Path, delimiter: str | None) -> Scan:
    """Raise unless the file is UTF-8 text without NUL bytes, in which every quoted cell closes.

    Args:
        path: the raw file.
        delimiter: what separates cells, or None where quotes are characters like any other.

    Raises:
        InputError: names the line of the first fault.
    """
    digest = hashlib.sha256()
    found: list[_Marks] = []
    for start, block in _blocks(path):
        digest.update(block)
        _check_text(block, start, path)
        if delimiter is not None and b'"' in block:
            found.append(_marks(block, start))
    spanning = delimiter is not None and bool(found) and _check_quotes(_together(found), delimiter, path)
    return Scan(digest.hexdigest(), spanning)


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, each with its offset."""
    try:
        with path.open("rb") as source:
            _check_head(source.peek(4), path)
            start = 0
            while block := source.read(_BLOCK_BYTES):
                block += source.readline()
                yield start, block
                start += len(block)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error


def _check_head(head: bytes, path: Path) -> None:
    if not head:
        raise InputError("is empty", file=path)
    if head.startswith(codecs.BOM_UTF8):
        raise InputError("begins with a byte-order mark", file=path, fix="save it as UTF-8 without one")
    if head.startswith(_UTF16):
        raise InputError("is UTF-16, not UTF-8 (line 1)", file=path, fix=_FIX_TEXT)


def _check_text(block: bytes, start: int, path: Path) -> None:
    if b"\0" in block:
        raise _unfit(path, start + block.index(b"\0"), "holds a NUL byte", _FIX_TEXT)
    whole = [None, pa.py_buffer(np.array([0, len(block)], np.int32)), pa.py_buffer(block)]
    try:
        pa.Array.from_buffers(pa.string(), 1, whole).validate(full=True)
    except pa.ArrowInvalid:
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _unfit(path, start + error.start, "is not UTF-8", _FIX_TEXT) from None


def _unfit(path: Path, offset: int, what: str, fix: str) -> InputError:
    """The error for a byte, which names its 1-based line."""
    with path.open("rb") as source:
        before = source.read(offset)
    line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return InputError(f"line {line} {what}", file=path, fix=fix)


def _marks(block: bytes, start: int) -> _Marks:
    around = np.frombuffer(b"\n" + block + b"\n", np.uint8)  # whole lines: what lies beyond is a line's end
    quotes = np.flatnonzero(around == _QUOTE)
    lines = np.searchsorted(np.flatnonzero(around == _LINE_FEED), quotes)
    return _Marks(quotes - 1 + start, around[quotes - 1], around[quotes + 1], lines + start)


def _together(found: list[_Marks]) -> _Marks:
    names = _Marks.__annotations__
    return _Marks(*(np.concatenate([getattr(each, name) for each in found]) for name in names))


def _check_quotes(marks: _Marks, delimiter: str, path: Path) -> bool:
    """Whether a quoted cell may hold a line break; raise if one does not close."""
    edge = np.zeros(256, bool)
    edge[[ord(delimiter), _LINE_FEED, _RETURN]] = True
    opens, closes = edge[marks.before], edge[marks.after]
    # A well-formed file alternates; the halves of a doubled quote close and open again.
    starts, ends = opens | (marks.before == _QUOTE), closes | (marks.after == _QUOTE)
    if len(marks.quotes) % 2 == 0 and starts[0::2].all() and ends[1::2].all():
        return bool((marks.lines[0::2] != marks.lines[1::2]).any())
    opened = _unclosed(marks, opens, closes)
    if opened is not None:
        fix = 'close it, and double each " inside a quoted cell'
        raise _unfit(path, opened, "opens a quote that does not close where its cell ends", fix)
    return True


def _unclosed(marks: _Marks, opens: np.ndarray, closes: np.ndarray) -> int | None:
    """Offset of the first quote that opens a cell and does not close at the end of one, or None."""
    opened: int | None = None
    doubled = False
    for offset, may_open, may_close, after in zip(
        marks.quotes.tolist(), opens, closes, marks.after, strict=True
    ):
        if doubled:
            doubled = False
        elif opened is None:
            opened = offset if may_open else None  # in mid-cell a quote is text
        elif after == _QUOTE:
            doubled = True
        elif may_close:
            opened = None
        else:
            return opened
    return opened
