"""Contracts as the norm data set has them: one line of HTML; their clauses, and which of them are alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.errors import InputError

MOST_BYTES: Final = 16 << 20
"""Of a contract; the longest have a few hundred kilobytes."""
MOST_CLAUSES: Final = 2_000
"""Of a contract: each is compared with each."""
_FEWEST_WORDS: Final = 5
_WORD: Final = re.compile(r"\w+")
_SENTENCE_END: Final = re.compile(r"(?<=[.?!;])\s+(?=[\"'(“]?[A-Z0-9]|\(?[a-z]{1,4}\)\s)")
_MODAL: Final = re.compile(
    r"\b(shall|must|may|will|should|can|cannot|agrees?|required|entitled|oblig(?:ed|ated)|permitted|prohibited)\b",
    re.IGNORECASE,
)
_BLOCK: Final = re.compile(
    "address|article|blockquote|br|center|d[dlt]|div|h[1-6]|hr|li|ol|p|pre|section|table|t[dhr]|ul"
)
_SILENT: Final = frozenset({"script", "style", "title"})


class _Text(HTMLParser):
    """Collects the text of a page; a block ends a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent = tag
        self.parts.append("\n" if _BLOCK.fullmatch(tag) else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        self.parts.append("\n" if _BLOCK.fullmatch(tag) else "")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def read_page(path: Path) -> str:
    """The text of a page, UTF-8 or else windows-1252, which HTML falls back on; see ``plain``.

    Raises:
        InputError: it cannot be read, or is far too large.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error
    if len(content) > MOST_BYTES:
        raise InputError(f"has more than {MOST_BYTES >> 20} MiB: no contract has", file=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace")


def plain(html: str) -> str:
    """Text without tags and entities: one space between words, a line break between blocks."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def clauses(text: str) -> list[str]:
    """The sentences of a text that could be norms, each once: five words or more, one of them a modal."""
    found = (part.strip() for line in text.split("\n") for part in _SENTENCE_END.split(line))
    fit = (part for part in found if len(part.split()) >= _FEWEST_WORDS and _MODAL.search(part))
    return list(dict.fromkeys(fit))


def likeness(inserted: Sequence[str], standing: Sequence[str]) -> NDArray[np.float64]:
    """How alike texts are: cosines of their TF-IDF vectors over words.

    Args:
        inserted: [k].
        standing: [n].

    Returns:
        [k + n, n].
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # heavy: the catalogue loads all adapters

    every = [*inserted, *standing]
    try:
        vectors = TfidfVectorizer(analyzer=_WORD.findall, sublinear_tf=True).fit_transform(
            [text.lower() for text in every]
        )
    except ValueError:  # no text has a word
        return np.zeros((len(every), len(standing)))
    return np.asarray((vectors @ vectors[len(inserted) :].T).toarray(), np.float64)
