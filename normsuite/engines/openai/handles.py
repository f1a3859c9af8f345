"""Texts as numbers, for servers that keep their tokenizer to themselves.

The contract asks for prompts and labels as token ids. Where there are none, a text is one number: its UTF-8
bytes read as an integer. Nothing has to be remembered, and the number means the same in every process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from normsuite.engines.tokens import refuse_shared, surface_forms

_FIRST: Final = b"\x01"  # keeps leading zero bytes, and the empty text apart from nothing


class TextEncoder:
    """What ``PromptEncoder`` is for token ids, for texts that the server tokenizes."""

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """One number for each prompt."""
        return [[to_handle(prompt)] for prompt in prompts]

    def label_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]]:
        """One number for each surface form of each word, whatever the prompts.

        Raises:
            InputError: two words share a surface form.
        """
        forms = [list(dict.fromkeys(surface_forms(word))) for word in words]
        refuse_shared(words, forms)
        return [tuple(to_handle(form) for form in group) for group in forms]

    def continuation_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]]:
        """One number for each word, whatever the prompts.

        Raises:
            InputError: as ``label_tokens``.
        """
        refuse_shared(words, [[word] for word in words])
        return [(to_handle(word),) for word in words]


def to_handle(text: str) -> int:
    """The number that stands for a text."""
    return int.from_bytes(_FIRST + text.encode("utf-8", "surrogatepass"), "big")


def to_text(handle: int) -> str:
    """The text that a number stands for."""
    return handle.to_bytes((handle.bit_length() + 7) // 8, "big")[1:].decode("utf-8", "surrogatepass")
