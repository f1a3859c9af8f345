"""Many token sequences in few forward passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from normsuite.engines.base import Tokens
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Batch:
    """A model's inputs, and where each row's own tokens are.

    Attributes:
        inputs: by the model's names, [n, longest] each.
        starts: [n] each row's first token.
        stops: [n] one behind each row's last token.
        padded: whether a row is filled up.
    """

    inputs: dict[str, torch.Tensor]
    starts: torch.Tensor
    stops: torch.Tensor
    padded: bool


def batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first, so that little is padded.

    Args:
        lengths: [n] tokens of each row.
        size: most rows of a batch.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    for start in range(0, len(order), size):
        yield order[start : start + size]


def left_padded(sequences: Sequence[Tokens], pad: int, device: torch.device) -> dict[str, torch.Tensor]:
    """A model's inputs, [n, longest]: token ids, attention mask, positions; each row's last token at the end.

    Args:
        sequences: [n] token ids.
        pad: the id that fills a row up.
        device: where the tensors go.
    """
    import torch

    width = max(len(sequence) for sequence in sequences)
    ids = torch.full((len(sequences), width), pad)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, width - len(sequence) :] = torch.as_tensor(sequence)
        mask[row, width - len(sequence) :] = 1
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    return {
        "input_ids": ids.to(device),
        "attention_mask": mask.to(device),
        "position_ids": positions.to(device),
    }


def decoder_batch(sequences: Sequence[Tokens], pad: int, device: torch.device) -> Batch:
    """Rows that end together, as decoders take them; arguments as ``left_padded``."""
    import torch

    inputs = left_padded(sequences, pad, device)
    width = inputs["input_ids"].shape[1]
    lengths = torch.tensor([len(sequence) for sequence in sequences], device=device)
    stops = torch.full_like(lengths, width)
    return Batch(inputs, width - lengths, stops, padded=bool((lengths < width).any()))


def encoder_batch(sequences: Sequence[Tokens], pad: int, device: torch.device) -> Batch:
    """Rows that begin together, without positions: some encoders count their own, from another number.

    Where all rows have one length nothing is padded and no mask is given, which is the fastest attention.
    Arguments as ``left_padded``.
    """
    import torch

    lengths = torch.tensor([len(sequence) for sequence in sequences])
    starts, width = torch.zeros_like(lengths), int(lengths.max())
    if bool((lengths == width).all()):
        ids = torch.tensor(sequences)
        return Batch({"input_ids": ids.to(device)}, starts.to(device), lengths.to(device), padded=False)
    mask = torch.arange(width) < lengths[:, None]
    ids = torch.full(mask.shape, pad)
    ids[mask] = torch.tensor([token for sequence in sequences for token in sequence])
    inputs = {"input_ids": ids.to(device), "attention_mask": mask.long().to(device)}
    return Batch(inputs, starts.to(device), lengths.to(device), padded=True)


@contextmanager
def enough_memory() -> Iterator[None]:
    """What runs here fits into the device's memory.

    Raises:
        InputError: it does not.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        reason = str(error).splitlines()[0]
        raise InputError(reason, fix="lower --batch-size, or choose --dtype bfloat16") from None
