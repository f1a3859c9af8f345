"""How well does a language model reason about social norms, for whom does it fail, and how sure are we."""

__version__ = "0.1.0"
