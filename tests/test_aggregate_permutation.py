"""The gap that chance alone would show."""

import numpy as np
import pytest
from made_predictions import prediction, random_predictions, table

from normsuite.aggregate import facets, permuted_gap
from normsuite.aggregate.permutation import find_blocks
from normsuite.metrics import METRICS, read_rows


def read(predictions):
    rows, position = read_rows(predictions)
    return rows, {facet.name: facet for facet in facets(predictions, position)}


def test_blocks_are_clusters_where_groups_divide_them():
    rows, found = read(random_predictions())
    blocks = find_blocks(rows, found["country"], np.ones(3, bool))
    np.testing.assert_array_equal(blocks.block, rows.cluster)
    assert blocks.identity.shape == (1, 30)
    assert len(blocks.group) == 30


def test_blocks_keep_rows_of_the_same_groups_together():
    rows, found = read(random_predictions())
    topic = found["topic"]
    blocks = find_blocks(rows, topic, np.ones(4, bool))
    for number in range(blocks.identity.size):
        members = blocks.member[blocks.block == number]
        own = {tuple(topic.group[topic.row == row]) for row in members}
        assert own == {tuple(sorted(blocks.group[blocks.label == number]))}
        assert len(set(rows.cluster[members])) == 1


def test_wordings_are_dealt_inside_clusters():
    rows, found = read(random_predictions())
    assert find_blocks(rows, found["wording"], np.ones(2, bool)).identity.shape == (30, 2)


def test_the_gap_of_a_real_difference_exceeds_its_permuted_gap():
    rows = [prediction(f"{i:03}", 0, int(i % 2 and i % 3), country=f"C{i % 2}") for i in range(200)]
    read_in, found = read(table(rows))
    gap = permuted_gap(read_in, METRICS["accuracy"], found["country"], np.ones(2, bool), seed=0)
    assert 0.01 < gap < 0.12 < 2 / 3


def test_the_permuted_gap_equals_theory_for_two_groups():
    """Two halves of n clusters, share p right: |difference| has mean sqrt(2 / pi) times its deviation."""
    rows = [prediction(f"{i:04}", 0, int(i % 4 < 2), country=f"C{i % 2}") for i in range(1000)]
    read_in, found = read(table(rows))
    gaps = [
        permuted_gap(read_in, METRICS["accuracy"], found["country"], np.ones(2, bool), seed)
        for seed in range(5)
    ]
    assert np.mean(gaps) == pytest.approx(np.sqrt(2 / np.pi) * np.sqrt(0.25 * 4 / 1000), rel=0.1)


def test_groups_left_out_give_and_take_nothing():
    rows, found = read(random_predictions(countries=3))
    country, two = found["country"], np.array([True, False, True])
    blocks = find_blocks(rows, country, two)
    assert set(blocks.group) == {0, 2}
    assert set(blocks.member) == set(country.row[two[country.group]])


def test_permuted_gaps_of_ranks():
    random = np.random.default_rng(0)
    rows = [
        prediction(f"{i}", None, None, kind="rating", country=f"C{i % 2}", rating=rating, score=score)
        for i, (rating, score) in enumerate(random.normal(size=(80, 2)))
    ]
    read_in, found = read(table(rows))
    both = np.ones(2, bool)
    ranked = permuted_gap(read_in, METRICS["spearman"], found["country"], both, seed=1)
    linear = permuted_gap(read_in, METRICS["pearson"], found["country"], both, seed=1)
    assert ranked == pytest.approx(linear, abs=0.06)
    assert ranked == pytest.approx(np.sqrt(2 / np.pi) * np.sqrt(2 / 40), rel=0.35)
