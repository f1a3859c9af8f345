"""The order in which labels are shown: a balanced design, fixed by a seed, so that its effect is measured.

Every order is used equally often (within one) under every wording, and an item meets other orders under other
wordings. Three labels have six orders, which for lettered answers are the six label-to-letter maps of the
strict NormBank protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Order = tuple[int, ...]
_ALL_UP_TO: Final = 3


@cache
def label_orders(k: int) -> tuple[Order, ...]:
    """The orders of k labels that the design uses.

    All k! up to three labels; above that the k rotations and their mirror images, in which every label
    stands at every position equally often.
    """
    if k <= _ALL_UP_TO:
        return tuple(permutations(range(k)))
    rotations = [tuple((start + step) % k for step in range(k)) for start in range(k)]
    return tuple(order for rotation in rotations for order in (rotation, rotation[::-1]))


def design_ranks(ids: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Each item's place in a seeded shuffle of all of a task's items, independent of the rows' order.

    Args:
        ids: [n] distinct item ids.
        seed: of the design.

    Returns:
        [n] a permutation of 0 … n-1.
    """
    by_name = np.argsort(np.asarray(ids, dtype=str), kind="stable")
    ranks = np.empty(len(ids), np.int64)
    ranks[by_name] = np.random.default_rng(seed).permutation(len(ids))
    return ranks


def assigned_order(k: int, rank: int, wording: int) -> Order:
    """The order of k labels for the item of this rank under this wording (both counted from 0)."""
    orders = label_orders(k)
    return orders[(rank + wording) % len(orders)]
