"""Shares of answers, where a source tells no number of people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

TOLERANCE: Final = 0.02
"""How far a sum of rounded shares may lie from 1."""

_TOO_MUCH: Final = 1e300
"""No share, whatever it is of; sums of more would be no number."""


def whole(shares: Sequence[float]) -> list[float]:
    """Shares divided by their sum, so that they sum to 1.

    Raises:
        ValueError: a share is no number from 0 on, or all are 0; to be read after the shares.
    """
    numbers = all(isinstance(share, int | float) and not isinstance(share, bool) for share in shares)
    if not numbers or not all(0 <= share < _TOO_MUCH for share in shares):
        raise ValueError("holds what is no share")
    total = math.fsum(shares)
    if total <= 0:
        raise ValueError("gives nobody's answer")
    return [share / total for share in shares]


def plurality(amounts: Sequence[float]) -> int | None:
    """The option with the most votes or the greatest share; None on a tie."""
    most = max(amounts)
    return amounts.index(most) if amounts.count(most) == 1 else None
