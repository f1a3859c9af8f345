"""Data parallel on one machine: N processes with an engine each, on devices of their own, and one run folder.

Plain processes, each on its own pipe: `ProcessPoolExecutor` gives up all work when one process is killed, a
`multiprocessing.Pool` waits for ever for it, and neither tells a process which device is its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from normsuite.engines import EngineSpec
from normsuite.errors import InputError
from normsuite.progress import Progress
from normsuite.workers.local import describe_here
from normsuite.workers.parts import Job, Part
from normsuite.workers.remote import Ledger, Message, Ready, devices_each, lean, serve, shared_cores

_TICK: Final = 1.0  # seconds between two looks whether a process is alive
_GRACE: Final = 30.0  # seconds in which engines end by themselves after their work
_HASTE: Final = 5.0  # seconds in which they do when it is broken off


@dataclass(frozen=True)
class ProcessWorkers:
    """Engines in processes of this machine.

    Attributes:
        count: the most processes.
    """

    count: int

    def describe(self, spec: EngineSpec | None) -> Mapping[str, Any]:
        """See ``Workers.describe``."""
        return describe_here(spec)

    def predict(self, job: Job, parts: Sequence[Part], progress: Progress) -> None:
        """See ``Workers.predict``. A part whose process is killed is given to another, twice at most."""
        places = environments(job, min(self.count, len(parts)))
        ledger = Ledger(job, parts, len(places), progress)
        workers: dict[int, _Worker] = {}
        grace, job = _HASTE, lean(job)
        try:
            while ledger.open:
                _give_out(ledger, job, workers, places)
                _listen(ledger, workers)
            grace = _GRACE
        finally:
            _end(list(workers.values()), grace)


def environments(job: Job, count: int) -> list[dict[str, str]]:
    """The variables of each of ``count`` processes: its own devices, or its share of the cores.

    Raises:
        InputError: too few devices, or one of them is named for all processes.
    """
    if job.run.manifest["engine"].get("device") != "cuda":
        return [shared_cores(count)] * count
    if ":" in getattr(job.spec, "device", ""):
        raise InputError("every process has devices of its own", field="--device", fix="give cuda")
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = named.split(",") if named else [str(number) for number in range(torch.cuda.device_count())]
    each = devices_each(job.spec)
    if len(devices) < count * each:
        raise InputError(
            f"{count} processes with {each} device(s) each need {count * each}, and {len(devices)} are here",
            field="--data-parallel",
            fix=f"give {max(1, len(devices) // each)}",
        )
    own = [devices[number * each : (number + 1) * each] for number in range(count)]
    return [{"CUDA_VISIBLE_DEVICES": ",".join(mine)} for mine in own]


class _Worker:
    """A process with an engine, as the parent sees it."""

    def __init__(self, job: Job, number: int, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_work, args=(theirs, number, dict(environment)), daemon=True
        )
        self.ready = False
        self.process.start()
        theirs.close()
        self.send(job)

    def send(self, message: Job | Part | None) -> None:
        # One that was just lost does not take it: that is seen when it is listened to.
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def kill(self) -> None:
        """End the process and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()  # before it leads a group of its own
        self.process.join()
        self.connection.close()


def _give_out(
    ledger: Ledger, job: Job, workers: dict[int, _Worker], places: Sequence[Mapping[str, str]]
) -> None:
    """Keep every worker busy, and start those that are missing while parts wait."""
    for number in sorted(range(len(places)), key=lambda number: number not in workers):
        while (part := ledger.take(number)) is not None:
            if number not in workers:
                workers[number] = _Worker(job, number, places[number])
            workers[number].send(part)


def _listen(ledger: Ledger, workers: dict[int, _Worker]) -> None:
    """Hear what there is to hear within a tick; take down who is lost."""
    heard = wait([worker.connection for worker in workers.values()], _TICK)
    for number, worker in list(workers.items()):
        try:
            if worker.connection in heard:
                message: Message = worker.connection.recv()
                worker.ready = worker.ready or isinstance(message, Ready)
                ledger.hear(number, message)
            elif not worker.process.is_alive() and not worker.connection.poll():
                raise EOFError
        except (EOFError, OSError):
            worker.kill()
            del workers[number]
            ledger.lost(number, _ending(worker.process.exitcode or 0))


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _end(workers: Sequence[_Worker], grace: float) -> None:
    """Let engines that are up close, and end every process."""
    try:
        closing = [worker for worker in workers if worker.ready]
        for worker in closing:
            worker.send(None)
        deadline = time.monotonic() + grace
        for worker in closing:
            worker.process.join(max(0.0, deadline - time.monotonic()))
    finally:
        for worker in workers:
            worker.kill()


def _work(connection: Connection, number: int, environment: Mapping[str, str]) -> None:
    """What a process does from its start to its end."""
    # A session of its own: Ctrl-C is the parent's to answer, and what the engine starts ends with its group.
    os.setsid()
    os.environ.update(environment)  # nothing has imported torch yet
    threading.Thread(target=_end_with_parent, daemon=True).start()
    telling = threading.Lock()

    def tell(message: Message) -> None:
        with telling:
            connection.send(message)

    with contextlib.suppress(EOFError, OSError):  # the parent ends
        job: Job = connection.recv()
        serve(job, job.run.path / f"engine.{number}.log", connection.recv, tell)
    # At once: threads that still wait for the closed engine have nothing to tell any more.
    os._exit(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.killpg(os.getpgrp(), signal.SIGKILL)
