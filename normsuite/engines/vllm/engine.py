"""The vLLM engine behind the contract: orders requests, streams them to the engine, reads its answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
from normsuite.engines.kinds import encoder_context, refuse_answers
from normsuite.engines.text import check_sampling, opens_thinking, to_generation
from normsuite.engines.tokens import PromptEncoder, refuse_many
from normsuite.engines.vectors import Way, chosen_way, refuse_unfit
from normsuite.engines.vllm.embedding import read_vectors, refuse_what_vllm_lacks
from normsuite.engines.vllm.ends import ends_of
from normsuite.engines.vllm.link import EngineProcess
from normsuite.engines.vllm.messages import Ask, ReadIds, Refused, Sample, ScoreTails
from normsuite.engines.vllm.rows import Usage, by_prefix, join_forms, own_seed, pick
from normsuite.engines.vllm.tries import make_trie

if TYPE_CHECKING:
    from normsuite.engines.vllm.spec import VllmSpec

_SLICE: Final = 64  # prompts of one message: the engine begins while the rest is on its way
_PARTS: Final = 3  # one in the engine, one waiting for it, one being rendered or written


class VllmEngine:
    """A checkpoint in a vLLM engine, behind the ``Engine`` contract."""

    def __init__(self, spec: VllmSpec, encoder: PromptEncoder, log: Path | None = None) -> None:
        """Nothing is loaded yet: ``load`` or the first request does, for what is asked.

        Args:
            spec: which model and how.
            encoder: its tokenizer.
            log: where vLLM's messages go.
        """
        self._spec, self._encoder, self._log = spec, encoder, log
        self.encode, self.encode_passages = encoder.encode, encoder.encode_passages
        self.label_tokens = encoder.label_tokens
        self.continuation_tokens = encoder.continuation_tokens
        self.usage, self.order = Usage(), by_prefix
        self.reads_ids = spec.reads_ids()
        self._switching, self._counting = threading.Lock(), threading.Lock()
        self._running: tuple[Way | None, EngineProcess] | None = None

    def load(self) -> None:
        """Start the engine that reads and generates.

        Raises:
            InputError: vLLM cannot run the model, or has no such argument.
        """
        self._process(None)

    @property
    def context_length(self) -> int:
        """The most tokens a request may have. Asking it starts no engine beside the one that is up."""
        if self._encoder.encoder:
            return encoder_context(self._encoder.encoder)
        running = self._running
        return (running[1] if running else self._process(None)).ready.context_length

    @property
    def parts_in_flight(self) -> int:
        """As many as keep the engine's queue filled while parts are rendered and written."""
        return _PARTS

    @property
    def pid(self) -> int | None:
        """The engine's process, which leads a group of its own; None before it is loaded."""
        return self._running[1].pid if self._running else None

    def read_labels(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.read_labels``."""
        ids = sorted({token for forms in label_ids for token in forms})
        if not self.reads_ids:
            return self._read_as_tails(prompts, label_ids, ids, advance)
        values, top, problems = self._read_ids(prompts, [ids], [0] * len(prompts), advance)
        log_probs = join_forms(values, ids, label_ids)
        return LabelReads(log_probs, np.exp(log_probs).sum(1), np.isin(top, ids), problems)

    def score_continuations(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance = unheard
    ) -> LabelReads:
        """See ``Engine.score_continuations``.

        Short labels are read along their trie: one label read for each branching point, which shares the
        prompt's cached prefix. Long ones take one pass per continuation.
        """
        trie = make_trie(continuations)
        if not self.reads_ids or len(trie.prefixes) > 2 * len(continuations):
            return self._score_tails(prompts, continuations, advance)
        n, m, k = len(prompts), len(trie.prefixes), len(continuations)
        sequences = [[*prompt, *prefix] for prompt in prompts for prefix in trie.prefixes]
        done = 0

        def in_pairs(requests: int, tokens: int) -> None:
            nonlocal done
            before, done = done * k // m, done + requests
            advance(done * k // m - before, tokens)

        values, top, refused = self._read_ids(sequences, trie.following, list(range(m)) * n, in_pairs)
        reads = values.reshape(n, m, -1)
        scores = np.stack([trie.log_likelihood(tokens, reads) for tokens in continuations], axis=1)
        problems = {row // m: problem for row, problem in refused.items()}
        first = [tokens[0] for tokens in continuations]
        return LabelReads(scores, np.exp(scores).sum(1), np.isin(top.reshape(n, m)[:, 0], first), problems)

    def generate(
        self, prompts: Sequence[Tokens], sampling: Sampling, advance: Advance = unheard
    ) -> list[tuple[Generation, ...]]:
        """See ``Engine.generate``.

        Each prompt draws by itself, so that answers do not depend on the batch. A stop text ends an answer
        inside its thinking too. Answers end where the tokenizer's or the checkpoint's end tokens say.
        """
        check_sampling(sampling)
        parameters: dict[str, Any] = {
            "n": sampling.samples,
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "stop": list(sampling.stop),
            "stop_token_ids": list(ends_of(self._spec.checkpoint, self._encoder.tokenizer)),
            "detokenize": bool(sampling.stop),
        }
        found: list[tuple[Generation, ...]] = [()] * len(prompts)
        seeds = [own_seed(sampling.seed, prompt) for prompt in prompts]
        for row, answer in self._stream(
            prompts,
            lambda rows: Sample(pick(prompts, rows), parameters, pick(seeds, rows), sampling.choices),
            advance,
        ):
            if isinstance(answer, Refused):
                found[row] = (Generation("", "", 0, "error", answer.reason),) * sampling.samples
                continue
            tokenizer = self._encoder.tokenizer
            opened = opens_thinking(tokenizer, prompts[row], sampling.thinking)
            found[row] = tuple(
                to_generation(tokenizer, one.tokens, sampling, one.finish == "stop", opened) for one in answer
            )
        return found

    def embed(
        self,
        prompts: Sequence[Tokens],
        pooling: Pooling,
        advance: Advance = unheard,
        *,
        spans: Sequence[Span | None] | None = None,
    ) -> NDArray[np.float32]:
        """See ``Engine.embed``. An engine generates or pools: the one that is up makes way."""
        return self.embed_layers(prompts, pooling, (pooling.layer,), advance)[:, 0]

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
            InputError: as the contract says; a layer inside the model or a span, which vLLM does not give.
        """
        refuse_what_vllm_lacks(pooling, layers)
        way = chosen_way(pooling, self._spec.checkpoint)
        if self._encoder.encoder:
            refuse_unfit(prompts, self.context_length, self._encoder.encode([""])[0])
        return read_vectors(prompts, lambda ask: self._stream(prompts, ask, advance, way))[:, None]

    def close(self) -> None:
        """See ``Engine.close``."""
        if self._running:
            self._running[1].close()

    def _process(self, pooling: Way | None) -> EngineProcess:
        """The engine that reads and generates (None), or one that pools so; never both.

        Raises:
            InputError: an encoder is asked for answers; vLLM cannot run the model.
        """
        if pooling is None and self._encoder.encoder:
            refuse_answers(self._encoder.encoder)
        with self._switching:
            if self._running and self._running[0] == pooling:
                return self._running[1]
            self.close()
            self._running = None  # what is closed is no engine, even if the next does not start
            process = EngineProcess(self._spec.start_message(pooling), self._spec.environment(), self._log)
            self._running = pooling, process
            return process

    def _stream(
        self,
        prompts: Sequence[Tokens],
        ask: Callable[[list[int]], Ask],
        advance: Advance,
        pooling: Way | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Each prompt's row and answer, as they come; sent in the order in which shared prefixes meet."""
        order = self.order(prompts)
        slices = [order[start : start + _SLICE] for start in range(0, len(order), _SLICE)]
        for place, answers in self._process(pooling).ask([ask(rows) for rows in slices]):
            rows = [slices[place][at] for at, _ in answers]
            yield from zip(rows, (answer for _, answer in answers), strict=True)
            advance(len(rows), sum(len(prompts[row]) for row in rows))

    def _read_ids(
        self, prompts: Sequence[Tokens], sets: Sequence[Sequence[int]], which: Sequence[int], advance: Advance
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], dict[int, Problem]]:
        """Log-probabilities [n, longest set] of the ids in each prompt's set, top tokens [n], what failed."""
        longest = max(len(ids) for ids in sets)
        refuse_many(longest)
        values, top = np.full((len(prompts), longest), np.nan), np.full(len(prompts), -1)
        problems: dict[int, Problem] = {}
        sent = cached = 0
        for row, answer in self._stream(
            prompts, lambda rows: ReadIds(pick(prompts, rows), sets, pick(which, rows)), advance
        ):
            if isinstance(answer, Refused):
                problems[row] = Problem("error", answer.reason)
                continue
            if np.isnan(answer.log_probs).any():
                problems[row] = Problem("error", "the model's output is not a number (try another --dtype)")
                continue
            values[row, : len(answer.log_probs)], top[row] = answer.log_probs, answer.top
            sent, cached = sent + len(prompts[row]), cached + answer.cached
        with self._counting:
            self.usage.sent += sent
            self.usage.cached += cached
        return values, top, problems

    def _read_as_tails(
        self, prompts: Sequence[Tokens], label_ids: Sequence[Tokens], ids: list[int], advance: Advance
    ) -> LabelReads:
        """The older way to read labels: each of their tokens as a continuation of its own."""
        reads = self._score_tails(prompts, [[token] for token in ids], advance)
        log_probs = join_forms(reads.log_probs, ids, label_ids)
        return LabelReads(log_probs, np.exp(log_probs).sum(1), reads.top_is_label, reads.problems)

    def _score_tails(
        self, prompts: Sequence[Tokens], continuations: Sequence[Tokens], advance: Advance
    ) -> LabelReads:
        """One pass per prompt and continuation."""
        n, k = len(prompts), len(continuations)
        sequences = [[*prompt, *tokens] for prompt in prompts for tokens in continuations]
        starts = [len(prompt) for prompt in prompts for _ in continuations]
        scores, is_top = np.full(n * k, np.nan), np.zeros(n * k, np.bool_)
        problems: dict[int, Problem] = {}

        def ask(rows: list[int], by_ids: bool, told: Advance) -> None:
            chosen, begins = [sequences[row] for row in rows], [starts[row] for row in rows]
            for at, answer in self._stream(
                chosen, lambda part: ScoreTails(pick(chosen, part), pick(begins, part), by_ids), told
            ):
                if isinstance(answer, Refused):
                    problems[rows[at] // k] = Problem("error", answer.reason)
                else:
                    scores[rows[at]], is_top[rows[at]] = answer

        by_ids = self._process(None).ready.scores_ids
        ask(list(range(n * k)), by_ids, advance)
        on_top: NDArray[np.bool_] = is_top.reshape(n, k).max(axis=1)
        if by_ids:
            # A prefill that starts past the tail drops its scores: those are asked again in the older way.
            # Which token is on top is told by a label read only.
            ask([row for row in np.flatnonzero(np.isnan(scores)) if row // k not in problems], False, unheard)
            first = sorted({tokens[0] for tokens in continuations})
            on_top = np.isin(self._read_ids(prompts, [first], [0] * n, unheard)[1], first)
        for row in np.flatnonzero(np.isnan(scores)):
            problems.setdefault(int(row) // k, Problem("error", "vLLM returned no scores"))
        matrix = scores.reshape(n, k)
        return LabelReads(matrix, np.exp(matrix).sum(1), on_top, problems)
