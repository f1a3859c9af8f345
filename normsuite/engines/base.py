"""The engine contract: what a language model is asked, in tokens, and what it gives back.

An ``EngineSpec`` says which model and how; it is frozen, travels to other processes and costs nothing.
``start`` turns it into an ``Engine``, which holds the model until ``close``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Tokens = Sequence[int]
"""What ``encode`` gave: token ids; where only a server has the tokenizer, one number for a text."""

Advance = Callable[[int, int], None]
"""Told, batch by batch, how many more requests are answered, and how many tokens they had."""


def unheard(requests: int, tokens: int) -> None:
    """The ``Advance`` to which nobody listens."""


@dataclass(frozen=True)
class Problem:
    """Why a request has no reading.

    Attributes:
        status: ``error``: the request failed for good; ``unparsed``: the answer names no label; ``refused``:
            the model declined; ``too_long``: the prompt does not fit the model's context.
        detail: the reason, in a line.
    """

    status: Literal["error", "unparsed", "refused", "too_long"]
    detail: str


@dataclass(frozen=True)
class LabelReads:
    """Log-probabilities of K labels after each of n prompts.

    Attributes:
        log_probs: [n, k] full-vocabulary log-probabilities in nats, surface forms joined by log-sum-exp; NaN
            where a server did not tell (it shows only the most probable tokens): such a label is less
            probable than every label that is told.
        mass: [n] probability that the model gives to all labels together; of those told, where not all are;
            NaN where a server tells no probabilities.
        top_is_label: [n] whether the most probable next token belongs to a label.
        problems: rows without a reading.
    """

    log_probs: NDArray[np.float64]
    mass: NDArray[np.float64]
    top_is_label: NDArray[np.bool_]
    problems: Mapping[int, Problem] = field(default_factory=dict)


@dataclass(frozen=True)
class Sampling:
    """How text is generated.

    Attributes:
        max_tokens: the most tokens of an answer, thinking included.
        temperature: 0 is greedy.
        top_p: nucleus of the probability that is sampled from.
        top_k: the most probable tokens that are sampled from; 0 is all.
        samples: answers per prompt.
        stop: texts that end an answer; not part of it.
        seed: of sampling; None draws anew each time.
        choices: the only texts that may be answered (structured choice); empty leaves the answer free.
        thinking: what opens and what closes a reasoning model's thinking.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    samples: int = 1
    stop: tuple[str, ...] = ()
    seed: int | None = None
    choices: tuple[str, ...] = ()
    thinking: tuple[str, str] = ("<think>", "</think>")


@dataclass(frozen=True)
class Generation:
    """One answer in text.

    Attributes:
        text: the answer; empty if thinking took all tokens.
        thinking: what came before it between the thinking marks.
        tokens: how many were generated, thinking included.
        finish: ``stop`` (the model or a stop text ended it), ``length`` (``max_tokens`` did) or ``error``.
        detail: the reason of an error.
    """

    text: str
    thinking: str
    tokens: int
    finish: Literal["stop", "length", "error"]
    detail: str = ""


Span = tuple[int, int]
"""A range [start, stop): of characters in a text, or of tokens in a prompt."""


@dataclass(frozen=True)
class Pooling:
    """How hidden states of a prompt become one vector.

    Attributes:
        position: ``model``: as the sentence encoder's own folder says, its normalisation included; ``last``
            token; ``mean`` over all tokens; ``span``: mean over the tokens of the span that each prompt
            comes with.
        layer: hidden states after this many layers, negative from the end; 0 is the embeddings; -1 is the
            last, with the model's final norm.
        normalise: to unit length; of ``model`` the folder decides.
    """

    position: Literal["model", "last", "mean", "span"] = "last"
    layer: int = -1
    normalise: bool = False


