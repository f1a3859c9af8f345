"""What the columns of a table are like: types, values, and what they might be."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal

from normsuite import cultures
from normsuite.tables.cells import parse_cell
from normsuite.tables.fields import SPLIT_NAMES
from normsuite.tables.hints import hints
from normsuite.tables.rows import Cells, Rows, number_of, text_of

_MOST: Final = 2_000  # cells of a column that are looked at
_KNOWN: Final = 60  # distinct values that are kept
_KEYS: Final = 30  # keys of mappings that are columns of their own
_LITERAL: Final = re.compile(r"\s*(\[.*\]|\{.*\}|(?:defaultdict|Counter|OrderedDict)\(.*\))\s*", re.DOTALL)

Kind = Literal["text", "number", "list", "mapping", "empty"]


@dataclass(frozen=True)
class Column:
    """A column as it looks.

    Attributes:
        name: of the column, or its path in nested ones.
        kind: of most of its cells.
        filled: cells that are not empty.
        distinct: different values among them.
        values: the most frequent of them as text.
        length: mean number of characters.
        low, high: of numbers.
        whole: whether all numbers are whole.
        parse: how its text must be parsed to be a list or mapping; empty where it is one.
        parts: cells of lists and mappings, a few.
    """

    name: str
    kind: Kind
    filled: int
    n: int
    distinct: int
    values: tuple[str, ...]
    length: float
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    parse: Literal["json", "python", ""] = ""
    parts: tuple[Any, ...] = ()

    @property
    def few(self) -> bool:
        """Whether it takes a handful of short values again and again."""
        return 2 <= self.distinct <= 12 and self.length <= 30 and self.distinct <= max(2, self.filled / 2)

    @property
    def is_countries(self) -> bool:
        """Whether four in five values are names of countries; half, where the column is called so."""
        known = [value for value in self.values if cultures.country(value)]
        least = 0.5 if hints(self.name, "country") else 0.8
        return self.kind == "text" and len(known) >= least * len(self.values) > 0

    @property
    def is_languages(self) -> bool:
        """Whether all values are language tags; "no" and "yes" are words first."""
        tags = [value for value in self.values if cultures.language(value)]
        words = {value.lower() for value in self.values} <= {"no", "yes", "na"}
        short = all(re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", value) for value in self.values)
        return self.kind == "text" and len(tags) == len(self.values) > 0 and short and not words

    @property
    def is_splits(self) -> bool:
        """Whether all values are usual names of splits."""
        return bool(self.values) and all(value.lower() in SPLIT_NAMES for value in self.values)


def profiles(rows: Rows) -> dict[str, Column]:
    """Every column, and the keys of mappings as columns of their own."""
    found: dict[str, Column] = {}
    for name, cells in rows.columns.items():
        column = profile(name, cells)
        found[name] = column
        if column.kind == "mapping" and not column.parse:
            for key in _common_keys(column.parts):
                inner = f"{name}.{key}"
                found[inner] = profile(inner, rows.cells(inner, "fields"))
    return found


def _common_keys(parts: tuple[Any, ...]) -> list[str]:
    """Keys that most mappings have: those of records, not of votes by name."""
    counts = Counter(key for part in parts if isinstance(part, dict) for key in part)
    often = [key for key, n in counts.items() if n >= 0.5 * len(parts) and "." not in key]
    return often if len(often) <= _KEYS else []


def profile(name: str, cells: Cells) -> Column:
    """Look at the first cells of one column."""
    looked = [cell for cell in cells[:_MOST] if cell is not None]
    n = min(len(cells), _MOST)
    if not looked:
        return Column(name, "empty", 0, n, 0, (), 0.0)
    way = _way(looked)
    if way:
        looked = [parse_cell(cell, way) for cell in looked]
    if any(isinstance(cell, list | dict) for cell in looked):
        kind: Kind = "mapping" if isinstance(looked[0], dict) else "list"
        texts = [json.dumps(cell, default=str) for cell in looked]
        mean = sum(map(len, texts)) / len(texts)
        return Column(name, kind, len(looked), n, len(set(texts)), (), mean, parse=way, parts=tuple(looked))
    return _plain(name, [text for cell in looked if (text := text_of(cell))], looked, n)


def _plain(name: str, texts: list[str], cells: list[Any], n: int) -> Column:
    if not texts:
        return Column(name, "empty", 0, n, 0, (), 0.0)
    counts = Counter(texts)
    values = tuple(value for value, _ in counts.most_common(_KNOWN))
    length = sum(map(len, texts)) / len(texts)
    try:
        numbers = [number for cell in cells if (number := number_of(cell)) is not None]
    except ValueError:
        return Column(name, "text", len(texts), n, len(counts), values, length)
    low, high = min(numbers), max(numbers)
    whole = all(number.is_integer() for number in numbers)
    return Column(name, "number", len(texts), n, len(counts), values, length, low, high, whole)


def _way(cells: list[Any]) -> Literal["json", "python", ""]:
    """``json`` or ``python`` where all cells are text for a list or mapping; else empty."""
    if not all(isinstance(cell, str) and _LITERAL.fullmatch(cell) for cell in cells):
        return ""
    ways: tuple[Literal["json", "python"], ...] = ("json", "python")
    for way in ways:
        try:
            for cell in cells:
                parse_cell(cell, way)
        except ValueError:
            continue
        return way
    return ""
