"""Seeds become rows to fit on: means over wordings or a row for each, groups, and what is left out."""

from dataclasses import replace

import numpy as np
import pytest
from made_seeds import make_rows, texts

from normsuite.embeddings import Passage
from normsuite.errors import InputError
from normsuite.scorers.direction.seeds import check_seeds, combined, mean_over_wordings, seed_rows

NAN = np.nan


def test_a_seeds_wordings_are_averaged() -> None:
    seeds = texts("help", "harm", values=[1, 0], wordings=2)
    rows = seed_rows([seeds], [np.array([[1, 2], [3, 4], [0, 0], [-2, 6]], np.float32)])
    assert rows.X.tolist() == [[2, 3], [-1, 3]]
    assert rows.y.tolist() == [1, 0]
    assert list(rows.text) == ["help 0", "harm 0"]
    assert rows.groups.tolist() == [1, 0]  # codes of sorted names


def test_a_seeds_wordings_are_rows_of_one_group_and_pole_where_that_is_asked() -> None:
    seeds = texts("help", "harm", values=[1, 0], wordings=2, average=False)
    vectors = np.array([[1, 2], [3, 4], [0, 0], [-2, 6]], np.float32)
    rows = seed_rows([seeds], [vectors])
    assert rows.X.tolist() == vectors.tolist()
    assert rows.y.tolist() == [1, 1, 0, 0]
    assert rows.groups[0] == rows.groups[1] != rows.groups[2] == rows.groups[3]
    assert list(rows.text) == ["help 0", "help 1", "harm 0", "harm 1"]


def test_seeds_of_one_cluster_are_of_one_group() -> None:
    rows = seed_rows(
        [texts("a", "b", "c", values=[1, 0, 1], clusters=["x", "x", "y"])], [np.eye(3, dtype="f4")]
    )
    assert rows.groups.tolist() == [0, 0, 1]


def test_clusters_of_one_name_in_two_sources_are_two_groups() -> None:
    one, two = texts("tell", "lie", values=[1, 0]), texts("tell", values=[1], name="other")
    rows = seed_rows([one, two], [np.eye(3, dtype="f4")[:2], np.eye(3, dtype="f4")[2:]])
    assert rows.source.tolist() == [0, 0, 1]
    assert len(set(rows.groups.tolist())) == 3


def test_the_same_words_in_other_wordings_are_of_one_group() -> None:
    """Else a fold would hold out a verb that the others have seen."""
    stems, bare = texts("tell", "lie", values=[1, 0], wordings=2), texts("tell", "lie", values=[1, 0])
    rows = seed_rows([stems, bare], [np.ones((4, 3), "f4"), np.ones((2, 3), "f4")])
    assert rows.source.tolist() == [0, 0, 1, 1]
    assert rows.groups.tolist() == [1, 0, 1, 0]


def test_a_seed_that_is_too_long_is_left_out() -> None:
    vectors = np.array([[1, 2], [NAN, NAN], [0, 1], [2, 3], [5, 5], [7, 7]], np.float32)
    seeds = texts("a", "b", "c", values=[1, 0, 0], wordings=2)
    averaged = seed_rows([seeds], [vectors])
    assert averaged.y.tolist() == [0, 0]  # a mean without one of its wordings is another mean
    assert list(averaged.text) == ["b 0", "c 0"]
    each = seed_rows([replace(seeds, average=False)], [vectors])
    assert each.y.tolist() == [1, 0, 0, 0, 0]
    assert list(each.text) == ["a 0", "b 0", "b 1", "c 0", "c 1"]
    assert np.isfinite(each.X).all()


def test_every_layer_must_be_there() -> None:
    vectors = np.ones((2, 3, 4), np.float32)
    vectors[0, 1] = NAN
    rows = seed_rows([texts("a", "b", values=[1, 0])], [vectors])
    assert rows.X.shape == (1, 3, 4)


def test_seeds_that_are_all_too_long_are_one_line() -> None:
    with pytest.raises(InputError, match="no seed fits the model's context; give shorter seeds"):
        seed_rows([texts("a", "b", values=[1, 0])], [np.full((2, 4), NAN, np.float32)])


@pytest.mark.parametrize("layers", [(), (2,)])
def test_a_source_without_seeds_is_passed_over(layers) -> None:
    """A language that one of two sources lacks; the reader gives vectors of no dimension for no texts."""
    none = texts(values=[])
    rows = seed_rows(
        [none, texts("a", "b", values=[1, 0])],
        [np.empty((0, *layers, 0), np.float32), np.ones((2, *layers, 4), np.float32)],
    )
    assert rows.source.tolist() == [1, 1]
    assert rows.X.shape == (2, *layers, 4)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "there are no seeds to fit a direction on"),
        ([1.0, 1.0], r"the seeds are of one class only \(all positive\)"),
        ([0.0, 0.0], r"the seeds are of one class only \(all negative\)"),
    ],
)
def test_seeds_of_one_pole_are_refused_before_anything_is_embedded(values, message) -> None:
    with pytest.raises(InputError, match=message):
        check_seeds([texts(*"abc"[: len(values)], values=values)])


def test_no_sources_are_no_seeds() -> None:
    with pytest.raises(InputError, match="there are no seeds"):
        check_seeds([])


def test_each_pole_may_come_from_a_source_of_its_own() -> None:
    check_seeds([texts("a", values=[1]), texts("b", values=[0])])


def test_the_digest_is_of_all_that_is_fitted_on() -> None:
    seeds = texts("a", "b", values=[1, 0])
    others = [
        replace(seeds, values=np.array([1, 0.5])),
        replace(seeds, clusters=["a", "a"]),
        replace(seeds, average=False),
        replace(seeds, passages=[[Passage("a")], [Passage("c")]]),
        replace(seeds, passages=[[Passage("a", (0, 1))], [Passage("b")]]),
    ]
    assert replace(seeds, name="another name").sha256() == seeds.sha256()
    assert len({seeds.sha256(), *(other.sha256() for other in others)}) == 6


def test_the_mean_over_wordings_is_taken_in_double_precision() -> None:
    vectors = np.array([[[16777216.0], [1.0], [1.0], [-16777216.0]]], np.float32)
    assert mean_over_wordings(vectors).tolist() == [[0.5]]


def test_rows_are_taken_by_mask_and_by_position() -> None:
    rows = make_rows(np.eye(4), [0, 1, 0, 1], groups=[3, 2, 1, 0])
    for chosen in (np.array([True, False, False, True]), np.array([0, 3])):
        some = rows.take(chosen)
        assert some.groups.tolist() == [3, 0]
        assert list(some.text) == ["text 0", "text 3"]


def test_an_offset_is_the_second_text_less_the_first() -> None:
    vectors = np.array([[1, 1], [4, 0], [2, NAN], [0, 0]], np.float32)
    offset = combined(vectors.reshape(2, 2, 2), "difference")
    assert offset[0].tolist() == [3, -1]
    assert np.isnan(offset[1]).any()
    seeds = texts("a", "b", values=[1, 0], wordings=2)
    rows = seed_rows([seeds], [np.array([[1, 1], [4, 0], [2, 2], [0, 0]], np.float32)], "difference")
    assert rows.X.tolist() == [[3, -1], [-2, -2]]
