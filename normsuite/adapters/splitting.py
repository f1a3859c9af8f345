"""Splits for data that was published without any: by cluster, the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from pandas.util import hash_array


def hashed_splits(clusters: pa.Array, shares: Mapping[str, float]) -> pa.Array:
    """The split of each row, taken from a hash of its cluster's name.

    A cluster lies in one split, and stays there whatever other clusters the data has.

    Args:
        clusters: string [n], no nulls.
        shares: about what share of the clusters goes to each split; together they are 1.

    Returns:
        string [n].
    """
    hashes = hash_array(clusters.to_numpy(zero_copy_only=False), categorize=False)
    place = hashes.astype(np.float64) / 2.0**64
    bounds = np.cumsum(list(shares.values()))[:-1]
    return pa.array(list(shares), pa.string()).take(pa.array(np.searchsorted(bounds, place, side="right")))
