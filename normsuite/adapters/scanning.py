"""Is this file clean text? One pass in blocks, for what a CSV parser would swallow silently."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from normsuite.errors import InputError

_BLOCK_BYTES: Final = 4 << 20
_QUOTE: Final = ord('"')
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FIX_TEXT: Final = "save it as plain UTF-8 text"


def refuse_unfit(path: Path, delimiter: str | None) -> None:
    """Raise unless the file is UTF-8 text without NUL bytes, in which every quoted cell closes.

    Args:
        path: the raw file.
        delimiter: what separates cells, or None where quotes are characters like any other.

    Raises:
        InputError: names the line of the first fault.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes: list[np.ndarray] = []
    for start, before, block, after in _blocks(path):
        pending = len(decoder.getstate()[0])  # bytes of a character that the block before began
        try:
            decoder.decode(block, final=not after)
        except UnicodeDecodeError as error:
            raise _unfit(path, start - pending + error.start, "is not UTF-8", _FIX_TEXT) from None
        if b"\0" in block:
            raise _unfit(path, start + block.index(b"\0"), "holds a NUL byte", _FIX_TEXT)
        if delimiter:
            quotes.append(_quotes_in(before, block, after or b"\n", start))
    opened = _unclosed(quotes, delimiter) if delimiter else None
    if opened is not None:
        fix = 'close it, and double each " inside a quoted cell'
        raise _unfit(path, opened, "opens a quote that does not close where its cell ends", fix)


def _blocks(path: Path) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """Offset of each block of the file, the byte before it, the block, the byte after it (b"" at the end)."""
    try:
        with path.open("rb") as source:
            _check_head(source.peek(4), path)
            start, before = 0, b"\n"
            while block := source.read(_BLOCK_BYTES):
                yield start, before, block, source.peek(1)[:1]
                start, before = start + len(block), block[-1:]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error


def _check_head(head: bytes, path: Path) -> None:
    if not head:
        raise InputError("is empty", file=path)
    if head.startswith(codecs.BOM_UTF8):
        raise InputError("begins with a byte-order mark", file=path, fix="save it as UTF-8 without one")
    if head.startswith(_UTF16):
        raise InputError("is UTF-16, not UTF-8 (line 1)", file=path, fix=_FIX_TEXT)


def _unfit(path: Path, offset: int, what: str, fix: str) -> InputError:
    """The error for a byte, which names its 1-based line."""
    with path.open("rb") as source:
        text = source.read(offset)
    line = 1 + text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
    return InputError(f"line {line} {what}", file=path, fix=fix)


def _quotes_in(before: bytes, block: bytes, after: bytes, start: int) -> np.ndarray:
    """int64 [3, n]: offset of each quote in a block, the byte before it and the byte after it."""
    around = np.frombuffer(before + block + after, np.uint8)
    at = np.flatnonzero(around[1:-1] == _QUOTE)
    return np.stack([at + start, around[at].astype(np.int64), around[at + 2].astype(np.int64)])


def _unclosed(found: list[np.ndarray], delimiter: str) -> int | None:
    """Offset of the first quote that opens a cell and does not close at the end of one, or None."""
    at, before, after = np.concatenate(found, axis=1)
    edges = [ord(byte) for byte in (delimiter, "\n", "\r")]
    opens, closes = np.isin(before, edges), np.isin(after, edges)
    # A well-formed file alternates; the halves of a doubled quote close and open again.
    alternates = (opens | (before == _QUOTE))[0::2].all() and (closes | (after == _QUOTE))[1::2].all()
    if alternates and len(at) % 2 == 0:
        return None
    opened: int | None = None
    doubled = False
    for offset, may_open, may_close, following in zip(at.tolist(), opens, closes, after, strict=True):
        if doubled:
            doubled = False
        elif opened is None:
            opened = offset if may_open else None  # in mid-cell a quote is text
        elif following == _QUOTE:
            doubled = True
        elif may_close:
            opened = None
        else:
            return opened
    return opened
