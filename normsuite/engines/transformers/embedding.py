"""One vector per prompt from a model's hidden states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from normsuite.engines.base import Pooling
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch


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


def pooled(model: Any, inputs: dict[str, torch.Tensor], pooling: Pooling, layers: int) -> torch.Tensor:
    """[n, d] vectors in float32.

    Args:
        model: a transformers model without its head: no logits are computed.
        inputs: [n, longest] from ``left_padded``.
        pooling: how; its layer exists.
        layers: how many the model has.
    """
    import torch

    layer = chosen_layer(pooling.layer, layers)
    inside = layer < layers
    output = model(**inputs, output_hidden_states=inside, use_cache=False)
    # Only the last layer's states have passed the final norm.
    states = (output.hidden_states[layer] if inside else output.last_hidden_state).float()
    if pooling.position == "last":
        vectors = states[:, -1]
    else:
        mask = inputs["attention_mask"][:, :, None]
        # Filled, not multiplied: what attention makes of a padded place may be NaN.
        vectors = states.masked_fill(mask == 0, 0).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(vectors, dim=-1) if pooling.normalise else vectors
