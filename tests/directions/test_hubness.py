"""Hubness: counts and skewness by hand, and two corrections that learn from a bank without the test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from normsuite.directions.hubness import (
    MutualProximity,
    QuerybankNormalisation,
    dynamic_inverted_softmax,
    hubness_skewness,
    k_occurrence,
)
from normsuite.errors import InputError

BOTH = pytest.mark.parametrize("kind", [MutualProximity, QuerybankNormalisation])


@parametrize_with_checks(
    [MutualProximity(), QuerybankNormalisation()],
    expected_failed_checks=lambda _: {"check_estimators_dtypes": "its data have a row of zeros: no cosine"},
)
def test_scikit_learn_accepts_the_estimator(estimator, check):
    check(estimator)


def at(*degrees):
    """Unit vectors of the plane at these angles."""
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def made(seed, rows, width=6):
    return np.random.default_rng(seed).normal(size=(rows, width))


def test_occurrences_by_hand():
    # 0 and 10 are each other's nearest; 25 and 30 too; 15 is nearest to 10.
    assert_array_equal(k_occurrence(at(0, 10, 15, 25, 30), k=1), [0, 2, 1, 1, 1])
    # Of the points 0, 90 and 180 degrees two queries are nearest to 90.
    assert_array_equal(k_occurrence(at(0, 90, 180), queries=at(80, 100, 10), k=1), [1, 2, 0])


def test_skewness_by_hand():
    # The centre of a star is everyone's nearest: counts 1, 4 and three times 0 after k = 1 on five points.
    star = np.array([[0, 0, 0, 0, 1.0], *(np.eye(5)[:4] + np.eye(5)[4])])
    counts = k_occurrence(star, k=1)
    assert counts[0] == 4
    # Deviations from the mean of 1: 3, 0 and three times -1; third moment (27 - 3) / 5, variance 12 / 5.
    assert sorted(counts) == [0, 0, 0, 1, 4]
    assert hubness_skewness(star, k=1) == pytest.approx(4.8 / 2.4**1.5)


def test_equal_occurrences_have_no_skewness():
    assert hubness_skewness(at(0, 90, 180, 270), queries=at(1, 91, 181, 271), k=1) == 0


@given(st.integers(0, 1000), st.integers(5, 40), st.integers(1, 4))
def test_every_point_asks_for_k_others_and_length_does_not_matter(seed, rows, k):
    points = made(seed, rows)
    counts = k_occurrence(points, k=k)
    assert counts.sum() == k * rows
    assert counts.max() <= rows - 1
    lengths = np.random.default_rng(seed).uniform(0.1, 10, size=(rows, 1))
    assert_array_equal(k_occurrence(points * lengths, k=k), counts)


def test_hubs_emerge_with_dimension():
    # Off the origin, as embeddings are: points near the mean's direction are near to all.
    skews = [hubness_skewness(made(0, 1000, width) + 1, k=5) for width in (3, 300)]
    assert skews[0] < 0.5 < 2 < skews[1]


@pytest.mark.parametrize("k", [0, 3])
def test_neighbours_that_are_not_there_are_refused(k):
    with pytest.raises(InputError, match=f"{k} neighbours asked of 2"):
        k_occurrence(at(0, 1, 2), k=k)


def test_inverted_softmax_by_hand():
    similarity = np.array([[0.9, 0.5], [0.2, 0.4]])
    bank = np.array([[0.8, 0.1], [0.7, 0.2]])  # both queries of the bank activate item 0
    normalised, hit = dynamic_inverted_softmax(similarity, bank, beta=2.0)
    assert_array_equal(hit, [True, False])
    sums = np.exp([1.6, 0.2]) + np.exp([1.4, 0.4])
    assert_allclose(normalised[0], np.exp([1.8, 1.0]) / sums)
    assert_array_equal(normalised[1], similarity[1])


def test_both_items_are_active_with_k_2():
    similarity = np.array([[0.9, 0.5], [0.2, 0.4]])
    assert dynamic_inverted_softmax(similarity, np.array([[0.8, 0.1]]), k=2)[1].all()


def test_a_hub_loses_the_queries_that_were_only_near_it_as_everyone_is():
    # Item 0 is near to everything; query 0 belongs to item 1 by what sets it apart.
    bank = np.array([[0.9, 0.1], [0.9, 0.0], [0.9, 0.2]])
    normalised, _ = dynamic_inverted_softmax(np.array([[0.9, 0.85]]), bank)
    assert normalised.argmax() == 1


similarities = arrays(np.float64, (5, 4), elements=st.floats(-1, 1))


@given(similarities, similarities, st.floats(0.1, 300), st.integers(1, 4))
def test_inverted_softmax_leaves_its_inputs_and_does_not_overflow(similarity, bank, beta, k):
    before = similarity.copy(), bank.copy()
    normalised, hit = dynamic_inverted_softmax(similarity, bank, beta, k)
    assert_array_equal(similarity, before[0])
    assert_array_equal(bank, before[1])
    assert_array_equal(normalised[~hit], similarity[~hit])
    assert (normalised[hit] >= 0).all()
    assert np.isfinite(normalised).all()


@given(similarities, similarities)
def test_an_item_near_to_the_whole_bank_loses_by_as_much(similarity, bank):
    """Adding c to an item's similarities, bank and query alike, cancels out."""
    lift = np.array([0.5, 0, 0, 0])
    all_active = {"beta": 3.0, "k": 4}
    plain, _ = dynamic_inverted_softmax(similarity, bank, **all_active)
    lifted, _ = dynamic_inverted_softmax(similarity + lift, bank + lift, **all_active)
    assert_allclose(plain, lifted)


