"""Near-duplicates among many texts, in time and memory that grow with their number only.

Shingles are all runs of eight bytes, so that every script is treated alike. Sixty-four minima of hashes stand
for a text's set of shingles (MinHash, Broder 1997, "On the resemblance and containment of documents"), texts
that agree in all four of any of sixteen bands meet (locality-sensitive hashing), and each that meets another
is compared with it letter by letter. Within a band a text is compared with one other only, its neighbour in
the alphabet, so that a table of one template makes no square of comparisons; that leaves a near-duplicate
unseen now and then, and invents none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

SIMILARITY: Final = 90.0
"""Per cent, 100 · 2 · (letters in common, in order) / (letters of both): about one word of ten differs."""

MOST_LETTERS: Final = 1_000
"""Of a longer text only so much of its beginning is compared."""

_LEAST_LETTERS: Final = 24  # what is shorter is alike by chance
_SHINGLE: Final = 8  # bytes: one 64-bit word
_BANDS, _ROWS = 16, 4
_LIKELY: Final = 0.25  # of the minima are equal; an estimate of the share of shingles in common
_CHUNK: Final = 1 << 15  # bytes of text at once: hashes of all its shingles stay in a processor's cache
_PAIRS: Final = 1 << 16  # compared at once
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


def _constants() -> tuple[Hashes, Hashes]:
    """Of each of the hash functions a factor, which is odd, and what is added before it."""
    generator = np.random.default_rng(0)
    size = _BANDS * _ROWS
    odd = generator.integers(0, 1 << 63, size, np.uint64) * np.uint64(2) + np.uint64(1)
    return odd, generator.integers(0, 1 << 63, size, np.uint64)


_CONSTANTS: Final = _constants()


@dataclass(frozen=True)
class Prints:
    """Texts, and what stands for them.

    Attributes:
        row: [m] which of all texts; those too short are left out.
        letters: [m] their beginnings.
        minima: [m, 64] their MinHash.
        place: [m] in the alphabet.
    """

    row: Ints
    letters: NDArray[np.object_]
    minima: Hashes
    place: Ints

    def take(self, wanted: NDArray[np.bool_]) -> Prints:
        """Those of the texts [n] that a mask is true for."""
        kept = wanted[self.row]
        return Prints(self.row[kept], self.letters[kept], self.minima[kept], self.place[kept])


@dataclass(frozen=True)
class Found:
    """Which texts are near-duplicates of one of another group.

    Attributes:
        row: [m] texts, ascending.
        partner: [m] for each the text it is like.
    """

    row: Ints
    partner: Ints


def prints_of(texts: pa.Array) -> Prints:
    """What stands for texts [n]; equal ones are no near-duplicates, and should be left out before."""
    cut = pc.utf8_slice_codeunits(texts, 0, MOST_LETTERS)
    row = np.flatnonzero(np.asarray(pc.utf8_length(cut)) >= _LEAST_LETTERS)
    known = cut.take(pa.array(row, pa.int64()))
    place = np.empty(len(row), np.int64)
    place[np.asarray(pc.sort_indices(known))] = np.arange(len(row))
    return Prints(row, np.array(known.to_pylist(), object), signatures(known), place)


def near_duplicates(prints: Prints, group: Ints) -> Found:
    """Texts that are nearly the same as one of another group.

    Args:
        prints: of the m texts that are compared.
        group: [n] of all texts; those of one group are not compared.
    """
    own = group[prints.row]
    partner = np.full(len(own), -1)
    for band in range(_BANDS if len(own) > 1 else 0):
        key = _key(prints.minima[:, band * _ROWS : (band + 1) * _ROWS])
        rows, others = _meetings(key, own, prints.place, back=band % 2 == 1)
        unseen = partner[rows] < 0
        rows, others = rows[unseen], others[unseen]
        alike = _alike(prints, rows, others)
        partner[rows[alike]] = others[alike]
    found = np.flatnonzero(partner >= 0)
    return Found(prints.row[found], prints.row[partner[found]])


def signatures(texts: pa.Array) -> Hashes:
    """The MinHash [n, 64] of each text's shingles.

    Args:
        texts: [n], none shorter than eight bytes.
    """
    parts = [_minima(chunk) for chunk in _chunks(texts)]
    return np.concatenate(parts) if parts else np.empty((0, _BANDS * _ROWS), np.uint64)


def _chunks(texts: pa.Array) -> Iterator[pa.Array]:
    ends = np.cumsum(np.asarray(pc.binary_length(texts), np.int64))
    start = 0
    while start < len(texts):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _CHUNK)))
        yield texts.slice(start, stop - start)
        start = stop


def _minima(texts: pa.Array) -> Hashes:
    lengths = np.asarray(pc.binary_length(texts), np.int64)
    data = np.frombuffer(b"".join(pc.cast(texts, pa.binary()).to_pylist()), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(data, _SHINGLE)
    shingles = np.ascontiguousarray(windows).view(np.uint64)[:, 0]
    # A product's high bits, which decide what is least, depend on all lower bits: mix these once.
    mixed = shingles * _MIX
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MIX
    # Every second stretch is a text's own windows; those between would reach into the next text.
    ends = np.cumsum(lengths)
    stretches = np.stack([ends - lengths, ends - _SHINGLE + 1], axis=1).ravel()[:-1]
    found = np.empty((len(texts), _BANDS * _ROWS), np.uint64)
    for at, (factor, shift) in enumerate(zip(*_CONSTANTS, strict=True)):
        found[:, at] = np.minimum.reduceat((mixed ^ shift) * factor, stretches)[::2]
    return found


def _key(minima: Hashes) -> Hashes:
    """One number for the four minima of a band, [n]."""
    key = np.zeros(len(minima), np.uint64)
    for column in minima.T:
        key = (key ^ column) * np.uint64(0x100000001B3)
        key ^= key >> np.uint64(31)
    return key


def _meetings(key: Hashes, group: Ints, place: Ints, back: bool) -> tuple[Ints, Ints]:
    """For each text the next one by ``place`` that has its key and is of another group, or else the last."""
    order = np.lexsort((place, key))
    if back:
        order = order[::-1]
    n = len(order)
    new_bucket = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    new_run = new_bucket | np.concatenate([[True], group[order][1:] != group[order][:-1]])
    bucket, run = np.cumsum(new_bucket) - 1, np.cumsum(new_run) - 1
    bucket_starts, run_starts = np.flatnonzero(new_bucket), np.flatnonzero(new_run)
    after, before = np.append(run_starts, n)[run + 1], run_starts[run] - 1
    met = np.where(after < np.append(bucket_starts, n)[bucket + 1], after, before)
    several = met >= bucket_starts[bucket]
    return order[several], order[met[several]]


def _alike(prints: Prints, rows: Ints, others: Ints) -> NDArray[np.bool_]:
    """Whether the texts of each pair are similar, bool [m]."""
    from rapidfuzz import fuzz, process

    found = np.zeros(len(rows), bool)
    likely = np.flatnonzero((prints.minima[rows] == prints.minima[others]).mean(1) >= _LIKELY)
    for start in range(0, len(likely), _PAIRS):
        part = likely[start : start + _PAIRS]
        found[part] = (
            process.cpdist(
                prints.letters[rows[part]].tolist(),
                prints.letters[others[part]].tolist(),
                scorer=fuzz.ratio,
                score_cutoff=SIMILARITY,
                dtype=np.float32,
            )
            > 0
        )
    return found
