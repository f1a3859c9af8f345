"""What vLLM embeds and what not, and its vectors in the order of the prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import Pooling, Tokens
from normsuite.engines.vectors import refuse_no_numbers
from normsuite.engines.vllm.messages import Embed, Refused
from normsuite.engines.vllm.rows import pick
from normsuite.errors import InputError

Ask = Callable[[Callable[[list[int]], Embed]], Iterator[tuple[int, Any]]]
"""Sends what is made of some rows of the prompts, and gives each row's answer as it comes."""


def refuse_what_vllm_lacks(pooling: Pooling, layers: Sequence[int]) -> None:
    """Refuse layers inside the model and spans.

    Raises:
        InputError: one of them is asked for, or the last layer twice.
    """
    if tuple(layers) != (-1,):
        other = next((layer for layer in layers if layer != -1), -1)
        raise InputError(
            f"vLLM gives the last layer only, not layer {other}", fix="use --engine transformers"
        )
    if pooling.position == "span":
        raise InputError("vLLM does not pool a span", fix="use --engine transformers")


def read_vectors(prompts: Sequence[Tokens], ask: Ask) -> NDArray[np.float32]:
    """[n, d] one vector per prompt; [0, 0] of none, for which no engine is asked.

    Args:
        prompts: [n] token ids.
        ask: sends them to an engine that pools.

    Raises:
        InputError: the engine does not take a prompt, or its vector is not a number.
    """
    vectors: dict[int, NDArray[np.float32]] = {}
    for row, answer in ask(lambda rows: Embed(pick(prompts, rows))) if prompts else ():
        if isinstance(answer, Refused):
            # Of some encoders vLLM runs the head only: a BERT that was saved as a masked language model.
            fix = "use --engine transformers" if "Unsupported task" in answer.reason else None
            raise InputError(f"vLLM cannot embed prompt {row + 1} ({answer.reason})", fix=fix)
        vectors[row] = answer
    if not vectors:
        return np.empty((0, 0), np.float32)
    found = np.stack([vectors[row] for row in range(len(prompts))])
    refuse_no_numbers(found)
    return found
