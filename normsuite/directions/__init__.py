"""Directions in an embedding space, as scikit-learn estimators: where a text lies between two poles.

Each has ``fit(X, y)``, ``decision_function(X) -> [n]``, ``transform(X) -> [n, 1]``, a unit vector
``direction_`` [d] and ``offset_``, and composes in a ``Pipeline``. Importing this room imports scikit-learn:
do so inside functions where a quick start matters.
"""

from normsuite.directions.base import Direction, DirectionError
from normsuite.directions.components import PCADirection, TwoExtremes
from normsuite.directions.cosine import AnswerCosine
from normsuite.directions.linear import DifferenceInMeans, LDADirection, LogisticDirection, RandomDirection
from normsuite.directions.pairs import CCS, LAT

__all__ = [
    "CCS",
    "LAT",
    "AnswerCosine",
    "DifferenceInMeans",
    "Direction",
    "DirectionError",
    "LDADirection",
    "LogisticDirection",
    "PCADirection",
    "RandomDirection",
    "TwoExtremes",
]
