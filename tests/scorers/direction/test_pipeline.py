"""A direction and its preprocessing are one affine map, and it is the map that the estimators make."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_seeds import axis_of, cloud, make_rows, step
from scipy.stats import spearmanr

from normsuite.directions import DirectionError
from normsuite.errors import InputError
from normsuite.scorers.direction import build
from normsuite.scorers.direction.pipeline import (
    fit,
    for_estimator,
    transformed,
    transformed_items,
    with_source,
)

ESTIMATORS = {
    "pca": step("pca"),
    "difference-in-means": step("difference-in-means"),
    "lda": step("lda"),
    "logistic": step("logistic", C=1.0),
    "two-extremes": step("two-extremes"),
    "lat": step("lat"),
    "random": step("random", anchored=True),
}
STEPS = {
    "nothing": (),
    "centred": (step("centre"),),
    "whitened": (step("whiten"),),
    "without components": (step("remove-components", n_components=1),),
    "sentence components": (step("sentence-pca", drop=1, keep=5),),
    "centred and whitened": (step("centre"), step("whiten", method="zca")),
}


def test_difference_in_means_by_hand() -> None:
    rows = make_rows([[0, 0], [2, 0], [4, 4], [6, 4]], [0, 0, 1, 1])
    _, axis = axis_of(step("difference-in-means"), rows)
    # From (1, 0) to (5, 4), half-way (3, 2). The unit is the standard deviation of the seeds' projections.
    along = np.array([-5, -3, 3, 5]) / np.sqrt(2)
    assert axis(rows.X) == pytest.approx(along / along.std())
    assert axis(np.array([[3.0, 2.0]])) == pytest.approx([0], abs=1e-12)
    assert axis.vector == pytest.approx([2**-0.5, 2**-0.5])


def test_the_first_component_by_hand() -> None:
    rows = make_rows([[-3, 0], [-1, 0.5], [1, 0.5], [3, 0]], [1, 0.5, 0.5, 0])
    _, axis = axis_of(step("pca"), rows)
    assert axis.vector == pytest.approx([-1, 0], abs=1e-12)  # the positive seeds lie on the left
    assert axis(rows.X) == pytest.approx(np.array([3, 1, -1, -3]) / np.sqrt(5))


def test_answers_are_compared_by_their_cosines() -> None:
    rows = make_rows([[2, 0], [0, 5]], [1, 0])
    _, axis = axis_of(step("answer-cosine"), rows)
    # cos to yes minus cos to no: 1 for yes itself, -1 for no, 0 between, however long the embedding is.
    asked = np.array([[1, 0], [0, 1], [1, 1], [100, 0], [0, 0]], float)
    assert axis(asked) == pytest.approx([1, -1, 0, 1, 0])
    assert axis(rows.X).std() == pytest.approx(1)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_axis_is_what_the_pipeline_does(estimator: str, steps: str) -> None:
    X, y = cloud(40)
    rows = make_rows(X, y, source=np.repeat([0, 1], 20))
    pipeline, axis = axis_of(ESTIMATORS[estimator], rows, *STEPS[steps])
    asked = cloud(15, seed=1)[0].astype(np.float64)
    expected = pipeline.decision_function(with_source(pipeline, asked, np.full(15, -1)))
    assert axis(asked) * axis.scale == pytest.approx(expected, abs=1e-6)
    assert axis(rows.X).std() == pytest.approx(1)


@given(st.integers(0, 2**32), st.floats(0.01, 100), st.floats(-50, 50))
def test_a_score_does_not_depend_on_the_embeddings_unit_and_origin(seed, unit, shift) -> None:
    X, y = cloud(20, d=4, seed=seed)
    asked = cloud(9, d=4, seed=seed + 1)[0].astype(np.float64)
    first = axis_of(step("difference-in-means"), make_rows(X, y))[1](asked)
    moved = make_rows(X.astype(np.float64) * unit + shift, y)
    again = axis_of(step("difference-in-means"), moved)[1](asked * unit + shift)
    assert again == pytest.approx(first, abs=1e-2)
    assert spearmanr(first, again).statistic > 0.99


def test_every_source_is_centred_by_its_own_mean() -> None:
    """Two sources far apart, one with more positive seeds: the way between them is not the direction."""
    X, _ = cloud(40, d=3, gap=0, seed=3)
    y = np.array(([1, 1, 1, 0] * 5) + ([0, 0, 0, 1] * 5), float)
    source = np.repeat([0, 1], 20)
    X[:, 0] += 2 * y
    X[:, 1] += 50 * (source == 0)
    rows = make_rows(X, y, source=source)
    plain = axis_of(step("difference-in-means"), rows)[1]
    pipeline, centred = axis_of(step("difference-in-means"), rows, step("centre"))
    assert abs(plain.vector[1]) > 0.9
    assert abs(centred.vector[1]) < 0.5 < centred.vector[0]
    seen = transformed(pipeline, rows)
    for code in (0, 1):
        assert seen[source == code].mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-4)
    # What is no seed is of no source: it is centred by the mean of all.
    other = transformed_items(pipeline, X)
    assert other == pytest.approx(X - X.mean(axis=0, dtype=np.float64), abs=1e-4)


def test_an_embedding_that_is_missing_has_no_score() -> None:
    X, y = cloud(20)
    _, axis = axis_of(step("lda"), make_rows(X, y))
    asked = X[:3].copy()
    asked[1, 4] = np.nan
    assert np.isnan(axis(asked)).tolist() == [False, True, False]


def test_embeddings_of_another_dimension_are_refused() -> None:
    X, y = cloud(20)
    _, axis = axis_of(step("lda"), make_rows(X, y))
    for other in (X[:, :5], X[0]):
        with pytest.raises(InputError, match="the direction has 12 dimensions, the embeddings have"):
            axis(other)


def test_graded_seeds_are_for_estimators_that_take_them() -> None:
    rows = make_rows(np.eye(4), [0, 0.5, 1, 0.25])
    assert for_estimator(step("pca"), rows) is rows
    assert for_estimator(step("two-extremes"), rows) is rows
    for name in ("difference-in-means", "lda", "logistic", "lat", "answer-cosine", "random"):
        kept = for_estimator(step(name), rows)
        assert kept.y.tolist() == [0, 1]
        assert kept.X.tolist() == np.eye(4)[[0, 2]].tolist()
        assert list(kept.text) == ["text 0", "text 2"]


def test_graded_seeds_alone_are_refused_in_one_line() -> None:
    rows = make_rows(np.eye(3), [0.2, 0.5, 0.7])
    with pytest.raises(
        InputError, match="no seed lies at a pole, and lda takes the two poles alone; choose pca"
    ):
        for_estimator(step("lda"), rows)


X, Y = cloud(24)
NO_DIRECTION = {
    "constant embeddings": (step("difference-in-means"), np.ones_like(X), Y, "are the same vector"),
    "constant, whitened": (step("lda"), np.ones_like(X), Y, "."),
    "a NaN": (step("pca"), np.where(np.arange(12) == 3, np.nan, X), Y, "NaN"),
    "infinity": (step("logistic"), np.where(np.arange(12) == 3, np.inf, X), Y, "inf"),
    "one class": (step("lda"), X, np.ones(24), "one class only"),
    "one seed": (step("lda"), X[:1], Y[:1], "."),
    "no seed": (step("pca"), X[:0], Y[:0], "."),
    "the same means": (step("difference-in-means"), np.tile(X[:2], (12, 1))[np.arange(24) // 2], Y, "same"),
    "a group of each pole": (step("logistic"), X[:2], Y[:2], "one group only"),
}


@pytest.mark.parametrize("case", NO_DIRECTION)
@pytest.mark.parametrize("steps", ["nothing", "centred", "whitened"])
def test_what_defines_no_direction_is_one_line(case: str, steps: str) -> None:
    estimator, embeddings, y, message = NO_DIRECTION[case]
    with pytest.raises(InputError, match=message if steps == "nothing" else ".") as caught:
        fit(build(estimator, STEPS[steps]), make_rows(embeddings, y))
    assert "\n" not in str(caught.value)


WRONG = {
    "an unknown estimator": (step("pcaa"), (), "no such step: 'pcaa'; choose pca, "),
    "an unknown step": (step("pca"), (step("center"),), "no such step: 'center'; choose centre, "),
    "an unknown option": (
        step("pca", components=3),
        (),
        "'pca' has no option 'components'; its options are n_comp",
    ),
    "an option of none": (step("answer-cosine", C=1), (), "has no option 'C'; its options are none"),
    "centring late": (step("pca"), (step("whiten"), step("centre")), "`centre` comes first"),
    "centring by a column": (step("pca"), (step("centre", column=2),), "has no option 'column'"),
    "centring by what is scored": (step("pca"), (step("centre", unseen="own"),), "has no option 'unseen'"),
    "a step twice": (step("pca"), (step("whiten"), step("whiten")), "'whiten' is named twice"),
    "contrast pairs": (step("ccs"), (), "ccs needs contrast pairs"),
    "a moved cosine": (step("answer-cosine"), (step("centre"),), "is read from the origin"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_pipeline_that_cannot_be_is_refused_in_one_line(case: str) -> None:
    estimator, steps, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        build(estimator, steps)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("estimator", "steps"),
    [
        (step("pca", n_components="many"), ()),
        (step("pca", n_components=0), ()),
        (step("logistic", C="high"), ()),
        (step("logistic", folds="five"), ()),
        (step("logistic", C=1.0, max_iter=-1), ()),
        (step("logistic", C=[1.0, 2.0]), ()),
        (step("logistic", grid=[]), ()),
        (step("lda", shrinkage="some"), ()),
        (step("two-extremes", extremes="all"), ()),
        (step("two-extremes", extremes=0.7), ()),
        (step("pca"), (step("whiten", method="both"),)),
        (step("pca"), (step("whiten", floor="low"),)),
        (step("pca"), (step("remove-components", n_components=99),)),
        (step("pca"), (step("sentence-pca", drop=99),)),
        (step("pca"), (step("sentence-pca", keep="all"),)),
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_one_line(estimator, steps) -> None:
    with pytest.raises(DirectionError) as caught:
        fit(build(estimator, steps), make_rows(X, Y))
    assert "\n" not in str(caught.value)


def test_a_fit_leaves_the_pipeline_as_it_was() -> None:
    pipeline = build(step("logistic"), (step("whiten"),))
    fitted, _ = fit(pipeline, make_rows(X, Y))
    assert not hasattr(pipeline[-1], "direction_")
    assert hasattr(fitted[-1], "direction_")


def test_rows_of_one_group_are_never_on_both_sides_of_a_fold() -> None:
    """Every seed twice: only groups keep the penalty from being chosen by memory."""
    X, y = cloud(30, d=20, gap=0.5, seed=2)
    twice = np.repeat(np.arange(30), 2)
    alone = fit(build(step("logistic"), ()), make_rows(X[twice], y[twice]))[0][-1]
    grouped = fit(build(step("logistic"), ()), make_rows(X[twice], y[twice], groups=twice))[0][-1]
    assert grouped.losses_[-1] > alone.losses_[-1] + 0.1
    assert grouped.C_ <= alone.C_
