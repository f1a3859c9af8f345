"""Gradient descent with early stopping on clusters that were held out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from normsuite.directions import DirectionError

if TYPE_CHECKING:
    import torch

Ints = NDArray[np.intp]
Losses = Callable[[Sequence[int]], "torch.Tensor"]
"""The loss [b] of each of b rows."""

_HELD_OUT: Final = 0.2  # of the clusters
_TRIES: Final = 20
_NORM: Final = 1.0  # gradients are clipped to it


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    Attributes:
        epochs: at most.
        batch: rows of a step.
        patience: epochs without a smaller held-out loss, after which training ends.
        seed: of weights, order of rows, dropout and held-out clusters.
    """

    epochs: int
    batch: int
    patience: int
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """How a training went.

    Attributes:
        epochs: that were run.
        best: the epoch whose weights were kept, from 1.
        losses: [epochs] mean held-out loss, in nats.
    """

    epochs: int
    best: int
    losses: tuple[float, ...]


def split_by_cluster(groups: NDArray[np.int64], y: NDArray[np.float64], seed: int) -> tuple[Ints, Ints]:
    """Rows to train on and rows to stop by, no cluster in both, both poles in each.

    Args:
        groups: [m] codes of clusters.
        y: [m] 1 or 0.
        seed: of the split.

    Raises:
        DirectionError: no such split was found.
    """
    names = np.unique(groups)
    size = max(1, round(_HELD_OUT * len(names)))
    for attempt in range(_TRIES):
        drawn = np.random.default_rng([seed, attempt]).permutation(names)[:size]
        held = np.isin(groups, drawn)
        if all(0 < y[part].sum() < part.sum() for part in (held, ~held)):
            return np.flatnonzero(~held), np.flatnonzero(held)
    raise DirectionError(
        f"{len(names)} training clusters are too few to hold out some of each pole", fix="give more rows"
    )


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Inside, torch draws from this seed; outside, as if nothing had been drawn."""
    import torch

    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def train(
    module: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    losses: Losses,
    rows: tuple[Ints, Ints],
    plan: Plan,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Trained:
    """Train, and put the weights of the best epoch back in the end.

    Args:
        module: what is trained; weights without a gradient are left alone.
        optimiser: over its weights.
        losses: of rows, by their numbers.
        rows: those to train on, and those to stop by.
        plan: how long.
        told: how many epochs are done, and of how many.
    """
    import torch

    weights = [weight for weight in module.parameters() if weight.requires_grad]
    order = np.random.default_rng(plan.seed)
    best, kept, history = 0, [weight.detach().clone() for weight in weights], []
    for epoch in range(1, plan.epochs + 1):
        module.train()
        for batch in _batches(order.permutation(rows[0]), plan.batch):
            optimiser.zero_grad()
            losses(batch).mean().backward()
            torch.nn.utils.clip_grad_norm_(weights, _NORM)
            optimiser.step()
        module.eval()
        with torch.no_grad():
            held = [float(losses(batch).sum()) for batch in _batches(rows[1], plan.batch)]
        history.append(sum(held) / len(rows[1]))
        told(epoch, plan.epochs)
        if not best or history[-1] < history[best - 1]:
            best, kept = epoch, [weight.detach().clone() for weight in weights]
        elif epoch - best >= plan.patience:
            break
    with torch.no_grad():
        for weight, value in zip(weights, kept, strict=True):
            weight.copy_(value)
    told(plan.epochs, plan.epochs)
    return Trained(len(history), best, tuple(history))


def _batches(rows: Ints, size: int) -> Iterator[list[int]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size].tolist()
