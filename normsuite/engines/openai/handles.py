"""Texts as numbers, for servers that keep their tokenizer to themselves.

The contract asks for prompts and labels as token ids. Where there are none, a text is one number: its UTF-8
bytes read as an integer. Nothing has to be remembered, and the number means the same in every process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from normsuite.engines.base import Span
from normsuite.engines.tokens import refuse_shared, surface_forms
from normsuite.errors import InputError

_FIRST: Final = b"\x01"  # keeps leading zero bytes, and the empty text apart from nothing


class TextEncoder:
    """What ``PromptEncoder`` is for token ids, for texts that the server tokenizes."""

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """One number for each prompt."""
        return [[to_handle(prompt)] for prompt in prompts]

    def encode_passages(
        self, texts: Sequence[str], spans: Sequence[Span | None]
    ) -> list[tuple[list[int], Span | None]]:
        """One number for each text.

        Raises:
            InputError: a text has a span, which cannot be found without tokens.
        """
        for row, span in enumerate(spans, start=1):
            if span is not None:
                raise InputError(
                    "a server that keeps its tokenizer to itself reads no spans",
                    row=row,
                    fix="name the model's tokenizer with --tokenizer, or use --engine transformers",
                )
        return [([to_handle(text)], None) for text in texts]

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
