"""Numbers in text: a rating that is written out."""

from __future__ import annotations

import re
from typing import Final

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed
from normsuite.scorers.parsing.refusals import is_refusal

_NUMBER: Final = re.compile(r"(?<![\w.,])-?\d{1,9}(?:[.,]\d{1,9})?(?![\w%]|[.,]\d)")
_LAST: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")


def strict_number(text: str, asked: Asked) -> Parsed:
    """The one number that an answer holds, if it lies on the scale.

    A number that is named twice is one number; two that differ are no answer ("5 out of 7" as little as
    "between 3 and 4").

    Args:
        text: what the model wrote.
        asked: its ``scale``.
    """
    assert asked.scale is not None
    low, high = asked.scale
    found = {float(number.replace(",", ".")) for number in _NUMBER.findall(text)}
    if not found and is_refusal(text):
        return Parsed(status="refused", detail="declines")
    if len(found) != 1:
        return unparsed(f"holds {len(found)} numbers")
    (number,) = found
    return Parsed(number=number) if low <= number <= high else unparsed(f"{number:g} is off the scale")


def last_number(text: str, asked: Asked) -> Parsed:
    """The last number in the text, and 0 where there is none, as word norms were published with.

    Its faults are its definition: a reply that says nothing is rated 0, which no scale holds, and numbers off
    the scale count.

    Args:
        text: what the model wrote.
        asked: not looked at.
    """
    found = _LAST.findall(text)
    return Parsed(number=float(found[-1]) if found else 0.0)
