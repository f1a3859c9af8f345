"""Where in a model texts are read, and their embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings import Passage, Reader
from normsuite.engines import Checkpoint, EngineSpec, Pooling
from normsuite.engines.kinds import is_encoder
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.tasks import ReadingSpec


def choose_pooling(
    reading: ReadingSpec, spec: EngineSpec, passages: Sequence[Passage]
) -> tuple[Pooling, tuple[int, ...]]:
    """The pooling a task asks for on this model, and the layers to choose from.

    Args:
        reading: what the task says.
        spec: the model and its engine.
        passages: every text that will be read: the behaviour's tokens can be read only where all have one.

    Returns:
        The pooling, and its layers: more than one where the layer is to be chosen on the seeds.

    Raises:
        InputError: ``model`` on a model that is no sentence encoder, or ``behavior`` on texts without one.
    """
    checkpoint = getattr(spec, "checkpoint", None)
    sentence = isinstance(checkpoint, Checkpoint) and checkpoint.sentence is not None
    spanned = all(passage.span is not None for passage in passages)
    position = reading.position
    if position == "auto":
        position = "model" if sentence else "behavior" if spanned else "mean"
    if position == "model" and not sentence:
        what = "the model is no sentence encoder, so it has no pooling of its own"
        raise InputError(what, fix="set `reading.position` to last, mean or behavior")
    if position == "behavior" and not spanned:
        without = next(passage.text for passage in passages if passage.span is None)
        raise InputError(
            f"the behaviour does not stand exactly once in the text {without[:80]!r}",
            fix="set `reading.position` to mean, or use wordings that print the behaviour",
        )
    pooling = Pooling("span" if position == "behavior" else position)
    if reading.layer != "auto":
        return replace(pooling, layer=reading.layer), (reading.layer,)
    if sentence or not isinstance(checkpoint, Checkpoint) or is_encoder(checkpoint):
        return pooling, (-1,)
    return pooling, tuple(range(1, checkpoint.layers + 1))


def read(
    reader: Reader,
    passages: Sequence[Sequence[Passage]],
    pooling: Pooling,
    layers: Sequence[int],
    stage: str = "embedding",
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """Embeddings of every text in every wording.

    Args:
        reader: the model.
        passages: [n][w].
        pooling: how.
        layers: [l].
        stage: what is read, for ``progress``.
        progress: told how many distinct texts are read.

    Returns:
        [n * w, l, d], row by row; NaN where a text is too long.

    Raises:
        InputError: as ``Reader.read_layers``.
    """
    flat = [passage for own in passages for passage in own]
    return reader.read_layers(flat, pooling, layers, lambda done, total: progress(stage, done, total))
