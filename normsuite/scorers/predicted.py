"""What every prompted scorer gives back, and how it tells of its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

Tell = Callable[[float, int], None]
"""Told the share of the questions that is answered, 0 to 1, and the tokens read for them so far."""


def untold(share: float, tokens: int) -> None:
    """The ``Tell`` to which nobody listens."""


@dataclass(frozen=True)
class Predicted:
    """What a scorer makes of some items.

    Attributes:
        predictions: rows in ``schema.PREDICTION_SCHEMA``.
        answers: what the model wrote, in ``schema.ANSWER_SCHEMA``; None where it wrote nothing.
    """

    predictions: pa.Table
    answers: pa.Table | None = None
