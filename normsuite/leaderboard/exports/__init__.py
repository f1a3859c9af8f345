"""What others can read of a submission: one result for each headline metric, by culture where they have room.

Every format is written from the same ``Headline``s, so that they cannot tell different numbers.
"""

from normsuite.leaderboard.exports.eval_results import write_eval_results
from normsuite.leaderboard.exports.every_eval_ever import write_every_eval_ever
from normsuite.leaderboard.exports.headlines import Headline, headlines
from normsuite.leaderboard.exports.hf_space import write_space
from normsuite.leaderboard.exports.model_index import write_model_index

__all__ = [
    "Headline",
    "headlines",
    "write_eval_results",
    "write_every_eval_ever",
    "write_model_index",
    "write_space",
]
