"""An encoder, run by transformers: a sentence encoder, or a bare one such as BERT.

Texts in batches of like length, padded on the right; no head is run. It has vectors and no answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import Advance, LabelReads, Pooling, Sampling, Span, Tokens, unheard
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.kinds import encoder_context, refuse_answers
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers.batches import encoder_batch
from normsuite.engines.transformers.embedding import Embedder
from normsuite.engines.transformers.loading import load_encoder_model
from normsuite.engines.transformers.spec import chosen_device
from normsuite.errors import InputError


class EncoderEngine:
    """An encoder loaded by transformers, behind the ``Engine`` contract."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        dtype: str = "auto",
        device: str = "auto",
        batch_size: int = 32,
        untrained: int | None = None,
    ) -> None:
        """Load the model.

        Args:
            checkpoint: of an encoder (``is_encoder``).
            dtype: one of ``DTYPES``; auto is bfloat16 on a GPU and float32 on a CPU.
            device: a torch device; auto is the first GPU, else the CPU.
            batch_size: most texts in one forward pass.
            untrained: the seed of random weights in place of the checkpoint's own.

        Raises:
            InputError: transformers cannot load the folder, or an option is not one it has.
        """
        import torch

        place = torch.device(chosen_device(device))
        self._checkpoint, self._texts = checkpoint, load_encoder(checkpoint)
        model = load_encoder_model(checkpoint, dtype, place, untrained)
        tokenizer = self._texts.tokenizer
        pads = (tokenizer.pad_token_id, getattr(model.config, "pad_token_id", None), 0)
        self._embedder: Embedder | None = Embedder(
            checkpoint,
            model,
            place,
            next(pad for pad in pads if pad is not None),
            encoder_context(checkpoint),
            batch_size,
            encoder_batch,
            frame=tuple(self._texts.encode([""])[0]),
        )
        self.encode, self.encode_passages = self._texts.encode, self._texts.encode_passages
        self.label_tokens, self.continuation_tokens = (
            self._texts.label_tokens,
            self._texts.continuation_tokens,
        )

    @property
    def context_length(self) -> int:
        """The most tokens of a text, special ones included."""
        return encoder_context(self._checkpoint)

    @property
    def parts_in_flight(self) -> int:
        """One: a second thread would only share the same cores."""
        return 1

    def read_labels(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """Refused: see ``refuse_answers``."""
        refuse_answers(self._checkpoint)

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """Refused: see ``refuse_answers``."""
        refuse_answers(self._checkpoint)

    def generate(self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance = unheard) -> NoReturn:
        """Refused: see ``refuse_answers``."""
        refuse_answers(self._checkpoint)

    def embed(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """See ``Engine.embed``."""
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
        if self._embedder is None:
            raise InputError("the engine was closed")
        return self._embedder.embed(prompts, pooling, layers, advance, spans)

    def close(self) -> None:
        """Let go of the weights."""
        self._embedder = None
