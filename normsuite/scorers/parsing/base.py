"""What a parser is: from the text that a model wrote to the options it chose, as they were shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from normsuite.prompts import Option


@dataclass(frozen=True)
class Asked:
    """What the model was asked.

    Attributes:
        shown: the options, with the word that answers each, in the order shown; empty for a number.
        scale: the least and the greatest number that answers; None where options do.
        several: whether any number of options may be named.
    """

    shown: tuple[Option, ...] = ()
    scale: tuple[float, float] | None = None
    several: bool = False


@dataclass(frozen=True)
class Parsed:
    """What an answer says.

    Attributes:
        chosen: positions among the options as shown: one, or any number where several may be named.
        number: the answer on a scale.
        status: ``unparsed``: no answer can be read off the text; ``refused``: the model declined to answer.
        detail: why, in a few words.
    """

    chosen: tuple[int, ...] = ()
    number: float | None = None
    status: Literal["ok", "unparsed", "refused"] = "ok"
    detail: str = ""


Parser = Callable[[str, Asked], Parsed]
"""Never raises, whatever the text."""


def unparsed(detail: str) -> Parsed:
    """No answer, and why."""
    return Parsed(status="unparsed", detail=detail)
