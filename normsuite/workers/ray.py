"""A Ray cluster: actors that hold an engine each and write into a run folder that all machines see.

Actors, not Ray Data: the reads are ours (one request per prompt, labels by token id), parts must be those
that one process would write, and a part that is there is never asked again. What an actor has to tell it
tells in answer to one call after the other (`news`): a lost actor is the call that fails.
"""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from normsuite.engines import EngineSpec
from normsuite.errors import InputError
from normsuite.progress import Progress
from normsuite.workers.cluster import joined, refuse_missing
from normsuite.workers.local import describe_here
from normsuite.workers.match import absolute, matched, spec_here
from normsuite.workers.parts import Job, Part
from normsuite.workers.remote import Ledger, Message, devices_each, failure, lean, serve, shared_cores

_PATIENCE: Final = 600.0  # seconds without a word from any worker
_TICK: Final = 1.0  # seconds that a worker waits for news before it says that there are none
_GRACE: Final = 30.0  # seconds in which engines end by themselves after their work
_HASTE: Final = 5.0  # seconds in which they do when it is broken off
_CALLS: Final = 4  # at once on an actor: its work, a wait for news, a part given, one to spare
_NOBODY: Final = f"no worker of the Ray cluster was heard for {_PATIENCE:.0f} s"


@dataclass(frozen=True)
class RayWorkers:
    """Engines in a Ray cluster.

    Attributes:
        address: of the cluster, as ``ray.init`` takes it; None starts one on this machine and ends it
            afterwards. A connection that the program already has is used, and left.
        count: the most engines; work begins with the first.
    """

    address: str | None
    count: int
    _known: set[str] = field(default_factory=set, repr=False, compare=False)

    def describe(self, spec: EngineSpec | None) -> Mapping[str, Any]:
        """See ``Workers.describe``. What a worker of the cluster says, not this machine.

        Raises:
            InputError: nobody answers at the address, or the worker has no such engine or checkpoint.
        """
        refuse_missing()
        if spec is None or self.address is None:
            return describe_here(spec)
        with joined(self.address, self.count, self._known) as ray:
            ask = ray.remote(max_retries=2, **_needs(ray, spec))(_describe_there)
            try:
                told = ray.get(ask.remote(absolute(spec)), timeout=_PATIENCE)
            except ray.exceptions.GetTimeoutError:
                raise _too_small(ray, spec, _NOBODY) from None
            except ray.exceptions.RayError as error:
                raise _cannot_work(error) from None
        if isinstance(told, InputError):
            raise told
        return dict(told)

    def predict(self, job: Job, parts: Sequence[Part], progress: Progress) -> None:
        """See ``Workers.predict``. A part whose actor is lost is given to another, twice at most."""
        refuse_missing()
        run = replace(job.run, path=job.run.path.resolve())
        job = replace(lean(job), run=run, spec=absolute(job.spec))
        count = min(self.count, len(parts))
        ledger = Ledger(job, parts, count, progress)
        with joined(self.address, self.count, self._known) as ray:
            needed, here = _needs(ray, job.spec)["num_gpus"], ray.cluster_resources().get("GPU", 0)
            if self.address is None and needed > here:
                raise _too_small(ray, job.spec, "this machine has too few devices")
            crew = _Crew(ray, job, count, shared_cores(count) if self.address is None else {})
            grace = _HASTE
            try:
                while ledger.open:
                    crew.give_out(ledger)
                    crew.listen(ledger)
                grace = _GRACE
            finally:
                crew.end(grace)


def _cannot_work(error: Exception) -> InputError:
    return InputError(
        f"a worker of the Ray cluster cannot work ({_reason(error)})",
        fix="install the same normsuite and engine on every machine of the cluster",
    )


