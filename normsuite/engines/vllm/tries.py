"""Labels of several tokens as a trie: one label read per branching point instead of one pass per label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Trie:
    """The distinct beginnings of some continuations, and the tokens that may follow each.

    Attributes:
        prefixes: [m] proper beginnings, the empty one first.
        following: [m] the distinct tokens that follow each beginning.
    """

    prefixes: tuple[tuple[int, ...], ...]
    following: tuple[tuple[int, ...], ...]

    def log_likelihood(self, continuation: Sequence[int], reads: Sequence[Mapping[int, float]]) -> float:
        """Sum over a continuation's tokens (the chain rule).

        Args:
            continuation: one of those the trie was made of.
            reads: [m] after each beginning, the log-probability of each following token.
        """
        place = {prefix: at for at, prefix in enumerate(self.prefixes)}
        whole = tuple(continuation)
        return sum(reads[place[whole[:at]]][token] for at, token in enumerate(whole))


def make_trie(continuations: Sequence[Sequence[int]]) -> Trie:
    """The trie of some continuations, none of them empty."""
    following: dict[tuple[int, ...], dict[int, None]] = {(): {}}
    for continuation in continuations:
        for at, token in enumerate(continuation):
            following.setdefault(tuple(continuation[:at]), {})[token] = None
    return Trie(tuple(following), tuple(tuple(tokens) for tokens in following.values()))
