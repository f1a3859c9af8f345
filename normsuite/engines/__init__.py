"""Engines: one file or folder per back end, all behind the contract of ``base.Engine``."""

from normsuite.engines.base import (
    Engine,
    EngineSpec,
    Generation,
    LabelReads,
    Pooling,
    Problem,
    Sampling,
    Tokens,
)
from normsuite.engines.checkpoint import Checkpoint, find_checkpoint

__all__ = [
    "Checkpoint",
    "Engine",
    "EngineSpec",
    "Generation",
    "LabelReads",
    "Pooling",
    "Problem",
    "Sampling",
    "Tokens",
    "find_checkpoint",
]
