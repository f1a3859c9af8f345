"""Parsers: from the text that a model wrote to an answer. This page is the register.

``strict`` is one for all tasks and the leaderboard's. ``official`` is what a data set was published with,
its faults included; it exists to reproduce a paper.
"""

from __future__ import annotations

from typing import Final

from normsuite.errors import InputError
from normsuite.scorers.parsing import egonormia, normad, normdial, numbers, social
from normsuite.scorers.parsing.base import Asked, Parsed, Parser
from normsuite.scorers.parsing.strict import strict

__all__ = ["OFFICIAL", "Asked", "Parsed", "Parser", "parser_of", "strict"]

OFFICIAL: Final[dict[str, Parser]] = {
    "normad": normad.official,
    "social": social.official,
    "egonormia": egonormia.official,
    "normdial": normdial.official,
    "word-norms": numbers.last_number,
}
"""By data set, the parser that it was published with."""


def parser_of(name: str, dataset: str) -> Parser:
    """The parser that a task names.

    Args:
        name: ``strict`` or ``official``.
        dataset: the task's data set.

    Raises:
        InputError: the data set was published without one.
    """
    if name == "strict":
        return strict
    if dataset not in OFFICIAL:
        raise InputError(
            f"the data set {dataset!r} has no official parser",
            field="parsers",
            fix=f"use strict; official ones exist for {', '.join(OFFICIAL)}",
        )
    return OFFICIAL[dataset]
