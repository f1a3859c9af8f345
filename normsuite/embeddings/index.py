"""Where each key's vector lies: all keys of a store, sorted, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings.passages import Keys


@dataclass(frozen=True)
class Index:
    """The keys of m rows, ascending by their first half.

    Attributes:
        keys: [m, 2].
        shard: [m] the number of the shard that holds the row.
        row: [m] its row there.
    """

    keys: Keys
    shard: NDArray[np.intp]
    row: NDArray[np.intp]

    @classmethod
    def of(cls, shards: Sequence[Keys]) -> Index:
        """The index of shards numbered from 0, of each the keys [rows, 2]."""
        sizes = [len(keys) for keys in shards]
        keys = np.concatenate([np.empty((0, 2), np.uint64), *shards])
        shard = np.repeat(np.arange(len(shards)), sizes)
        row = np.concatenate([np.empty(0, np.intp), *(np.arange(size) for size in sizes)])
        order = np.argsort(keys[:, 0], kind="stable")
        return cls(keys[order], shard[order], row[order])

    def find(self, keys: Keys) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp]]:
        """Which of n keys are there [n], and of those that are the shard and the row.

        Only the first row with a key's first half is looked at, and its second half compared. Two texts that
        share the 64 bits of that half (a chance of 3 in 100 million among a million texts) are therefore not
        mixed up; one of them is not found, and is read anew each time.
        """
        if not len(self.keys):
            return np.zeros(len(keys), np.bool_), np.empty(0, np.intp), np.empty(0, np.intp)
        at = np.searchsorted(self.keys[:, 0], keys[:, 0]).clip(max=len(self.keys) - 1)
        found: NDArray[np.bool_] = (self.keys[at] == keys).all(axis=1)
        return found, self.shard[at[found]], self.row[at[found]]
