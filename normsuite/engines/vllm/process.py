"""The child that holds a vLLM engine: takes requests from a socket, steps the engine, sends answers back.

Run as ``python -m normsuite.engines.vllm.process FD``. It leads a process group of its own; when the
parent is gone, however that happened, the whole group ends.
"""

from __future__ import annotations

import math
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

import numpy as np

from normsuite.engines.base import Pooling
from normsuite.engines.vllm.messages import (
    Ask,
    Embed,
    Failed,
    IdsRead,
    ReadIds,
    Ready,
    Refused,
    Sample,
    Sampled,
    ScoreTails,
    Start,
    TailScore,
)
from normsuite.engines.vllm.options import check_names

_LAST_WORDS: Final = 10.0  # seconds to say why, once the engine is lost


class _Waiting(NamedTuple):
    """A request in the engine: whose it is, and how its output becomes an answer."""

    ticket: int
    row: int
    read: Callable[[Any], object]


def main() -> None:
    """Serve one parent until it says stop or goes away."""
    connection = Connection(int(sys.argv[1]))
    start: Start = connection.recv()
    keep_from_forks(connection)
    inbox: queue.SimpleQueue[tuple[int, Ask] | None] = queue.SimpleQueue()
    # From now on, not only when the engine is up: loading takes minutes, and the parent may go meanwhile.
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    try:
        check_names(list(start.arguments))
        if start.only_check:
            connection.send(Ready(_model_config(start).max_model_len, scores_ids=False))
            return
        engine = _make_engine(start)
        ready = Ready(engine.model_config.max_model_len, start.pooling is None and _scores_ids(engine))
    except Exception as error:
        # Whatever vLLM raises is said in a line by the parent; the log beside it has the rest.
        connection.send(Failed(type(error).__name__, str(error)))
        return
    threading.Thread(target=_end_with_engine, args=(engine,), daemon=True).start()
    try:
        connection.send(ready)
        _serve(engine, inbox, connection)
    except Exception as error:
        connection.send(Failed(type(error).__name__, str(error)))
    finally:
        engine.engine_core.shutdown()


def keep_from_forks(connection: Connection) -> None:
    """Close the line in every process that is forked for the engine, so that it ends with this one."""
    os.register_at_fork(after_in_child=connection.close)


def _end_with_engine(engine: Any) -> None:
    """End all when vLLM's own processes are lost: its client may then wait for ever for their answers."""
    resources = getattr(engine.engine_core, "resources", None)  # none where the engine has no process
    if resources is None:
        return
    while not resources.engine_dead:
        time.sleep(1)
    time.sleep(_LAST_WORDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _model_config(start: Start) -> Any:
    from vllm import EngineArgs

    return EngineArgs(**start.arguments).create_model_config()


def _make_engine(start: Start) -> Any:
    from vllm import EngineArgs
    from vllm.v1.engine.llm_engine import LLMEngine

    arguments = dict(start.arguments)
    if start.pooling is not None:
        arguments |= {"runner": "pooling", "convert": "embed", "pooler_config": _pooler(start.pooling)}
    return LLMEngine.from_engine_args(EngineArgs(**arguments))


def _pooler(pooling: Pooling) -> Any:
    from vllm.config import PoolerConfig

    # Older versions call both arguments otherwise.
    known = {field.name for field in fields(PoolerConfig)}
    position = "seq_pooling_type" if "seq_pooling_type" in known else "pooling_type"
    unit_length = "use_activation" if "use_activation" in known else "normalize"
    return PoolerConfig(**{position: pooling.position.upper(), unit_length: pooling.normalise})


def _scores_ids(engine: Any) -> bool:
    """Whether the engine takes `prompt_logprob_token_ids`: tried with one small request."""
    from vllm import SamplingParams

    if not hasattr(SamplingParams(), "prompt_logprob_token_ids"):
        return False
    try:
        output = _answer_alone(engine, _tail_parameters([1, 1], 1, by_ids=True))
    except _refusals():
        return False
    return getattr(output, "prompt_token_id_logprobs", None) is not None


@cache
def _refusals() -> tuple[type[Exception], ...]:
    """What vLLM raises for a request that it does not take."""
    from vllm import exceptions

    own = getattr(exceptions, "VLLMValidationError", ValueError)
    return (ValueError, own)


def _answer_alone(engine: Any, parameters: Any) -> Any:
    engine.add_request("probe", _prompt([1, 1]), parameters)
    while engine.has_unfinished_requests():
        for output in engine.step():
            if output.finished:
                return output
    return None


def _receive(connection: Connection, inbox: queue.SimpleQueue[tuple[int, Ask] | None]) -> None:
    """Put what the parent sends into the inbox; end everything when the parent is gone."""
    try:
        while (message := connection.recv()) is not None:
            inbox.put(message)
        inbox.put(None)
    except (EOFError, OSError):
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _serve(engine: Any, inbox: queue.SimpleQueue[tuple[int, Ask] | None], connection: Connection) -> None:
    waiting: dict[str, _Waiting] = {}
    count = 0
    while True:
        # Only an engine with nothing to do waits for the next request.
        while not waiting or not inbox.empty():
            message = inbox.get()
            if message is None:
                return
            ticket, ask = message
            refused = []
            for row, (prompt, parameters, read) in enumerate(_requests(ask)):
                name = str(count)
                count += 1
                try:
                    engine.add_request(name, _prompt(prompt), parameters)
                except _refusals() as error:
                    refused.append((row, Refused(str(error))))
                else:
                    waiting[name] = _Waiting(ticket, row, read)
            if refused:
                connection.send((ticket, refused))
        answers: dict[int, list[tuple[int, object]]] = {}
        for output in engine.step():
            if output.finished:
                done = waiting.pop(output.request_id)
                answer = _given_up(output) or done.read(output)
                answers.setdefault(done.ticket, []).append((done.row, answer))
        for item in answers.items():
            connection.send(item)


def _given_up(output: Any) -> Refused | None:
    """A request that the engine took and did not finish; of embeddings there are none."""
    pieces = output.outputs if isinstance(output.outputs, list) else []
    ended = next((piece.finish_reason for piece in pieces if piece.finish_reason in ("abort", "error")), None)
    return Refused(f"vLLM gave the request up ({ended})") if ended else None


def _prompt(tokens: Sequence[int]) -> dict[str, Any]:
    return {"type": "token", "prompt_token_ids": tokens}


Request = tuple[Sequence[int], Any, Callable[[Any], object]]


def _requests(ask: Ask) -> list[Request]:
    """Each prompt with its parameters and the reading of its output."""
    match ask:
        case ReadIds(prompts, sets, which):
            kinds = [(_label_parameters(ids), _ids_reader(ids)) for ids in sets]
            return [(prompt, *kinds[kind]) for prompt, kind in zip(prompts, which, strict=True)]
        case ScoreTails(prompts, starts, by_ids):
            return [
                (prompt, _tail_parameters(prompt, start, by_ids=by_ids), _tail_reader(prompt, start, by_ids))
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


def _tail_parameters(prompt: Sequence[int], start: int, *, by_ids: bool) -> Any:
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


if __name__ == "__main__":
    main()
