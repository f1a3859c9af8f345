"""Nulls are what the same items score without what is claimed, and neither more nor less."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_seeds import axis_of, cloud, fitted_on, make_rows, step, texts
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

from normsuite.directions.catalogue import ESTIMATORS
from normsuite.embeddings import Passage
from normsuite.scorers.direction import Seeds, build
from normsuite.scorers.direction.nulls import (
    PERMUTATIONS,
    RANDOM_DRAWS,
    permuted_scores,
    random_scores,
    tfidf_scores,
    why_not_permuted,
    with_choices_kept,
)
from normsuite.scorers.direction.pipeline import fit

MEANS = step("difference-in-means")


# Random directions


def test_random_directions_are_signed_by_the_seeds() -> None:
    X, y = cloud(60, gap=8)
    fitted = fitted_on(MEANS, make_rows(X, y))
    scores = random_scores(fitted, X, 0)
    assert scores.shape == (RANDOM_DRAWS, 60)
    gaps = scores[:, y == 1].mean(axis=1) - scores[:, y == 0].mean(axis=1)
    assert (gaps > 0).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_the_band_of_random_directions_holds_0_for_a_gold_that_is_noise(seed) -> None:
    rng = np.random.default_rng(seed)
    fitted = fitted_on(MEANS, make_rows(*cloud(40, seed=seed)))
    items, gold = rng.normal(size=(200, 12)).astype(np.float32), rng.normal(size=200)
    found = [pearsonr(scores, gold).statistic for scores in random_scores(fitted, items, seed % 97)]
    low, high = np.quantile(found, [0.025, 0.975])
    assert low < 0 < high
    assert high - low < 0.6


def test_random_directions_are_evenly_spread() -> None:
    """In d dimensions a direction's square along any axis is 1/d on average: no axis is preferred."""
    rows = make_rows(*cloud(40, d=5, gap=0))
    along = random_scores(fitted_on(MEANS, rows), np.eye(5, dtype=np.float32), 3)
    assert (along**2).sum(axis=1) == pytest.approx(np.ones(RANDOM_DRAWS))
    assert (along**2).mean(axis=0) == pytest.approx(np.full(5, 0.2), abs=0.07)


def test_random_directions_are_drawn_after_the_preprocessing() -> None:
    X, y = cloud(60, gap=3)
    X[:, 5] *= 1000
    items = cloud(50, seed=1)[0]
    items[:, 5] *= 1000
    raw = random_scores(fitted_on(MEANS, make_rows(X, y)), items, 0)
    white = random_scores(fitted_on(MEANS, make_rows(X, y), step("whiten")), items, 0)
    loud = [abs(spearmanr(scores, items[:, 5]).statistic) for scores in raw]
    assert np.median(loud) > 0.95
    assert np.median([abs(spearmanr(scores, items[:, 5]).statistic) for scores in white]) < 0.6


def test_random_directions_beside_cosines_are_cosines_too() -> None:
    fitted = fitted_on(step("answer-cosine"), make_rows(*cloud(20)))
    items = cloud(10, seed=4)[0]
    lengths = np.linspace(1, 50, 10, dtype=np.float32)[:, None]
    assert random_scores(fitted, items * lengths, 0) == pytest.approx(
        random_scores(fitted, items, 0), abs=1e-5
    )


def test_the_seed_draws() -> None:
    X, y = cloud(30)
    fitted = fitted_on(MEANS, make_rows(X, y))
    assert (random_scores(fitted, X, 1) == random_scores(fitted, X, 1)).all()
    assert not np.allclose(random_scores(fitted, X, 1), random_scores(fitted, X, 2))
    once, _ = permuted_scores(fitted.pipeline, fitted.rows, X, 1)
    assert (permuted_scores(fitted.pipeline, fitted.rows, X, 1)[0] == once).all()
    assert not np.allclose(permuted_scores(fitted.pipeline, fitted.rows, X, 2)[0], once)


# Shuffled seeds


@pytest.mark.parametrize("name", ["difference-in-means", "lda", "logistic", "two-extremes"])
def test_shuffled_seeds_have_other_values_than_the_direction(name: str) -> None:
    fitted = fitted_on(step(name), make_rows(*cloud(60, d=100, gap=4)))
    items, gold = cloud(200, d=100, gap=4, seed=9)
    scores, failed = permuted_scores(fitted.pipeline, fitted.rows, items, 0)
    assert scores.shape == (PERMUTATIONS, 200)
    assert failed == 0
    mine = roc_auc_score(gold, fitted.axis(items))
    shuffled = [roc_auc_score(gold, own) for own in scores]
    assert mine > 0.93 > max(shuffled)
    assert 0.3 < np.mean(shuffled) < 0.7


