"""SOCIAL's published parser (Yuan et al. 2024), for options shown as "(a) …": it never abstains.

Its faults are its definition: a reply that repeats all options behind "the answer is" is always the first,
"a)" is found inside other words, and whatever names nothing becomes the option nearest by edit distance.
"""

from __future__ import annotations

import re
import string
from typing import Final

from rapidfuzz.distance import Levenshtein

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed

_LEADING: Final = re.compile(r"^(?:the answer is\s*)?\(([a-z])\)", re.IGNORECASE)


def official(text: str, asked: Asked) -> Parsed:
    """Read an answer as the paper's code does.

    Args:
        text: what the model wrote.
        asked: the options, lettered (a), (b), … in the order shown.
    """
    if not asked.shown:
        return unparsed("there are no options")
    reply = text.strip()
    letters = string.ascii_lowercase[: len(asked.shown)]
    leading = _LEADING.match(reply)
    if leading and leading[1].lower() in letters:
        return Parsed((letters.index(leading[1].lower()),))
    _, found, after = reply.rpartition("answer is")
    tail = after if found else reply
    for at, (letter, option) in enumerate(zip(letters, asked.shown, strict=True)):
        if any(form in tail for form in (f"({letter}) {option.text}", f"({letter})", f"{letter})")):
            return Parsed((at,))
    distances = [Levenshtein.distance(tail.strip(), option.text) for option in asked.shown]
    return Parsed((distances.index(min(distances)),))
