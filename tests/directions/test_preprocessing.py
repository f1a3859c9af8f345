"""Pre-processing of embeddings: hand-computed cases, properties, and scikit-learn's own checks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from normsuite.directions.preprocessing import (
    GroupCentring,
    PolarityRemoval,
    SentencePCA,
    TopComponentsRemoval,
    Whitening,
)
from normsuite.directions.transformer import with_column
from normsuite.errors import InputError

# Four points on the axes: variances 8/3 and 2/3 (divided by rows - 1), mean (1, 1).
CROSS = np.array([[3.0, 1.0], [-1.0, 1.0], [1.0, 2.0], [1.0, 0.0]])


@parametrize_with_checks(
    [
        GroupCentring(),
        Whitening(),
        Whitening("zca"),
        TopComponentsRemoval(),
        SentencePCA(drop=0, keep=3),
        TopComponentsRemoval(1),
        SentencePCA(drop=1, keep=2),
    ]
)
def test_scikit_learn_accepts_the_transformer(estimator, check):
    check(estimator)


def test_a_nan_is_refused_in_one_line():
    with pytest.raises(InputError, match="Input X contains NaN") as caught:
        Whitening().fit(CROSS * np.nan)
    assert "\n" not in str(caught.value)


@st.composite
def clouds(draw, least=40):
    """Gaussian rows with unequal variances, correlations and a mean: [rows, 2 to 6]."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width = draw(st.integers(2, 6))
    mixing = rng.normal(size=(width, width)) + 2 * np.eye(width)
    return rng.normal(size=(draw(st.integers(least, 200)), width)) @ mixing + rng.normal(size=width)


def test_pca_whitening_by_hand():
    fitted = Whitening().fit(CROSS)
    assert_allclose(fitted.mean_, [1, 1])
    assert_allclose(fitted.eigenvalues_, [8 / 3, 2 / 3])
    # The first axis is x with standard deviation sqrt(8/3): 2 / sqrt(8/3) = sqrt(3/2).
    assert_allclose(fitted.transform([[3.0, 1.0], [1.0, 2.0]]), [[1.5**0.5, 0], [0, 1.5**0.5]], atol=1e-12)


@given(clouds(), st.sampled_from(["pca", "zca"]))
def test_whitened_covariance_is_the_identity(rows, method):
    white = Whitening(method, floor=1e-12).fit_transform(rows)
    assert_allclose(np.cov(white.T), np.eye(rows.shape[1]), atol=1e-6)
    assert_allclose(white.mean(axis=0), 0, atol=1e-6)


@given(clouds())
def test_zca_is_symmetric_and_the_closest_whitening(rows):
    zca, pca = Whitening("zca").fit(rows), Whitening("pca").fit(rows)
    assert_allclose(zca.whitening_, zca.whitening_.T, atol=1e-9)
    centred = rows - rows.mean(axis=0)
    distances = [((centred - fitted.transform(rows)) ** 2).sum() for fitted in (zca, pca)]
    assert distances[0] <= distances[1] * (1 + 1e-9)


def test_an_eigenvalue_below_the_floor_counts_as_the_floor():
    fitted = Whitening(floor=0.5).fit(CROSS)
    assert fitted.floored_ == 1
    # Variance 2/3 over a floor of 4/3: a half.
    assert_allclose(fitted.transform(CROSS).var(axis=0, ddof=1), [1, 0.5])


def test_fewer_rows_than_features_stay_finite():
    rows = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float32)
    white = Whitening().fit_transform(rows)
    assert white.dtype == np.float32
    assert np.isfinite(white).all()
    assert np.abs(white).max() < 10


def test_float32_far_from_the_origin_is_whitened_as_well():
    rows = (np.random.default_rng(0).normal(size=(20_000, 3)) + 1000).astype(np.float32)
    assert_allclose(np.cov(Whitening().fit_transform(rows).T), np.eye(3), atol=1e-3)


def test_equal_rows_are_refused():
    for transformer in (Whitening(), TopComponentsRemoval(1), SentencePCA(0)):
        with pytest.raises(InputError, match="all rows of X are equal"):
            transformer.fit(np.ones((4, 3)))


def test_top_component_by_hand():
    fitted = TopComponentsRemoval(1).fit(CROSS)
    assert_allclose(fitted.components_, [[1, 0]], atol=1e-12)
    assert_allclose(fitted.explained_variance_ratio_, [0.8])
    assert_allclose(fitted.transform([[7.0, 3.0]]), [[0, 2]], atol=1e-12)


