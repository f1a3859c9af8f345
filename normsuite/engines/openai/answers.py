"""What servers answer, as far as it is read; a reading of anything else is a ``ValueError``."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, Field, FiniteFloat

_T = TypeVar("_T", bound=BaseModel)


class TopToken(BaseModel):
    """A token and its log-probability."""

    token: str
    logprob: FiniteFloat


class ChatToken(TopToken):
    """A generated token of a chat answer, and the most probable ones in its place."""

    top_logprobs: list[TopToken] = []


class LogProbs(BaseModel):
    """Log-probabilities in the shape of a completion (``tokens``...) or of a chat answer (``content``)."""

    tokens: list[str] | None = None
    token_logprobs: list[FiniteFloat | None] | None = None
    top_logprobs: list[dict[str, FiniteFloat] | None] | None = None
    content: list[ChatToken] | None = None

    def as_chat(self) -> list[ChatToken] | None:
        """The generated tokens in the shape of a chat answer; None where no log-probabilities are told.

        Raises:
            ValueError: a token lacks its log-probability.
        """
        if self.content is not None or self.tokens is None:
            return self.content
        rows = zip(self.tokens, self.token_logprobs or [], self.top_logprobs or [], strict=True)
        return [ChatToken.model_validate(_chat_token(*row)) for row in rows]


def _chat_token(token: str, logprob: float | None, top: dict[str, float] | None) -> dict[str, object]:
    pairs = (top or {}).items()
    tops = [{"token": token, "logprob": logprob} for token, logprob in pairs]
    return {"token": token, "logprob": logprob, "top_logprobs": tops}


class Message(BaseModel):
    """A chat answer's text; servers name the thinking of a reasoning model differently."""

    content: str | None = None
    reasoning: str | None = Field(None, validation_alias=AliasChoices("reasoning_content", "reasoning"))
    refusal: str | None = None


class PromptToken(BaseModel):
    """A prompt token's log-probability; rank 1 is the most probable token of its place."""

    logprob: FiniteFloat
    rank: int


class Choice(BaseModel):
    """One answer."""

    text: str | None = None
    message: Message | None = None
    finish_reason: str | None = None
    logprobs: LogProbs | None = None
    token_ids: list[int] | None = None
    prompt_token_ids: list[int] | None = None
    prompt_logprobs: list[dict[int, PromptToken] | None] | None = None

    @property
    def content(self) -> str:
        """The text that was generated, thinking excluded where the server keeps it apart."""
        return (self.message.content if self.message else self.text) or ""

    @property
    def reasoning(self) -> str:
        """The thinking, where the server keeps it apart."""
        return (self.message.reasoning or "") if self.message else ""

    @property
    def refusal(self) -> str | None:
        """Why there is no answer, where the model or the server declined."""
        if self.finish_reason == "content_filter":
            return "the server's content filter"
        return self.message.refusal if self.message else None

    @property
    def finish(self) -> Literal["stop", "length", "error"]:
        """What ended the answer."""
        if self.finish_reason == "length":
            return "length"
        return "error" if self.finish_reason in ("content_filter", "abort", "error") else "stop"


class Usage(BaseModel):
    """How many tokens a request had."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Answer(BaseModel):
    """Answer of /completions and /chat/completions."""

    choices: Annotated[list[Choice], Field(min_length=1)]
    usage: Usage | None = None
    # Where prompts are texts, vLLM tells their tokens outside the choices of a chat.
    prompt_token_ids: list[int] | None = None

    @property
    def first(self) -> Choice:
        """The first answer."""
        return self.choices[0]

    @property
    def prompt_tokens(self) -> int:
        """How many tokens the prompt had; 0 where the server does not say."""
        return self.usage.prompt_tokens if self.usage else 0


class Vector(BaseModel):
    """One embedding."""

    embedding: Annotated[list[FiniteFloat], Field(min_length=1)]


class Vectors(BaseModel):
    """Answer of /embeddings to one text."""

    data: Annotated[list[Vector], Field(min_length=1, max_length=1)]
    usage: Usage | None = None


class Model(BaseModel):
    """One model that a server has."""

    id: str
    owned_by: str | None = None
    max_model_len: int | None = None


class Models(BaseModel):
    """Answer of /models."""

    data: list[Model]


def parse(text: str, schema: type[_T]) -> _T:
    """A server's answer.

    Raises:
        ValueError: it is not JSON, or a part that is needed is missing.
    """
    return schema.model_validate_json(text)


def top_tokens(choice: Choice) -> list[TopToken]:
    """The tokens that are told in the first generated token's place; empty where nothing was generated.

    Raises:
        ValueError: the server tells no log-probabilities.
    """
    told = choice.logprobs
    content = told.as_chat() if told else None
    if content is None:
        raise ValueError("no log-probabilities")
    if not content:
        return []
    top = content[0].top_logprobs
    # The generated token is told even where it is not among the top.
    return top if any(token.token == content[0].token for token in top) else [content[0], *top]
