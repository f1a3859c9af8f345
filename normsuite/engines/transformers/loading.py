"""A stranger's checkpoint, loaded by transformers or refused in a line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.transformers.batches import enough_memory
from normsuite.engines.transformers.spec import chosen_dtype
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch

_COMPLETE: Final[dict[str, Any]] = {"missing_keys": ()}
"""What loading tells of a model that lacks no weights."""


def load_decoder(
    checkpoint: Checkpoint, dtype: str, device: torch.device, untrained: int | None = None
) -> Any:
    """A causal language model with its head.

    Args:
        checkpoint: from ``find_checkpoint``.
        dtype: one of ``DTYPES``.
        device: where it goes.
        untrained: the seed of random weights in place of the checkpoint's own; None takes its own.

    Raises:
        InputError: transformers cannot load the folder, or it does not fit the device.
    """
    return _load("AutoModelForCausalLM", checkpoint, dtype, device, untrained)[0]


def load_seeing(
    checkpoint: Checkpoint, dtype: str, device: torch.device, untrained: int | None = None
) -> Any:
    """A vision-language model with its head; arguments as ``load_decoder``.

    Raises:
        InputError: as ``load_decoder``.
    """
    return _load("AutoModelForImageTextToText", checkpoint, dtype, device, untrained)[0]


def load_encoder_model(
    checkpoint: Checkpoint, dtype: str, device: torch.device, untrained: int | None = None
) -> Any:
    """An encoder without a head; arguments as ``load_decoder``.

    Raises:
        InputError: as ``load_decoder``; the folder lacks some of the encoder's weights.
    """
    from transformers.utils import logging

    talk = logging.get_verbosity()
    # What transformers would print about heads that the folder has, or lacks, is checked below.
    logging.set_verbosity_error()
    try:
        model, told = _load("AutoModel", checkpoint, dtype, device, untrained)
    finally:
        logging.set_verbosity(talk)
    # Those of the pooler, a head of its own that no vector here passes, are often left out.
    lacking = sorted(key for key in told["missing_keys"] if "pooler" not in key)
    if lacking:
        what = f"lacks {len(lacking)} of the encoder's weights ({lacking[0]})"
        raise InputError(what, file=checkpoint.name, fix="convert the model anew, whole")
    return model


def _random_model(kind: Any, checkpoint: Checkpoint, seed: int) -> Any:
    """The checkpoint's architecture with random weights in float32, as its own initialisation draws them."""
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(checkpoint.path, trust_remote_code=False)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return kind.from_config(config, trust_remote_code=False, dtype=torch.float32)


def _load(
    kind: str, checkpoint: Checkpoint, dtype: str, device: torch.device, untrained: int | None
) -> tuple[Any, dict[str, Any]]:
    """The model, and what transformers tells of its weights."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    import torch
    import transformers

    dtype = chosen_dtype(dtype, device.type)
    transformers.utils.logging.disable_progress_bar()
    try:
        if untrained is not None:
            return _random_model(getattr(transformers, kind), checkpoint, untrained).to(
                device
            ).eval(), _COMPLETE
        model, told = getattr(transformers, kind).from_pretrained(
            checkpoint.path,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception as error:
        # A stranger's folder fails in many ways; each is the folder's fault, said in a line.
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"cannot be loaded ({type(error).__name__}: {reason})", file=checkpoint.name
        ) from None
    with enough_memory():
        return model.to(device).eval(), told
