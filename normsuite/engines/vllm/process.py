"""The child that holds a vLLM engine: takes requests from a socket, steps the engine, sends answers back.

Run as ``python -m normsuite.engines.vllm.process FD``. It leads a process group of its own; when the
parent is gone, however that happened, the whole group ends.
"""

from __future__ import annotations

import gc
import importlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

from normsuite.engines.vectors import Way
from normsuite.engines.vllm.messages import Ask, Failed, Ready, Refused, Start
from normsuite.engines.vllm.options import check_names
from normsuite.engines.vllm.requests import tail_parameters, to_requests, token_prompt

_LAST_WORDS: Final = 10.0  # seconds to say why, once the engine is lost


class _Waiting(NamedTuple):
    """A request in the engine: whose it is, and how its output becomes an answer."""

    ticket: int
    row: int
    read: Callable[[Any], object]


def main() -> None:
    """Serve one parent until it says stop or goes away."""
    connection = Connection(int(sys.argv[1]))
    try:
        start: Start = connection.recv()
    except (EOFError, OSError):
        return  # the parent was gone before it said what to load
    keep_from_forks(connection)
    inbox: queue.SimpleQueue[tuple[int, Ask] | None] = queue.SimpleQueue()
    # From now on, not only when the engine is up: loading takes minutes, and the parent may go meanwhile.
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    try:
        _import_vllm()
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


def _import_vllm() -> None:
    """Import vLLM without looking for garbage meanwhile: a quarter faster, and nothing of it is any."""
    gc.disable()
    try:
        importlib.import_module("vllm.v1.engine.llm_engine")
    finally:
        gc.enable()


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


def _pooler(pooling: Way) -> Any:
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
        output = _answer_alone(engine, tail_parameters([1, 1], 1, by_ids=True))
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
    engine.add_request("probe", token_prompt([1, 1]), parameters)
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
            for row, (prompt, parameters, read) in enumerate(to_requests(ask)):
                name = str(count)
                count += 1
                try:
                    engine.add_request(name, token_prompt(prompt), parameters)
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


if __name__ == "__main__":
    main()
    # All that is open is closed: what Python does at its end besides takes seconds where vLLM is loaded.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
