"""Scorers: from Items and an engine (or a training split) to Predictions."""

from normsuite.scorers.baselines import BASELINES, baseline_predictions
from normsuite.scorers.orders import design_ranks
from normsuite.scorers.predicted import Predicted
from normsuite.scorers.prompted import PromptedScorer, scorer_of

__all__ = [
    "BASELINES",
    "Predicted",
    "PromptedScorer",
    "baseline_predictions",
    "design_ranks",
    "scorer_of",
]
