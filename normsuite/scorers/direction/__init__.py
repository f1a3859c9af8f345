"""The scorer `direction`: where texts lie along a direction in a model's embeddings, beside every null.

``measure`` is the whole of it: seeds (``seeds``) are embedded (``reading``), a pipeline is fitted
(``pipeline``, ``layers``, ``fitted``), items are scored (``predictions``), and so they are without what is
claimed to be measured (``nulls``).
"""

from normsuite.scorers.direction.fitted import Fitted, Recipe, fit_direction
from normsuite.scorers.direction.measure import Measured, Models, Part, measure
from normsuite.scorers.direction.passages import to_passages, words_as_items
from normsuite.scorers.direction.pipeline import build
from normsuite.scorers.direction.predictions import SCORER, recast
from normsuite.scorers.direction.seeds import Seeds
from normsuite.scorers.direction.untrained import untrained_doubles

__all__ = [
    "SCORER",
    "Fitted",
    "Measured",
    "Models",
    "Part",
    "Recipe",
    "Seeds",
    "build",
    "fit_direction",
    "measure",
    "recast",
    "to_passages",
    "untrained_doubles",
    "words_as_items",
]
