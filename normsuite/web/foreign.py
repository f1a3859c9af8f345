"""Text that strangers wrote: one line, with nothing in it that acts instead of being read."""

from __future__ import annotations

import re
from typing import Final

NOTHING: Final = "–"
"""What stands where there is no value."""

# Control characters, invisible formatting (bidirectional overrides, zero-width spaces, tags), line and
# paragraph separators, lone surrogates and non-characters: a name may hold them, no reader should be
# steered by them. The joiners U+200C and U+200D stay, since Persian, Indic scripts and emoji need them.
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_LINES: Final = re.compile("\r\n?|\u2028|\u2029")


def visible(text: str) -> str:
    """``text`` on one line, with characters that would act instead of being read shown as ⟨U+202E⟩."""
    return _shown(re.sub(r"[ \t\r\n]+", " ", text).strip())


def visible_lines(text: str) -> str:
    """``text`` with its lines and indents, other characters that would act shown as ⟨U+202E⟩."""
    lines = _LINES.sub("\n", text).replace("\t", "    ").split("\n")
    return "\n".join(_shown(line.rstrip()) for line in lines)


def _shown(line: str) -> str:
    return _HIDDEN.sub(lambda hidden: f"⟨U+{ord(hidden[0]):04X}⟩", line)
