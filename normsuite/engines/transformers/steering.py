"""What happens at each generated token: which may come, which is drawn, and whether the answer ends there.

Plain callables for the hooks of transformers' ``generate``.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from normsuite.engines.base import Sampling, Tokens
from normsuite.engines.text import cut_at_stops, decode, to_generation

if TYPE_CHECKING:
    import torch

_MARGIN: Final = 8  # tokens; special ones have no text


def own_draws(sampling: Sampling, prompt: Tokens, sample: int) -> np.random.Generator:
    """Random numbers that depend on the seed, the prompt and which sample it is, and on nothing else."""
    if sampling.seed is None:
        return np.random.default_rng()
    digest = hashlib.sha256(np.asarray(prompt, np.int64).tobytes()).digest()
    return np.random.default_rng([sampling.seed, sample, int.from_bytes(digest)])


def samplers(sampling: Sampling, draws: Sequence[np.random.Generator]) -> list[Any]:
    """Logits processors that leave one token per row; none if the answer is greedy.

    Args:
        sampling: its temperature, ``top_k`` and ``top_p`` are used.
        draws: [n] each row's own random numbers.
    """
    if sampling.temperature == 0:
        return []
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    return [
        TemperatureLogitsWarper(float(sampling.temperature)),
        *([TopKLogitsWarper(sampling.top_k)] if sampling.top_k else []),
        *([TopPLogitsWarper(float(sampling.top_p))] if sampling.top_p < 1 else []),
        _Draw(draws),
    ]


class _Draw:
    """Leaves one token per row, drawn by its probability; ``generate`` itself draws for the whole batch."""

    def __init__(self, draws: Sequence[np.random.Generator]) -> None:
        self._draws = draws

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import torch

        at = torch.tensor(
            [[draw.random()] for draw in self._draws], dtype=torch.float64, device=scores.device
        )
        reached = scores.double().softmax(-1).cumsum(-1)
        token = torch.searchsorted(reached, at * reached[:, -1:], right=True)
        return torch.full_like(scores, -torch.inf).scatter(1, token.clamp(max=scores.shape[1] - 1), 0.0)


class Until:
    """A stopping criterion that notes where each row ended: at an end token or at a stop text of its answer.

    Attributes:
        lengths: [n] tokens of each row, the end included; 0 while it goes on.
    """

    def __init__(
        self, tokenizer: Any, sampling: Sampling, width: int, ends: Sequence[int], opened: Sequence[bool]
    ) -> None:
        """For one batch.

        Args:
            tokenizer: a Hugging Face tokenizer.
            sampling: its ``stop`` and ``thinking`` are used.
            width: tokens of the padded prompts.
            ends: the tokens that end a text.
            opened: [n] whether each prompt opened the thinking.
        """
        self._tokenizer, self._sampling, self._opened = tokenizer, sampling, opened
        self._width, self._ends = width, set(ends)
        # A character is four tokens at most, one per byte.
        self._reach = 4 * max((len(stop) for stop in sampling.stop), default=0) + _MARGIN
        self.lengths = [0] * len(opened)

    def __call__(self, ids: torch.Tensor, scores: object, **options: object) -> torch.Tensor:
        """[n] whether each row has ended."""
        import torch

        answers = ids[:, self._width :]
        for row, tail in enumerate(answers[:, -self._reach :].tolist()):
            if not self.lengths[row] and (tail[-1] in self._ends or self._stops(answers[row], row, tail)):
                self.lengths[row] = answers.shape[1]
        return torch.tensor([length > 0 for length in self.lengths], device=ids.device)

    def _stops(self, answer: torch.Tensor, row: int, tail: list[int]) -> bool:
        if not self._sampling.stop:
            return False
        # The end of the text is cheap to look at; only what is found there asks for the whole.
        text = decode(self._tokenizer, tail, self._sampling.thinking)
        if not cut_at_stops(text, self._sampling.stop)[1]:
            return False
        whole = to_generation(
            self._tokenizer, answer.tolist(), self._sampling, ended=False, opened=self._opened[row]
        )
        return whole.finish == "stop"


def only(
    choices: Sequence[Tokens], ends: Sequence[int], width: int
) -> Callable[[int, torch.Tensor], list[int]]:
    """Which tokens may come next, for ``prefix_allowed_tokens_fn``: those that go on with or end a choice.

    Args:
        choices: the tokens of each.
        ends: the tokens that end a text.
        width: tokens of the padded prompts.
    """
    following: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for choice in choices:
        for at, token in enumerate(choice):
            following[tuple(choice[:at])].add(token)
        following[tuple(choice)].update(ends)

    def allowed(row: int, ids: torch.Tensor) -> list[int]:
        # A row that ended goes on until the batch's last does, and nobody reads what it says.
        return sorted(following.get(tuple(ids[width:].tolist()), ends))

    return allowed
