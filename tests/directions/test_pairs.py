"""LAT and CCS: by hand, against numerical gradients, and on pairs whose axis is known."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from normsuite.directions import CCS, LAT, DirectionError
from normsuite.directions.pairs import ccs_loss

AXIS = np.array([0.6, 0.8, 0.0])


def contrast_pairs(n=60, seed=0):
    """x+ and x- in turn; what is true lies along AXIS, and the wording of x+ adds a constant elsewhere."""
    rng = np.random.default_rng(seed)
    true_plus = np.tile([1, 0], n // 2)
    sign = 2 * true_plus - 1
    topic = rng.normal(size=(n, 1)) * [0.0, 0, 1]
    plus = topic + 2 * np.outer(sign, AXIS) + [0, 0, 8] + 0.1 * rng.normal(size=(n, 3))
    minus = topic - 2 * np.outer(sign, AXIS) - [0, 0, 8] + 0.1 * rng.normal(size=(n, 3))
    X = np.stack([plus, minus], axis=1).reshape(-1, 3)
    y = np.stack([true_plus, 1 - true_plus], axis=1).ravel()
    return X, y


def test_lat_by_hand():
    # The differences are 1, 2 and 3 times (3, 4), whichever way each is turned: there is one axis.
    X = [[13, 7], [10, 3], [0, 7], [6, 15], [3, 3], [-6, -9]]
    for state in range(6):
        fitted = LAT(random_state=state).fit(X, [1, 0, 0, 1, 1, 0], pairs=list("aabbcc"))
        assert fitted.direction_ == pytest.approx([0.6, 0.8])
        assert fitted.agreement_ == 1
        assert fitted.offset_ == pytest.approx(0.6 * 26 / 6 + 0.8 * 26 / 6)


def test_lat_turns_pairs_at_random_so_a_constant_difference_is_found():
    # In one order every difference is the same, and centring would leave nothing.
    base = np.random.default_rng(0).normal(size=(20, 3))
    X = np.concatenate([base + 3 * AXIS, base])
    fitted = LAT().fit(X, [1] * 20 + [0] * 20, pairs=np.tile(np.arange(20), 2))
    assert fitted.direction_ == pytest.approx(AXIS)
    assert fitted.agreement_ == 1


def test_lat_finds_the_axis_of_labels_without_named_pairs():
    X, y = contrast_pairs()
    X[:, 2] = 0
    assert LAT().fit(X, y).direction_ == pytest.approx(AXIS, abs=0.02)


def test_lat_chooses_its_sign_by_the_larger_share_of_pairs():
    # In two of three pairs the positive row is ahead; one far pair pulls the labels' means the other way.
    X = [[1.0, 0], [0, 0], [1, 0], [0, 0], [0, 0], [50, 0]]
    fitted = LAT(random_state=1).fit(X, [1, 0, 1, 0, 1, 0], pairs=[0, 0, 1, 1, 2, 2])
    assert fitted.direction_ == pytest.approx([1, 0])
    assert fitted.agreement_ == pytest.approx(2 / 3)


def test_lat_falls_back_on_the_means_where_no_pair_has_both_labels():
    X = [[5.0, 0], [9, 0], [6, 0], [4, 1], [0, 0], [-3, 0], [1, 0], [0, 1]]
    fitted = LAT().fit(X, [1, 1, 1, 1, 0, 0, 0, 0], pairs=[0, 0, 1, 1, 2, 2, 3, 3])
    assert np.isnan(fitted.agreement_)
    scores = fitted.decision_function(X)
    assert scores[:4].mean() > scores[4:].mean()


def test_ccs_loss_by_hand():
    # σ(0) = 1/2 twice: consistent, and as unsure as can be.
    losses, _ = ccs_loss(np.zeros((2, 1)), np.array([[1.0]]), np.array([[-1.0]]), alpha=0.0)
    assert losses == pytest.approx([0.25])
    # w = ln 3: p+ = 3/4 and p- = 1/4, so (3/4 - 3/4)² + (1/4)², and half of alpha times w².
    losses, _ = ccs_loss(np.array([[np.log(3)], [0.0]]), np.array([[1.0]]), np.array([[-1.0]]), alpha=0.2)
    assert losses == pytest.approx([1 / 16 + 0.1 * np.log(3) ** 2])
    # Bias ln 3 alone: p+ = p- = 3/4, so (3/4 - 1/4)² + (3/4)².
    losses, _ = ccs_loss(np.array([[0.0], [np.log(3)]]), np.array([[1.0]]), np.array([[-1.0]]), alpha=0.0)
    assert losses == pytest.approx([0.25 + 0.5625])


def test_ccs_gradient_is_the_slope_of_its_loss():
    rng = np.random.default_rng(2)
    plus, minus, weights = rng.normal(size=(9, 4)), rng.normal(size=(9, 4)), rng.normal(size=(5, 3))
    _, gradient = ccs_loss(weights, plus, minus, alpha=0.3)
    for r in range(3):
        slope = approx_fprime(weights[:, r], lambda w: ccs_loss(w[:, None], plus, minus, 0.3)[0][0])
        assert gradient[:, r] == pytest.approx(slope, abs=1e-6)


def test_ccs_finds_what_is_true_and_not_how_it_is_worded():
    X, y = contrast_pairs()
    fitted = CCS().fit(X, y)
    assert fitted.direction_ @ AXIS > 0.98
    assert fitted.losses_.shape == (10,)
    assert fitted.loss_ == fitted.losses_.min() < 0.1


def test_ccs_scores_a_pair_by_the_mean_of_yes_and_not_no():
    X, y = contrast_pairs()
    fitted = CCS().fit(X, y)
    plus, minus = contrast_pairs(seed=9)[0].reshape(-1, 2, 3).transpose(1, 0, 2)

    def p(rows, mean):
        return 1 / (1 + np.exp(-(fitted.slope_ * (rows - mean) @ fitted.direction_ + fitted.bias_)))

    by_hand = (p(plus, fitted.half_means_[1]) + 1 - p(minus, fitted.half_means_[0])) / 2
    assert fitted.score_pairs(plus, minus) == pytest.approx(by_hand)
    assert ((by_hand > 0.5) == np.tile([True, False], 30)).all()


def test_ccs_scores_single_embeddings_where_p_is_one_half_as_zero():
    X, y = contrast_pairs()
    fitted = CCS().fit(X, y)
    middle = fitted.half_means_.mean(axis=0)
    even = middle - fitted.direction_ * fitted.bias_ / fitted.slope_
    assert fitted.decision_function([even]) == pytest.approx([0], abs=1e-9)


def test_ccs_with_labels_turned_is_the_mirror_probe():
    X, y = contrast_pairs()
    one, other = CCS().fit(X, y), CCS().fit(X, 1 - y)
    assert other.direction_ == pytest.approx(-one.direction_)
    assert other.decision_function(X) == pytest.approx(-one.decision_function(X))
    plus, minus = X[0::2], X[1::2]
    assert other.score_pairs(plus, minus) == pytest.approx(1 - one.score_pairs(plus, minus))


def test_ccs_takes_pairs_and_halves_in_any_order():
    X, y = contrast_pairs()
    order = np.random.default_rng(4).permutation(len(X))
    names, halves = np.repeat(np.arange(60), 2), np.tile([1, 0], 60)
    mixed = CCS().fit(X[order], y[order], pairs=names[order], halves=halves[order])
    plain = CCS().fit(X, y)
    assert mixed.half_means_ == pytest.approx(plain.half_means_)
    assert mixed.direction_ == pytest.approx(plain.direction_, abs=1e-3)


def test_a_score_depends_on_the_rows_beside_it_only_if_asked_for():
    X, y = contrast_pairs()
    inductive, transductive = CCS().fit(X, y), CCS(transductive=True).fit(X, y)
    assert (inductive.transductive_, transductive.transductive_) == (False, True)
    assert inductive.decision_function(X)[:10] == pytest.approx(inductive.decision_function(X[:10]))
    few, all_of_them = transductive.decision_function(X[:9]), transductive.decision_function(X)[:9]
    assert np.abs(few - all_of_them).max() > 0.01
    plus, minus = X[0::2] + 100, X[1::2] + 100
    assert transductive.score_pairs(plus, minus) == pytest.approx(transductive.score_pairs(X[0::2], X[1::2]))
    assert np.abs(inductive.score_pairs(plus, minus) - inductive.score_pairs(X[0::2], X[1::2])).max() > 0.1


def test_halves_of_different_length_are_refused():
    X, y = contrast_pairs()
    with pytest.raises(DirectionError, match=r"5 embeddings of x\+ and 4 of x-"):
        CCS().fit(X, y).score_pairs(X[:5], X[:4])
