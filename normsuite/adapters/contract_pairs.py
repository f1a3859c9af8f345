"""Pairs of clauses from contracts into which people wrote norms that conflict with the contract's own.

The data says which sentences were written in, and that each was made from a sentence of its contract. It does
not say from which. Here the partner is the sentence most like it, and only where that is beyond doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.adapters.contract_text import MOST_CLAUSES, clauses, likeness

LEAST_LIKENESS: Final = 0.6
"""Of an inserted norm and the clause it is taken to be made from."""
LEAST_MARGIN: Final = 0.1
"""By which that clause is more like it than any other."""
_SAME: Final = 1 - 1e-9


@dataclass(frozen=True)
class Pair:
    """Two clauses that stand in one contract.

    Attributes:
        first: a sentence that was there before.
        second: the inserted norm made from it; or another sentence that was there before.
        likeness: cosine of the two, 0 to 1.
        line: of the inserted norm in its file, from 1; 0 where none was inserted.
    """

    first: str
    second: str
    likeness: float
    line: int


@dataclass(frozen=True)
class Refused:
    """An inserted norm that makes no pair: its line, its text, why, and whether the format is broken."""

    line: int
    text: str
    reason: str
    invalid: bool = False


def pairs_of(contract: str, inserted: Sequence[str]) -> tuple[list[Pair], list[Pair], list[Refused]]:
    """The pairs of one contract.

    Args:
        contract: its text with the inserted norms in it, from ``plain``.
        inserted: the norms, one for each line of their file, from ``plain`` too; empty lines are "".

    Returns:
        Pairs in conflict; as many pairs (or fewer, where there are no more) of the contract's own clauses,
        the most alike first, each clause in one of them only; and the norms left out.
    """
    norms, refused = _present(contract, inserted)
    standing = clauses(_without(contract, norms.values()))[:MOST_CLAUSES]
    if not standing:
        refused += [
            Refused(line, text, "has no clause of the contract beside it") for line, text in norms.items()
        ]
        return [], [], refused
    alike = likeness(list(norms.values()), standing)
    conflicts = []
    for row, (line, text) in enumerate(norms.items()):
        found = _partner(alike[row])
        if found is None:
            reason = "is not clearly made from one clause of its contract"
            refused.append(Refused(line, text, reason))
        else:
            conflicts.append(Pair(standing[found], text, float(alike[row, found]), line))
    return conflicts, _neighbours(standing, alike[len(norms) :], len(conflicts)), refused


def _present(contract: str, inserted: Sequence[str]) -> tuple[dict[int, str], list[Refused]]:
    """Inserted norms by line that stand in the contract, each once, and those that do not."""
    norms: dict[int, str] = {}
    refused: list[Refused] = []
    for line, text in enumerate(inserted, 1):
        if not text:
            continue
        if text in norms.values():
            refused.append(Refused(line, text, "is an earlier line's norm"))
        elif text not in contract:
            refused.append(Refused(line, text, "does not stand in its contract", invalid=True))
        else:
            norms[line] = text
    return norms, refused


def _without(contract: str, norms: Iterable[str]) -> str:
    """The contract without the inserted norms; what stood before and after them is apart."""
    for text in sorted(norms, key=len, reverse=True):
        contract = contract.replace(text, "\n")
    return contract


def _partner(alike: NDArray[np.float64]) -> int | None:
    """The clause that is most like a norm, if it is much and clearly so."""
    order = np.argsort(-alike, kind="stable")
    first = float(alike[order[0]])
    second = float(alike[order[1]]) if len(order) > 1 else 0.0
    clear = LEAST_LIKENESS <= first < _SAME and first - second >= LEAST_MARGIN
    return int(order[0]) if clear else None


def _neighbours(standing: Sequence[str], alike: NDArray[np.float64], count: int) -> list[Pair]:
    """The most alike pairs of the contract's own clauses, in the order they stand in."""
    first, second = np.triu_indices(len(standing), 1)
    values = alike[first, second]
    used: set[int] = set()
    found: list[Pair] = []
    for at in np.argsort(-values, kind="stable"):
        if len(found) == count or values[at] <= 0:
            break
        pair = {int(first[at]), int(second[at])}
        if values[at] < _SAME and not used & pair:
            used |= pair
            found.append(Pair(standing[first[at]], standing[second[at]], float(values[at]), 0))
    return found