def test_an_estimator_that_only_takes_its_sign_from_the_poles_has_no_shuffled_seeds() -> None:
    """Its shuffled line is the same line: half of the draws would score what the direction does."""
    items = cloud(50, seed=9)[0]
    for name in set(ESTIMATORS) - {"ccs", "answer-cosine"}:
        fitted = fitted_on(step(name), make_rows(*cloud(60, gap=4)))
        scores, _ = permuted_scores(fitted.pipeline, fitted.rows, items, 0)
        same = [abs(pearsonr(own, fitted.axis(items)).statistic) > 0.999999 for own in scores]
        assert all(same) == bool(why_not_permuted(step(name))), name


def test_the_rows_of_a_cluster_and_pole_keep_one_pole() -> None:
    """Ten wordings of four seeds, the poles in the wordings' first axis: a seed's rows lie together."""
    seed = np.repeat(np.arange(4), 10)
    rng = np.random.default_rng(0)
    X = np.eye(4)[seed] * 10 + rng.normal(size=(40, 4)) * 0.01
    rows = make_rows(X, [0, 1, 0, 1] @ np.eye(4)[seed].T, groups=seed)
    pipeline, _ = axis_of(MEANS, rows)
    scores, _ = permuted_scores(pipeline, rows, np.eye(4, dtype=np.float32), 0)
    for own in scores:  # two seeds stand on each side, none between
        assert sorted(np.sign(own - np.median(own))) == [-1, -1, 1, 1]
        assert np.ptp(own) < 1.2 * np.ptp(np.sort(own)[1:3])


def test_shuffles_that_define_no_direction_are_counted() -> None:
    rows = make_rows([[0, 0], [0, 0], [1, 1], [1, 1]], [0, 0, 1, 1])
    pipeline, _ = axis_of(MEANS, rows)
    scores, failed = permuted_scores(pipeline, rows, np.eye(2, dtype=np.float32), 0)
    assert 0 < failed < PERMUTATIONS  # those that put a pole on both places
    assert len(scores) + failed == PERMUTATIONS


def test_graded_seeds_are_shuffled_with_their_grades() -> None:
    X, _ = cloud(40)
    rows = make_rows(X, np.linspace(0, 1, 40))
    pipeline, _ = axis_of(step("two-extremes"), rows)
    assert permuted_scores(pipeline, rows, X, 0)[0].shape == (PERMUTATIONS, 40)


def test_the_penalty_that_was_chosen_is_kept() -> None:
    pipeline, _ = axis_of(step("logistic"), make_rows(*cloud(60, gap=1)), step("whiten"))
    kept = with_choices_kept(pipeline)
    assert kept[-1].C == pipeline[-1].C_
    assert kept.steps[0] == pipeline.steps[0]
    others = {**pipeline[-1].get_params(), "C": None}
    assert {**kept[-1].get_params(), "C": None} == others
    plain, _ = axis_of(MEANS, make_rows(*cloud(60)))
    assert with_choices_kept(plain) is plain


def test_centred_sources_are_centred_in_shuffles_too() -> None:
    X, y = cloud(40)
    source = np.repeat([0, 1], 20)
    X[:, 1] += 100 * source
    pipeline, _ = axis_of(MEANS, make_rows(X, y, source=source), step("centre"))
    scores, failed = permuted_scores(pipeline, make_rows(X, y, source=source), X, 0)
    assert failed == 0
    assert scores.shape == (PERMUTATIONS, 40)


# Words


GOOD, BAD = (
    ("thank the host", "thank the guide", "thank them all"),
    ("mock the host", "mock a guide", "mock all"),
)


def of_words(*asked: str, seeds=(), estimator=MEANS, steps=(), dimensions: int = 8):
    seeds = seeds or [texts(*GOOD, *BAD, values=[1, 1, 1, 0, 0, 0])]
    return tfidf_scores(seeds, [[text] for text in asked], estimator, steps, dimensions)


@pytest.mark.parametrize(
    "name", ["difference-in-means", "lda", "logistic", "two-extremes", "lat", "answer-cosine"]
)
def test_words_of_a_pole_score_towards_it(name: str) -> None:
    options = {"C": 1.0} if name == "logistic" else {}
    scores = of_words("thank the cook", "mock the cook", estimator=step(name, **options))
    assert scores[0] > scores[1]


