"""Facets become one map per item, absent where the data says nothing."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.adapters.facets import facets

VALUES = st.one_of(st.none(), st.text(max_size=3))
LISTS = st.one_of(st.none(), st.lists(st.text(max_size=3), max_size=3))


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, LISTS), max_size=6))
def test_each_item_keeps_its_own_values(rows: list[tuple[str | None, list[str] | None]]) -> None:
    topics = pa.array([topic for topic, _ in rows], pa.string())
    values = pa.chunked_array([pa.array([many for _, many in rows], pa.list_(pa.string()))])
    found = facets({"topic": topics, "values": values}).to_pylist()
    expected = [
        [("topic", [topic])] * (topic is not None) + [("values", many)] * (many is not None)
        for topic, many in rows
    ]
    assert found == expected


def test_slices_and_dictionaries() -> None:
    column = pa.array(["a", None, "b", "b"]).dictionary_encode().slice(1)
    assert facets({"x": column}).to_pylist() == [[], [("x", ["b"])], [("x", ["b"])]]
