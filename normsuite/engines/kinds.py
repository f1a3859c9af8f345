"""Encoder or decoder: which of the two a checkpoint is, by transformers' own lists of architectures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NoReturn

from normsuite.engines.checkpoint import Checkpoint, read_config
from normsuite.errors import InputError

_PROCESSORS: Final = ("processor_config.json", "preprocessor_config.json")


@cache
def is_encoder(checkpoint: Checkpoint) -> bool:
    """Whether the model reads a text in both directions, and so has no next token to tell.

    Where the folder names a causal language model's architecture, it is a decoder. Where it names another
    one (``BertModel``, which says nothing of a head), the model's type decides: a type with a masked language
    model, or with no causal one, is an encoder. A model that encodes and decodes is neither, and is left to
    what loads decoders.

    Args:
        checkpoint: from ``find_checkpoint``.

    Raises:
        InputError: its configuration is not readable.
    """
    from transformers.models.auto import modeling_auto as known

    config = read_config(checkpoint.path)
    kind = config.get("model_type")
    if is_seeing(checkpoint):
        return False
    causal = known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    if config.get("is_encoder_decoder") or kind not in known.MODEL_MAPPING_NAMES:
        return False
    named = config.get("architectures")
    if any(architecture in set(causal.values()) for architecture in named or ()):
        return False
    return kind in known.MODEL_FOR_MASKED_LM_MAPPING_NAMES or kind not in causal


@cache
def is_seeing(checkpoint: Checkpoint) -> bool:
    """Whether the model answers to pictures and text: its architecture does, and the folder has a processor.

    Args:
        checkpoint: from ``find_checkpoint``.

    Raises:
        InputError: its configuration is not readable.
    """
    from transformers.models.auto import modeling_auto as known

    named = read_config(checkpoint.path).get("architectures") or ()
    seeing = set(known.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.values())
    return any(architecture in seeing for architecture in named) and any(
        (checkpoint.path / file).is_file() for file in _PROCESSORS
    )


@cache
def encoder_context(checkpoint: Checkpoint) -> int:
    """The most tokens of a text that an encoder has positions for, at most the checkpoint's own limit.

    Some encoders (RoBERTa and its kin) number positions from behind the padding's own number, so that they
    have fewer than their configuration says. The model's shape tells, without its weights.

    Args:
        checkpoint: of an encoder.

    Raises:
        InputError: transformers cannot make a model of that configuration.
    """
    import torch
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(checkpoint.path, trust_remote_code=False)
        with torch.device("meta"):
            model = transformers.AutoModel.from_config(config, trust_remote_code=False)
    except Exception as error:
        # A stranger's folder fails in many ways; each is the folder's fault, said in a line.
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"cannot be loaded ({type(error).__name__}: {reason})", file=checkpoint.name
        ) from None
    return min([checkpoint.context_length, *_positions(model)])


def _positions(model: Any) -> Sequence[int]:
    """How many positions a model has a vector for; nothing where it does not learn one for each."""
    learned = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    count, padding = getattr(learned, "num_embeddings", None), getattr(learned, "padding_idx", None)
    return [] if count is None else [count if padding is None else count - padding - 1]


def refuse_answers(checkpoint: Checkpoint) -> NoReturn:
    """Refuse to ask an encoder.

    Raises:
        InputError: always.
    """
    raise InputError(
        "is an encoder: it has no answers to read",
        file=checkpoint.name,
        fix="run tasks of type direction with it",
    )