class Engine(Protocol):
    """One loaded model; a run makes one and keeps it. Reads may be called from several threads."""

    @property
    def context_length(self) -> int:
        """The most tokens a request may have, labels included."""
        ...

    @property
    def parts_in_flight(self) -> int:
        """How many parts of a run should ask at once, so that the engine never waits for a prompt."""
        ...

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """Token ids of each prompt, chat template applied where the model has one."""
        ...

    def encode_passages(
        self, texts: Sequence[str], spans: Sequence[Span | None]
    ) -> list[tuple[list[int], Span | None]]:
        """Token ids of bare texts, never in a chat template, and where each one's span is.

        Special tokens are those that the model expects; those at the end of an encoder's text stay.

        Args:
            texts: [n].
            spans: [n] characters [start, stop) of each text, or None.

        Returns:
            [n] token ids, and the range of tokens that covers the span.

        Raises:
            InputError: a span covers no token (with its row, from 1), or the engine has no tokens.
        """
        ...

    def label_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]] | None:
        """The single tokens that say each word after these prompts; None if a word needs several.

        Raises:
            InputError: two words are the same to this tokenizer, or a prompt's end joins with them.
        """
        ...

    def continuation_tokens(self, prompts: Sequence[str], words: Sequence[str]) -> list[tuple[int, ...]]:
        """All tokens of each word after these prompts.

        Raises:
            InputError: as ``label_tokens``.
        """
        ...

    def read_labels(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """Read K single-token labels at the end of each prompt: one request per prompt.

        Args:
            prompts: [n] token ids.
            label_ids: [k] the surface forms of each label.
            advance: told how many more prompts are answered.

        Raises:
            InputError: the engine cannot go on.
        """
        ...

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """Whole-continuation log-likelihood (sum over tokens) of each of K continuations of each prompt.

        ``advance`` is told how many more pairs of prompt and continuation are scored. ``top_is_label`` says
        whether the most probable first token begins a label.

        Raises:
            InputError: the engine cannot go on.
        """
        ...

    def generate(
        self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance = unheard
    ) -> list[tuple[Generation, ...]]:
        """``sampling.samples`` answers to each of n prompts.

        Raises:
            InputError: the engine cannot go on, or cannot sample so.
        """
        ...

    def embed(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """[n, d] one vector per prompt, pooled in float32.

        Args:
            prompts: [n] token ids.
            pooling: how.
            advance: told how many more prompts are embedded.
            spans: [n] tokens [start, stop) of each prompt; read by the position ``span`` only.

        Raises:
            InputError: the engine cannot go on, or cannot read that layer or position; a prompt is empty or
                too long, has no span where one is wanted, or its vector is not a number.
        """
        ...

    def embed_layers(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        layers: Sequence[int],
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """[n, l, d] one vector per prompt and layer, from one forward pass; see ``embed``.

        ``layers`` [l] are counted as in ``Pooling.layer``, which is not looked at.

        Raises:
            InputError: as ``embed``; the engine gives the last layer only and another one is asked for.
        """
        ...

    def close(self) -> None:
        """Let go of the model and every process that held it. May be called twice, and from any thread."""
        ...


@runtime_checkable
class TakesImages(Protocol):
    """What an engine has besides, if it can be shown pictures."""

    def encode_with_images(
        self, prompts: Sequence[str], images: Sequence[Sequence[Path]]
    ) -> Sequence[Tokens]:
        """Prompts with their pictures, to be given to ``read_labels`` and to the engine's other methods.

        Args:
            prompts: [n].
            images: [n] the files of each prompt's pictures, in the order in which they are shown, before the
                prompt's text. Each is a PNG or JPEG file; it is read again when the prompt is asked.

        Returns:
            [n] prompts whose lengths are their numbers of tokens, pictures included, where the engine knows.

        Raises:
            InputError: the engine takes none after all, or a file is no picture that it can read.
        """
        ...


class EngineSpec(Protocol):
    """Which model runs how: frozen, picklable, and enough to name the work before anything is loaded."""

    def model(self) -> Mapping[str, object]:
        """Name, revision, sha256 and context_length of the model, for the manifest."""
        ...

    def describe(self) -> Mapping[str, object]:
        """The engine, its version and everything else that moves a number, for the manifest."""
        ...

    def start(self, log: Path | None = None) -> Engine:
        """Load the model.

        Args:
            log: where the messages of an engine with processes of its own go.

        Raises:
            InputError: the model cannot be loaded, or the engine has no such option.
        """
        ...
