"""The engine behind the contract: an OpenAI-compatible server, asked in the ways that it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from normsuite.engines.base import (
    Advance,
    Generation,
    LabelReads,
    Pooling,
    Problem,
    Sampling,
    Span,
    Tokens,
    unheard,
)
from normsuite.engines.openai.abilities import find_abilities, find_choice_way, refuse_without_sight
from normsuite.engines.openai.answers import Answer, Choice
from normsuite.engines.openai.asking import (
    ChoiceWay,
    LabelWay,
    label_request,
    sample_request,
    score_request,
)
from normsuite.engines.openai.client import Client, Request
from normsuite.engines.openai.embedding import ServerVectors
from normsuite.engines.openai.handles import to_text
from normsuite.engines.openai.notes import Notes
from normsuite.engines.openai.pictures import AT_ONCE, has_images, to_prompt
from normsuite.engines.openai.reading import Row, Scored, to_reads
from normsuite.engines.openai.timing import Timing
from normsuite.engines.text import check_sampling, cut_at_stops, opens_thinking, split_thinking, to_generation
from normsuite.engines.tokens import PromptEncoder, refuse_many
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.engines.openai.spec import OpenaiSpec

_T = TypeVar("_T")

_PARTS: Final = 2  # one at the server, one being rendered or written


class OpenaiEngine:
    """A served model behind the ``Engine`` contract."""

    def __init__(self, spec: OpenaiSpec, log: Path | None = None, timing: Timing | None = None) -> None:
        """Find out what the server can do.

        Args:
            spec: which server, which of its models.
            log: where the ways of reading, and the server's absences, are noted.
            timing: how long things may take; None is as ``spec`` says.

        Raises:
            InputError: nothing answers, the key or the model's name is wrong; the log tells that the run was
                begun with another server.
        """
        self._dialect, self._notes = spec.dialect(), Notes(log)
        timing = timing or Timing(patience_s=spec.patience)
        self._client = Client(spec.base_url, spec.concurrency, timing, self._notes)
        try:
            self.abilities = find_abilities(self._client, self._dialect)
            self._notes.refuse_other(self.abilities)
        except BaseException:
            self._client.close()
            raise
        self._lock, self._noted, self._sees = threading.Lock(), False, False
        self._choice_way: ChoiceWay | None = None
        self._vectors = ServerVectors(self._client, self._dialect, self._ask)
        encoder = self._dialect.encoder
        self.encode, self.encode_passages = encoder.encode, encoder.encode_passages
        self.label_tokens: Callable[[Sequence[str], Sequence[str]], list[tuple[int, ...]] | None] = (
            encoder.label_tokens
        )
        self.continuation_tokens = encoder.continuation_tokens

    @property
    def context_length(self) -> int:
        """The most tokens a request may have; a large number where the server does not tell."""
        return self.abilities.context_length

    @property
    def parts_in_flight(self) -> int:
        """As many as keep the server asked while a part is rendered or written."""
        return _PARTS

    def close(self) -> None:
        """See ``Engine.close``. Whoever waits for an answer gets an ``InputError`` at once."""
        self._client.close()

    def encode_with_images(self, prompts: Sequence[str], images: Sequence[Sequence[Path]]) -> list[list[int]]:
        """See ``TakesImages``. Lengths are no numbers of tokens: the server keeps its tokenizer to itself.

        Raises:
            InputError: prompts go in token ids or without a chat; the server takes no pictures; a prompt's
                pictures are too large together.
        """
        if self._dialect.path != "/chat/completions":
            what = "pictures are sent in a chat only"
            raise InputError(
                what, fix="leave out --tokenizer and the like: the server's own template is used"
            )
        shown = [to_prompt(text, paths) for text, paths in zip(prompts, images, strict=True)]
        first = next((prompt for prompt in shown if has_images(prompt)), None)
        with self._lock:
            if first is not None and not self._sees:
                refuse_without_sight(self._client, self._dialect, self.abilities.style, first)
                self._sees = True
        return shown

    def read_labels(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.read_labels``."""
        way, style = self.abilities.labels, self.abilities.style
        if way is None:
            raise InputError(f"the server's model gives no text ({self.abilities.why_not})")
        ids = {token for forms in label_ids for token in forms}
        if way is LabelWay.ids:
            refuse_many(len(ids))
        labels = self._dialect.labels(label_ids)
        rows: dict[int, Row | Problem] = {}
        for at, told in self._ask(
            prompts, lambda prompt: label_request(self._dialect, style, way, prompt, labels)
        ):
            rows[at] = told if isinstance(told, Problem) else told.reading
            advance(1, 0 if isinstance(told, Problem) else told.tokens)
        self._keep_notes()
        return to_reads(rows, len(prompts), len(label_ids))

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.score_continuations``.

        Raises:
            InputError: as the contract says; prompts are texts; the server does not score prompts.
        """
        way = self.abilities.scores
        if not self._dialect.in_tokens:
            what = "whole continuations are scored in token ids only"
            raise InputError(what, fix="name the model's tokenizer with --tokenizer")
        if way is None:
            what = f"the server does not score prompts {self.abilities.why_not}".strip()
            raise InputError(what, fix="leave out --tokenizer: labels are then read from answers in text")
        n, k = len(prompts), len(continuations)
        sequences = [[*prompt, *tokens] for prompt in prompts for tokens in continuations]
        starts = [len(prompt) for prompt in prompts for _ in continuations]
        scores, is_top = np.full(n * k, np.nan), np.zeros(n * k, np.bool_)
        problems: dict[int, Problem] = {}

        def ask(pair: tuple[list[int], int]) -> Request[Scored]:
            return score_request(self._dialect, way, *pair)

        for at, scored in self._ask(list(zip(sequences, starts, strict=True)), ask):
            if isinstance(scored, Problem):
                problems[at // k] = scored
            else:
                scores[at], is_top[at] = scored
            advance(1, len(sequences[at]))
        self._keep_notes()
        rows: dict[int, Row | Problem] = {
            row: Row(values, float(np.exp(values).sum()), bool(is_top[row * k : (row + 1) * k].any()))
            for row, values in enumerate(scores.reshape(n, k))
        }
        return to_reads(rows | problems, n, k)

    def generate(
        self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance = unheard
    ) -> list[tuple[Generation, ...]]:
        """See ``Engine.generate``. A seed is of each prompt, so that answers do not depend on the order.

        Raises:
            InputError: as the contract says; the server gives fewer answers than asked for, takes no
                temperature or cannot be held to choices.
        """
        check_sampling(sampling)
        style = self.abilities.style
        if self.abilities.labels is None:
            raise InputError(f"the server's model gives no text ({self.abilities.why_not})")
        if not style.takes_temperature and (sampling.temperature, sampling.top_p) != (1.0, 1.0):
            raise InputError("the server takes no temperature", fix="set temperature and top_p to 1")
        held = self._held() if sampling.choices else None
        found: list[tuple[Generation, ...]] = [()] * len(prompts)
        for at, answer in self._ask(
            prompts, lambda prompt: sample_request(self._dialect, style, sampling, held, prompt)
        ):
            if isinstance(answer, Problem):
                found[at] = (Generation("", "", 0, "error", answer.detail),) * sampling.samples
                advance(1, 0)
                continue
            if len(answer.choices) < sampling.samples:
                what = f"the server gives {len(answer.choices)} of {sampling.samples} answers"
                raise InputError(what, fix="set samples to 1")
            found[at] = tuple(
                self._generation(prompts[at], choice, answer, sampling)
                for choice in answer.choices[: sampling.samples]
            )
            advance(1, self._dialect.tokens_of(prompts[at], answer))
        return found

    def embed(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """See ``Engine.embed``.

        How a server pools is settled when it is started, and it does not tell. ``model`` takes its vectors as
        they come; ``last``, which is what servers of causal models do by themselves, takes them before they
        are normalised, where the server can leave that. In text mode the text goes as it is, without a chat
        template.

        Raises:
            InputError: as the contract says; another layer or position is wanted; the server has no
                embeddings, or only such of unit length where others are wanted.
        """
        return self._vectors.read(prompts, pooling, (pooling.layer,), advance)

    def embed_layers(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        layers: Sequence[int],
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """See ``Engine.embed_layers``.

        Raises:
            InputError: as ``embed``.
        """
        return self._vectors.read(prompts, pooling, layers, advance)[:, None]

    def _ask(
        self, prompts: Sequence[Any], request: Callable[[Any], Request[_T]]
    ) -> Iterator[tuple[int, _T | Problem]]:
        """Each prompt's row and answer, as they come; asked in the order in which shared prefixes meet."""
        key: Callable[[int], Any] = lambda at: prompts[at]  # noqa: E731
        if not self._dialect.in_tokens:
            key = lambda at: to_text(prompts[at][0])  # noqa: E731
        order = sorted(range(len(prompts)), key=key)
        pictures = not self._dialect.in_tokens and any(has_images(prompt) for prompt in prompts)
        size = AT_ONCE if pictures else max(len(order), 1)
        for start in range(0, len(order), size):
            asked = order[start : start + size]
            for place, answer in self._client.ask([request(prompts[at]) for at in asked]):
                yield asked[place], answer

    def _generation(self, prompt: Tokens, choice: Choice, answer: Answer, sampling: Sampling) -> Generation:
        encoder, finish = self._dialect.encoder, choice.finish
        if isinstance(encoder, PromptEncoder) and choice.token_ids is not None and finish != "error":
            opened = opens_thinking(encoder.tokenizer, prompt, sampling.thinking)
            return to_generation(
                encoder.tokenizer, choice.token_ids, sampling, finish == "stop", opened=opened
            )
        thinking, text = split_thinking(choice.content, sampling.thinking)
        text, stopped = cut_at_stops(text, sampling.stop)
        generated = answer.usage.completion_tokens if answer.usage else 0
        tokens = len(choice.token_ids) if choice.token_ids is not None else generated // len(answer.choices)
        if choice.refusal is not None:
            return Generation("", choice.reasoning or thinking, tokens, "error", f"refused: {choice.refusal}")
        return Generation(
            text.strip(), (choice.reasoning or thinking).strip(), tokens, "stop" if stopped else finish
        )

    def _held(self) -> ChoiceWay:
        with self._lock:
            if self._choice_way is None:
                self._choice_way = find_choice_way(self._client, self._dialect, self.abilities.style)
            return self._choice_way

    def _keep_notes(self) -> None:
        with self._lock:
            if not self._noted:
                self._notes.keep(self.abilities)
                self._noted = True