@given(clouds(), st.integers(0, 5))
def test_what_is_left_is_orthogonal_to_what_was_removed(rows, number):
    number = min(number, rows.shape[1] - 1)
    fitted = TopComponentsRemoval(number).fit(rows)
    left = fitted.transform(rows)
    assert_allclose(left @ fitted.components_.T, 0, atol=1e-8)
    assert_allclose(fitted.components_ @ fitted.components_.T, np.eye(number), atol=1e-9)
    kept = left.var(axis=0).sum() / rows.var(axis=0).sum()
    assert kept == pytest.approx(1 - fitted.explained_variance_ratio_.sum(), abs=1e-9)


def test_usual_number_of_components_is_a_hundredth_of_the_features():
    rows = np.random.default_rng(0).normal(size=(30, 384))
    assert len(TopComponentsRemoval().fit(rows).components_) == 4


@pytest.mark.parametrize("number", [-1, 2, 3])
def test_a_number_of_components_that_cannot_be_removed_is_refused(number):
    with pytest.raises(InputError, match="cannot be removed"):
        TopComponentsRemoval(number).fit(CROSS)


def test_sentence_components_by_hand():
    fitted = SentencePCA(drop=1, keep=5).fit(CROSS)
    assert_allclose(fitted.components_, [[0, 1]], atol=1e-12)
    assert_allclose(fitted.transform([[7.0, 3.0]]), [[2.0]])
    assert list(fitted.get_feature_names_out()) == ["sentencepca0"]


@given(clouds(), st.integers(0, 3), st.integers(1, 3))
def test_sentence_components_are_uncorrelated_and_fall(rows, drop, keep):
    drop = min(drop, rows.shape[1] - 1)
    scores = SentencePCA(drop, keep).fit_transform(rows)
    assert scores.shape == (len(rows), min(keep, rows.shape[1] - drop))
    covariance = np.cov(scores.T).reshape(scores.shape[1], -1)
    variances = np.diag(covariance)
    assert (np.diff(variances) <= 1e-9).all()
    assert_allclose(covariance, np.diag(variances), atol=1e-8 * np.var(rows, axis=0).sum())


def test_groups_are_centred_by_their_training_means():
    rows = with_column(np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 10.0]]), [7, 7, 9])
    fitted = GroupCentring(column=-1).fit(rows)
    assert_allclose(fitted.means_, [[2, 3], [10, 10]])
    assert not fitted.transductive_
    assert_allclose(fitted.transform([[2.0, 3.0, 9.0], [2.0, 3.0, 7.0]]), [[-8, -7], [0, 0]])


@given(clouds(), st.integers(1, 5))
def test_every_group_has_mean_zero_afterwards(rows, number):
    codes = np.arange(len(rows)) % number
    out = GroupCentring(column=-1).fit_transform(with_column(rows, codes))
    for code in range(number):
        assert_allclose(out[codes == code].mean(axis=0), 0, atol=1e-9)


def test_a_group_that_was_not_fitted_is_refused_pooled_or_centred_by_itself():
    train = with_column(np.array([[0.0], [2.0], [10.0]]), [0, 0, 1])
    new = with_column(np.array([[5.0], [7.0], [1.0]]), [5, 5, 0])
    with pytest.raises(InputError, match="no mean was fitted for group 5"):
        GroupCentring(-1).fit(train).transform(new)
    assert_allclose(GroupCentring(-1, "pooled").fit(train).transform(new), [[1], [3], [0]])
    own = GroupCentring(-1, "own").fit(train)
    assert own.transductive_
    assert_allclose(own.transform(new), [[-1], [1], [0]])


def test_group_codes_that_float32_cannot_hold_are_refused():
    with pytest.raises(InputError, match="cannot be written exactly"):
        with_column(np.zeros((1, 2), np.float32), [2**24 + 1])
    with pytest.raises(InputError, match="2 rows of embeddings"):
        with_column(np.zeros((2, 2)), [1])


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="column 5 of 3"):
        GroupCentring(column=5).fit(np.zeros((2, 3)))


@pytest.mark.parametrize(
    "transformer",
    [Whitening("other"), Whitening(floor=0), GroupCentring(unseen="other"), SentencePCA(keep=0)],
)
def test_parameters_are_checked_when_fitted(transformer):
    with pytest.raises(InputError):
        transformer.fit(CROSS)


