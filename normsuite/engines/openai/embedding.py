"""Embeddings of a server, which pools in its own way and does not tell which."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import Advance, Pooling, Problem, Tokens
from normsuite.engines.openai.abilities import find_vector_parameters
from normsuite.engines.openai.asking import Dialect, vector_request
from normsuite.engines.openai.client import Client, Request
from normsuite.engines.vectors import refuse_no_numbers
from normsuite.errors import InputError

_UNIT: Final = 1e-4  # how near to 1 the length of a vector is that was made so

Vector = NDArray[np.float32]
Ask = Callable[
    [Sequence[Tokens], Callable[[Tokens], Request[Vector]]], Iterator[tuple[int, Vector | Problem]]
]
"""Sends a request for each prompt, and gives each row's answer as it comes."""


class ServerVectors:
    """Vectors of one server."""

    def __init__(self, client: Client, dialect: Dialect, ask: Ask) -> None:
        """Nothing is asked yet.

        Args:
            client: the server's.
            dialect: how prompts are put to it.
            ask: asks for all prompts.
        """
        self._client, self._dialect, self._ask = client, dialect, ask
        self._lock = threading.Lock()
        self._raw: dict[str, Any] | None = None

    def read(
        self, prompts: Sequence[Tokens], pooling: Pooling, layers: Sequence[int], advance: Advance
    ) -> Vector:
        """[n, d] one vector per prompt; see ``OpenaiEngine.embed``.

        Raises:
            InputError: as there.
        """
        if tuple(layers) != (-1,) or pooling.position not in ("last", "model"):
            layer = next((layer for layer in layers if layer != -1), -1)
            raise InputError(
                f"a server does not give the {pooling.position} of layer {layer}: it pools its last layer in "
                "its own way",
                fix="use --engine transformers",
            )
        if not prompts:
            return np.zeros((0, 0), np.float32)
        own = pooling.position == "model"
        parameters = self._parameters(prompts[0], own)
        vectors: list[Vector] = [np.zeros(0, np.float32)] * len(prompts)
        for at, vector in self._ask(
            prompts, lambda prompt: vector_request(self._dialect, prompt, parameters)
        ):
            if isinstance(vector, Problem):
                raise InputError(f"the server cannot embed prompt {at + 1} ({vector.detail})")
            vectors[at] = vector
            advance(1, len(prompts[at]) if self._dialect.in_tokens else 0)
        found = np.stack(vectors)
        refuse_no_numbers(found)
        return found if own else _normalised(found, pooling.normalise)

    def _parameters(self, prompt: Tokens, own: bool) -> dict[str, Any]:
        """To have vectors as the model makes them: vLLM has to be told, strict servers refuse to be.

        Args:
            prompt: one to try with.
            own: leave the server its own way, normalisation included.
        """
        with self._lock:
            if self._raw is None:
                self._raw = find_vector_parameters(self._client, self._dialect, prompt)
            return {} if own else self._raw


def _normalised(vectors: Vector, normalise: bool) -> Vector:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if normalise:
        unit: Vector = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
        return unit
    if (np.abs(lengths - 1) < _UNIT).all():
        raise InputError("the server gives vectors of unit length only", fix="ask for normalised vectors")
    return vectors
