"""The layer is the one whose direction does best on seeds that it was not fitted on."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

from dataclasses import replace

import numpy as np
import pytest
from made_seeds import cloud, make_rows, step

from normsuite.directions import DirectionError
from normsuite.scorers.direction import build
from normsuite.scorers.direction.layers import at_layer, choose_layer, held_out_agreement

MEANS = build(step("difference-in-means"), ())


def layered(*gaps: float, n: int = 60, **others: object):
    """Rows with a layer for each gap between the poles."""
    X = np.stack([cloud(n, gap=gap, seed=at)[0] for at, gap in enumerate(gaps)], axis=1)
    y = cloud(n)[1]
    return replace(make_rows(X[:, 0], y), X=X, **others)


def test_the_layer_that_holds_the_poles_is_chosen() -> None:
    place, agreement = choose_layer(MEANS, layered(0, 1, 4, 0.5), [3, 5, 8, 9])
    assert place == 2
    assert list(agreement) == [3, 5, 8, 9]
    assert agreement[8] == max(agreement.values()) > 0.7


def test_the_lowest_of_equals_is_chosen() -> None:
    rows = layered(2, 2)
    same = replace(rows, X=np.stack([rows.X[:, 0]] * 3, axis=1))
    assert choose_layer(MEANS, same, [4, 6, 7])[0] == 0


def test_one_layer_is_not_judged() -> None:
    rows = make_rows(np.zeros((2, 3)), [0, 1])
    assert choose_layer(MEANS, replace(rows, X=rows.X[:, None]), [-1]) == (0, {})


def test_noise_has_no_agreement_with_seeds_it_was_not_fitted_on() -> None:
    found = [held_out_agreement(MEANS, make_rows(*cloud(60, d=40, gap=0, seed=seed))) for seed in range(20)]
    assert abs(np.mean(found)) < 0.1


def test_seeds_of_one_group_are_never_on_both_sides() -> None:
    """Six groups, each with a place of its own: a group's place says nothing of the others."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(6), 10)
    y = (group % 2).astype(float)
    X = rng.normal(size=(6, 50))[group] * 5 + rng.normal(size=(60, 50)) * 0.01
    alone = held_out_agreement(MEANS, make_rows(X, y))
    assert alone > 0.8  # a seed's kin told its pole
    assert held_out_agreement(MEANS, make_rows(X, y, groups=group)) < alone


def test_a_fold_that_defines_no_direction_says_nothing() -> None:
    X, y = cloud(9, gap=6)
    groups = np.where(y == 1, 0, 1 + np.arange(9) % 2)  # one group holds all of a pole
    agreement = held_out_agreement(MEANS, make_rows(X, y, groups=groups))
    assert np.isnan(agreement) or -1 <= agreement <= 1


def test_graded_seeds_are_ranked() -> None:
    X, _ = cloud(40, gap=0)
    y = np.round((X[:, 0] - X[:, 0].min()) / np.ptp(X[:, 0]), 1).astype(float)
    assert held_out_agreement(build(step("two-extremes", extremes=0.3), ()), make_rows(X, y)) > 0.5


@pytest.mark.parametrize("groups", [np.zeros(20), np.where(np.arange(20) % 2, 0, 1)])
def test_seeds_that_cannot_be_held_out_are_one_line(groups) -> None:
    rows = layered(1, 2, n=20, groups=np.asarray(groups, np.int64))
    with pytest.raises(DirectionError, match="too few seeds to choose a layer; set `reading"):
        choose_layer(MEANS, rows, [1, 2])


def test_a_layer_of_constants_is_passed_over() -> None:
    rows = layered(3, 0)
    X = rows.X.copy()
    X[:, 1] = 1.0
    place, agreement = choose_layer(MEANS, replace(rows, X=X), [1, 2])
    assert place == 0
    assert np.isnan(agreement[2])


def test_the_embeddings_of_one_layer_are_taken() -> None:
    rows = layered(1, 2)
    assert at_layer(rows, 1).X.tolist() == rows.X[:, 1].tolist()
    assert at_layer(rows, 1).y is rows.y
