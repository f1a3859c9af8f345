"""The bodies of requests: prompts as token ids or as text, and what is asked about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import Problem, Sampling, Tokens
from normsuite.engines.openai.answers import Answer, Choice, Vectors, parse
from normsuite.engines.openai.client import Request
from normsuite.engines.openai.handles import TextEncoder, to_text
from normsuite.engines.openai.pictures import content
from normsuite.engines.openai.reading import (
    Forms,
    Row,
    Scored,
    read_answer,
    read_echo,
    read_ids,
    read_printed,
    read_prompt_logprobs,
)
from normsuite.engines.tokens import PromptEncoder

MARKS: Final = Sampling().thinking


class LabelWay(StrEnum):
    """How labels are read after a prompt, the best way first."""

    ids = "logprob_token_ids"  # the log-probability of chosen tokens
    top_ids = "top_logprobs, tokens as ids"  # of the most probable tokens
    top_printed = "top_logprobs, tokens as text"
    answers = "answers in text"  # no log-probability at all


class ScoreWay(StrEnum):
    """How a prompt's own tokens are scored."""

    prompt_logprobs = "prompt_logprobs"
    echo = "echo"


class ChoiceWay(StrEnum):
    """How an answer is held to some texts."""

    structured_outputs = "structured_outputs"
    guided_choice = "guided_choice"


@dataclass(frozen=True)
class Style:
    """How a server wants to be asked for text.

    Attributes:
        limit: its name for the most tokens of an answer.
        takes_temperature: whether it may be told one.
        tells_ids: whether it tells the ids of generated tokens (``return_token_ids``), as vLLM does.
        top: how many of the most probable tokens it tells.
        short: tokens that a short answer needs; many where the model thinks first.
    """

    limit: str = "max_tokens"
    takes_temperature: bool = True
    tells_ids: bool = False
    top: int = 20
    short: int = 16

    def greedy(self, max_tokens: int) -> dict[str, Any]:
        """Parameters of an answer that is not sampled."""
        return {self.limit: max_tokens} | ({"temperature": 0} if self.takes_temperature else {})


class Labels(NamedTuple):
    """K labels: their tokens (or numbers for texts), and the texts that say each."""

    ids: Sequence[Tokens]
    forms: Forms


class Told(NamedTuple):
    """A reading, and how many tokens the prompt had (0: the server does not say)."""

    reading: Any
    tokens: int


