"""Prompts and labels as tokens: chat templates, and the boundary between a prompt and its label.

A label is read after the *exact* prompt. Whether a word is one token there, which surface forms it has and
whether the tokenizer joins it to the prompt's end is found by encoding both together, and checked loudly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from normsuite.engines.base import Span
from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.kinds import is_encoder, refuse_answers
from normsuite.errors import InputError

_MOST_IDS: Final = 128  # that one request to vLLM can read
_UNPAIRED: Final = re.compile("[\ud800-\udfff]")  # half characters of scraped texts: no tokenizer has them
_TAIL: Final = 24  # characters; prompts that end alike meet a label alike


@dataclass(frozen=True)
class PromptEncoder:
    """A tokenizer and whether its chat template is used.

    Attributes:
        tokenizer: a Hugging Face tokenizer.
        chat: wrap each prompt as the user's turn of the tokenizer's chat template.
        encoder: the checkpoint, where it is an encoder: its texts keep their end, and no label follows.
        whole: passages keep the token that ends them, because vectors are read there.
    """

    tokenizer: Any
    chat: bool
    encoder: Checkpoint | None = None
    whole: bool = False

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
        return list(ids) if self.chat or self.encoder else self._open_ended(ids)

    def _open_ended(self, ids: Sequence[list[int]]) -> list[list[int]]:
        if self.tokenizer.eos_token_id is None:
            return list(ids)
        # Some tokenizers end every text: the answer could never follow.
        return [row[:-1] if row[-1:] == [self.tokenizer.eos_token_id] else row for row in ids]

    def encode_passages(
        self, texts: Sequence[str], spans: Sequence[Span | None]
    ) -> list[tuple[list[int], Span | None]]:
        """See ``Engine.encode_passages``."""
        wanted = any(span is not None for span in spans)
        if wanted and not self.tokenizer.is_fast:
            raise InputError(
                "this tokenizer does not tell where its tokens are in a text, so no span is read"
            )
        if not texts:
            return []
        told = self.tokenizer(
            [_UNPAIRED.sub("\ufffd", text) for text in texts],
            verbose=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=wanted,
        )
        ids = list(told["input_ids"]) if self.whole else self._open_ended(told["input_ids"])
        if not wanted:
            return [(row, None) for row in ids]
        places = zip(spans, told["offset_mapping"], strict=True)
        return [
            (row, None if span is None else _covered(span, offsets, number))
            for number, (row, (span, offsets)) in enumerate(zip(ids, places, strict=True), start=1)
        ]

    def label_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]] | None:
        """See ``Engine.label_tokens``."""
        if self.encoder:
            refuse_answers(self.encoder)
        per_tail = {self._single_tokens(text, tuple(words)) for text in self._one_per_tail(prompts)}
        if None in per_tail:
            return None
        return [tuple(sorted(set().union(*forms))) for forms in zip(*(t for t in per_tail if t), strict=True)]

    def continuation_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]]:
        """See ``Engine.continuation_tokens``."""
        if self.encoder:
            refuse_answers(self.encoder)
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

    def label_forms(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[str, ...]]:
        """How each word is written where it is read: its one-token surface forms, or the word as it stands.

        Args:
            prompts: [n] whose ends decide.
            words: [k].

        Returns:
            [k] what may follow a prompt, leading space included. Where a word needs several tokens, every
            word has the one form that ``continuation_tokens`` reads.

        Raises:
            InputError: as ``label_tokens``.
        """
        texts = self._one_per_tail(prompts)
        found = [self._single_forms(text, tuple(words)) for text in texts]
        whole = [forms for forms in found if forms is not None]
        if len(whole) == len(found):
            return [
                tuple(dict.fromkeys(form for own in per_word for form in own.values()))
                for per_word in zip(*whole, strict=True)
            ]
        self.continuation_tokens(prompts, words)
        return [(self._space_after(texts[0]) + word,) for word in words]

    def _single_tokens(self, text: str, words: tuple[str, ...]) -> tuple[tuple[int, ...], ...] | None:
        """Per word, every surface form that is one token after ``text``; None if a word has no such form."""
        found = self._single_forms(text, words)
        if found is None:
            return None
        tokens = tuple(tuple(forms) for forms in found)
        refuse_shared(words, tokens)
        return tokens

    def _single_forms(self, text: str, words: tuple[str, ...]) -> list[dict[int, str]] | None:
        """Per word, the one-token forms by their token, the first form of each."""
        forms = [list(dict.fromkeys(surface_forms(word))) for word in words]
        before, *after = self._ids([text, *(text + form for group in forms for form in group)])
        found: list[dict[int, str]] = []
        rows = iter(after)
        for group in forms:
            added = [self._known(_added(before, next(rows))) for _ in group]
            # The first two forms are the word itself: without one of them as a token it is not read whole.
            if not any(tokens and len(tokens) == 1 for tokens in added[:2]):
                return None
            single: dict[int, str] = {}
            for form, tokens in zip(group, added, strict=True):
                if tokens and len(tokens) == 1:
                    single.setdefault(tokens[0], form)
            found.append(single)
        return found

    def _known(self, tokens: list[int] | None) -> list[int] | None:
        """The tokens; None if one of them stands for whatever the tokenizer does not know."""
        unknown = self.tokenizer.unk_token_id
        return None if tokens is None or (unknown is not None and unknown in tokens) else tokens

    def _space_after(self, text: str) -> str:
        return "" if text[-1:].isspace() or self.chat else " "

    def _whole_words(self, text: str, words: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        space = self._space_after(text)
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
    sentence, encoder = checkpoint.sentence, is_encoder(checkpoint)
    if sentence and sentence.lower_case:
        _put_into_lower_case(tokenizer)
    return PromptEncoder(
        tokenizer,
        not encoder and (bool(tokenizer.chat_template) if chat is None else chat),
        checkpoint if encoder else None,
        whole=encoder or sentence is not None,
    )


def _put_into_lower_case(tokenizer: Any) -> None:
    """Have a tokenizer put texts into lower case first, so that places in a text stay those of the text."""
    if not tokenizer.is_fast:
        raise InputError("this tokenizer cannot put texts into lower case, as the sentence encoder asks")
    from tokenizers.normalizers import Lowercase, Normalizer, Sequence

    backend = tokenizer.backend_tokenizer
    steps: list[Normalizer] = [Lowercase(), *([backend.normalizer] if backend.normalizer else [])]
    backend.normalizer = Sequence(steps)


def _covered(span: Span, offsets: Sequence[Span], row: int) -> Span:
    """The range of tokens that have characters of a span.

    Args:
        span: characters [start, stop).
        offsets: [n] characters of each token; of special ones none.
        row: of the text, from 1.

    Raises:
        InputError: there are none.
    """
    start, stop = span
    inside = [at for at, (begin, end) in enumerate(offsets) if begin < end and begin < stop and end > start]
    if not inside:
        raise InputError(f"the span [{start}, {stop}) covers no token", row=row)
    return inside[0], inside[-1] + 1


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
