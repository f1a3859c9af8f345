"""Text from transformers' ``generate``: greedy or sampled, free or out of a few choices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from normsuite.engines.base import Advance, Generation, Sampling, Tokens
from normsuite.engines.text import check_sampling, decode, opens_thinking, to_generation
from normsuite.engines.transformers.batches import batches, left_padded
from normsuite.engines.transformers.steering import Until, only, own_draws, samplers
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch


def set_defaults_aside(model: Any) -> None:
    """Forget the checkpoint's generation settings, from which ``generate`` fills in what it is not told."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig()


@dataclass(frozen=True)
class Writer:
    """A model and what it needs to write.

    Attributes:
        model: a transformers model, its generation settings set aside.
        tokenizer: the model's.
        device: where the model is.
        pad: the id that fills a row up.
        ends: from ``end_tokens``.
        context_length: most tokens of prompt and answer together.
        batch_size: most answers at a time.
        inputs: makes a batch's inputs of its prompts; None fills token ids up on the left.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    pad: int
    ends: tuple[int, ...]
    context_length: int
    batch_size: int
    inputs: Callable[[Sequence[Tokens]], dict[str, torch.Tensor]] | None = None

    def write(
        self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance
    ) -> list[tuple[Generation, ...]]:
        """See ``Engine.generate``.

        Raises:
            InputError: values that cannot be, a choice that cannot be written, or choices where the prompt
                has opened the thinking.
        """
        check_sampling(sampling)
        choices = self._spelled(sampling)
        needed = max((len(choice) + 1 for choice in choices), default=1)
        opened = [opens_thinking(self.tokenizer, prompt, sampling.thinking) for prompt in prompts]
        if choices and any(opened):
            what = "the prompt opens the model's thinking, where no choice can be answered"
            raise InputError(what, field="choices", fix="leave the answer free, or switch the thinking off")
        answers: dict[tuple[int, int], Generation] = {}
        by_limit: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, prompt in enumerate(prompts):
            room = self.context_length - len(prompt)
            cells = [(row, sample) for sample in range(sampling.samples)]
            if prompt and room >= needed:
                # One limit per batch: no row may run past its context while it waits for another.
                by_limit[min(sampling.max_tokens, room)] += cells
            else:
                answers |= dict.fromkeys(cells, self._unfit(prompt, needed))
                advance(1, 0)
        left = Counter(dict.fromkeys(range(len(prompts)), sampling.samples))
        for limit, cells in by_limit.items():
            for batch in batches([len(prompts[row]) for row, _ in cells], self.batch_size):
                asked = [cells[at] for at in batch]
                written = self._batch(prompts, asked, sampling, limit, choices, opened)
                answers |= dict(zip(asked, written, strict=True))
                left.subtract(row for row, _ in asked)
                done = {row for row, _ in asked if not left[row]}
                tokens = sum(
                    len(prompts[row]) + one.tokens for (row, _), one in zip(asked, written, strict=True)
                )
                advance(len(done), tokens)
        return [
            tuple(answers[row, sample] for sample in range(sampling.samples)) for row in range(len(prompts))
        ]

    def _batch(
        self,
        prompts: Sequence[Tokens],
        asked: Sequence[tuple[int, int]],
        sampling: Sampling,
        limit: int,
        choices: Sequence[Tokens],
        opened: Sequence[bool],
    ) -> list[Generation]:
        """An answer of up to ``limit`` tokens for each (prompt, sample)."""
        from transformers import GenerationConfig

        batch = [prompts[row] for row, _ in asked]
        inputs = self.inputs(batch) if self.inputs else left_padded(batch, self.pad, self.device)
        inputs.pop("position_ids", None)  # ``generate`` counts its own
        width = inputs["input_ids"].shape[1]
        until = Until(self.tokenizer, sampling, width, self.ends, [opened[row] for row, _ in asked])
        # Sampling is done by the logits processors: to ``generate`` every answer is greedy.
        ids = self.model.generate(
            **inputs,
            generation_config=GenerationConfig(max_new_tokens=limit, do_sample=False, pad_token_id=self.pad),
            logits_processor=samplers(
                sampling, [own_draws(sampling, prompts[row], sample) for row, sample in asked]
            ),
            stopping_criteria=[until],
            prefix_allowed_tokens_fn=only(choices, self.ends, width) if choices else None,
        )
        return [
            to_generation(self.tokenizer, answer[: length or limit], sampling, length > 0, opened[row])
            for (row, _), answer, length in zip(asked, ids[:, width:].tolist(), until.lengths, strict=True)
        ]

    def _spelled(self, sampling: Sampling) -> list[tuple[int, ...]]:
        """The tokens of each choice; none if the answer is free."""
        if sampling.choices and not self.ends:
            raise InputError("this tokenizer has no end token, so that no choice can end", field="choices")
        spelled = []
        for choice in sampling.choices:
            ids = self.tokenizer(choice, add_special_tokens=False, verbose=False)["input_ids"]
            if decode(self.tokenizer, ids, sampling.thinking).strip() != choice.strip():
                raise InputError(f"this tokenizer cannot spell {choice!r}", field="choices")
            if len(ids) >= sampling.max_tokens:
                what = f"{choice!r} takes {len(ids) + 1} tokens with its end"
                raise InputError(what, field="choices", fix=f"raise max_tokens, now {sampling.max_tokens}")
            spelled.append(tuple(ids))
        return spelled

    def _unfit(self, prompt: Tokens, needed: int) -> Generation:
        """The answer to a prompt that leaves no room for one."""
        room = self.context_length - needed
        detail = (
            f"{len(prompt)} tokens, the model's context leaves room for {room}"
            if prompt
            else "an empty prompt"
        )
        return Generation("", "", 0, "error", detail)
