"""The engine that a whole test session shares, as the spec of a run."""

from dataclasses import dataclass
from pathlib import Path

from normsuite.engines import Engine
from normsuite.engines.vllm import VllmSpec


@dataclass(frozen=True)
class Lent(VllmSpec):
    """The spec of an engine that is up already, and stays up unless the run is to end it."""

    engine: Engine | None = None
    ends: bool = False

    def start(self, log: Path | None = None) -> Engine:
        """The engine; if it stays up, it closes only for its owner."""
        return self.engine if self.ends else _Kept(self.engine)


class _Kept:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def close(self) -> None:
        """Stay up."""
