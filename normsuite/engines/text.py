"""From generated tokens to answers: what every engine that writes text shares.

Reasoning models think before they answer, between two marks such as ``<think>`` and ``</think>``. The marks
may be plain text or special tokens, and a chat template may have opened the thinking in the prompt already.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from normsuite.engines.base import Generation, Sampling
from normsuite.errors import InputError


def end_tokens(listed: object, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end a text: the tokenizer's own, and those of the checkpoint's generation settings.

    Args:
        listed: ``eos_token_id`` of those settings: a token, several, or none.
        tokenizer: a Hugging Face tokenizer.
    """
    ids = [*(listed if isinstance(listed, list) else [listed]), tokenizer.eos_token_id]
    return tuple(sorted({token for token in ids if isinstance(token, int)}))


def check_sampling(sampling: Sampling) -> None:
    """Refuse what no engine can do.

    Raises:
        InputError: a value out of its range, several samples of a greedy answer, an empty stop text, a choice
            that is empty, there twice or cut by a stop text, or thinking marks that are empty or alike.
    """
    choices = [choice.strip() for choice in sampling.choices]
    marks = [mark.strip() for mark in sampling.thinking]
    cut = any(cut_at_stops(choice, sampling.stop)[1] for choice in choices)
    rules = [
        ("max_tokens", sampling.max_tokens >= 1, "must be at least 1"),
        ("temperature", 0 <= sampling.temperature < math.inf, "must be 0 (greedy) or more"),
        ("top_p", 0 < sampling.top_p <= 1, "must be above 0 and at most 1"),
        ("top_k", sampling.top_k >= 0, "must be 0 (all tokens) or more"),
        ("samples", sampling.samples >= 1, "must be at least 1"),
        ("seed", sampling.seed is None or 0 <= sampling.seed < 2**63, "must be from 0 to 2**63 - 1"),
        ("stop", all(sampling.stop), "must not hold an empty text"),
        ("choices", all(choices), "must not hold an empty text"),
        ("choices", len(set(choices)) == len(choices), "must not hold the same text twice"),
        ("choices", not cut, "must not hold a stop text"),
        ("thinking", all(marks) and len(set(marks)) == 2, "must be two texts that differ"),
    ]
    for field, holds, rule in rules:
        if not holds:
            raise InputError(f"{rule}, not {getattr(sampling, field)!r}", field=field)
    if sampling.samples > 1 and sampling.temperature == 0:
        what = f"{sampling.samples} greedy answers would all be the same"
        raise InputError(what, field="samples", fix="set a temperature above 0, or samples to 1")


def to_generation(
    tokenizer: Any, ids: Sequence[int], sampling: Sampling, ended: bool, opened: bool = False
) -> Generation:
    """The answer that generated tokens spell.

    A stop text ends the answer; inside thinking it ends nothing (an engine that stopped there all the same
    says so with ``ended``, and then there is no answer).

    Args:
        tokenizer: a Hugging Face tokenizer.
        ids: the generated tokens, an end token included if there was one.
        sampling: its ``stop`` and ``thinking`` are used.
        ended: whether the model or the engine ended the text, rather than ``max_tokens``.
        opened: whether the prompt itself opened the thinking; see ``opens_thinking``.
    """
    thinking, answer = _split(decode(tokenizer, ids, sampling.thinking), sampling.thinking, opened)
    answer, stopped = cut_at_stops(answer, sampling.stop)
    return Generation(answer.strip(), thinking, len(ids), "stop" if ended or stopped else "length")


def opens_thinking(tokenizer: Any, prompt: Sequence[int], marks: tuple[str, str]) -> bool:
    """Whether a prompt ends with the opening mark, as some chat templates make it."""
    tail = tokenizer.decode(list(prompt[-32:]), clean_up_tokenization_spaces=False)
    return bool(tail.rstrip().endswith(marks[0].strip()))


def split_thinking(text: str, marks: tuple[str, str], opened: bool = False) -> tuple[str, str]:
    """(thinking, answer), each without white space around it.

    All that comes before the first closing mark is thinking, whether or not an opening mark is there. A text
    that begins with the opening mark (or whose prompt opened the thinking) and never closes it is thinking
    only. An opening mark further on, never closed, is part of the answer.

    Args:
        text: what was generated.
        marks: what opens and what closes thinking.
        opened: whether the prompt itself opened it.
    """
    thinking, answer = _split(text, marks, opened)
    return thinking, answer.strip()


def cut_at_stops(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first stop text, and whether there was one.

    Args:
        text: an answer.
        stops: texts that end it; none is empty.
    """
    found = [at for at in (text.find(stop) for stop in stops) if at >= 0]
    return (text[: min(found)], True) if found else (text, False)


def decode(tokenizer: Any, ids: Sequence[int], marks: tuple[str, str]) -> str:
    """The text of tokens, without special tokens other than the thinking marks.

    Args:
        tokenizer: a Hugging Face tokenizer.
        ids: token ids.
        marks: what opens and what closes thinking.
    """
    known = {tokenizer.convert_tokens_to_ids(mark.strip()): mark.strip() for mark in marks}
    for nothing in (None, tokenizer.unk_token_id):  # what tokenizers answer for a mark that they do not have
        known.pop(nothing, None)
    texts, start = [], 0
    for at, token in enumerate([*ids, None]):
        if token is None or token in known:
            run = list(ids[start:at])
            texts.append(tokenizer.decode(run, skip_special_tokens=True, clean_up_tokenization_spaces=False))
            texts.append(known.get(token, ""))
            start = at + 1
    return "".join(texts)


def _split(text: str, marks: tuple[str, str], opened: bool) -> tuple[str, str]:
    """``split_thinking`` with the answer's end as it was generated: stop texts may be white space."""
    opening, closing = marks
    before, closed, after = text.partition(closing)
    if closed:
        # White space before the answer is no part of it: a line break there is no stop text.
        return before.replace(opening, "", 1).strip(), after.lstrip()
    if text.lstrip().startswith(opening):
        return text.replace(opening, "", 1).strip(), ""
    return (text.strip(), "") if opened else ("", text)
