"""Prompts with pictures: chat templates with places for them, and inputs with pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from normsuite.engines.base import Tokens
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.tokens import PromptEncoder
from normsuite.errors import InputError

if TYPE_CHECKING:
    import torch

_PER_TOKEN: Final = ("attention_mask", "mm_token_type_ids", "token_type_ids")
"""Inputs with one number for each token, and the number of one that is text: 1, then 0, 0."""
_MARK: Final = "a text that is found again"


class Shown(list[int]):
    """The tokens of a prompt's text, and the files of the pictures that go before it.

    Attributes:
        text: the whole prompt with a place for each picture.
        images: files of the pictures.
        answer: tokens that follow the prompt.
    """

    def __init__(self, ids: Sequence[int], text: str, images: Sequence[Path], answer: Tokens = ()) -> None:
        """Read nothing yet."""
        super().__init__(ids)
        self.text, self.images, self.answer = text, tuple(images), tuple(answer)


@dataclass(frozen=True)
class PictureEncoder(PromptEncoder):
    """A ``PromptEncoder`` whose chat template takes a turn in parts: pictures and text."""

    def wrap(self, prompts: Sequence[str]) -> list[str]:
        """See ``PromptEncoder.wrap``. A template that knows whole texts only is given these."""
        if not self.chat or not self._takes_parts():
            return super().wrap(prompts)
        return [self._render(prompt, 0) for prompt in prompts]

    def shown(self, prompts: Sequence[str], images: Sequence[Sequence[Path]]) -> list[list[int]]:
        """Prompts with their pictures; those without any are plain token ids.

        Raises:
            InputError: the model has no chat template, which says where pictures go.
        """
        if not self.chat or not self._takes_parts():
            what = "pictures go where the chat template says, and this model is asked without one that does"
            raise InputError(what, fix="use an instruction-tuned vision-language model")
        texts = [self._render(prompt, len(paths)) for prompt, paths in zip(prompts, images, strict=True)]
        ids = self.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        return [
            Shown(row, text, paths) if paths else row
            for row, text, paths in zip(ids, texts, images, strict=True)
        ]

    def _render(self, prompt: str, pictures: int) -> str:
        parts = [*([{"type": "image"}] * pictures), {"type": "text", "text": prompt}]
        turns = [{"role": "user", "content": parts}]
        return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))

    def _takes_parts(self) -> bool:
        text = self._render(_MARK, 0)
        return _MARK in text and "{'type'" not in text


@dataclass(frozen=True)
class Looker:
    """A processor: makes the inputs of one prompt with pictures.

    Attributes:
        checkpoint: the model's, for errors.
        processor: a Hugging Face processor.
        device: where the inputs go.
        dtype: of pixels.
    """

    checkpoint: Checkpoint
    processor: Any
    device: torch.device
    dtype: torch.dtype

    def inputs(self, prompt: Shown) -> dict[str, torch.Tensor]:
        """A model's inputs, [1, tokens] and the pixels, by the model's names.

        Raises:
            InputError: a file is no picture, or the processor takes no such prompt.
        """
        import torch

        pictures = [_open(path) for path in prompt.images]
        try:
            made = self.processor(
                text=[prompt.text], images=[pictures], add_special_tokens=False, return_tensors="pt"
            )
        except Exception as error:
            # Processors are many, and each fails in its own way on what its template did not foresee.
            reason = next(filter(None, map(str.strip, str(error).splitlines())), "")
            what = f"its processor takes no such prompt ({type(error).__name__}: {reason})"
            raise InputError(what, file=self.checkpoint.name) from None
        inputs = dict(made)
        for place, name in enumerate(("input_ids", *_PER_TOKEN)):
            if name in inputs and prompt.answer:
                values = (
                    prompt.answer if place == 0 else (int(name == "attention_mask"),) * len(prompt.answer)
                )
                inputs[name] = torch.cat([inputs[name], torch.tensor([values])], dim=1)
        return {
            name: value.to(self.device, self.dtype if value.is_floating_point() else None)
            for name, value in inputs.items()
        }


def load_looker(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Looker:
    """The processor of a vision-language model.

    Raises:
        InputError: transformers cannot load it, or it is none of pictures.
    """
    import transformers

    try:
        processor = transformers.AutoProcessor.from_pretrained(checkpoint.path, trust_remote_code=False)
    except Exception as error:
        # A stranger's folder fails in many ways; each is the folder's fault, said in a line.
        reason = next(filter(None, map(str.strip, str(error).splitlines())), "")
        what = f"its processor cannot be loaded ({type(error).__name__}: {reason})"
        raise InputError(what, file=checkpoint.name, fix="pip install pillow torchvision") from None
    # Where it finds no processor, transformers gives the tokenizer, which passes over pictures in silence.
    if getattr(processor, "image_processor", None) is None:
        raise InputError("has no processor of pictures", file=checkpoint.name)
    return Looker(checkpoint, processor, device, dtype)


def _open(path: Path) -> Any:
    """A picture's pixels in three colours."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            return picture.convert("RGB")
    except Exception as error:
        # Pillow's readers fail in many ways on a broken file, and so do ours on a missing one.
        raise InputError(f"cannot be read as a picture ({type(error).__name__})", file=path) from None
