"""From answers to labels: token ids, printed tokens, whole answers, scored prompts. Pure functions.

A reading is one row: the log-probability of each label, what was seen of all of them, and whether the most
probable token belongs to one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import LabelReads, Problem, Tokens
from normsuite.engines.openai.answers import Choice, TopToken, top_tokens
from normsuite.engines.text import split_thinking

_ID: Final = re.compile(r"token_id:(\d+)")
_AROUND: Final = string.punctuation + string.whitespace + "“”‘’«»„…–—。、！？：；"
_SHORTEST: Final = (
    2  # characters of a label's first piece: a single letter may be a word of its own ("I", "A")
)

Forms = Sequence[Sequence[str]]
"""Of each label, the texts that say it."""


class Row(NamedTuple):
    """What one answer says about K labels; see ``LabelReads``."""

    log_probs: NDArray[np.float64]
    mass: float
    top_is_label: bool


class Scored(NamedTuple):
    """A continuation: its log-likelihood, and whether its first token is the most probable one."""

    log_likelihood: float
    top_is_first: bool


def read_ids(choice: Choice, label_ids: Sequence[Tokens], whole: bool) -> Row:
    """Labels from tokens that are told as ids.

    Args:
        choice: one generated token.
        label_ids: [k] the surface forms of each label.
        whole: every label's token has to be there; else those that are there are read.

    Raises:
        ValueError: a token is missing, or not told as an id.
    """
    told = {token_id(token.token): token.logprob for token in top_tokens(choice)}
    wanted = {token for forms in label_ids for token in forms}
    if whole and not told.keys() >= wanted:
        raise ValueError("not all labels' tokens were told")
    log_probs = np.array([_join([told[token] for token in forms if token in told]) for forms in label_ids])
    return Row(log_probs, _mass(log_probs), bool(told) and max(told, key=told.__getitem__) in wanted)


def read_printed(choice: Choice, labels: Forms, pieces: bool) -> Row:
    """Labels from tokens that are told as they print, surface forms joined.

    Args:
        choice: one generated token.
        labels: [k] the forms of each label.
        pieces: a token that begins the word of exactly one label counts for it.

    Raises:
        ValueError: no tokens are told.
    """
    told = top_tokens(choice)
    owners = [_owner(token.token.strip(), labels, _printed(told), pieces) for token in told]
    log_probs = np.array(
        [
            _join([token.logprob for token, owner in zip(told, owners, strict=True) if owner == label])
            for label in range(len(labels))
        ]
    )
    top = max(range(len(told)), key=lambda at: told[at].logprob, default=None)
    return Row(log_probs, _mass(log_probs), top is not None and owners[top] is not None)


def read_answer(choice: Choice, labels: Forms, marks: tuple[str, str]) -> Row | Problem:
    """The label that an answer is, and nothing but it: quotes, punctuation and letter case aside.

    Args:
        choice: a short answer.
        labels: [k] the forms of each label.
        marks: what opens and closes thinking.
    """
    if choice.refusal is not None:
        return Problem("refused", " ".join(choice.refusal.split()))
    answer = split_thinking(choice.content, marks)[1]
    for alike in (str.strip, _bare):
        named = [at for at, forms in enumerate(labels) if alike(answer) in {alike(form) for form in forms}]
        if len(named) == 1 and alike(answer):
            log_probs = np.full(len(labels), np.nan)
            log_probs[named[0]] = 0.0
            return Row(log_probs, np.nan, True)
    shown = " ".join(answer.split())
    return Problem("unparsed", f"the answer {shown[:80]!r} names no label" if shown else "an empty answer")


def read_prompt_logprobs(choice: Choice, tokens: Tokens, start: int) -> Scored:
    """A continuation from the log-probabilities of a prompt that ends with it, as vLLM tells them.

    Args:
        choice: the answer.
        tokens: [n] the prompt and its continuation.
        start: where the continuation begins.

    Raises:
        ValueError: a token's log-probability is missing.
    """
    told = choice.prompt_logprobs
    if told is None or len(told) != len(tokens):
        raise ValueError("no log-probabilities of the prompt")
    places = [(place or {}).get(token) for place, token in zip(told[start:], tokens[start:], strict=True)]
    found = [place for place in places if place is not None]
    if len(found) < len(places):
        raise ValueError("no log-probability of a prompt's token")
    return Scored(sum(place.logprob for place in found), found[0].rank == 1)


def read_echo(choice: Choice, tokens: Tokens, start: int) -> Scored:
    """A continuation from an echoed prompt that ends with it; arguments as ``read_prompt_logprobs``.

    Raises:
        ValueError: a token's log-probability is missing, or the prompt was not echoed.
    """
    told = choice.logprobs
    if told is None or told.token_logprobs is None or told.tokens is None:
        raise ValueError("no log-probabilities of the prompt")
    if len(told.tokens) not in (len(tokens), len(tokens) + 1):
        raise ValueError(f"{len(told.tokens)} tokens for a prompt of {len(tokens)}")
    values = told.token_logprobs[start : len(tokens)]
    found = [value for value in values if value is not None]
    if len(found) < len(tokens) - start:
        raise ValueError("no log-probability of a prompt's token")
    top = next(iter((told.top_logprobs or [])[start:]), None) or {}
    return Scored(sum(found), found[0] >= max(top.values(), default=0.0))


def token_id(token: str) -> int:
    """The id in a token that is told as ``token_id:7``.

    Raises:
        ValueError: it is told in another way.
    """
    found = _ID.fullmatch(token)
    if found is None:
        raise ValueError(f"the token {token!r} instead of a token id")
    return int(found.group(1))


def to_reads(rows: Mapping[int, Row | Problem], n: int, k: int) -> LabelReads:
    """The rows of n prompts as the contract wants them."""
    log_probs, mass = np.full((n, k), np.nan), np.full(n, np.nan)
    top, problems = np.zeros(n, np.bool_), {}
    for at, row in rows.items():
        if isinstance(row, Problem):
            problems[at] = row
        else:
            log_probs[at], mass[at], top[at] = row
    return LabelReads(log_probs, mass, top, problems)


def _owner(token: str, labels: Forms, printed: set[str], pieces: bool) -> int | None:
    """The label that a printed token counts for: its whole word, or the beginning of no other label's."""
    if not token:
        return None
    words = [{form.strip() for form in forms} for forms in labels]
    whole = [at for at, forms in enumerate(words) if token in forms]
    # A word that begins another one ("1", "10") is that other one's first piece too, unless the server tells
    # the longer word as a token of its own.
    begun = [
        at
        for at, forms in enumerate(words)
        if token not in forms and any(form.startswith(token) for form in forms - printed)
    ]
    if whole:
        return whole[0] if not pieces or not begun else None
    return begun[0] if pieces and len(begun) == 1 and len(token) >= _SHORTEST else None


def _printed(told: Sequence[TopToken]) -> set[str]:
    return {token.token.strip() for token in told}


def _bare(text: str) -> str:
    return text.strip(_AROUND).casefold()


def _join(values: Sequence[float]) -> float:
    return float(np.logaddexp.reduce(values)) if values else np.nan


def _mass(log_probs: NDArray[np.float64]) -> float:
    return float(np.exp(log_probs[~np.isnan(log_probs)]).sum())
