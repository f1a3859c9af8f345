"""Predictions become columns, whatever their order and however ragged; bad ones are refused."""

import numpy as np
import pyarrow as pa
import pytest
from made_predictions import LABELS, prediction, random_predictions, table

from normsuite.errors import InputError
from normsuite.metrics import check_families, read_rows
from normsuite.schema import PREDICTION_SCHEMA


def test_rows_come_sorted_and_know_where_they_were():
    predictions = random_predictions(items=20)
    shuffled = predictions.take(np.random.default_rng(1).permutation(predictions.num_rows))
    first, second = read_rows(predictions)[0], read_rows(shuffled)[0]
    for name, column in vars(first).items():
        np.testing.assert_array_equal(column, getattr(second, name))
    position = read_rows(shuffled)[1]
    keys = [tuple(row.values()) for row in shuffled.take(position).select(["item", "prompt"]).to_pylist()]
    assert keys == sorted(keys)


def test_options_of_different_length_are_padded():
    rows, _ = read_rows(
        table(
            [
                prediction("a", 1, 0, kind="choice", options=["x", "y"], probabilities=[0.6, 0.4]),
                prediction("b", 2, 2, kind="choice", options=["p", "q", "r"], probabilities=[0.1, 0.2, 0.7]),
            ]
        )
    )
    assert rows.labels == ()
    assert rows.probabilities.tolist() == [[0.6, 0.4, 0.0], [0.1, 0.2, 0.7]]
    assert rows.shares.tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_labels_are_known_by_their_text_in_the_order_of_options():
    rows, _ = read_rows(
        table([prediction("a", 0, 2), prediction("b", 0, 1, options=["no", "yes"]), prediction("c", None, 1)])
    )
    assert rows.labels == tuple(LABELS)
    assert rows.gold_set.tolist() == [[True, False, False], [False, True, False], [False, False, False]]
    assert rows.predicted_set.tolist() == [[False, False, True], [True, False, False], [False, True, False]]
    assert rows.offered.tolist() == [[True, True, True], [True, True, False], [True, True, True]]


def test_shares_are_of_votes_else_as_told_else_the_gold_else_missing():
    rows, _ = read_rows(
        table(
            [
                prediction("a", 0, 0, votes=[3, 1, 0]),
                prediction("b", 1, 0),
                prediction("c", 1, 0, votes=[0, 0, 0]),
                prediction("d", None, 0),
                prediction("e", 0, 0, shares=[0.5, 0.3, 0.2]),
                prediction("f", None, 0, shares=[0.25, 0.75], options=["no", "yes"]),
            ]
        )
    )
    assert rows.shares[:3].tolist() == [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    assert np.isnan(rows.shares[3]).all()
    assert rows.shares[4:].tolist() == [[0.5, 0.3, 0.2], [0.25, 0.75, 0.0]]
    assert rows.has_shares.tolist() == [True, False, False, False, True, True]
    assert rows.people.tolist() == [4, 0, 0, 0, 0, 0]


def test_sets_of_labels_become_indicators_and_an_empty_set_is_a_set():
    common = {"kind": "multilabel", "options": ["care", "loyalty", "purity"]}
    rows, _ = read_rows(
        table(
            [
                prediction("a", None, None, gold_set=[0, 2], predicted_set=[], **common),
                prediction("b", None, None, gold_set=None, predicted_set=[1], **common),
            ]
        )
    )
    assert rows.gold_set.tolist() == [[True, False, True], [False, False, False]]
    assert rows.answered.tolist() == [True, False]


def test_slices_of_a_table_are_read_right():
    whole = random_predictions(items=30)
    part = whole.slice(7, 11)
    copied = pa.Table.from_pylist(part.to_pylist(), PREDICTION_SCHEMA)
    for name, column in vars(read_rows(part)[0]).items():
        np.testing.assert_array_equal(column, getattr(read_rows(copied)[0], name))


def test_a_prediction_that_is_there_twice_is_refused():
    with pytest.raises(InputError, match=r"predicts item 'a' twice under wording 'plain'"):
        read_rows(table([prediction("a", 0, 0), prediction("a", 0, 1)]))


def test_probabilities_of_another_length_are_refused():
    with pytest.raises(InputError, match="item 'a' has 2 probabilities for 3 options"):
        read_rows(table([prediction("a", 0, 0, probabilities=[0.5, 0.5])]))


def test_items_of_several_kinds_are_refused():
    with pytest.raises(InputError, match="not choice, label"):
        read_rows(table([prediction("a", 0, 0), prediction("b", 0, 0, kind="choice")]))


def test_a_family_over_two_clusters_is_refused():
    apart = [prediction("a", 0, 0, family="f"), prediction("b", 0, 0, family="f"), prediction("c", 0, 0)]
    with pytest.raises(InputError, match="family 'f' lies in several clusters"):
        check_families(table(apart))
    check_families(table([row | {"cluster": "same"} for row in apart]))
