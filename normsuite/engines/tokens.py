"""Prompts and labels as tokens: chat templates, and the boundary between a prompt and its label.

A label is read after the *exact* prompt. Whether a word is one token there, which surface forms it has and
whether the tokenizer joins it to the prompt's end is found by encoding both together, and checked loudly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from normsuite.engines.checkpoint import Checkpoint
from normsuite.errors import InputError

_MOST_IDS: Final = 128  # that one request to vLLM can read
_TAIL: Final = 24  # characters; prompts that end alike meet a label alike


@dataclass(frozen=True)
class PromptEncoder:
    """A tokenizer and whether its chat template is used.

    Attributes:
        tokenizer: a Hugging Face tokenizer.
        chat: wrap each prompt as the user's turn of the tokenizer's chat template.
    """

    tokenizer: Any
    chat: bool

    def wrap(self, prompts: Sequence[str]) -> list[str]:
        """The texts as the model sees them."""
        if not self.chat:
            return list(prompts)
        turns = [[{"role": "user", "content": prompt}] for prompt in prompts]
        return list(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """Token ids of each prompt, with the special tokens a model expects exactly once.

        Raises:
            InputError: the beginning-of-sequence token comes out doubled.
        """
        ids = self._ids(self.wrap(prompts))
        bos = self.tokenizer.bos_token_id
        if bos is not None and any(row[:2] == [bos, bos] for row in ids[:1]):
            raise InputError(
                "the prompt begins with two beginning-of-sequence tokens", fix="mend the chat template"
            )
        return ids

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        # A chat template writes its own special tokens; adding them again would double them. Lengths are
        # checked against the model's context elsewhere, hence no warnings (`verbose`).
        ids = self.tokenizer(list(texts), add_special_tokens=not self.chat, verbose=False)["input_ids"]
        if self.chat or self.tokenizer.eos_token_id is None:
            return list(ids)
        # Some tokenizers end every text: the answer could never follow.
        return [row[:-1] if row[-1:] == [self.tokenizer.eos_token_id] else row for row in ids]

    def label_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]] | None:
        """See ``Engine.label_tokens``."""
        per_tail = {self._single_tokens(text, tuple(words)) for text in self._one_per_tail(prompts)}
        if None in per_tail:
            return None
        return [tuple(sorted(set().union(*forms))) for forms in zip(*(t for t in per_tail if t), strict=True)]

    def continuation_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]]:
        """See ``Engine.continuation_tokens``."""
        per_tail = {self._whole_words(text, tuple(words)) for text in self._one_per_tail(prompts)}
        if len(per_tail) != 1:
            raise InputError(
                f"the labels {list(words)} are other tokens after different prompts",
                fix="end every wording alike",
            )
        return list(per_tail.pop())

    def _one_per_tail(self, prompts: Sequence[str]) -> list[str]:
        """One wrapped prompt for each way prompts end; a chat template ends them all alike."""
        by_tail = {"" if self.chat else prompt[-_TAIL:]: prompt for prompt in reversed(prompts)}
        return self.wrap(list(by_tail.values()))

    def _single_tokens(self, text: str, words: tuple[str, ...]) -> tuple[tuple[int, ...], ...] | None:
        """Per word, every surface form that is one token after ``text``; None if a word has no such form."""
        forms = [list(dict.fromkeys(surface_forms(word))) for word in words]
        before, *after = self._ids([text, *(text + form for group in forms for form in group)])
        found: list[tuple[int, ...]] = []
        rows = iter(after)
        for group in forms:
            added = [self._known(_added(before, next(rows))) for _ in group]
            # The first two forms are the word itself: without one of them as a token it is not read whole.
            if not any(tokens and len(tokens) == 1 for tokens in added[:2]):
                return None
            found.append(tuple(dict.fromkeys(tokens[0] for tokens in added if tokens and len(tokens) == 1)))
        refuse_shared(words, found)
        return tuple(found)

    def _known(self, tokens: list[int] | None) -> list[int] | None:
        """The tokens; None if one of them stands for whatever the tokenizer does not know."""
        unknown = self.tokenizer.unk_token_id
        return None if tokens is None or (unknown is not None and unknown in tokens) else tokens

    def _whole_words(self, text: str, words: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        space = "" if text[-1:].isspace() or self.chat else " "
        before, *after = self._ids([text, *(text + space + word for word in words)])
        found = []
        for word, row in zip(words, after, strict=True):
            tokens = _added(before, row)
            if tokens and not self._known(tokens):
                raise InputError(
                    f"the tokenizer does not know the label {word!r}",
                    fix="choose other words in the task's `labels`",
                )
            if not tokens:
                raise InputError(
                    f"the tokenizer joins the end of the prompt ({text[-_TAIL:]!r}) with the label {word!r}",
                    fix="end the wording with a full word or a line break",
                )
            found.append(tuple(tokens))
        refuse_shared(words, [(tokens,) for tokens in found])
        return tuple(found)


@cache
def load_encoder(checkpoint: Checkpoint, chat: bool | None = None) -> PromptEncoder:
    """The tokenizer of a checkpoint, without its weights; loaded once: it describes a run, then serves it.

    Args:
        checkpoint: from ``find_checkpoint``.
        chat: use the chat template; None uses it where the tokenizer has one.

    Raises:
        InputError: transformers cannot load the tokenizer.
    """
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint.path, trust_remote_code=False)
    except Exception as error:
        # A stranger's folder fails in many ways; each is the folder's fault, said in a line.
        reason = (str(error).splitlines() or [""])[0]
        what = f"its tokenizer cannot be loaded ({type(error).__name__}: {reason})"
        raise InputError(what, file=checkpoint.name) from None
    return PromptEncoder(tokenizer, bool(tokenizer.chat_template) if chat is None else chat)


def refuse_many(tokens: int) -> None:
    """Refuse more label tokens than vLLM reads in one request, itself or as a server.

    Raises:
        InputError: they are more than ``_MOST_IDS``.
    """
    if tokens > _MOST_IDS:
        raise InputError(
            f"the labels have {tokens} tokens together, more than the {_MOST_IDS} that vLLM reads",
            fix="use fewer labels, or --engine transformers",
        )


def surface_forms(word: str) -> list[str]:
    """The word with and without a space before it, and in other letter cases if it is more than a letter."""
    cases = [word] if len(word) == 1 else [word, word.lower(), word[:1].upper() + word[1:]]
    return [space + form for form in cases for space in (" ", "")]


def _added(before: list[int], after: list[int]) -> list[int] | None:
    """The tokens that came on top; None if the prompt's own tokens changed."""
    return after[len(before) :] if after[: len(before)] == before and len(after) > len(before) else None


def refuse_shared(words: Sequence[str], forms: Sequence[Sequence[object]]) -> None:
    """Refuse words of which two could be the same answer.

    Args:
        words: [k] label words.
        forms: [k] what each may look like: tokens, or texts.

    Raises:
        InputError: two words share a form.
    """
    owner: dict[object, str] = {}
    for word, tokens in zip(words, forms, strict=True):
        for token in tokens:
            if owner.setdefault(token, word) != word:
                raise InputError(
                    f"the label words {owner[token]!r} and {word!r} are not distinct for this tokenizer",
                    fix="choose other words in the task's `labels`",
                )