@dataclass(frozen=True)
class Dialect:
    """How one model's prompts are put to its server.

    Attributes:
        model: the name it is served under.
        encoder: makes prompts token ids; a ``TextEncoder`` leaves them texts.
        chat: texts go as a user's turn, which the server wraps in its chat template.
    """

    model: str
    encoder: PromptEncoder | TextEncoder
    chat: bool

    @property
    def in_tokens(self) -> bool:
        """Whether prompts are token ids."""
        return isinstance(self.encoder, PromptEncoder)

    @property
    def path(self) -> str:
        """Where answers are asked for."""
        return "/chat/completions" if self.chat and not self.in_tokens else "/completions"

    def body(self, prompt: Tokens, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A request's body."""
        if self.in_tokens:
            asked: dict[str, Any] = {"prompt": list(prompt)}
        elif self.chat:
            asked = {"messages": [{"role": "user", "content": content(prompt)}]}
        else:
            asked = {"prompt": to_text(prompt[0])}
        return {"model": self.model, **asked, **parameters}

    def labels(self, label_ids: Sequence[Tokens]) -> Labels:
        """Labels with the texts that say them."""
        if isinstance(self.encoder, PromptEncoder):
            tokenizer = self.encoder.tokenizer
            return Labels(label_ids, [[tokenizer.decode([token]) for token in forms] for forms in label_ids])
        return Labels(label_ids, [[to_text(form) for form in forms] for forms in label_ids])

    def tokens_of(self, prompt: Tokens, answer: Answer) -> int:
        """How many tokens a prompt had."""
        return len(prompt) if self.in_tokens else answer.prompt_tokens


def label_request(
    dialect: Dialect, style: Style, way: LabelWay, prompt: Tokens, labels: Labels
) -> Request[Told]:
    """Read K labels at the end of a prompt; the reading is a ``Row`` or a ``Problem``."""

    def read(text: str) -> Told:
        answer = parse(text, Answer)
        return Told(_label_row(dialect, way, answer.first, labels), dialect.tokens_of(prompt, answer))

    parameters = label_parameters(dialect, style, way, labels)
    return Request(dialect.path, dialect.body(prompt, parameters), read)


def label_parameters(dialect: Dialect, style: Style, way: LabelWay, labels: Labels) -> dict[str, Any]:
    """What is asked for in one way of reading labels."""
    if way is LabelWay.answers:
        return style.greedy(style.short)
    asked: dict[str, Any] = style.greedy(1)
    if way is LabelWay.ids:
        ids = sorted({token for forms in labels.ids for token in forms})
        asked |= {"logprobs": len(ids), "logprob_token_ids": ids}
    elif dialect.path == "/chat/completions":
        asked |= {"logprobs": True, "top_logprobs": style.top}
    else:
        asked |= {"logprobs": style.top}
    return asked if way is LabelWay.top_printed else asked | {"return_tokens_as_token_ids": True}


def _label_row(dialect: Dialect, way: LabelWay, choice: Choice, labels: Labels) -> Row | Problem:
    if choice.refusal is not None or way is LabelWay.answers:
        return read_answer(choice, labels.forms, MARKS)
    if way is LabelWay.top_printed:
        return read_printed(choice, labels.forms, pieces=not dialect.in_tokens)
    return read_ids(choice, labels.ids, whole=way is LabelWay.ids)


def score_request(dialect: Dialect, way: ScoreWay, tokens: Tokens, start: int) -> Request[Scored]:
    """Score the tokens of a prompt from ``start`` on."""
    asked: dict[str, Any] = {"max_tokens": 1, "temperature": 0}
    if way is ScoreWay.prompt_logprobs:
        asked |= {"prompt_logprobs": 0}
    else:
        asked |= {"echo": True, "logprobs": 1}
    reader = read_prompt_logprobs if way is ScoreWay.prompt_logprobs else read_echo
    return Request(
        dialect.path,
        dialect.body(tokens, asked),
        lambda text: reader(parse(text, Answer).first, tokens, start),
    )


def sample_request(
    dialect: Dialect, style: Style, sampling: Sampling, held: ChoiceWay | None, prompt: Tokens
) -> Request[Answer]:
    """Ask for ``sampling.samples`` answers in text."""
    asked: dict[str, Any] = {style.limit: sampling.max_tokens, "n": sampling.samples}
    if style.takes_temperature:
        asked |= {"temperature": sampling.temperature, "top_p": sampling.top_p}
    if sampling.stop:
        asked["stop"] = list(sampling.stop)
    if sampling.seed is not None:
        asked["seed"] = sampling.seed
    if sampling.top_k or style.tells_ids:
        asked["top_k"] = sampling.top_k
    if style.tells_ids:
        # Else vLLM takes what the model's own generation config says.
        asked |= {"return_token_ids": True, "repetition_penalty": 1.0, "min_p": 0.0}
    if held is ChoiceWay.structured_outputs:
        asked["structured_outputs"] = {"choice": list(sampling.choices)}
    elif held is ChoiceWay.guided_choice:
        asked["guided_choice"] = list(sampling.choices)
    return Request(dialect.path, dialect.body(prompt, asked), lambda text: parse(text, Answer))


def vector_request(
    dialect: Dialect, prompt: Tokens, parameters: Mapping[str, Any]
) -> Request[NDArray[np.float32]]:
    """Ask for a prompt's embedding. Texts go as they are: no server wraps them in a chat template."""
    asked = list(prompt) if dialect.in_tokens else to_text(prompt[0])
    body = {"model": dialect.model, "input": asked, "encoding_format": "float", **parameters}
    return Request(
        "/embeddings", body, lambda text: np.array(parse(text, Vectors).data[0].embedding, np.float32)
    )