@pytest.mark.parametrize(
    ("bank", "beta", "k"),
    [(np.ones((2, 3)), 20, 1), (np.ones((0, 2)), 20, 1), (np.ones((2, 2)), 0, 1), (np.ones((2, 2)), 20, 3)],
)
def test_a_bank_or_parameter_that_does_not_fit_is_refused(bank, beta, k):
    with pytest.raises(InputError):
        dynamic_inverted_softmax(np.ones((1, 2)), bank, beta, k)


def test_querybank_of_embeddings_is_the_inverted_softmax_of_cosines():
    bank, queries, gallery = made(0, 20), made(1, 5), made(2, 7)

    def cosine(left, right):
        return left @ right.T / np.linalg.norm(left, axis=1)[:, None] / np.linalg.norm(right, axis=1)

    expected, _ = dynamic_inverted_softmax(cosine(queries, gallery), cosine(bank, gallery), 5.0, 2)
    fitted = QuerybankNormalisation(beta=5.0, k=2).fit(bank)
    assert_allclose(fitted.similarity(queries, gallery), expected)


def test_mutual_proximity_by_hand():
    # Distances to the bank at 90 and 180 degrees: query at 0: 1 and 2; item at 60: 1 - sqrt(3)/2 and 3/2.
    fitted = MutualProximity().fit(at(90, 180))
    distance = 0.5
    other = np.array([1 - 3**0.5 / 2, 1.5])
    expected = norm.sf((distance - 1.5) / np.std([1, 2], ddof=1)) * norm.sf(
        (distance - other.mean()) / other.std(ddof=1)
    )
    assert_allclose(fitted.similarity(at(0), at(60)), [[expected]])


@given(st.integers(0, 1000), st.sampled_from([np.float32, np.float64]))
def test_mutual_proximity_is_what_comparing_with_the_whole_bank_gives(seed, dtype):
    bank, queries, gallery = (made(seed + i, n).astype(dtype) for i, n in enumerate((30, 4, 5)))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (bank, queries, gallery)]
    to_bank = [1 - rows @ unit[0].T for rows in unit[1:]]
    mean = [rows.mean(axis=1) for rows in to_bank]
    deviation = [rows.std(axis=1, ddof=1) for rows in to_bank]
    distance = 1 - unit[1] @ unit[2].T
    expected = norm.sf((distance - mean[0][:, None]) / deviation[0][:, None]) * norm.sf(
        (distance - mean[1]) / deviation[1]
    )
    fitted = MutualProximity().fit(bank)
    assert_allclose(fitted.similarity(queries, gallery), expected, atol=1e-5)
    assert_allclose(fitted.similarity(gallery, queries), expected.T, atol=1e-5)


@given(st.integers(0, 1000))
def test_mutual_proximity_is_a_share(seed):
    near = MutualProximity().fit(made(seed, 20)).similarity(made(seed + 1, 5), made(seed + 2, 5))
    assert ((near >= 0) & (near <= 1)).all()


def test_mutual_proximity_reduces_hubness():
    bank, points = made(0, 500, 200) + 0.3, made(1, 500, 200) + 0.3
    near = MutualProximity().fit(bank).similarity(points, points)
    np.fill_diagonal(near, -1)
    counts = np.bincount(np.argsort(-near, axis=1)[:, :10].ravel(), minlength=500)
    skewness = ((counts - counts.mean()) ** 3).mean() / counts.std() ** 3
    assert skewness < hubness_skewness(points, k=10) / 2


@BOTH
def test_a_query_of_the_bank_is_refused_unless_transductive(kind):
    bank = made(0, 10)
    queries = np.vstack([bank[3] * 2, made(1, 2)])  # the length of an embedding does not disguise it
    with pytest.raises(InputError, match="1 of 3 queries stand in the bank"):
        kind().fit(bank).similarity(queries, made(2, 4))
    fitted = kind(transductive=True).fit(bank)
    assert fitted.transductive_
    assert not kind().fit(bank).transductive_
    assert fitted.similarity(queries, made(2, 4)).shape == (3, 4)


@BOTH
def test_a_score_does_not_depend_on_the_other_queries(kind):
    fitted = kind().fit(made(0, 30))
    queries, gallery = made(1, 8), made(2, 6)
    assert_allclose(fitted.similarity(queries, gallery)[:1], fitted.similarity(queries[:1], gallery))


@BOTH
def test_what_cannot_be_compared_is_refused_in_one_line(kind):
    fitted = kind().fit(made(0, 10))
    with pytest.raises(InputError, match="row 2 of the queries is zero"):
        fitted.similarity(np.vstack([made(1, 1), np.zeros((1, 6))]), made(2, 2))
    with pytest.raises(InputError, match=r"the gallery cannot be compared: .*NaN"):
        fitted.similarity(made(1, 1), made(2, 2) * np.nan)
    with pytest.raises(InputError, match="queries of 5 features, a bank of 6"):
        fitted.similarity(made(1, 1, 5), made(2, 2))


@BOTH
def test_a_clone_is_unfitted_and_gives_the_same(kind):
    fitted = kind().fit(made(0, 10))
    again = clone(fitted)
    assert not hasattr(again, "bank_")
    assert_array_equal(
        again.fit(made(0, 10)).similarity(made(1, 2), made(2, 3)), fitted.similarity(made(1, 2), made(2, 3))
    )
