"""Two models' predictions of one task, reading beside reading: what a paired comparison is computed on.

A reading is an item under a wording. An item meets one label order under a wording, which the seed of a run
decides: readings are paired whatever their orders are, and it is counted how many orders differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from normsuite.aggregate.groups import READINGS, Facet, facets
from normsuite.errors import InputError
from normsuite.metrics import Rows, read_rows
from normsuite.metrics.columns import codes
from normsuite.metrics.families import joint_code
from normsuite.metrics.rows import Bools, Ints

_OF_ITEM: Final = (
    *("cluster", "family", "size", "gold", "gold_set", "shares", "people", "rating"),
    *("scale_min", "scale_max", "valence"),
)
"""What both runs must say alike of an item."""

_READ: Final = ("probabilities", "score", "mass", "top_is_label", "temperature")
"""What a run has read, NaN where it has not."""


@dataclass(frozen=True)
class Counts:
    """Items of both runs; none is lost without a number here.

    Attributes:
        items: of which both runs have readings: the paired ones.
        clusters: of the paired items.
        only_baseline, only_other: with a reading that the other run lacks.
        unscored_baseline, unscored_other: with a paired reading that this run alone could not score.
        unscored_both: with a paired reading that neither could score.
        other_orders: whose labels the two runs show in another order.
    """

    items: int
    clusters: int
    only_baseline: int
    only_other: int
    unscored_baseline: int
    unscored_other: int
    unscored_both: int
    other_orders: int


@dataclass(frozen=True)
class Pairs:
    """Paired readings, n of them.

    Attributes:
        baseline, other: [n] the two runs' rows; row i of both is the same reading.
        facets: divisions of the rows by culture and category.
        counts: what is paired and what is not.
    """

    baseline: Rows
    other: Rows
    facets: tuple[Facet, ...]
    counts: Counts

    def jointly_read(self) -> tuple[Rows, Rows]:
        """Both runs' rows without what only one of them has read: every metric scores the same rows of both.

        Leaving out what one run could not score favours neither, unless it fails where items are hard; that
        is why ``counts`` must be shown.
        """
        return _without(self.baseline, self.other), _without(self.other, self.baseline)


def pair(baseline: pa.Table, other: pa.Table) -> Pairs:
    """Pair two runs' predictions of one task.

    Args:
        baseline: table in ``schema.PREDICTION_SCHEMA`` of one task and one scorer.
        other: the same of the other run.

    Raises:
        InputError: no item in common, or the runs say other things of an item.
    """
    mine, theirs = _partnered(baseline, other)
    if not mine.any():
        raise InputError("the runs have no item in common", field="item")
    kept = baseline.filter(pa.array(mine)), other.filter(pa.array(theirs))
    (first, position), (second, place) = read_rows(kept[0]), read_rows(kept[1])
    items = kept[0]["item"].take(pa.array(position))
    _refuse_other_items(first, second, items)
    orders = _differ(kept[0]["order"].take(pa.array(position)), kept[1]["order"].take(pa.array(place)))
    unread = first.status != 0, second.status != 0
    counts = Counts(
        items=_distinct(first.item),
        clusters=_distinct(first.cluster),
        only_baseline=_distinct(codes(baseline["item"])[0][~mine]),
        only_other=_distinct(codes(other["item"])[0][~theirs]),
        unscored_baseline=_distinct(first.item[unread[0] & ~unread[1]]),
        unscored_other=_distinct(first.item[unread[1] & ~unread[0]]),
        unscored_both=_distinct(first.item[unread[0] & unread[1]]),
        other_orders=_distinct(first.item[orders]),
    )
    divisions = (facet for facet in facets(kept[0], position) if facet.name not in READINGS)
    return Pairs(first, second, tuple(divisions), counts)


def _partnered(baseline: pa.Table, other: pa.Table) -> tuple[Bools, Bools]:
    """Which rows of each table have a partner in the other."""
    item, wording, order = (
        codes(pa.chunked_array([*baseline[name].chunks, *other[name].chunks]))[0]
        for name in ("item", "prompt", "order")
    )
    side = np.repeat([0, 1], [baseline.num_rows, other.num_rows])
    reading = joint_code(item, wording)
    # Should a reading be there in several orders, the first is paired with the first, and so on.
    sorting = np.lexsort([order, reading, side])
    group = joint_code(side, reading)[sorting]
    start = np.flatnonzero(np.diff(group, prepend=-1))
    number = np.empty(len(side), np.int64)
    number[sorting] = np.arange(len(side)) - np.repeat(start, np.diff(start, append=len(side)))
    key = joint_code(reading, number)
    mine, theirs = key[: baseline.num_rows], key[baseline.num_rows :]
    return np.isin(mine, theirs), np.isin(theirs, mine)


def _refuse_other_items(first: Rows, second: Rows, items: pa.ChunkedArray) -> None:
    """Raise for the first item of which the runs say other things: they were not asked the same."""
    if first.kind != second.kind or first.labels != second.labels:
        raise InputError("the runs were asked for other labels", field="options")
    for name in _OF_ITEM:
        mine, theirs = getattr(first, name), getattr(second, name)
        other = ~np.isclose(mine.astype(float), theirs.astype(float), rtol=0, atol=1e-9, equal_nan=True)
        differs = other.reshape(len(first), -1).any(axis=1)
        if differs.any():
            item = items[int(differs.argmax())].as_py()
            raise InputError(f"the runs say other things of the item {item!r}", field=name)


def _differ(one: pa.ChunkedArray, another: pa.ChunkedArray) -> Bools:
    both = codes(pa.chunked_array([*one.chunks, *another.chunks]))[0]
    differs: Bools = both[: len(one)] != both[len(one) :]
    return differs


def _without(own: Rows, partner: Rows) -> Rows:
    """A run's rows without what its partner has not read."""
    read: dict[str, Any] = {
        name: np.where(np.isnan(getattr(partner, name)), np.nan, getattr(own, name)) for name in _READ
    }
    return replace(
        own,
        status=np.maximum(own.status, partner.status),
        has_prediction=own.has_prediction & partner.has_prediction,
        **read,
    )


def _distinct(code: Ints) -> int:
    return len(np.unique(code))
