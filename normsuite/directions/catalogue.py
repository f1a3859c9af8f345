"""Directions and preprocessing by the names that task files use."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from normsuite.directions.components import PCADirection, TwoExtremes
from normsuite.directions.cosine import AnswerCosine
from normsuite.directions.linear import DifferenceInMeans, LDADirection, LogisticDirection, RandomDirection
from normsuite.directions.pairs import CCS, LAT
from normsuite.directions.preprocessing import GroupCentring, SentencePCA, TopComponentsRemoval, Whitening
from normsuite.errors import InputError

ESTIMATORS: Final[dict[str, Any]] = {
    "pca": PCADirection,
    "difference-in-means": DifferenceInMeans,
    "lda": LDADirection,
    "logistic": LogisticDirection,
    "two-extremes": TwoExtremes,
    "lat": LAT,
    "ccs": CCS,
    "answer-cosine": AnswerCosine,
    "random": RandomDirection,
}

PREPROCESSING: Final[dict[str, Any]] = {
    "centre": GroupCentring,
    "whiten": Whitening,
    "remove-components": TopComponentsRemoval,
    "sentence-pca": SentencePCA,
}

GRADED: Final = ("pca", "two-extremes")
"""Estimators that take seeds between the poles; the others are given the two poles alone."""

SIGN_ONLY: Final = ("pca", "lat", "random")
"""Estimators that look at the poles for their sign at most: shuffled poles give the same line."""

_SET_HERE: Final = ("column", "unseen")  # how rows know their data set, which is no user's to say


def make(kinds: Mapping[str, Any], name: str, options: Mapping[str, Any]) -> Any:
    """An estimator or a transformer, not fitted.

    Args:
        kinds: ``ESTIMATORS`` or ``PREPROCESSING``.
        name: a key of ``kinds``.
        options: parameters of its constructor.

    Raises:
        InputError: no such name or parameter.
    """
    if name not in kinds:
        raise InputError(f"no such step: {name!r}", fix=f"choose {', '.join(kinds)}")
    known = [option for option in inspect.signature(kinds[name]).parameters if option not in _SET_HERE]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise InputError(
            f"{name!r} has no option {unknown[0]!r}", fix=f"its options are {', '.join(known) or 'none'}"
        )
    return kinds[name](**{key: tuple(v) if isinstance(v, list) else v for key, v in options.items()})
