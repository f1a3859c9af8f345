"""Embeddings of texts: read once by an engine, kept on disk, never shared between models or ways to pool.

A ``Reader`` gives one vector per ``Passage`` and starts its engine only for vectors that the cache lacks.
"""

from normsuite.embeddings.passages import Passage
from normsuite.embeddings.reader import Reader

__all__ = ["Passage", "Reader"]
