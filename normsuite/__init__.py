"""normsuite: how well does a language model reason about social norms, for whom it fails, and how sure we are."""

__version__ = "0.1.0"
