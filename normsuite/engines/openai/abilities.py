"""What a server can do, found out once before any work: its models, then one small request for each way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from normsuite.engines.base import Sampling, Tokens
from normsuite.engines.openai.answers import Answer, Model, Models, parse, top_tokens
from normsuite.engines.openai.asking import (
    ChoiceWay,
    Dialect,
    Labels,
    LabelWay,
    ScoreWay,
    Style,
    label_parameters,
    sample_request,
    score_request,
    vector_request,
)
from normsuite.engines.openai.client import Client, Request
from normsuite.engines.openai.failures import RefusedError
from normsuite.engines.openai.reading import token_id
from normsuite.engines.tokens import PromptEncoder
from normsuite.errors import InputError

_QUESTION: Final = "Is the sky blue on a clear day? Reply with one word: yes or no.\nAnswer:"
_SPELLING: Final = "Tokenizers differ: 1984, naïve façades, Über-\n\t'quoted'  (snake_case) 東京 🙂"
_TOPS: Final = (20, 5)  # how many tokens servers tell at most: most of them 20, some 5
_THINKING_ROOM: Final = 4096  # tokens
_UNTOLD: Final = 2**31 - 1
_CHOICES: Final = ("quartz", "zebra")


@dataclass(frozen=True)
class Abilities:
    """What a server can do for one model.

    Attributes:
        context_length: the most tokens of a request; a large number where it is not told.
        style: how it wants to be asked for text.
        labels: the best way to read labels; None where it gives no text at all.
        scores: the best way to score a prompt's own tokens; None where it has none.
        why_not: what it said where it gives no text.
        first_tokens: log-probabilities told after the first question: they tell models apart.
    """

    context_length: int
    style: Style
    labels: LabelWay | None
    scores: ScoreWay | None
    why_not: str = ""
    first_tokens: Mapping[str, float] = field(default_factory=dict)


def find_abilities(client: Client, dialect: Dialect) -> Abilities:
    """Ask the server.

    Raises:
        InputError: nothing answers, the key or the model's name is wrong, or prompts as token ids are read
            as something else.
    """
    model = find_model(client, dialect.model)
    context = model.max_model_len or _UNTOLD
    (prompt,) = dialect.encoder.encode([_QUESTION])
    try:
        style = _find_style(client, dialect, prompt, context)
    except RefusedError as error:
        return Abilities(context, Style(), None, None, str(error))
    if isinstance(dialect.encoder, PromptEncoder) and style.tells_ids:
        _check_vocabulary(client, dialect, dialect.encoder)
    style, way, first_tokens = _find_label_way(client, dialect, style, prompt)
    scores = _find_score_way(client, dialect, prompt) if dialect.in_tokens else None
    return Abilities(context, style, way, scores, first_tokens=first_tokens)


def find_model(client: Client, name: str) -> Model:
    """The server's model of that name.

    Raises:
        InputError: it has none, or it is no such server.
    """
    try:
        models = client.ask_once(Request("/models", None, lambda text: parse(text, Models))).data
    except RefusedError as error:
        what = f"is not the address of an OpenAI-compatible server: {error}"
        raise InputError(what, file=client.address, fix="such an address ends in /v1 as a rule") from None
    for model in models:
        if model.id == name:
            return model
    named = ", ".join(model.id for model in models[:20]) or "none"
    raise InputError(f"the server has no model {name!r}", fix=f"it has: {named}")


def find_choice_way(client: Client, dialect: Dialect, style: Style) -> ChoiceWay:
    """How the server holds answers to given texts.

    Raises:
        InputError: it does not.
    """
    (prompt,) = dialect.encoder.encode([_QUESTION])
    sampling = Sampling(max_tokens=16, choices=_CHOICES)
    for way in ChoiceWay:
        request = sample_request(dialect, style, sampling, way, prompt)
        try:
            answer = client.ask_once(request)
        except RefusedError:
            continue
        if answer.first.content.strip() in _CHOICES:
            return way
    raise InputError("the server cannot hold an answer to given choices", fix="leave the answer free")


def refuse_without_sight(client: Client, dialect: Dialect, style: Style, prompt: Tokens) -> None:
    """See that the server answers a prompt with pictures.

    Raises:
        InputError: it does not.
    """
    body = dialect.body(prompt, style.greedy(style.short))
    try:
        client.ask_once(Request(dialect.path, body, lambda text: parse(text, Answer)))
    except RefusedError as error:
        raise InputError(f"the server's model takes no pictures ({error})") from None


def find_vector_parameters(client: Client, dialect: Dialect, prompt: Tokens) -> dict[str, Any]:
    """Parameters with which the server gives embeddings as the model makes them, where it takes such.

    Raises:
        InputError: it gives none.
    """
    tried: tuple[dict[str, Any], ...] = ({"use_activation": False}, {})
    for parameters in tried:
        try:
            client.ask_once(vector_request(dialect, prompt, parameters))
        except RefusedError as error:
            refused = error
            continue
        return parameters
    raise InputError(f"the server gives no embeddings of this model ({refused})")


def _find_style(client: Client, dialect: Dialect, prompt: Tokens, context: int) -> Style:
    """How to ask for text: OpenAI's reasoning models name the limit differently and take no temperature.

    Raises:
        RefusedError: the server gives no text.
        InputError: it does not read token ids as they are.
    """
    plain = Style()
    wanted: list[tuple[Style, dict[str, Any]]] = [(plain, {"return_token_ids": True}), (plain, {})]
    if dialect.path == "/chat/completions":
        renamed = replace(plain, limit="max_completion_tokens")
        wanted += [(renamed, {}), (replace(renamed, takes_temperature=False), {})]
    refused: list[RefusedError] = []
    for style, more in wanted:
        body = dialect.body(prompt, style.greedy(style.short) | more)
        try:
            answer = client.ask_once(Request(dialect.path, body, lambda text: parse(text, Answer)))
        except RefusedError as error:
            refused.append(error)
            continue
        _check_prompt(dialect, prompt, answer)
        thinks = not answer.first.content.strip() and (
            answer.first.reasoning or answer.first.finish == "length"
        )
        return replace(
            style,
            tells_ids=answer.first.token_ids is not None,
            short=min(_THINKING_ROOM, context // 2) if thinks else style.short,
        )
    raise refused[0]


def _check_prompt(dialect: Dialect, prompt: Tokens, answer: Answer) -> None:
    """Refuse a server that reads token ids as text, or adds tokens of its own."""
    if not dialect.in_tokens:
        return
    told = answer.first.prompt_token_ids
    if (told is not None and told != list(prompt)) or answer.prompt_tokens not in (0, len(prompt)):
        raise InputError(
            "the server does not read a prompt's token ids as they are",
            fix="leave out --tokenizer: prompts go as text then",
        )


def _check_vocabulary(client: Client, dialect: Dialect, encoder: PromptEncoder) -> None:
    """Refuse a tokenizer that is not the served model's."""
    body = {"model": dialect.model, "prompt": _SPELLING, "max_tokens": 1, "temperature": 0}
    body |= {"return_token_ids": True, "add_special_tokens": False}
    try:
        answer = client.ask_once(Request("/completions", body, lambda text: parse(text, Answer)))
    except RefusedError:
        return
    told = answer.first.prompt_token_ids
    ours = encoder.tokenizer(_SPELLING, add_special_tokens=False)["input_ids"]
    if told is not None and told != list(ours):
        raise InputError(
            "the server's model has another tokenizer", field="--tokenizer", fix="give the served model's own"
        )


