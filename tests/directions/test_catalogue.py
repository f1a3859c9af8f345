"""Estimators and preprocessing by the names of task files, made with the options that a task may give."""

# ruff: noqa: N806 - X is the name scikit-learn callers pass

import inspect

import numpy as np
import pytest

from normsuite.directions import catalogue
from normsuite.directions.catalogue import ESTIMATORS, GRADED, PREPROCESSING, SIGN_ONLY, make
from normsuite.errors import InputError


@pytest.mark.parametrize(
    ("kinds", "name"), [(kinds, name) for kinds in (ESTIMATORS, PREPROCESSING) for name in kinds]
)
def test_every_name_is_made_with_its_defaults(kinds, name: str) -> None:
    made = make(kinds, name, {})
    assert type(made) is kinds[name]
    defaults = {
        key: parameter.default for key, parameter in inspect.signature(kinds[name]).parameters.items()
    }
    assert made.get_params() == defaults
    assert not hasattr(made, "direction_")


def test_names_are_told_apart() -> None:
    assert len(set(ESTIMATORS.values())) == len(ESTIMATORS)
    assert not set(ESTIMATORS) & set(PREPROCESSING)
    assert set(GRADED) | set(SIGN_ONLY) <= set(ESTIMATORS)


def test_options_are_given_on_and_lists_of_yaml_become_tuples() -> None:
    probe = make(ESTIMATORS, "logistic", {"grid": [0.1, 1.0], "folds": 3})
    assert (probe.grid, probe.folds, probe.C) == ((0.1, 1.0), 3, "cv")


@pytest.mark.parametrize("name", ["Pca", "", "ridge", "centre"])
def test_an_unknown_estimator_is_refused_with_the_known(name: str) -> None:
    with pytest.raises(
        InputError, match=f"no such step: '{name}'; choose pca, difference-in-means, lda"
    ) as caught:
        make(ESTIMATORS, name, {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kinds", "name", "option", "known"),
    [
        (ESTIMATORS, "pca", "k", "n_components"),
        (ESTIMATORS, "difference-in-means", "C", "none"),
        (PREPROCESSING, "whiten", "flor", "method, floor"),
        (PREPROCESSING, "centre", "column", "none"),  # the pipeline's to say
        (PREPROCESSING, "centre", "unseen", "none"),
    ],
)
def test_an_unknown_option_is_refused_with_the_known(kinds, name, option, known) -> None:
    with pytest.raises(InputError, match=f"'{name}' has no option '{option}'; its options are {known}$"):
        make(kinds, name, {option: 1})


def test_graded_seeds_go_to_estimators_that_can_take_them() -> None:
    X = np.random.default_rng(0).normal(size=(30, 4))
    grades = np.linspace(0, 1, 30)
    for name in set(ESTIMATORS) - {"random", "ccs"}:
        made = make(ESTIMATORS, name, {})
        if name in GRADED:
            made.fit(X, grades)
        else:
            with pytest.raises(InputError, match="different labels"):
                made.fit(X, grades)


def test_the_signs_of_sign_only_estimators_are_all_that_poles_move() -> None:
    X = np.random.default_rng(0).normal(size=(30, 4))
    y = np.arange(30) % 2
    other = np.random.default_rng(1).permutation(y)
    for name in set(ESTIMATORS) - {"ccs", "answer-cosine"}:
        lines = [make(ESTIMATORS, name, {}).fit(X, poles).direction_ for poles in (y, other)]
        assert (abs(lines[0] @ lines[1]) > 1 - 1e-9) == (name in catalogue.SIGN_ONLY), name
