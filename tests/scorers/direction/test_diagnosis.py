"""How a direction was read and fitted, in figures that can be written to a file."""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

import json

import numpy as np
import pytest
from made_seeds import cloud, fitted_on, make_rows, step, texts

from normsuite.scorers.direction.diagnosis import diagnosis


def told(X, y, estimator=None, *steps, **others):
    rows = make_rows(X, y, **others)
    return diagnosis(
        fitted_on(estimator or step("difference-in-means"), rows, *steps), [texts("a", values=[1])]
    )


def test_the_figures_of_a_planted_direction() -> None:
    X, y = cloud(200, d=10, gap=8)
    found = told(X, y)
    # Variance along it: 1 of noise and (8/2)² between the poles, of that and nine axes of noise.
    assert found["explained_variance"] == pytest.approx(17 / 26, abs=0.03)
    assert 0 < found["isoscore"] < 0.5
    assert found["angle"]["low"] <= found["angle"]["median"] <= found["angle"]["high"] < 15
    assert json.loads(json.dumps(found)) == found
    assert found["pooling"] == {"position": "mean", "layer": -1, "normalise": False}
    assert found["layer_agreement"] == {}


def test_noise_turns_further_than_a_planted_direction() -> None:
    planted, noise = told(*cloud(60, gap=6)), told(*cloud(60, gap=0))
    assert noise["angle"]["median"] > 2 * planted["angle"]["median"]


def test_every_source_is_counted_even_under_one_name() -> None:
    X, y = cloud(20)
    one, two = texts("a", "b", "c", values=[1, 0, 0.5]), texts("d", values=[1])
    found = diagnosis(fitted_on(step("pca"), make_rows(X, y)), [one, two])["seeds"]
    assert [(own["name"], own["n"], own["positive"], own["negative"]) for own in found] == [
        ("made", 3, 1, 1),
        ("made", 1, 1, 0),
    ]
    assert found[0]["sha256"] == one.sha256() != found[1]["sha256"]


@pytest.mark.parametrize("n", [2, 3, 5, 10, 11])
def test_few_seeds_have_figures_too(n: int) -> None:
    found = told(*cloud(n, gap=4))
    assert np.isfinite([found["explained_variance"], found["isoscore"], found["hubness_skewness"]]).all()


def test_seeds_of_one_cluster_cannot_turn() -> None:
    """A draw of clusters is then the same seeds each time."""
    assert told(*cloud(12, gap=4), groups=np.zeros(12))["angle"]["high"] == pytest.approx(0, abs=1e-4)


def test_where_a_refit_is_not_possible_there_is_no_angle() -> None:
    """A draw of these four that takes one seed of each pole has no spread within the poles."""
    X = np.array([[0.0, 0], [0, 1], [3, 0], [3, 1.5]]) + 1
    assert told(X, [0, 0, 1, 1], step("lda"))["angle"] is None


def test_graded_seeds_and_preprocessing_have_an_angle() -> None:
    X, _ = cloud(40)
    assert told(X, np.linspace(0, 1, 40), step("two-extremes"))["angle"] is not None
    source = np.repeat([0, 1], 20)
    y = np.arange(40) % 2
    found = told(X, y, step("logistic"), step("centre"), step("whiten"), source=source)
    assert 0 < found["angle"]["median"] < 180


def test_many_seeds_are_sampled_for_the_space() -> None:
    X, y = cloud(2_500, d=4)
    first, again = told(X, y), told(X, y)
    assert first == again
