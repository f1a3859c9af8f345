"""Cells that hold Python literals as text, which strangers' files are full of; nothing is ever evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 1 << 18
"""Most characters of a cell that is parsed."""

_DEFAULTDICT: Final = re.compile(r"defaultdict\(<class '\w+'>,(.*)\)", re.DOTALL)


def parse_literal(text: str) -> object:
    """What a cell such as ``"['a', 'b']"`` or ``"defaultdict(<class 'list'>, {'x': [1]})"`` holds.

    Args:
        text: numbers, strings, lists, tuples, sets and dictionaries as Python writes them.

    Raises:
        ValueError: it is longer than ``LONGEST``, or no such literal; to be read after the text.
    """
    if len(text) > LONGEST:
        raise ValueError(f"has more than {LONGEST:,} characters")
    wrapped = _DEFAULTDICT.fullmatch(text.strip())
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # a stray backslash
            return ast.literal_eval(wrapped[1].strip() if wrapped else text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError("is no Python literal") from None


def leaves(value: object) -> Iterator[object]:
    """What is in a list of lists, however deep, from left to right; any other value is its own leaf."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value
