"""What is embedded: a text, or some characters of it in their context."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.errors import InputError

Keys = NDArray[np.uint64]
"""[n, 2] digests of 128 bits, in two halves that numpy can sort and compare."""

_KEY_BYTES: Final = 16


@dataclass(frozen=True)
class Passage:
    """A text to embed.

    Attributes:
        text: as the model reads it; no chat template is put around it.
        span: the characters [start, stop) whose tokens are read by the pooling position ``span``; other
            positions do not look at it.
    """

    text: str
    span: tuple[int, int] | None = None


def distinct(passages: Sequence[Passage], *, spans: bool) -> tuple[Keys, list[int], NDArray[np.intp]]:
    """Which passages are the same.

    Args:
        passages: [n], duplicates among them.
        spans: whether passages with the same text and other spans differ.

    Returns:
        The keys [u, 2] of the distinct passages in the order of their first row; that row [u]; and for each
        passage which of the distinct ones it is [n].
    """
    digests = [_digest(passage, spans) for passage in passages]
    number: dict[bytes, int] = {}
    which = np.array([number.setdefault(digest, len(number)) for digest in digests], np.intp)
    _, first = np.unique(which, return_index=True)
    keys = np.frombuffer(b"".join(number), "<u8").reshape(-1, 2)
    return keys, first.tolist(), which


def check(passages: Sequence[Passage], *, spans: bool) -> None:
    """Refuse passages that have no vector.

    Args:
        passages: [n] of any length.
        spans: whether a span is read.

    Raises:
        InputError: a text is empty; with ``spans``, a span is missing, empty or outside its text.
    """
    for row, passage in enumerate(passages, start=1):
        if not passage.text.strip():
            raise InputError("the text to embed is empty", row=row, fix="leave it out")
        if not spans:
            continue
        if passage.span is None:
            raise InputError(
                "the text has no span", row=row, fix="give one, or pool over all tokens (position mean)"
            )
        start, stop = passage.span
        if not 0 <= start < stop <= len(passage.text):
            raise InputError(
                f"the span [{start}, {stop}) is empty or outside the text of {len(passage.text)} characters",
                row=row,
            )


def _digest(passage: Passage, spans: bool) -> bytes:
    place = "{}:{}".format(*passage.span) if spans and passage.span else ""
    # Lone surrogates occur in scraped texts; a digest is no reason to refuse them.
    content = f"{place}|{passage.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=_KEY_BYTES).digest()
