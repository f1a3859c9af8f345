"""Prompts with pictures: put to an engine that takes them, refused in time by every other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from normsuite.engines import Engine, TakesImages, Tokens
from normsuite.errors import InputError

Images = tuple[Path, ...]


def images_of(item: Mapping[str, Any]) -> Images:
    """The files of an item's pictures, from a row of a question's Items."""
    return tuple(map(Path, item["images"] or ()))


def encode(engine: Engine, prompts: Sequence[str], images: Sequence[Images]) -> Sequence[Tokens]:
    """Prompts as the engine takes them, with their pictures if they have any.

    Args:
        engine: the model.
        prompts: [n].
        images: [n] the pictures of each.

    Raises:
        InputError: there are pictures, and the engine takes none.
    """
    if not any(images):
        return engine.encode(prompts)
    if not isinstance(engine, TakesImages):
        raise InputError(
            "the task shows pictures, and this engine takes none",
            fix="use a vision-language model with --engine transformers, or a server that takes pictures "
            "with --engine openai",
        )
    return engine.encode_with_images(prompts, images)
