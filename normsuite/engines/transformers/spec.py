"""Which checkpoint transformers runs, and how: enough to name the work before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.kinds import is_encoder, is_seeing
from normsuite.engines.tokens import load_encoder
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.engines.transformers.encoder import EncoderEngine
    from normsuite.engines.transformers.engine import TransformersEngine

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
        untrained: the seed of random weights in place of the checkpoint's own: a null to compare with.
    """

    checkpoint: Checkpoint
    dtype: str = "auto"
    device: str = "auto"
    batch_size: int = 32
    chat: bool | None = None
    untrained: int | None = None

    def model(self) -> dict[str, object]:
        """See ``EngineSpec.model``."""
        return self.checkpoint.identity()

    def describe(self) -> dict[str, object]:
        """See ``EngineSpec.describe``."""
        device = chosen_device(self.device)
        seed = {} if self.untrained is None else {"untrained": self.untrained}
        return {
            **seed,
            "engine": "transformers",
            "dtype": chosen_dtype(self.dtype, device),
            "device": device.split(":")[0],
            "batch_size": self.batch_size,
            "chat_template": load_encoder(self.checkpoint, self.chat).chat,
        }

    def start(self, log: Path | None = None) -> TransformersEngine | EncoderEngine:
        """See ``EngineSpec.start``. An encoder gets an engine of its own, which has no answers.

        So does a vision-language model, which can be shown pictures.
        """
        from normsuite.engines.transformers.encoder import EncoderEngine
        from normsuite.engines.transformers.engine import TransformersEngine
        from normsuite.engines.transformers.seeing import SeeingEngine

        if is_encoder(self.checkpoint):
            return EncoderEngine(
                self.checkpoint,
                dtype=self.dtype,
                device=self.device,
                batch_size=self.batch_size,
                untrained=self.untrained,
            )
        engine = SeeingEngine if is_seeing(self.checkpoint) else TransformersEngine
        return engine(
            self.checkpoint,
            dtype=self.dtype,
            device=self.device,
            batch_size=self.batch_size,
            chat=self.chat,
            untrained=self.untrained,
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
