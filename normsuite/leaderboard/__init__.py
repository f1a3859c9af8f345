"""The leaderboard: submissions that anyone can check and recompute, and what is made of them."""

from normsuite.leaderboard.submission import Manifest, Submission, find_submissions, read_submission

__all__ = ["Manifest", "Submission", "find_submissions", "read_submission"]