def made_statements(rng, number, general, polar):
    """Rows a = t G + t p P + noise, with labels and polarity; every pair of signs occurs."""
    t, p = np.tile([1, 1, -1, -1], number // 4), np.tile([1, -1], number // 2)
    rows = t[:, None] * general + (t * p)[:, None] * polar + 0.01 * rng.normal(size=(number, len(general)))
    return rows, np.where(t > 0, "right", "a wrong"), p


def test_polarity_axis_by_hand():
    # Label means: affirmed (3, 1) and (-1, -1), negated (0, 3) and (0, 1); so D = (4, 2) and (0, 2).
    rows = np.array([[3.0, 1.0, 1], [-1.0, -1.0, 1], [0.0, 3.0, -1], [0.0, 1.0, -1]])
    fitted = PolarityRemoval().fit(rows, [1, 0, 1, 0])
    assert_allclose(fitted.general_, [1, 1])
    assert_allclose(fitted.polarity_, [1, 0])
    assert_allclose(fitted.transform([[5.0, 2.0, 99.0]]), [[0, 2]])


@given(st.integers(0, 2**32 - 1))
def test_the_fit_is_the_least_squares_fit(seed):
    rng = np.random.default_rng(seed)
    rows, y, p = made_statements(rng, 40, rng.normal(size=4), rng.normal(size=4))
    keep = np.r_[0:4, 7:40]  # unequal numbers per cell
    rows, y, p = rows[keep], y[keep], p[keep]
    t = np.where(y == "right", 1.0, -1.0)
    expected = np.linalg.lstsq(np.column_stack([np.ones(len(t)), p, t, t * p]), rows, rcond=None)[0]
    fitted = PolarityRemoval().fit(with_column(rows, p), y)
    assert_allclose(fitted.general_, expected[2], atol=1e-9)
    assert_allclose(fitted.polarity_, expected[3], atol=1e-9)
    assert_allclose(fitted.transform(with_column(rows, 0 * p)) @ fitted.polarity_, 0, atol=1e-9)


def test_without_the_polarity_axis_affirmed_text_teaches_what_negated_text_means():
    rows, y, p = made_statements(
        np.random.default_rng(0), 400, np.array([1.0, 0, 0]), np.array([1.2, 2.0, 0])
    )
    affirmed = p == 1
    plain = LinearDiscriminantAnalysis().fit(rows[affirmed], y[affirmed])
    assert plain.score(rows[~affirmed], y[~affirmed]) < 0.1
    without = PolarityRemoval().fit(with_column(rows, p), y)
    left = without.transform(with_column(rows, p))
    removed = LinearDiscriminantAnalysis().fit(left[affirmed], y[affirmed])
    assert removed.score(left[~affirmed], y[~affirmed]) > 0.9


@pytest.mark.parametrize(
    ("y", "polarity", "reason"),
    [
        ([1, 0, 1, 2], [1, 1, -1, -1], "two labels"),
        ([1, 0, 1, 0], [1, 1, 0, -1], "two labels"),
        ([1, 0, 1, 0], [1, 1, 1, 1], "affirmed or in negated rows only"),
        ([1, 1, 0, 0], [1, 1, -1, -1], "affirmed or in negated rows only"),
    ],
)
def test_labels_and_polarities_that_cannot_show_the_axis_are_refused(y, polarity, reason):
    with pytest.raises(InputError, match=reason):
        PolarityRemoval().fit(with_column(CROSS, polarity), y)


def test_no_polarity_axis_is_refused():
    rows = np.array([[1.0, 1], [0.0, 1], [1.0, -1], [0.0, -1]])
    with pytest.raises(InputError, match="the polarity axis has length 0"):
        PolarityRemoval().fit(rows, [1, 0, 1, 0])


@settings(max_examples=10)
@given(st.sampled_from([np.float32, np.float64]), st.integers(0, 100))
def test_all_compose_in_a_pipeline_and_keep_the_type(dtype, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(60, 8)).astype(dtype)
    y = np.arange(60) % 2
    steps = make_pipeline(
        PolarityRemoval(),
        GroupCentring(-1),
        TopComponentsRemoval(1),
        Whitening(floor=1e-3),
        SentencePCA(drop=1, keep=3),
    )
    data = with_column(with_column(rows, np.arange(60) // 20), np.arange(60) // 2 % 2 * 2 - 1)
    out = clone(steps).fit(data, y).transform(data)
    assert out.shape == (60, 3)
    assert out.dtype == dtype
    assert_allclose(out[:7], steps.fit(data, y).transform(data[:7]), atol=1e-4)
