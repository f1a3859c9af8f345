"""Labels of several tokens as a trie: one label read per branching point instead of one pass per label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trie:
    """The distinct beginnings of some continuations, and the tokens that may follow each.

    Attributes:
        prefixes: [m] proper beginnings, the empty one first.
        following: [m] the distinct tokens that follow each beginning.
    """

    prefixes: tuple[tuple[int, ...], ...]
    following: tuple[tuple[int, ...], ...]

    def log_likelihood(self, continuation: Sequence[int], reads: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over a continuation's tokens (the chain rule).

        Args:
            continuation: one of those the trie was made of.
            reads: [n, m, widest] log-probabilities of the following tokens, by prompt and beginning.

        Returns:
            [n].
        """
        whole = tuple(continuation)
        places = [self.prefixes.index(whole[:at]) for at in range(len(whole))]
        columns = [self.following[place].index(token) for place, token in zip(places, whole, strict=True)]
        total: NDArray[np.float64] = reads[:, places, columns].sum(axis=1)
        return total


def make_trie(continuations: Sequence[Sequence[int]]) -> Trie:
    """The trie of some continuations, none of them empty."""
    following: dict[tuple[int, ...], dict[int, None]] = {(): {}}
    for continuation in continuations:
        for at, token in enumerate(continuation):
            following.setdefault(tuple(continuation[:at]), {})[token] = None
    return Trie(tuple(following), tuple(tuple(tokens) for tokens in following.values()))
