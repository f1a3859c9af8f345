"""Scores become predictions: where the threshold lies, what a probability is, which items are asked about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_seeds import items
from sklearn.metrics import accuracy_score

from normsuite.errors import InputError
from normsuite.metrics import read_rows
from normsuite.schema import check_items
from normsuite.scorers.direction import recast
from normsuite.scorers.direction.predictions import Threshold, direction_predictions, fit_threshold


def fitted(scores, positive) -> Threshold:
    return fit_threshold(np.array(scores, float), np.array(positive, bool))


@pytest.mark.parametrize(
    ("scores", "positive", "at"),
    [
        ([1, 2, 5, 6], [0, 0, 1, 1], 3.5),  # the middle of the gap
        ([6, 1, 5, 2], [1, 0, 1, 0], 3.5),  # in any order
        ([1, 2, 3, 9], [0, 1, 0, 1], 6.0),  # two cuts are right three times; the wider gap is taken
        ([1, 2, 2, 3], [0, 0, 1, 1], 1.5),  # no cut goes between equal scores; the first of two as good
        ([2, 2, 2], [1, 1, 0], 1.0),  # all alike: everything is of the greater class
        ([2, 2, 2], [0, 0, 1], 3.0),
        ([1, 2], [1, 0], 0.0),  # the wrong way round: no cut is better than one class for all
    ],
)
def test_the_threshold_by_hand(scores, positive, at) -> None:
    assert fitted(scores, positive).at == pytest.approx(at)


@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=30))
def test_no_threshold_is_right_more_often(rows) -> None:
    scores = np.array([score for score, _ in rows], float)
    positive = np.array([pole for _, pole in rows])
    if positive.all() or not positive.any():
        with pytest.raises(InputError, match="of one class only"):
            fit_threshold(scores, positive)
        return
    found = fit_threshold(scores, positive)
    right = accuracy_score(positive, scores > found.at)
    assert right == max(accuracy_score(positive, scores > cut) for cut in np.arange(-5, 6) - 0.5)
    assert not np.isin(found.at, scores).any()
    assert found.slope > 0


@given(st.integers(0, 2**32))
def test_a_probability_rises_with_the_score_whatever_the_training_rows_say(seed) -> None:
    rng = np.random.default_rng(seed)
    scores, positive = rng.normal(size=20), rng.random(20) < 0.5
    positive[:2] = True, False
    threshold = fit_threshold(scores, positive)
    chances = threshold(np.sort(scores))
    assert (np.diff(chances) > 0).all()
    assert ((chances > 0) & (chances < 1)).all()
    assert threshold(np.array([threshold.at])) == pytest.approx([0.5])
    assert ((threshold(scores) > 0.5) == (scores > threshold.at)).all()


def test_scores_apart_give_a_steeper_probability_than_scores_that_overlap() -> None:
    apart = fitted([0, 1, 9, 10], [0, 0, 1, 1])
    mixed = fitted([0, 1, 9, 10], [0, 1, 0, 1])
    assert apart.slope > mixed.slope > 0


def test_no_training_rows_that_can_be_read_is_one_line() -> None:
    with pytest.raises(InputError, match="of one class only"):
        fitted([], [])


def test_a_prediction_by_hand() -> None:
    table = items([{}, {"country": "PER"}, {}])
    threshold = Threshold(at=1.0, slope=2.0)
    found = direction_predictions("t", table, np.array([0.0, 2.0, np.nan]), "a+b", threshold)
    assert found["status"].to_pylist() == ["ok", "ok", "too_long"]
    assert found["predicted"].to_pylist() == [0, 1, None]
    assert found["score"].to_pylist() == [0, 2, None]
    high = 1 / (1 + np.exp(-2))
    assert found["probabilities"][0].as_py() == pytest.approx([high, 1 - high])
    assert found["probabilities"][2].as_py() is None
    assert found["detail"].to_pylist() == [None, None, "a text is longer than the model's context"]
    assert set(found["prompt"].to_pylist()) == {"a+b"}
    assert set(found["scorer"].to_pylist()) == {"direction"}
    assert found["country"].to_pylist() == [None, "PER", None]
    assert not {"behavior", "situation"} & set(found.column_names)
    rows, _ = read_rows(found)
    assert rows.answered.tolist() == [True, True, False]


def test_a_rating_has_a_score_and_no_probability() -> None:
    rating = {"kind": "rating", "options": None, "gold": None, "scale_min": 0.0, "scale_max": 1.0}
    table = items([rating | {"rating": 0.2}, rating | {"rating": 0.7}])
    found = direction_predictions("t", table, np.array([-3.0, 3.0]), "a", None)
    assert found["score"].to_pylist() == [-3, 3]
    assert found["predicted"].null_count == found["probabilities"].null_count == 2
    assert read_rows(found)[0].answered.all()


def test_items_of_three_labels_become_a_choice_between_the_poles() -> None:
    options = ["rude", "neutral", "polite"]
    divided = [{"votes": [1, 2, 3]}, {"votes": [1, 2, 3]}, {"shares": [0.5, 0.3, 0.2]}, {"votes": [1, 2, 3]}]
    golds = (2, 1, 0, 2)
    table = items(
        [{"options": options, "gold": gold, **own} for gold, own in zip(golds, divided, strict=True)]
    )
    found = recast(table, np.array([1, np.nan, 0, 1]), ("rude", "polite"))
    check_items(found)
    assert found["id"].to_pylist() == ["made:0", "made:2", "made:3"]
    assert found["options"].to_pylist() == [["rude", "polite"]] * 3
    assert found["gold"].to_pylist() == [1, 0, 1]
    assert found["votes"].null_count == found["shares"].null_count == 3  # they were of three options
    assert found["cluster"].to_pylist() == ["c0", "c2", "c3"]


def test_items_with_several_labels_become_a_choice_by_their_valence() -> None:
    several = {"kind": "multilabel", "gold": None, "gold_set": [0, 1], "options": ["care", "harm", "other"]}
    table = items([several | {"valence": 0.5}, several | {"valence": 0.0}, several | {"valence": -1.0}])
    found = recast(table, np.array([1, np.nan, 0]), ("negative", "positive"))
    check_items(found)
    assert found["kind"].to_pylist() == ["label"] * 2
    assert found["gold"].to_pylist() == [1, 0]
    assert found["gold_set"].null_count == 2


def test_items_of_neither_pole_are_none() -> None:
    assert recast(items([{}, {}]), np.full(2, np.nan), ("a", "b")).num_rows == 0
    assert recast(items([]), np.empty(0), ("a", "b")).num_rows == 0
