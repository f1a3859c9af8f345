"""EgoNormia's published parser (Rezaei et al. 2025), for options numbered from 1: the last number answers.

Its faults are its definition: "Option 3 because of 2 people" is 2; a reply without a number is the last of
the five options; a number that no option has is the option "None of these" where there is one, and simply
wrong where there is none. The last cannot be told as an answer: here such a row is unparsed, and the paper's
score is accuracy times coverage. Of a list of sensible options, a reply that holds none is the empty list.
"""

from __future__ import annotations

import re
from typing import Final

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed

_NUMBER: Final = re.compile(r"\d{1,9}")
_LIST: Final = re.compile(r"\[([\d,\s]*)\]")
_NONE: Final = "None of these"


def official(text: str, asked: Asked) -> Parsed:
    """Read an answer as the paper's code does.

    Args:
        text: what the model wrote.
        asked: the options, numbered from 1 in the order shown; ``several`` reads a list in brackets.
    """
    k = len(asked.shown)
    if not k:
        return unparsed("there are no options")
    if asked.several:
        lists = _LIST.findall(text)
        numbers = {int(number) for number in _NUMBER.findall(lists[-1])} if lists else set()
        return Parsed(tuple(sorted(number - 1 for number in numbers if 1 <= number <= k)))
    found = _NUMBER.findall(text)
    if not found:
        return Parsed((k - 1,))
    at = int(found[-1]) - 1
    if 0 <= at < k:
        return Parsed((at,))
    none = next((place for place, option in enumerate(asked.shown) if option.text == _NONE), None)
    return unparsed(f"names option {at + 1} of {k}") if none is None else Parsed((none,))
