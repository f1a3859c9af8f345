"""What is done to rows of prompts and of answers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from normsuite.engines.base import Tokens

_T = TypeVar("_T")


@dataclass
class Usage:
    """Prompt tokens of label reads: how many were sent, and how many the engine had in its prefix cache."""

    sent: int = 0
    cached: int = 0


def by_prefix(prompts: Sequence[Tokens]) -> list[int]:
    """Rows in the order in which prompts that begin alike follow one another."""
    return sorted(range(len(prompts)), key=lambda row: list(prompts[row]))


def pick(column: Sequence[_T], rows: Sequence[int]) -> list[_T]:
    """Some rows of a column."""
    return [column[row] for row in rows]


def own_seed(seed: int | None, prompt: Tokens) -> int | None:
    """A seed for this prompt: the same wherever it stands, and not the same as another prompt's."""
    return None if seed is None else zlib.crc32(f"{seed}:{list(prompt)}".encode())


def join_forms(
    values: NDArray[np.float64], ids: Sequence[int], label_ids: Sequence[Tokens]
) -> NDArray[np.float64]:
    """Log-probability of each label: its surface forms together, by log-sum-exp.

    Args:
        values: [n, i] log-probabilities.
        ids: [i] of which tokens.
        label_ids: [k] the surface forms of each label.

    Returns:
        [n, k].
    """
    column = {token: at for at, token in enumerate(ids)}
    joined = [logsumexp(values[:, [column[token] for token in forms]], axis=1) for forms in label_ids]
    return np.stack(joined, axis=1)
