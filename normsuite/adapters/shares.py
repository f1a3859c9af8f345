"""Shares of answers, where a source tells no number of people: kept as votes out of ten thousand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

OUT_OF: Final = 10_000
"""Votes that an item's shares are made into. They are no people: only their proportions mean anything."""

TOLERANCE: Final = 0.02
"""How far a sum of rounded shares may lie from 1."""


def to_votes(shares: Sequence[float]) -> list[int]:
    """Shares, divided by their sum, as votes out of ``OUT_OF``, each rounded.

    Raises:
        ValueError: a share is no number or negative, or all are 0; to be read after the shares.
    """
    numbers = all(isinstance(share, int | float) and not isinstance(share, bool) for share in shares)
    if not numbers or not all(math.isfinite(share) and share >= 0 for share in shares):
        raise ValueError("holds what is no share")
    total = math.fsum(shares)
    if total <= 0:
        raise ValueError("gives nobody's answer")
    return [round(share / total * OUT_OF) for share in shares]


def plurality(votes: Sequence[int]) -> int | None:
    """The option with the most votes; None on a tie."""
    most = max(votes)
    return votes.index(most) if votes.count(most) == 1 else None
