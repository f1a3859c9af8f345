"""What the two processes of the vLLM engine say to each other; pickled, between our own processes only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from normsuite.engines.base import Tokens
from normsuite.engines.vectors import Way


@dataclass(frozen=True)
class Start:
    """First message to the child.

    Attributes:
        arguments: of vLLM's ``EngineArgs``.
        pooling: for an engine that embeds; None for one that generates.
        only_check: say whether vLLM supports the model, and make no engine.
    """

    arguments: Mapping[str, Any]
    pooling: Way | None = None
    only_check: bool = False


@dataclass(frozen=True)
class Ready:
    """The engine is up.

    Attributes:
        context_length: the most tokens of a request.
        scores_ids: whether it can score chosen prompt tokens (``prompt_logprob_token_ids``).
    """

    context_length: int
    scores_ids: bool


@dataclass(frozen=True)
class Failed:
    """The engine did not start, or broke.

    Attributes:
        kind: the exception's name.
        message: what it said.
    """

    kind: str
    message: str


@dataclass(frozen=True)
class ReadIds:
    """Log-probabilities of some tokens after each prompt.

    Attributes:
        prompts: [n] token ids.
        sets: the sets of ids that are asked for.
        which: [n] which set each prompt asks for.
    """

    prompts: Sequence[Tokens]
    sets: Sequence[Sequence[int]]
    which: Sequence[int]


@dataclass(frozen=True)
class ScoreTails:
    """The log-likelihood of the end of each sequence.

    Attributes:
        prompts: [n] token ids, the tail included.
        starts: [n] where the tail begins.
        by_ids: score only the tail's rows (``prompt_logprob_token_ids``).
    """

    prompts: Sequence[Tokens]
    starts: Sequence[int]
    by_ids: bool


@dataclass(frozen=True)
class Sample:
    """Text after each prompt.

    Attributes:
        prompts: [n] token ids.
        parameters: of vLLM's ``SamplingParams``.
        seeds: [n] of each prompt; None draws anew.
        choices: the only texts that may be answered.
    """

    prompts: Sequence[Tokens]
    parameters: Mapping[str, Any]
    seeds: Sequence[int | None]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Embed:
    """One vector per prompt.

    Attributes:
        prompts: [n] token ids.
    """

    prompts: Sequence[Tokens]


Ask = ReadIds | ScoreTails | Sample | Embed


class IdsRead(NamedTuple):
    """Answer to one prompt of ``ReadIds``.

    Attributes:
        log_probs: in the set's order.
        top: the most probable token.
        cached: how many of the prompt's tokens were not computed again.
    """

    log_probs: list[float]
    top: int
    cached: int


class TailScore(NamedTuple):
    """Answer to one sequence of ``ScoreTails``: sum over the tail; whether its first token was on top."""

    log_likelihood: float
    first_is_top: bool


class Sampled(NamedTuple):
    """One of the answers to one prompt of ``Sample``."""

    tokens: list[int]
    finish: Literal["stop", "length"]


class Refused(NamedTuple):
    """The engine did not take a request."""

    reason: str
