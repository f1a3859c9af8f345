"""What names and texts of a submission may hold: they become folders, links and cells of a page."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, Field

LONGEST: Final = 300
"""Characters of a text that a board shows."""

_SLUG: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?"
_MARKUP: Final = re.compile(
    r"<\s*[A-Za-z/!?]|&(?:#|[A-Za-z]+;)|(?:javascript|vbscript|data)\s*:", re.IGNORECASE
)
_JOINERS: Final = "\u200c\u200d"
"""Persian, Indic scripts and emoji need these, though they are formatting characters."""

_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def fault(text: str) -> str:
    """What keeps a text from being shown, in a few words; empty where nothing does.

    Letters of every script pass. Control, bidirectional and other unseen characters do not, nor what a
    browser could take for markup, an entity or a script's address.
    """
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    for character in text:
        if unicodedata.category(character) in _UNSEEN and character not in _JOINERS:
            return f"holds the unseen character U+{ord(character):04X}"
    return "looks like HTML or a script" if _MARKUP.search(text) else ""


def is_slug(text: str) -> bool:
    """Whether a text may name an organisation, a model, a revision or a file.

    Letters A to Z, digits, ``.``, ``_`` and ``-``; neither first nor last a dot; at most 96 characters.
    """
    return re.fullmatch(_SLUG, text) is not None


def shown(text: str) -> str:
    """A text that a problem quotes: cut, on one line, with unseen characters as escapes."""
    cut = text if len(text) <= 80 else f"{text[:80]}…"
    return "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNSEEN and c not in _JOINERS else c for c in cut
    )


def _plain(text: str) -> str:
    wrong = fault(text)
    if wrong:
        raise ValueError(f"{shown(text)!r} {wrong}")
    return text


def _slug(text: str) -> str:
    if not is_slug(text):
        what = "is no name of letters A to Z, digits, '.', '_' and '-', with no dot at either end"
        raise ValueError(f"{shown(text)!r} {what}")
    return text


def _organisation(text: str) -> str:
    if "__" in text:
        raise ValueError(f"{shown(text)!r} holds '__', which parts organisation and model")
    return text


Text = Annotated[str, AfterValidator(_plain)]
Slug = Annotated[str, AfterValidator(_slug)]
Organisation = Annotated[Slug, AfterValidator(_organisation)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
