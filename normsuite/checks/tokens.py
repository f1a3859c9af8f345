"""Tokens: whether a tokenizer can tell the label words apart, and reads each as one token."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from normsuite.checks.asking import Prompts
from normsuite.checks.findings import Finding
from normsuite.engines import find_checkpoint
from normsuite.engines.kinds import refuse_answers
from normsuite.engines.tokens import PromptEncoder, load_encoder
from normsuite.errors import InputError
from normsuite.tasks import LETTERS, NUMBERS, AnyTask, Task

CHECK: Final = "tokens"
_READ_BY_LABEL: Final = ("labels", "rating", "chain")  # other scorers read text
_SHOWN: Final = 12  # words named in a message


@dataclass(frozen=True)
class Tokenizer:
    """Of the model that is to be asked.

    Attributes:
        encoder: its tokenizer, with its chat template.
        context: the most tokens of a request.
    """

    encoder: PromptEncoder
    context: int


def load_tokenizer(model: Path) -> Tokenizer:
    """The tokenizer of a checkpoint folder.

    Raises:
        InputError: there is none, or it is of an encoder, which answers nothing.
    """
    checkpoint = find_checkpoint(str(model))
    encoder = load_encoder(checkpoint)
    if encoder.encoder:
        refuse_answers(encoder.encoder)
    return Tokenizer(encoder, checkpoint.context_length)


def check(task: AnyTask, prompts: Prompts | None, tokenizer: Tokenizer) -> list[Finding]:
    """Each set of words that the task's items are answered with.

    Args:
        task: what is asked.
        prompts: what is asked in full; without them the words alone are looked at, behind "Answer:".
        tokenizer: of the model.
    """
    if not isinstance(task, Task) or task.scorer not in _READ_BY_LABEL:
        return []
    asked: dict[tuple[str, ...], list[str]] = defaultdict(list)
    if prompts is not None:
        for text, words in zip(prompts.texts, prompts.words, strict=True):
            asked[tuple(sorted(words))].append(text)
    elif words := _declared(task):
        asked[words].append("Answer:")
    if task.answer in ("letters", "numbers"):
        asked = _longest(asked)
    return [_of_words(words, texts, tokenizer.encoder) for words, texts in asked.items()]


def _declared(task: Task) -> tuple[str, ...]:
    """The words a task answers with, as far as its file says; a scale is told by its data."""
    if task.reads_numbers:
        return ()
    size = len(task.labels) or 2
    return {
        "words": tuple(task.labels.values()),
        "letters": tuple(LETTERS[:size]),
        "numbers": NUMBERS[:size],
        "yes-no": task.yes_no,
    }[task.answer]


def _longest(asked: dict[tuple[str, ...], list[str]]) -> dict[tuple[str, ...], list[str]]:
    """A to D are among A to F: the longest list stands for all."""
    if not asked:
        return asked
    return {max(asked, key=len): [text for texts in asked.values() for text in texts]}


def _of_words(words: tuple[str, ...], texts: Sequence[str], encoder: PromptEncoder) -> Finding:
    named = ", ".join(words[:_SHOWN]) + (f", … ({len(words)})" if len(words) > _SHOWN else "")
    try:
        single = encoder.label_tokens(texts, words)
        if single is None:
            encoder.continuation_tokens(texts, words)
    except InputError as error:
        return Finding(CHECK, "problem", f"{named}: {error.what}", len(words), None, None, error.fix)
    how = "one token each" if single else "several tokens: whole-continuation log-likelihood"
    return Finding(CHECK, "note", f"{named} ({how})", len(words))
