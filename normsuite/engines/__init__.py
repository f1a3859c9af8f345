"""Engines: one file per back end, all behind the contract of ``base.Engine``."""

from normsuite.engines.base import Engine, LabelReads, Tokens
from normsuite.engines.checkpoint import Checkpoint, find_checkpoint

__all__ = ["Checkpoint", "Engine", "LabelReads", "Tokens", "find_checkpoint"]
