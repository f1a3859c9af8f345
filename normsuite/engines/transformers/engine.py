"""A causal language model, run by transformers.

One forward pass per prompt, logits of the last position only, batches of like length. Prompts are padded on
the left, so that the last position is every row's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import (
    Advance,
    Generation,
    LabelReads,
    Pooling,
    Problem,
    Sampling,
    Span,
    Tokens,
    unheard,
)
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.text import end_tokens
from normsuite.engines.tokens import PromptEncoder, load_encoder
from normsuite.engines.transformers.batches import batches, decoder_batch, enough_memory, left_padded
from normsuite.engines.transformers.embedding import Embedder
from normsuite.engines.transformers.generating import Writer, set_defaults_aside
from normsuite.engines.transformers.loading import load_decoder
from normsuite.engines.transformers.spec import chosen_device

if TYPE_CHECKING:
    import torch


class TransformersEngine:
    """A causal language model loaded by transformers, behind the ``Engine`` contract."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        dtype: str = "auto",
        device: str = "auto",
        batch_size: int = 32,
        chat: bool | None = None,
        untrained: int | None = None,
    ) -> None:
        """Load the model.

        Args:
            checkpoint: from ``find_checkpoint``.
            dtype: one of ``DTYPES``; auto is bfloat16 on a GPU and float32 on a CPU.
            device: a torch device; auto is the first GPU, else the CPU.
            batch_size: most prompts in one forward pass.
            chat: use the chat template; None uses it where the tokenizer has one.
            untrained: the seed of random weights in place of the checkpoint's own.

        Raises:
            InputError: transformers cannot load the folder, or an option is not one it has.
        """
        import torch

        self._device = torch.device(chosen_device(device))
        encoder, model = self._load(checkpoint, dtype, chat, untrained)
        self._model: Any = model
        self._tokenizer = encoder.tokenizer
        self._pad: int = encoder.tokenizer.pad_token_id or 0
        self._ends = end_tokens(model.generation_config.eos_token_id, encoder.tokenizer)
        set_defaults_aside(model)
        self._checkpoint, self._batch_size = checkpoint, batch_size
        self.encode, self.encode_passages = encoder.encode, encoder.encode_passages
        self.label_tokens = encoder.label_tokens
        self.continuation_tokens = encoder.continuation_tokens

    @property
    def context_length(self) -> int:
        """The most tokens a request may have."""
        return self._checkpoint.context_length

    @property
    def parts_in_flight(self) -> int:
        """One: a second thread would only share the same cores."""
        return 1

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None

    def read_labels(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.read_labels``."""
        import torch

        n, k = len(prompts), len(label_ids)
        log_probs, top = np.full((n, k), np.nan), np.full(n, -1)
        problems: dict[int, Problem] = {}
        for rows, inputs in self._batches(prompts, problems):
            last = self._logits(inputs, keep=1)[:, -1].float()
            total = last.logsumexp(-1)
            for j, forms in enumerate(label_ids):
                joined = last[:, list(forms)].logsumexp(-1) - total
                log_probs[rows, j] = joined.double().cpu().numpy()
            top[rows] = torch.argmax(last, -1).cpu().numpy()
            advance(len(rows), int(inputs["attention_mask"].sum()))
        labels = [token for forms in label_ids for token in forms]
        return LabelReads(log_probs, np.exp(log_probs).sum(1), np.isin(top, labels), problems)

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.score_continuations``."""
        n, k = len(prompts), len(continuations)
        sequences = [self._followed(prompt, tokens) for prompt in prompts for tokens in continuations]
        longest = max(len(tokens) for tokens in continuations)
        scores, top = np.full(n * k, np.nan), np.full(n * k, -1)
        problems: dict[int, Problem] = {}
        for rows, inputs in self._batches(sequences, problems):
            logits = self._logits(inputs, keep=longest + 1).float()
            log_probs = logits.log_softmax(-1)
            for at, row in enumerate(rows):
                tokens = continuations[row % k]
                # Position -1-len predicts the continuation's first token: every row ends at the same place.
                start = log_probs.shape[1] - 1 - len(tokens)
                picked = log_probs[at, range(start, start + len(tokens)), list(tokens)]
                scores[row] = float(picked.double().sum())
                top[row] = int(log_probs[at, start].argmax())
            advance(len(rows), int(inputs["attention_mask"].sum()))
        log_likelihood = scores.reshape(n, k)
        is_first = np.isin(top.reshape(n, k)[:, 0], [tokens[0] for tokens in continuations])
        problems = {row // k: problem for row, problem in problems.items()}
        return LabelReads(log_likelihood, np.exp(log_likelihood).sum(1), is_first, problems)

    def generate(
        self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance = unheard
    ) -> list[tuple[Generation, ...]]:
        """See ``Engine.generate``.

        What the checkpoint's ``generation_config.json`` asks for (a repetition penalty, a temperature, tokens
        that are forced or suppressed) is set aside: ``sampling`` alone says how text is made. Only its end
        tokens are kept. With a seed, an answer depends on the seed, the prompt and the sample's number, not
        on the batch or on the order of the prompts; the same prompt asked twice is answered alike. An answer
        that would outgrow the context is cut there (``length``); a prompt that leaves no room for one is an
        ``error``. A choice is written in the tokens that the tokenizer spells it with.
        """
        with enough_memory():
            return self._writer().write(prompts, sampling, advance)

    def embed(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """See ``Engine.embed``. The head is not run: no logits are computed."""
        return self.embed_layers(prompts, pooling, (pooling.layer,), advance, spans=spans)[:, 0]

    def embed_layers(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        layers: Sequence[int],
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """See ``Engine.embed_layers``."""
        embedder = Embedder(
            self._checkpoint,
            self._model.base_model,
            self._device,
            self._pad,
            self.context_length,
            self._batch_size,
            decoder_batch,
            {"use_cache": False},
        )
        return embedder.embed(prompts, pooling, layers, advance, spans)

    def _load(
        self, checkpoint: Checkpoint, dtype: str, chat: bool | None, untrained: int | None
    ) -> tuple[PromptEncoder, Any]:
        """The tokenizer, and the model with its head."""
        return load_encoder(checkpoint, chat), load_decoder(checkpoint, dtype, self._device, untrained)

    def _batches(
        self, sequences: Sequence[Tokens], problems: dict[int, Problem]
    ) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
        """The rows of each forward pass with the model's inputs; ``problems`` gets the rows left out."""
        for rows in batches([len(sequence) for sequence in sequences], self._batch_size):
            yield rows, left_padded([sequences[i] for i in rows], self._pad, self._device)

    def _followed(self, prompt: Tokens, tokens: Tokens) -> Tokens:
        """A prompt with what follows it."""
        return [*prompt, *tokens]

    def _writer(self) -> Writer:
        return Writer(
            self._model,
            self._tokenizer,
            self._device,
            self._pad,
            self._ends,
            self.context_length,
            self._batch_size,
        )

    def _logits(self, inputs: dict[str, torch.Tensor], keep: int) -> torch.Tensor:
        """Logits [n, keep, vocabulary] of the last ``keep`` positions."""
        import torch

        with torch.inference_mode(), enough_memory():
            output = self._model(**inputs, logits_to_keep=keep, use_cache=False)
        return output.logits[:, -keep:]