def test_a_gold_of_words_is_read_off_words() -> None:
    rng = np.random.default_rng(0)
    filler = ["host", "guide", "cook", "guest", "aunt"]
    said = [" ".join([("thank", "mock")[bad], *rng.choice(filler, 3)]) for bad in rng.integers(0, 2, 60)]
    gold = np.array([text.startswith("thank") for text in said])
    scores = of_words(*said[30:], seeds=[texts(*said[:30], values=gold[:30], clusters=["c"] * 30)])
    assert roc_auc_score(gold[30:], scores) > 0.95


def test_words_that_no_seed_has_say_nothing() -> None:
    scores = of_words("zebra", "quartz", "thank the host")
    assert scores[0] == scores[1] != scores[2]
    assert np.isfinite(of_words("zebra", estimator=step("answer-cosine"))).all()


def test_an_item_is_the_mean_over_its_wordings() -> None:
    seeds = [texts(*GOOD, *BAD, values=[1, 1, 1, 0, 0, 0])]
    apart = [tfidf_scores(seeds, [[text]], MEANS, (), 8)[0] for text in ("thank them", "mock them")]
    both = tfidf_scores(seeds, [["thank them", "mock them"]], MEANS, (), 8)
    assert both == pytest.approx([np.mean(apart)], abs=1e-6)


@pytest.mark.parametrize(
    "seeds",
    [
        [texts("a", "b", "c", values=[1, 0, 1])],  # no word of two letters
        [texts("thank", "thank", values=[1, 0], clusters=["a", "b"])],  # the same words
        [texts("!?", "…", values=[1, 0])],
    ],
)
def test_seeds_whose_words_define_no_direction_have_no_such_null(seeds) -> None:
    assert of_words("thank the host", seeds=seeds) is None


def test_a_source_without_seeds_is_no_trouble_to_words() -> None:
    seeds = [texts(values=[]), texts(*GOOD, *BAD, values=[1, 1, 1, 0, 0, 0])]
    assert of_words("thank the host", seeds=seeds) == pytest.approx(of_words("thank the host"))


def test_preprocessing_is_done_to_words_too() -> None:
    plain = of_words("thank the cook", "mock the cook")
    assert not np.allclose(plain, of_words("thank the cook", "mock the cook", steps=[step("whiten")]))
    assert of_words("thank the cook", steps=[step("sentence-pca", drop=50)]) is None


def test_graded_seeds_are_left_out_of_words_as_of_embeddings() -> None:
    two = [texts(*GOOD, *BAD, values=[1, 1, 1, 0, 0, 0])]
    three = [replace(two[0], values=np.array([1, 1, 0.5, 0, 0, 0]))]
    assert of_words("thank the cook", seeds=three) is not None
    assert not np.allclose(of_words("thank the cook", seeds=three), of_words("thank the cook", seeds=two))


def test_a_probe_on_noise_is_no_better_than_its_shuffles() -> None:
    """Many dimensions, few seeds: the seeds are told apart perfectly, the items as by chance."""
    X, y = cloud(30, d=100, gap=0, seed=5)
    items, gold = cloud(200, d=100, gap=0, seed=6)
    pipeline, axis = fit(build(step("logistic", C=1.0), ()), make_rows(X, y))
    assert roc_auc_score(y, axis(X)) == 1
    scores, _ = permuted_scores(pipeline, make_rows(X, y), items, 0)
    shuffled = [roc_auc_score(gold, own) for own in scores]
    assert min(shuffled) < roc_auc_score(gold, axis(items)) < max(shuffled)


def test_the_words_of_an_offset_are_those_that_the_second_text_has_more_of() -> None:
    pairs = [("share bread", "share no bread"), ("wear hats", "wear no hats"), ("cut hair", "cut fine hair")]
    seeds = Seeds("made", [[Passage(a), Passage(b)] for a, b in pairs], np.array([1.0, 1, 0]), list("abc"))
    asked = [["keep dogs", "keep no dogs"], ["keep dogs", "keep fine dogs"]]
    offset = tfidf_scores([seeds], asked, MEANS, (), 8, "difference")
    turned = tfidf_scores([seeds], [own[::-1] for own in asked], MEANS, (), 8, "difference")
    assert offset is not None
    assert turned is not None
    assert offset[0] > offset[1]
    assert turned[0] < turned[1]
