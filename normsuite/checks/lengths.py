"""Lengths: whether prompts, with room for the answer, fit into a context window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.checks.asking import Prompts
from normsuite.checks.findings import Finding, Severity, of_all
from normsuite.checks.tokens import Tokenizer
from normsuite.tasks import AnyTask, Task

CHECK: Final = "lengths"
BYTES_PER_TOKEN: Final = 4
"""Where no tokenizer is given, a token is taken to be so many bytes of UTF-8."""

_SERIOUS: Final = 0.05  # of the prompts
_AT_ONCE: Final = 1_000


def check(task: AnyTask, prompts: Prompts, tokenizer: Tokenizer | None, context: int | None) -> list[Finding]:
    """How many prompts are too long, and how long the longest is.

    Args:
        task: what is asked.
        prompts: in full.
        tokenizer: counts tokens; without it they are estimated.
        context: the most tokens of a request; None is the model's own.
    """
    limit = context or (tokenizer.context if tokenizer else None)
    if limit is None or not prompts.texts:
        return []
    lengths = count_tokens(prompts.texts, tokenizer)
    room = limit - _answer(task, prompts, tokenizer)
    longest = int(lengths.argmax())
    about, estimated = ("", "") if tokenizer else ("about ", ", by an estimate,")
    sample = "" if prompts.asked == prompts.total else f" (a sample of {prompts.asked:,} items)"
    top = f"the longest prompt has {about}{lengths[longest]:,} tokens{sample}"
    over = lengths > room
    n = int(over.sum())
    if not n:
        fits = f"{top}, and a context of {limit:,} leaves room for {room:,}"
        return [Finding(CHECK, "note", fits, 0, 0.0, prompts.ids[longest])]
    share = n / len(lengths)
    message = (
        f"{of_all(n, len(lengths), 'prompts')} are{estimated} longer than the {max(room, 0):,} tokens that a "
        f"context of {limit:,} leaves; {top}"
    )
    severity: Severity = "problem" if share >= _SERIOUS else "warning"
    fix = "they will count as not answered: take a model of longer context, or shorten the texts"
    return [Finding(CHECK, severity, message, n, share, prompts.ids[longest], fix)]


def count_tokens(texts: Sequence[str], tokenizer: Tokenizer | None) -> NDArray[np.int64]:
    """Tokens of each text [n], chat template included; an estimate where no tokenizer is given."""
    if tokenizer is None:
        return np.array([-(-len(text.encode()) // BYTES_PER_TOKEN) for text in texts], np.int64)
    parts = range(0, len(texts), _AT_ONCE)
    rows = (row for at in parts for row in tokenizer.encoder.encode(texts[at : at + _AT_ONCE]))
    return np.array([len(row) for row in rows], np.int64)


def _answer(task: AnyTask, prompts: Prompts, tokenizer: Tokenizer | None) -> int:
    """Tokens that the answer takes: all that may be written, or the longest label."""
    if not isinstance(task, Task):
        return 0
    if task.scorer in ("generate", "agents"):
        return task.generation.max_tokens
    words = sorted({word for own in prompts.words for word in own})
    if tokenizer is None or not words:
        return 1
    rows = tokenizer.encoder.tokenizer([f" {word}" for word in words], add_special_tokens=False)["input_ids"]
    return max(1, *(len(row) for row in rows))