def _reason(error: Exception) -> str:
    """Of what Ray says the line that matters: the error that was met there, or else what comes first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "Error:" in line), (lines or [type(error).__name__])[0])


def _too_small(ray: Any, spec: EngineSpec, what: str) -> InputError:
    has = ray.cluster_resources()
    needs = ", ".join(
        f"{amount} {name}(s) of {has.get(name, 0):.0f}"
        for name, amount in (("CPU", 1), ("GPU", devices_each(spec)))
        if name == "CPU" or has.get("GPU")
    )
    return InputError(
        f"{what}: each needs {needs} in the cluster",
        fix="wait until it has room, or ask for less; the same command continues where it was",
    )


def _needs(ray: Any, spec: EngineSpec) -> dict[str, int]:
    """What one engine takes of the cluster."""
    return {"num_cpus": 1, "num_gpus": devices_each(spec) if ray.cluster_resources().get("GPU") else 0}


def _describe_there(spec: EngineSpec) -> Mapping[str, Any] | InputError:
    try:
        return describe_here(spec_here(spec))
    except InputError as error:
        # As a value: Ray would wrap what is raised.
        return error


class _Seat:
    """An engine in an actor of its own. Its methods run in threads."""

    def __init__(self) -> None:
        self._parts: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def work(self, job: Sequence[Any], number: int, environment: Mapping[str, str]) -> None:
        """Hold an engine until None is given.

        Args:
            job: reference to it; not the job itself, so that what does not unpack here can be told, too.
            number: of this worker.
            environment: variables of the engine.
        """
        import ray

        os.environ.update(environment)  # nothing has imported torch yet
        try:
            try:
                mine = matched(ray.get(job[0]))
            except ray.exceptions.RayError as error:
                raise _cannot_work(error) from None
        except Exception as error:
            self._news.put(failure(error))
            return
        serve(mine, mine.run.path / f"engine.{number}.log", self._parts.get, self._news.put)

    def give(self, part: Part | None) -> None:
        """Take a part, or the end."""
        self._parts.put(part)

    def news(self) -> list[Message]:
        """What happened since the last call; empty after a tick without any."""
        found: list[Message] = []
        with contextlib.suppress(queue.Empty):
            found.append(self._news.get(timeout=_TICK))
            while True:
                found.append(self._news.get_nowait())
        return found


class _Crew:
    """The actors, as the one who gives parts out sees them."""

    def __init__(self, ray: Any, job: Job, count: int, environment: Mapping[str, str]) -> None:
        self._ray, self._spec, self._count, self._environment = ray, job.spec, count, environment
        self._seat = ray.remote(max_concurrency=_CALLS, **_needs(ray, job.spec))(_Seat)
        self._job = [ray.put(job)]
        self._actors: dict[int, Any] = {}
        self._working: dict[int, Any] = {}
        self._news: dict[Any, int] = {}
        self._there: set[int] = set()
        self._heard = time.monotonic()

    def give_out(self, ledger: Ledger) -> None:
        """Keep every actor busy that is there, and ask for those that are missing while parts wait."""
        for number in self._there:
            while (part := ledger.take(number)) is not None:
                self._actors[number].give.remote(part)
        for number in range(self._count):
            if ledger.waiting and number not in self._actors:
                self._actors[number] = self._seat.remote()
                self._working[number] = self._actors[number].work.remote(self._job, number, self._environment)
                self._listen_to(number)

    def listen(self, ledger: Ledger) -> None:
        """Hear what there is to hear within a tick; take down who is lost.

        Raises:
            InputError: nobody says anything any more.
        """
        answered, _ = self._ray.wait(list(self._news), num_returns=1, timeout=2 * _TICK)
        for answer in answered:
            number = self._news.pop(answer)
            try:
                messages = self._ray.get(answer)
            except self._ray.exceptions.RayError as error:
                self._lose(number, ledger, error)
                continue
            self._heard = time.monotonic()
            self._there.add(number)
            for message in messages:
                ledger.hear(number, message)
            self._listen_to(number)
        if time.monotonic() - self._heard > _PATIENCE:
            raise _too_small(self._ray, self._spec, _NOBODY)

    def end(self, grace: float) -> None:
        """Let engines that are up close, and end every actor."""
        try:
            for number in self._there:
                self._actors[number].give.remote(None)
            closing = [self._working[number] for number in self._there]
            if closing:
                self._ray.wait(closing, num_returns=len(closing), timeout=grace)
        finally:
            for actor in self._actors.values():
                self._ray.kill(actor)

    def _listen_to(self, number: int) -> None:
        self._news[self._actors[number].news.remote()] = number

    def _lose(self, number: int, ledger: Ledger, error: Exception) -> None:
        # Perhaps it is only out of reach; it must not go on beside the one that takes its place.
        self._ray.kill(self._actors.pop(number))
        del self._working[number]
        self._there.discard(number)
        ledger.lost(number, _reason(error))
