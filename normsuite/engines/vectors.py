"""What all engines that make vectors share: which way to pool is meant, and which input or output is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import Pooling, Span, Tokens
from normsuite.engines.checkpoint import Checkpoint
from normsuite.errors import InputError


@dataclass(frozen=True)
class Way:
    """How vectors are pooled, once the folder has been asked.

    Attributes:
        position: over which tokens: their ``mean``, the first (``cls``), the ``last``, or a ``span``'s mean.
        normalise: to unit length.
    """

    position: Literal["mean", "cls", "last", "span"]
    normalise: bool


def chosen_way(pooling: Pooling, checkpoint: Checkpoint) -> Way:
    """What a pooling means for a checkpoint.

    Raises:
        InputError: ``model`` of a checkpoint that is no sentence encoder.
    """
    if pooling.position != "model":
        return Way(pooling.position, pooling.normalise)
    if checkpoint.sentence is None:
        raise InputError(
            "is no sentence encoder: its folder does not say how to pool",
            file=checkpoint.name,
            fix="choose the position mean or last",
        )
    return Way(checkpoint.sentence.position, checkpoint.sentence.normalise)


def refuse_unfit(prompts: Sequence[Tokens], context: int, frame: Sequence[int] = ()) -> None:
    """Refuse prompts that have no vector.

    Args:
        prompts: [n] token ids.
        context: the most tokens that the model takes.
        frame: the tokens of an empty text, where those alone are no text.

    Raises:
        InputError: a prompt has no tokens of its own, or more than the context.
    """
    lengths = np.array([len(prompt) for prompt in prompts], np.int64)
    for row in np.flatnonzero((lengths == 0) | (lengths > context)):
        room = f"the model's context has room for {context}"
        raise InputError(f"prompt {row + 1} has {lengths[row]} tokens, {room}")
    for row in np.flatnonzero(lengths == len(frame)):
        if list(prompts[row]) == list(frame):
            raise InputError(f"prompt {row + 1} has no tokens but those around every text")


def chosen_spans(spans: Sequence[Span | None] | None, prompts: Sequence[Tokens]) -> NDArray[np.int64]:
    """[n, 2] the span of each prompt, in tokens.

    Raises:
        InputError: there are none, or a prompt's is missing, empty or outside its tokens.
    """
    if spans is None or len(spans) != len(prompts):
        raise InputError(
            "the position span needs a span for each prompt", fix="give them, or choose mean or last"
        )
    for row, (span, prompt) in enumerate(zip(spans, prompts, strict=True), start=1):
        if span is None or not 0 <= span[0] < span[1] <= len(prompt):
            raise InputError(f"prompt {row} of {len(prompt)} tokens has no span {span or ''}".rstrip())
    return np.array(spans, np.int64).reshape(-1, 2)


def refuse_no_numbers(vectors: NDArray[np.float32]) -> None:
    """Refuse vectors [n, …] of which one is not made of finite numbers.

    Raises:
        InputError: the first such prompt, and what to do.
    """
    finite = np.isfinite(vectors).all(axis=tuple(range(1, vectors.ndim)))
    for row in np.flatnonzero(~finite):
        raise InputError(
            f"the model's output for prompt {row + 1} is not a number", fix="try another --dtype (float32)"
        )