def _find_label_way(
    client: Client, dialect: Dialect, style: Style, prompt: Tokens
) -> tuple[Style, LabelWay, Mapping[str, float]]:
    """The best way to read labels, with the number of tokens it tells; and what it told."""
    labels = Labels([prompt[:1], prompt[1:2]] if dialect.in_tokens else [], [])
    for way, top in _label_ways(dialect.in_tokens):
        asked = replace(style, top=top)
        body = dialect.body(prompt, label_parameters(dialect, asked, way, labels))
        request = Request(dialect.path, body, _first_tokens(way, labels))
        try:
            told = client.ask_once(request)
        except RefusedError:
            continue
        if told:
            client.show_life_with(request)
            return asked, way, told
    body = dialect.body(prompt, style.greedy(1))
    client.show_life_with(Request(dialect.path, body, lambda text: parse(text, Answer)))
    return style, LabelWay.answers, {}


def _label_ways(in_tokens: bool) -> Iterator[tuple[LabelWay, int]]:
    if in_tokens:
        yield LabelWay.ids, 0
        yield from ((LabelWay.top_ids, top) for top in _TOPS)
    yield from ((LabelWay.top_printed, top) for top in _TOPS)


def _first_tokens(way: LabelWay, labels: Labels) -> Callable[[str], Mapping[str, float]]:
    """Reads what is told of the first generated token; nothing where it is not told in this way."""

    def read(text: str) -> Mapping[str, float]:
        answer = parse(text, Answer)
        try:
            told = {token.token: token.logprob for token in top_tokens(answer.first)}
            ids = {token_id(token) for token in told} if way is not LabelWay.top_printed else set()
        except ValueError:
            return {}
        wanted = {token for forms in labels.ids for token in forms} if way is LabelWay.ids else set()
        return told if len(told) > 1 and ids >= wanted else {}

    return read


def _find_score_way(client: Client, dialect: Dialect, prompt: Tokens) -> ScoreWay | None:
    for way in ScoreWay:
        scored = score_request(dialect, way, prompt, len(prompt) - 2)

        def offered(text: str, read: Callable[[str], object] = scored.read) -> bool:
            parse(text, Answer)
            try:
                read(text)
            except ValueError:
                return False
            return True

        try:
            if client.ask_once(Request(scored.path, scored.body, offered)):
                return way
        except RefusedError:
            continue
    return None
