"""How far a piece of work is, told to whoever listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told a stage's name, how many of how many are done, and how many tokens a model has read for them."""

    def __call__(self, stage: str, done: int, total: int, tokens: int = 0) -> None:
        """Called at least every few seconds while work goes on, from one thread at a time."""
        ...


def silent(stage: str, done: int, total: int, tokens: int = 0) -> None:
    """The ``Progress`` that nobody hears."""
