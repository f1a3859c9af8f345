"""Rows that belong together: groups, repeats, differences, and hashes that name them."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters.rows import digests, group, index_lists, repeats

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=12)
HASHES = ["186da64456263a46", "dfece6df93b3b86b", "7b1cba69ea016eb1"]
TOP = 2**40  # three such keys do not fit one integer


@given(ROWS)
def test_rows_that_agree_in_all_keys_are_one_group_however_large_the_keys(rows):
    keys = [np.array([row[at] for row in rows], np.int64) * TOP for at in (0, 1, 0)]
    seen = {row: at for at, row in reversed(list(enumerate(rows)))}
    groups = group(*keys)
    assert groups.first[groups.codes].tolist() == [seen[row] for row in rows]
    assert groups.first.tolist() == sorted(seen.values())
    assert repeats(*keys).tolist() == [seen[row] != at for at, row in enumerate(rows)]
    assert groups.later().tolist() == repeats(*keys).tolist()


@given(ROWS, st.integers(0, 12))
def test_a_row_differs_if_its_text_is_not_that_of_the_first_of_its_group(rows, cut):
    groups = group(np.array([key for key, _ in rows]))
    texts = [str(value) for _, value in rows]
    first = {key: at for at, (key, _) in reversed(list(enumerate(rows)))}
    expected = [text != texts[first[key]] for text, (key, _) in zip(texts, rows, strict=True)]
    column = pa.chunked_array([texts[:cut], texts[cut:]], pa.string())
    assert groups.differs(column).tolist() == expected
    assert groups.differs(column.dictionary_encode()).tolist() == expected


def test_hashes_depend_on_the_text_alone():
    assert digests(pa.array(["", "tea", "thé"]), 8).to_pylist() == HASHES
    assert digests(pa.array(["tea"]), 4).to_pylist() == [HASHES[1][:8]]


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_chosen_columns_are_listed_row_by_row(rows):
    expected = [[at for at, chosen in enumerate(row) if chosen] for row in rows]
    assert index_lists(np.array(rows)).to_pylist() == expected
