"""One problem of a submission, as a check tells it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from normsuite.errors import InputError


@dataclass(frozen=True)
class Problem:
    """Something that keeps a submission off the board.

    Attributes:
        place: the file or folder.
        what: what is wrong with it, in one line.
    """

    place: Path
    what: str

    def __str__(self) -> str:
        return " ".join(f"{self.place}: {self.what}".split())


def in_short(error: InputError) -> str:
    """An error's line without the file, which the problem names, and without a fix."""
    where = f"field {error.field!r}: " if error.field else ""
    row = f"row {error.row}: " if error.row else ""
    return f"{row}{where}{error.what}"
