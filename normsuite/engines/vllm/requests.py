"""From what is asked to vLLM's requests, and from its outputs to answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from normsuite.engines.vllm.messages import (
    Ask,
    Embed,
    IdsRead,
    ReadIds,
    Sample,
    Sampled,
    ScoreTails,
    TailScore,
)


def token_prompt(tokens: Sequence[int]) -> dict[str, Any]:
    """A prompt of token ids, as vLLM takes it without rendering."""
    return {"type": "token", "prompt_token_ids": tokens}


Request = tuple[Sequence[int], Any, Callable[[Any], object]]


def to_requests(ask: Ask) -> list[Request]:
    """Each prompt with its parameters and the reading of its output."""
    match ask:
        case ReadIds(prompts, sets, which):
            kinds = [(_label_parameters(ids), _ids_reader(ids)) for ids in sets]
            return [(prompt, *kinds[kind]) for prompt, kind in zip(prompts, which, strict=True)]
        case ScoreTails(prompts, starts, by_ids):
            return [
                (prompt, tail_parameters(prompt, start, by_ids=by_ids), _tail_reader(prompt, start, by_ids))
                for prompt, start in zip(prompts, starts, strict=True)
            ]
        case Sample(prompts, parameters, seeds, choices):
            return [
                (prompt, _sampling_parameters({**parameters, "seed": seed}, choices), _read_samples)
                for prompt, seed in zip(prompts, seeds, strict=True)
            ]
        case Embed(prompts):
            from vllm import PoolingParams

            return [(prompt, PoolingParams(task="embed"), _read_vector) for prompt in prompts]


def _parameters(**given: Any) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(output_kind=RequestOutputKind.FINAL_ONLY, **given)


def _label_parameters(ids: Sequence[int]) -> Any:
    return _parameters(
        max_tokens=1, temperature=0, logprob_token_ids=list(ids), flat_logprobs=True, detokenize=False
    )


def _ids_reader(ids: Sequence[int]) -> Callable[[Any], IdsRead]:
    def read(output: Any) -> IdsRead:
        completion = output.outputs[0]
        flat = completion.logprobs
        told = dict(zip(flat.token_ids, flat.logprobs, strict=True))
        return IdsRead([told[token] for token in ids], completion.token_ids[0], output.num_cached_tokens or 0)

    return read


def tail_parameters(prompt: Sequence[int], start: int, *, by_ids: bool) -> Any:
    """What scores the tokens of a prompt from ``start`` on."""
    given: dict[str, Any] = {"max_tokens": 1, "temperature": 0, "detokenize": False}
    if by_ids:
        tail = np.asarray(prompt[start:], np.int32)[:, None]
        return _parameters(**given, prompt_logprob_token_ids=tail, prompt_logprob_start=start - 1)
    # With 0 the prompt's own token and its rank come, nothing else. vLLM reads no cached prefix
    # then: forcing it to would give rows of uninitialised memory.
    return _parameters(**given, prompt_logprobs=0)


def _tail_reader(prompt: Sequence[int], start: int, by_ids: bool) -> Callable[[Any], TailScore]:
    def read_ids(output: Any) -> TailScore:
        rows = output.prompt_token_id_logprobs
        if rows is None:
            # Dropped where a prefill starts past the tail; the parent asks again in the other way.
            return TailScore(math.nan, False)
        return TailScore(float(np.asarray(rows, np.float64).sum()), False)

    def read_all(output: Any) -> TailScore:
        rows = output.prompt_logprobs
        if rows is None or len(rows) != len(prompt):
            return TailScore(math.nan, False)
        tail = [rows[at][prompt[at]] for at in range(start, len(prompt))]
        return TailScore(math.fsum(entry.logprob for entry in tail), tail[0].rank == 1)

    return read_ids if by_ids else read_all


def _sampling_parameters(given: dict[str, Any], choices: tuple[str, ...]) -> Any:
    if not choices:
        return _parameters(**given)
    from vllm.sampling_params import StructuredOutputsParams

    return _parameters(**given, structured_outputs=StructuredOutputsParams(choice=list(choices)))


def _read_samples(output: Any) -> list[Sampled]:
    return [
        Sampled(list(one.token_ids), "length" if one.finish_reason == "length" else "stop")
        for one in output.outputs
    ]


def _read_vector(output: Any) -> np.ndarray:
    return np.asarray(output.outputs.data.float().numpy(), np.float32)
