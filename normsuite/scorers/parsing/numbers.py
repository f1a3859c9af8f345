"""Numbers in text: a rating that is written out."""

from __future__ import annotations

import re
from typing import Final

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed
from normsuite.scorers.parsing.refusals import is_refusal

_LONGEST: Final = 20_000
"""Characters of an answer that are looked at: a model that cannot stop has not answered."""
_BETWEEN: Final = re.compile(r"[\s:=：()\[\]{}<>«»„“”‘’「」\"'`*_$#|]+")
_STOPS: Final = ".,;!?。，；！？…"
_PLAIN: Final = re.compile(r"[-+\u2212]?\d+(?:\.\d+)?")
_LAST: Final = re.compile(r"[-+]?\d*\.\d+|[-+]?\d+\.\d*|[-+]?\d+")


def strict_number(text: str, asked: Asked) -> Parsed:
    """The one number that an answer holds, if it lies on the scale.

    A number that is named twice is one number; two that differ are no answer ("5 out of 7" as little as
    "between 3 and 4"). Digits that are not a number by themselves spoil the answer, since they may be meant
    otherwise: "4-5", "5/7", "80%", "7th", "5²", and "4,5", which is a number in some languages and two in
    others.

    Args:
        text: what the model wrote.
        asked: its ``scale``.
    """
    assert asked.scale is not None
    if len(text) > _LONGEST:
        return unparsed("does not come to an end")
    pieces = [piece.strip(_STOPS) for piece in _BETWEEN.split(text)]
    told = [piece for piece in pieces if any(character.isdigit() for character in piece)]
    if not told:
        return (
            Parsed(status="refused", detail="declines") if is_refusal(text) else unparsed("holds no number")
        )
    unclear = next((piece for piece in told if not _PLAIN.fullmatch(piece)), None)
    if unclear is not None:
        return unparsed(f"{unclear[:40]!r} is no plain number")
    found = {float(piece.replace("\u2212", "-")) for piece in told}
    if len(found) > 1:
        return unparsed(f"holds {len(found)} numbers")
    (number,) = found
    low, high = asked.scale
    return Parsed(number=number) if low <= number <= high else unparsed(f"{number:g} is off the scale")


def last_number(text: str, asked: Asked) -> Parsed:
    """The last number in the text, and 0 where there is none, as word norms were published with.

    The pattern is that of WordsGPT's psycholinguistics framework for answers that are no JSON. Its faults are
    its definition: a reply that says nothing is rated 0 (the published code gives 0 where it reads tokens,
    an empty cell where it reads text); numbers off the scale count; the hyphen of "6-7" is a minus; a reason
    that ends in a number is the answer.

    Args:
        text: what the model wrote.
        asked: not looked at.
    """
    found = _LAST.findall(text)
    return Parsed(number=float(found[-1]) if found else 0.0)
