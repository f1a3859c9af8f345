"""What ``task new`` proposes: where each field comes from, each with its reason, and what stays open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from normsuite.tables.profile import Column
from normsuite.tables.rows import Rows
from normsuite.tables.sniff import Found

FIELDS: Final = (
    *("each", "melt", "id", "situation", "behavior", "norm", "explanation", "turns", "label", "options"),
    *(
        "answers",
        "first",
        "votes",
        "rating",
        "scale",
        "country",
        "language",
        "topic",
        "split",
        "cluster",
        "family",
        "group",
    ),
)
"""What ``--map FIELD=…`` may name, beside ``category.NAME``."""
NOTHING: Final = "-"


@dataclass(frozen=True)
class Choice:
    """Where one field comes from, and why that is proposed."""

    source: str
    why: str


@dataclass
class Proposal:
    """A mapping on its way.

    Attributes:
        found: the table as it lies there.
        rows: its rows, one for each judgement.
        columns: what they are like.
        choices: by field.
        open: field, and what cannot be told of it.
        extra: what the task file needs beside the choices (``parse``, ``shares``, the answers' names).
    """

    found: Found
    rows: Rows
    columns: dict[str, Column]
    choices: dict[str, Choice] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> set[str]:
        """Columns that are spoken for."""
        return {name for choice in self.choices.values() for name in choice.source.split(", ")}

    def source(self, name: str) -> str:
        """What a field is to come from; "" if nothing is."""
        choice = self.choices.get(name)
        return "" if choice is None or choice.source == NOTHING else choice.source

    def free(self, test: Callable[[Column], bool]) -> list[Column]:
        """Columns that nothing uses and that pass a test."""
        used = self.used
        return [column for name, column in self.columns.items() if name not in used and test(column)]
