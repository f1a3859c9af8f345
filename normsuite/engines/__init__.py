"""Engines: one file or folder per back end, all behind the contract of ``base.Engine``."""

from normsuite.engines.base import (
    Engine,
    EngineSpec,
    Generation,
    LabelReads,
    Pooling,
    Problem,
    Sampling,
    Span,
    TakesImages,
    Tokens,
)
from normsuite.engines.checkpoint import Checkpoint, find_checkpoint
from normsuite.engines.kinds import is_encoder
from normsuite.engines.sentence import SentencePooling

__all__ = [
    "Checkpoint",
    "Engine",
    "EngineSpec",
    "Generation",
    "LabelReads",
    "Pooling",
    "Problem",
    "Sampling",
    "SentencePooling",
    "Span",
    "TakesImages",
    "Tokens",
    "find_checkpoint",
    "is_encoder",
]
