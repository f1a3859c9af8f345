"""Specs of real engines that count what they are asked, or that must not be started."""

from dataclasses import dataclass, field
from pathlib import Path

from normsuite.engines import Engine
from normsuite.engines.transformers import TransformersSpec


@dataclass(frozen=True)
class Counted(TransformersSpec):
    """The transformers engine; ``asked`` holds (prompts, layers) of each question for vectors."""

    asked: list[tuple[int, tuple[int, ...]]] = field(default_factory=list, compare=False)

    def start(self, log: Path | None = None) -> Engine:
        """The real engine, and a tally."""
        return _Tally(super().start(log), self.asked)


@dataclass(frozen=True)
class Unwanted(TransformersSpec):
    """The same model and engine, which must not be needed."""

    def start(self, log: Path | None = None) -> Engine:
        """Never called where the cache has everything."""
        raise AssertionError("the engine was started")


class _Tally:
    def __init__(self, engine: Engine, asked: list[tuple[int, tuple[int, ...]]]) -> None:
        self._engine, self._asked = engine, asked

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def embed(self, prompts, pooling, *rest, **named):
        self._asked.append((len(prompts), (pooling.layer,)))
        return self._engine.embed(prompts, pooling, *rest, **named)

    def embed_layers(self, prompts, pooling, layers, *rest, **named):
        self._asked.append((len(prompts), tuple(layers)))
        return self._engine.embed_layers(prompts, pooling, layers, *rest, **named)
