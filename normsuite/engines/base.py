"""The engine contract: what a language model is asked, in tokens, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Tokens = Sequence[int]
Advance = Callable[[int], None]
"""Told, batch by batch, how many more requests are answered."""


def unheard(requests: int) -> None:
    """The ``Advance`` to which nobody listens."""


@dataclass(frozen=True)
class LabelReads:
    """Log-probabilities of K labels after each of n prompts.

    Attributes:
        log_probs: [n, k] full-vocabulary log-probabilities in nats, surface forms joined by log-sum-exp.
        mass: [n] probability that the model gives to all labels together.
        top_is_label: [n] whether the most probable next token belongs to a label.
    """

    log_probs: NDArray[np.float64]
    mass: NDArray[np.float64]
    top_is_label: NDArray[np.bool_]


class Engine(Protocol):
    """One loaded model; a run makes one and keeps it."""

    @property
    def context_length(self) -> int:
        """The most tokens a request may have, labels included."""
        ...

    def describe(self) -> Mapping[str, object]:
        """What identifies the model and everything that moves its numbers, for the manifest."""
        ...

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """Token ids of each prompt, chat template applied where the model has one."""
        ...

    def label_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]] | None:
        """The single tokens that say each word after these prompts; None if a word needs several.

        Raises:
            InputError: two words are the same to this tokenizer, or a prompt's end joins with them.
        """
        ...

    def continuation_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]]:
        """All tokens of each word after these prompts.

        Raises:
            InputError: as ``label_tokens``.
        """
        ...

    def read_labels(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """Read K single-token labels at the end of each prompt: one request per prompt.

        Args:
            prompts: [n] token ids.
            label_ids: [k] the surface forms of each label.
            advance: told how many more prompts are answered.
        """
        ...

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """Whole-continuation log-likelihood (sum over tokens) of each of K continuations of each prompt.

        ``advance`` is told how many more pairs of prompt and continuation are scored. ``top_is_label`` says
        whether the most probable first token begins a label.
        """
        ...
