"""Vectors from a model's hidden states: one forward pass for all layers that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import Advance, Pooling, Span, Tokens
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.transformers.batches import Batch, batches, enough_memory
from normsuite.engines.vectors import Way, chosen_spans, chosen_way, refuse_no_numbers, refuse_unfit
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Embedder:
    """A model without its head, and what it needs to embed.

    Attributes:
        checkpoint: the model's.
        model: a transformers model that gives hidden states: no logits are computed.
        device: where the model is.
        pad: the id that fills a row up.
        context_length: most tokens of a prompt.
        batch_size: most prompts in one forward pass.
        batch: makes the model's inputs of prompts.
        options: of each forward pass.
        frame: the tokens of an empty text, where those alone are no text.
    """

    checkpoint: Checkpoint
    model: Any
    device: torch.device
    pad: int
    context_length: int
    batch_size: int
    batch: Callable[[Sequence[Tokens], int, torch.device], Batch]
    options: Mapping[str, object] = field(default_factory=dict)
    frame: tuple[int, ...] = ()

    def embed(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        layers: Sequence[int],
        advance: Advance,
        spans: Sequence[Span | None] | None,
    ) -> NDArray[np.float32]:
        """[n, l, d] vectors; see ``Engine.embed_layers``.

        Raises:
            InputError: no such layer or position; a prompt that has no vector, or one that is not a number.
        """
        import torch

        config = self.model.config.get_text_config()
        chosen = [chosen_layer(layer, config.num_hidden_layers) for layer in layers]
        way = chosen_way(pooling, self.checkpoint)
        refuse_unfit(prompts, self.context_length, self.frame)
        ranges = chosen_spans(spans, prompts) if way.position == "span" else None
        vectors = np.empty((len(prompts), len(layers), config.hidden_size), np.float32)
        lengths = [len(prompt) for prompt in prompts]
        for rows in batches(lengths, self.batch_size):
            with torch.inference_mode(), enough_memory():
                batch = self.batch([prompts[row] for row in rows], self.pad, self.device)
                states = self._states(batch, chosen, config.num_hidden_layers)
                among = None if ranges is None else torch.as_tensor(ranges[rows], device=self.device)
                found = torch.stack([pooled(state, batch, way, among) for state in states], dim=1)
                vectors[rows] = found.cpu().numpy()
            advance(len(rows), sum(lengths[row] for row in rows))
        refuse_no_numbers(vectors)
        return vectors

    def _states(self, batch: Batch, layers: Sequence[int], last: int) -> list[torch.Tensor]:
        """The states [n, longest, d] behind each of the layers."""
        inside = any(layer < last for layer in layers)
        output = self.model(**batch.inputs, **self.options, output_hidden_states=inside)
        # Only the last layer's states have passed the final norm.
        return [output.hidden_states[layer] if layer < last else output.last_hidden_state for layer in layers]


def chosen_layer(layer: int, layers: int) -> int:
    """The layer counted from 0, the embeddings, to ``layers``, the last.

    Raises:
        InputError: the model has no such layer.
    """
    if not -layers - 1 <= layer <= layers:
        raise InputError(
            f"the model has no layer {layer}",
            fix=f"choose 0 (the embeddings) to {layers} (the last), or -1 (the last) to {-layers - 1}",
        )
    return layer % (layers + 1)


def pooled(states: torch.Tensor, batch: Batch, way: Way, spans: torch.Tensor | None) -> torch.Tensor:
    """[n, d] vectors in float32.

    Args:
        states: [n, longest, d] hidden states.
        batch: where each row's tokens are.
        way: how.
        spans: [n, 2] each row's range among its own tokens, for the position ``span``.
    """
    import torch

    states = states.float()
    if way.position in ("cls", "last"):
        at = batch.starts if way.position == "cls" else batch.stops - 1
        vectors = states[torch.arange(len(at), device=at.device), at]
    elif spans is None and not batch.padded:
        vectors = states.mean(1)
    else:
        starts, stops = (
            (batch.starts, batch.stops)
            if spans is None
            else (batch.starts + spans[:, 0], batch.starts + spans[:, 1])
        )
        place = torch.arange(states.shape[1], device=states.device)
        inside = (place >= starts[:, None]) & (place < stops[:, None])
        # Filled, not multiplied: what attention makes of a padded place may be NaN.
        vectors = states.masked_fill(~inside[:, :, None], 0).sum(1) / (stops - starts)[:, None]
    return torch.nn.functional.normalize(vectors, dim=-1) if way.normalise else vectors
