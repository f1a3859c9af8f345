"""The design of label orders: balanced, seeded, independent of the order of rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.scorers.orders import assigned_order, design_ranks, label_orders

LABELS = st.integers(1, 10)


@settings(deadline=None)
@given(LABELS)
def test_every_label_stands_at_every_position_equally_often(k: int) -> None:
    orders = label_orders(k)
    counts = Counter((position, label) for order in orders for position, label in enumerate(order))
    assert set(counts.values()) == {len(orders) // k}
    assert len(counts) == k * k


@settings(deadline=None)
@given(LABELS)
def test_every_order_shows_every_label_once(k: int) -> None:
    orders = label_orders(k)
    assert all(sorted(order) == list(range(k)) for order in orders)
    assert len(set(orders)) == len(orders)


def test_three_labels_have_all_six_orders() -> None:
    assert len(label_orders(3)) == 6


@settings(deadline=None)
@given(LABELS, st.integers(1, 100), st.integers(0, 5))
def test_under_each_wording_orders_differ_in_use_by_one_at_most(k: int, n: int, wording: int) -> None:
    used = Counter(assigned_order(k, rank, wording) for rank in range(n))
    counts = [used[order] for order in label_orders(k)]
    assert max(counts) - min(counts) <= 1


@settings(deadline=None)
@given(st.integers(3, 10), st.integers(0, 1000))
def test_an_item_meets_another_order_under_each_of_three_wordings(k: int, rank: int) -> None:
    assert len({assigned_order(k, rank, wording) for wording in range(3)}) == 3


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"])), unique=True, max_size=30),
    st.data(),
)
def test_ranks_belong_to_items_not_to_rows(ids: list[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(ids))))
    ranks = design_ranks(ids, 7)
    assert sorted(ranks) == list(range(len(ids)))
    assert design_ranks([ids[at] for at in order], 7).tolist() == ranks[list(order)].tolist()


def test_another_seed_gives_other_ranks() -> None:
    ids = [f"mini:{at}" for at in range(50)]
    assert np.array_equal(design_ranks(ids, 0), design_ranks(ids, 0))
    assert not np.array_equal(design_ranks(ids, 0), design_ranks(ids, 1))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_labels_and_positions_are_not_tied_to_the_order_of_ids(k: int) -> None:
    """Neighbours in the files are often of one family or label: their orders must not follow a pattern."""
    ids = [f"normad:{at:04}" for at in range(60 * k)]
    ranks = design_ranks(ids, 0)
    steps = Counter(np.diff(ranks) % len(label_orders(k)))
    assert len(steps) > 1
