"""Cells that hold a list or a mapping as text: parsed within bounds, never evaluated."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from normsuite.adapters.literals import LONGEST, parse_literal
from normsuite.tasks.table_parts import Separated, Way

_DEEPEST: Final = 50
_COUNTER: Final = re.compile(r"(?:Counter|OrderedDict|dict)\((\{.*\})\)", re.DOTALL)
_NAMES: Final = {list: "a list", dict: "a mapping"}


def parse_cell(cell: Any, way: Way) -> Any:
    """What a cell says, as lists, mappings, texts and numbers.

    Args:
        cell: text; anything else is given back as it is, and None stays None.
        way: ``json``, ``python`` (as Python prints lists, dictionaries, Counters), or what separates texts.

    Raises:
        ValueError: it is not written so, longer than ``literals.LONGEST`` or nested too deeply; the message
            is to be read after the cell.
    """
    if not isinstance(cell, str):
        return cell
    if len(cell) > LONGEST:
        raise ValueError(f"has more than {LONGEST:,} characters")
    if isinstance(way, Separated):
        return [part for text in cell.split(way.separator) if (part := text.strip())]
    if way == "json":
        try:
            found = json.loads(cell)
        except (ValueError, RecursionError):
            raise ValueError("is no JSON") from None
    else:
        wrapped = _COUNTER.fullmatch(cell.strip())
        found = parse_literal(wrapped[1] if wrapped else cell)
    return _plain(found)


def _plain(value: Any, depth: int = 0) -> Any:
    """Tuples and sets as lists; keys as text."""
    if depth > _DEEPEST:
        raise ValueError("is nested too deeply")
    if isinstance(value, dict):
        return {str(key): _plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, depth + 1) for part in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(part, depth + 1) for part in value), key=str)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError(f"holds a {type(value).__name__}, which is neither text nor number")
