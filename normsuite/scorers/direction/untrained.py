"""The same architecture and tokenizer with random weights, several times: what training is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from normsuite.engines import Checkpoint, EngineSpec

DOUBLES: Final = 3


def untrained_doubles(spec: EngineSpec) -> tuple[Sequence[EngineSpec], str]:
    """Specs of a model's untrained doubles, in float32 on transformers, whatever runs the model itself.

    Returns:
        The specs, and why there are none if there are none.
    """
    from normsuite.engines.transformers import TransformersSpec

    checkpoint = getattr(spec, "checkpoint", None)
    if not isinstance(checkpoint, Checkpoint):
        return (), "the model's architecture is not known here: a server runs it"
    batch_size = getattr(spec, "batch_size", 32)
    device = getattr(spec, "device", "auto")
    return [
        TransformersSpec(checkpoint, "float32", device, batch_size, untrained=seed) for seed in range(DOUBLES)
    ], ""
