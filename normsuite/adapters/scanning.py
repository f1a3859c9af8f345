"""Is this file clean text? One look at its bytes, for what a CSV parser would swallow silently."""

from __future__ import annotations

import codecs
import mmap
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from normsuite.errors import InputError

_BLOCK_BYTES: Final = 256 << 10  # fits a core's cache
_QUOTE, _LINE_FEED, _RETURN = ord('"'), ord("\n"), ord("\r")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FIX_TEXT: Final = "save it as plain UTF-8 text"


def refuse_unfit(path: Path, delimiter: str | None) -> bool:
    """Raise unless the file is UTF-8 text without NUL bytes, in which every quoted cell closes.

    Args:
        path: the raw file.
        delimiter: what separates cells, or None where quotes are characters like any other.

    Returns:
        Whether a quoted cell may hold a line break.

    Raises:
        InputError: names the line of the first fault.
    """
    text = _mapped(path)
    _check_encoding(text, path)
    if delimiter is None:
        return False
    view = np.frombuffer(text, np.uint8)
    quotes, breaks = _offsets(view, _QUOTE), _offsets(view, _LINE_FEED)
    before, after = _neighbours(view, quotes)
    edge = np.zeros(256, bool)
    edge[[ord(delimiter), _LINE_FEED, _RETURN]] = True
    opens, closes = edge[before], edge[after]
    # A well-formed file alternates; the halves of a doubled quote close and open again.
    alternates = (opens | (before == _QUOTE))[0::2].all() and (closes | (after == _QUOTE))[1::2].all()
    if alternates and len(quotes) % 2 == 0:
        ends = np.searchsorted(breaks, quotes)
        return bool((ends[0::2] != ends[1::2]).any())
    opened = _unclosed(quotes, opens, closes, after)
    if opened is not None:
        fix = 'close it, and double each " inside a quoted cell'
        raise _unfit(text, opened, "opens a quote that does not close where its cell ends", fix, path)
    return True


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as source:
            if not source.peek(1):
                raise InputError("is empty", file=path)
            return mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error


def _check_encoding(text: mmap.mmap, path: Path) -> None:
    if text[:3] == codecs.BOM_UTF8:
        raise InputError("begins with a byte-order mark", file=path, fix="save it as UTF-8 without one")
    if text[:2] in _UTF16:
        raise InputError("is UTF-16, not UTF-8 (line 1)", file=path, fix=_FIX_TEXT)
    whole = [None, pa.py_buffer(np.array([0, len(text)])), pa.py_buffer(text)]
    try:
        pa.Array.from_buffers(pa.large_string(), 1, whole).validate(full=True)
    except pa.ArrowInvalid:
        try:
            text[:].decode("utf-8")
        except UnicodeDecodeError as error:
            raise _unfit(text, error.start, "is not UTF-8", _FIX_TEXT, path) from None
    nul = text.find(b"\0")
    if nul >= 0:
        raise _unfit(text, nul, "holds a NUL byte", _FIX_TEXT, path)


def _unfit(text: mmap.mmap, offset: int, what: str, fix: str, path: Path) -> InputError:
    """The error for a byte, which names its 1-based line."""
    before = text[:offset]
    line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return InputError(f"line {line} {what}", file=path, fix=fix)


def _offsets(view: np.ndarray, byte: int) -> np.ndarray:
    """Where a byte occurs, int64."""
    starts = range(0, len(view), _BLOCK_BYTES)
    return np.concatenate([np.flatnonzero(view[at : at + _BLOCK_BYTES] == byte) + at for at in starts])


def _neighbours(view: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes before and after some offsets; the file's ends count as line ends."""
    before, after = view[at - 1], view[np.minimum(at + 1, len(view) - 1)]
    before[at == 0] = _LINE_FEED
    after[at == len(view) - 1] = _LINE_FEED
    return before, after


def _unclosed(quotes: np.ndarray, opens: np.ndarray, closes: np.ndarray, after: np.ndarray) -> int | None:
    """Offset of the first quote that opens a cell and does not close at the end of one, or None."""
    opened: int | None = None
    doubled = False
    for offset, may_open, may_close, following in zip(quotes.tolist(), opens, closes, after, strict=True):
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
