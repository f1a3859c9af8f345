"""A vision-language model, run by transformers.

Prompts without pictures go in batches, as to every decoder. One with pictures goes alone, since pictures
differ in size; its inputs are made when it is asked, so that no pixels wait in memory, and only then is its
length known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from normsuite.engines.base import Advance, Generation, Problem, Sampling, Tokens, unheard
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.tokens import PromptEncoder, load_encoder
from normsuite.engines.transformers.batches import enough_memory
from normsuite.engines.transformers.engine import TransformersEngine
from normsuite.engines.transformers.loading import load_seeing
from normsuite.engines.transformers.pictures import Looker, PictureEncoder, Shown, load_looker

if TYPE_CHECKING:
    import torch


class SeeingEngine(TransformersEngine):
    """A vision-language model loaded by transformers, behind the contracts ``Engine`` and ``TakesImages``."""

    _looker: Looker | None = None

    def encode_with_images(
        self, prompts: Sequence[str], images: Sequence[Sequence[Path]]
    ) -> Sequence[Tokens]:
        """See ``TakesImages``. Lengths are those of the texts; a prompt that proves too long is a problem."""
        shown = self._encoder.shown(prompts, images)
        first = next((prompt for prompt in shown if isinstance(prompt, Shown)), None)
        if first is not None and self._looker is None:
            self._look(first)  # what cannot be is told before the work
        return shown

    def generate(
        self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance = unheard
    ) -> list[tuple[Generation, ...]]:
        """See ``TransformersEngine.generate``."""
        plain = [row for row, prompt in enumerate(prompts) if not isinstance(prompt, Shown)]
        answers = super().generate([prompts[row] for row in plain], sampling, advance)
        found = dict(zip(plain, answers, strict=True))
        for row, prompt in enumerate(prompts):
            if isinstance(prompt, Shown):
                found[row] = self._write(self._look(prompt), sampling, advance)
        return [found[row] for row in range(len(prompts))]

    def _write(
        self, inputs: dict[str, torch.Tensor], sampling: Sampling, advance: Advance
    ) -> tuple[Generation, ...]:
        """Answers to the one prompt that these are the inputs of."""
        writer = replace(self._writer(), batch_size=1, inputs=lambda _: dict(inputs))
        with enough_memory():
            return writer.write([inputs["input_ids"][0].tolist()], sampling, advance)[0]

    def _batches(
        self, sequences: Sequence[Tokens], problems: dict[int, Problem]
    ) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
        plain = [row for row, prompt in enumerate(sequences) if not isinstance(prompt, Shown)]
        for rows, inputs in super()._batches([sequences[row] for row in plain], problems):
            yield [plain[at] for at in rows], inputs
        for row, prompt in enumerate(sequences):
            if isinstance(prompt, Shown):
                inputs, room = self._look(prompt), self.context_length - (not prompt.answer)
                length = inputs["input_ids"].shape[1]
                if length <= room:
                    yield [row], inputs
                else:
                    detail = f"{length} tokens, the model's context leaves room for {room}"
                    problems[row] = Problem("too_long", detail)

    def _followed(self, prompt: Tokens, tokens: Tokens) -> Tokens:
        if isinstance(prompt, Shown):
            return Shown(prompt, prompt.text, prompt.images, tokens)
        return super()._followed(prompt, tokens)

    def _look(self, prompt: Shown) -> dict[str, torch.Tensor]:
        if self._looker is None:
            self._looker = load_looker(self._checkpoint, self._device, self._model.dtype)
        return self._looker.inputs(prompt)

    def _load(
        self, checkpoint: Checkpoint, dtype: str, chat: bool | None, untrained: int | None
    ) -> tuple[PromptEncoder, Any]:
        encoder = load_encoder(checkpoint, chat)
        self._encoder = PictureEncoder(encoder.tokenizer, encoder.chat, encoder.encoder, encoder.whole)
        return self._encoder, load_seeing(checkpoint, dtype, self._device, untrained)
