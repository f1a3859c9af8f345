"""The transformers engine: the float32 reference, on CPU or GPU.

One forward pass per prompt, logits of the last position only, batches of like length. Prompts are padded on
the left, so that the last position is every row's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from normsuite.engines.base import Advance, LabelReads, Tokens, unheard
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.tokens import load_encoder
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch

DTYPES: Final = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class TransformersSpec:
    """A checkpoint and how transformers runs it.

    Attributes:
        checkpoint: from ``find_checkpoint``.
        dtype: one of ``DTYPES``; auto is bfloat16 on a GPU and float32 on a CPU.
        device: a torch device; auto is the first GPU, else the CPU.
        batch_size: most prompts in one forward pass.
        chat: use the chat template; None uses it where the tokenizer has one.
    """

    checkpoint: Checkpoint
    dtype: str = "auto"
    device: str = "auto"
    batch_size: int = 32
    chat: bool | None = None

    def model(self) -> dict[str, object]:
        """See ``EngineSpec.model``."""
        return self.checkpoint.identity()

    def describe(self) -> dict[str, object]:
        """See ``EngineSpec.describe``."""
        device = chosen_device(self.device)
        return {
            "engine": "transformers",
            "dtype": chosen_dtype(self.dtype, device),
            "device": device.split(":")[0],
            "batch_size": self.batch_size,
            "chat_template": load_encoder(self.checkpoint, self.chat).chat,
        }

    def start(self, log: Path | None = None) -> TransformersEngine:
        """See ``EngineSpec.start``."""
        return TransformersEngine(
            self.checkpoint,
            dtype=self.dtype,
            device=self.device,
            batch_size=self.batch_size,
            chat=self.chat,
        )


def chosen_device(device: str) -> str:
    """The torch device that ``auto`` stands for here."""
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


def chosen_dtype(dtype: str, device: str) -> str:
    """The number format that ``auto`` stands for on a device.

    Raises:
        InputError: not one of ``DTYPES``.
    """
    if dtype not in DTYPES:
        raise InputError(f"no dtype is called {dtype!r}", fix=f"choose one of {', '.join(DTYPES)}")
    if dtype != "auto":
        return dtype
    return "float32" if device == "cpu" else "bfloat16"


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
    ) -> None:
        """Load the model.

        Args:
            checkpoint: from ``find_checkpoint``.
            dtype: one of ``DTYPES``; auto is bfloat16 on a GPU and float32 on a CPU.
            device: a torch device; auto is the first GPU, else the CPU.
            batch_size: most prompts in one forward pass.
            chat: use the chat template; None uses it where the tokenizer has one.

        Raises:
            InputError: transformers cannot load the folder, or an option is not one it has.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
        import torch
        import transformers

        self._device = torch.device(chosen_device(device))
        dtype = chosen_dtype(dtype, self._device.type)
        transformers.utils.logging.disable_progress_bar()
        encoder = load_encoder(checkpoint, chat)
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(
                checkpoint.path, dtype=getattr(torch, dtype), use_safetensors=True, trust_remote_code=False
            )
        except Exception as error:
            # A stranger's folder fails in many ways; each is the folder's fault, said in a line.
            reason = (str(error).splitlines() or [""])[0]
            raise InputError(
                f"cannot be loaded ({type(error).__name__}: {reason})", file=checkpoint.name
            ) from None
        self._model = model.to(self._device).eval()
        self._pad = encoder.tokenizer.pad_token_id or 0
        self._checkpoint, self._batch_size = checkpoint, batch_size
        self.encode = encoder.encode
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
        log_probs, top = np.empty((n, k)), np.empty(n, np.int64)
        lengths = [len(prompt) for prompt in prompts]
        for rows in _batches(lengths, self._batch_size):
            last = self._logits([prompts[i] for i in rows], keep=1)[:, -1].float()
            total = last.logsumexp(-1)
            for j, forms in enumerate(label_ids):
                joined = last[:, list(forms)].logsumexp(-1) - total
                log_probs[rows, j] = joined.double().cpu().numpy()
            top[rows] = torch.argmax(last, -1).cpu().numpy()
            advance(len(rows), sum(lengths[i] for i in rows))
        labels = [token for forms in label_ids for token in forms]
        return LabelReads(log_probs, np.exp(log_probs).sum(1), np.isin(top, labels))

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.score_continuations``."""
        n, k = len(prompts), len(continuations)
        sequences = [[*prompt, *tokens] for prompt in prompts for tokens in continuations]
        longest = max(len(tokens) for tokens in continuations)
        scores, top = np.empty(n * k), np.empty(n * k, np.int64)
        lengths = [len(sequence) for sequence in sequences]
        for rows in _batches(lengths, self._batch_size):
            logits = self._logits([sequences[i] for i in rows], keep=longest + 1).float()
            log_probs = logits.log_softmax(-1)
            for at, row in enumerate(rows):
                tokens = continuations[row % k]
                # Position -1-len predicts the continuation's first token: every row ends at the same place.
                start = log_probs.shape[1] - 1 - len(tokens)
                picked = log_probs[at, range(start, start + len(tokens)), list(tokens)]
                scores[row] = float(picked.double().sum())
                top[row] = int(log_probs[at, start].argmax())
            advance(len(rows), sum(lengths[i] for i in rows))
        log_likelihood = scores.reshape(n, k)
        first = [tokens[0] for tokens in continuations]
        return LabelReads(
            log_likelihood, np.exp(log_likelihood).sum(1), np.isin(top.reshape(n, k)[:, 0], first)
        )

    def _logits(self, sequences: list[Tokens], keep: int) -> torch.Tensor:
        """Logits [n, keep, vocabulary] of the last ``keep`` positions."""
        import torch

        width = max(len(sequence) for sequence in sequences)
        ids = torch.full((len(sequences), width), self._pad)
        mask = torch.zeros((len(sequences), width), dtype=torch.long)
        for row, sequence in enumerate(sequences):
            ids[row, width - len(sequence) :] = torch.as_tensor(sequence)
            mask[row, width - len(sequence) :] = 1
        inputs: dict[str, Any] = {
            "input_ids": ids.to(self._device),
            "attention_mask": mask.to(self._device),
            "position_ids": (mask.cumsum(-1) - 1).clamp(min=0).to(self._device),
        }
        with torch.inference_mode():
            output = self._model(**inputs, logits_to_keep=keep, use_cache=False)
        return output.logits[:, -keep:]


def _batches(lengths: list[int], size: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first, so that little is padded."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    for start in range(0, len(order), size):
        yield order[start : start + size]
