"""Scorers: from Items and an engine (or a training split) to Predictions."""

from normsuite.scorers.baselines import BASELINES, baseline_predictions
from normsuite.scorers.labels import SCORER, check_labels, predict
from normsuite.scorers.orders import design_ranks

__all__ = ["BASELINES", "SCORER", "baseline_predictions", "check_labels", "design_ranks", "predict"]
