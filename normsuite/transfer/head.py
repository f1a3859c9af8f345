"""A small network on frozen embeddings: what a head can make of them that a direction cannot."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.progress import Progress, silent
from normsuite.transfer.tuning import Plan, Trained, seeded, split_by_cluster, train

Floats = NDArray[np.float64]

EPOCHS: Final = 200
_HIDDEN: Final = 64
_DROPOUT: Final = 0.1
_RATE: Final = 1e-3
_DECAY: Final = 1e-2
_BATCH: Final = 32
_PATIENCE: Final = 10


def train_head(
    X: NDArray[np.float32],  # noqa: N803
    y: Floats,
    groups: NDArray[np.int64],
    items: NDArray[np.float32],
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Floats, Trained]:
    """Train one hidden layer on embeddings, on the CPU in float32.

    Args:
        X: [m, d] embeddings of training rows.
        y: [m] 1 or 0.
        groups: [m] codes of clusters.
        items: [n, d]; NaN where a text was too long.
        epochs: at most.
        seed: of weights, dropout, order and held-out clusters.
        progress: told the epochs.

    Returns:
        Scores [n] of the items, log-odds of the positive pole; and how the training went.

    Raises:
        DirectionError: too few clusters to hold some out.
    """
    import torch

    rows = split_by_cluster(groups, y, seed)
    # Features on one scale: by the rows that are trained on, not by those that training is stopped by.
    mean, spread = X[rows[0]].mean(axis=0), X[rows[0]].std(axis=0)
    spread = np.where(spread > 0, spread, 1).astype(np.float32)
    features, truth = torch.from_numpy((X - mean) / spread), torch.from_numpy(y.astype(np.float32))
    with seeded(seed, torch.device("cpu")):
        network = torch.nn.Sequential(
            torch.nn.Linear(X.shape[1], _HIDDEN),
            torch.nn.ReLU(),
            torch.nn.Dropout(_DROPOUT),
            torch.nn.Linear(_HIDDEN, 1),
        )
        optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)

        def losses(batch: object) -> torch.Tensor:
            logits = network(features[batch])[:, 0]
            return torch.nn.functional.binary_cross_entropy_with_logits(
                logits, truth[batch], reduction="none"
            )

        plan = Plan(epochs, _BATCH, _PATIENCE, seed)
        trained = train(
            network, optimiser, losses, rows, plan, lambda done, total: progress("head: epochs", done, total)
        )
        with torch.no_grad():
            scores = network(torch.from_numpy((items - mean) / spread))[:, 0]
    return scores.double().numpy(), trained
