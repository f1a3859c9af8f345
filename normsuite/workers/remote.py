"""What workers in other processes have in common, on this machine or in a cluster.

One process gives parts out and hears what became of them (``Ledger``); each of the others holds an engine
and works on what it receives (``serve``). They share no queue and no lock, which a killed process could keep:
each worker has a line of its own, and what was with a lost one is given again.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from normsuite.engines import EngineSpec
from normsuite.errors import InputError
from normsuite.progress import Progress
from normsuite.questions import Question
from normsuite.workers.parts import Job, Part, Predictor, Tally

RETRIES: Final = 2
"""How often a part is given again after its worker was lost."""
_PULSE: Final = 0.2  # seconds between two messages about the same part


class Ready(NamedTuple):
    """A worker's engine is up and takes so many parts at once."""

    at_once: int


class Advanced(NamedTuple):
    """A part is done to this share (0 to 1), for which the model has read so many tokens."""

    part: Part
    share: float
    tokens: int


class Done(NamedTuple):
    """A part is in its place."""

    part: Part


class Failed(NamedTuple):
    """The work cannot go on: a user's mistake, or else a fault of ours and where it happened."""

    mistake: InputError | None
    trace: str


Message = Ready | Advanced | Done | Failed


def failure(error: Exception) -> Failed:
    """The message for an exception."""
    if isinstance(error, InputError):
        return Failed(error, "")
    return Failed(None, "".join(traceback.format_exception(error)))


def serve(job: Job, log: Path, receive: Callable[[], Part | None], tell: Callable[[Message], object]) -> None:
    """Hold an engine and work on the parts that are received, until there is None.

    Args:
        job: what the parts belong to.
        log: where the engine's messages go.
        receive: waits for the next part.
        tell: hears what becomes of them; called from several threads.
    """
    try:
        engine = job.spec.start(log)
    except Exception as error:
        tell(failure(error))
        return
    threads = ThreadPoolExecutor(engine.parts_in_flight, "part")
    try:
        try:
            predictor = Predictor(job, engine)
        except Exception as error:
            tell(failure(error))
            return
        tell(Ready(engine.parts_in_flight))
        while (part := receive()) is not None:
            threads.submit(_predict, predictor, part, tell)
    finally:
        # Not awaited: a thread that waits for the engine ends when the engine is closed.
        threads.shutdown(wait=False, cancel_futures=True)
        engine.close()


def _predict(predictor: Predictor, part: Part, tell: Callable[[Message], object]) -> None:
    told = 0.0

    def advance(share: float, tokens: int) -> None:
        nonlocal told
        if share == 1 or time.monotonic() - told > _PULSE:
            told = time.monotonic()
            tell(Advanced(part, share, tokens))

    try:
        predictor.predict(part, advance)
    except Exception as error:
        tell(failure(error))
    else:
        tell(Done(part))


class Ledger:
    """Which part is with which worker; used from one thread."""

    def __init__(self, job: Job, parts: Sequence[Part], workers: int, progress: Progress) -> None:
        """All parts wait.

        Args:
            job: what the parts belong to.
            parts: those to do, in the order in which they are given out.
            workers: how many engines there will be.
            progress: told of engines that are up, then of each task.
        """
        self._job, self._parts, self._progress = job, parts, progress
        self._waiting, self._given = deque(parts), dict[Part, int]()
        self._room: dict[int, int] = {}
        self._losses: Counter[Part | None] = Counter()
        self._workers, self._loaded = workers, 0
        self._tally: Tally | None = None
        progress("loading the model", 0, workers)

    @property
    def waiting(self) -> bool:
        """Whether a part is with nobody."""
        return bool(self._waiting)

    @property
    def open(self) -> bool:
        """Whether a part is not in its place yet."""
        return bool(self._waiting or self._given)

    def take(self, worker: int) -> Part | None:
        """The next part for a worker; None if it has enough or none is left.

        A worker whose engine loads has one: whatever ends it time and again, some part counts it.
        """
        held = sum(owner == worker for owner in self._given.values())
        if not self._waiting or held >= self._room.get(worker, 1):
            return None
        part = self._waiting.popleft()
        self._given[part] = worker
        return part

    def hear(self, worker: int, message: Message) -> None:
        """Take down what a worker tells.

        Raises:
            InputError: it met a user's mistake, or an engine that cannot go on.
            RuntimeError: it met a fault of ours.
        """
        match message:
            case Ready(at_once):
                self._room[worker] = at_once
                if self._loaded < self._workers:
                    self._loaded += 1
                    self._progress("loading the model", self._loaded, self._workers)
                self._tally = self._tally or Tally(self._job, self._parts, self._progress)
            case Advanced(part, share, tokens):
                assert self._tally is not None
                self._tally.advance(part, share, tokens)
            case Done(part):
                del self._given[part]
            case Failed(mistake, trace):
                raise mistake or RuntimeError(f"a worker failed:\n{trace}")

    def lost(self, worker: int, how: str) -> None:
        """A worker is gone: its parts wait again, in front.

        Args:
            worker: which.
            how: it ended, in a few words.

        Raises:
            InputError: a part has lost too many workers.
        """
        self._room.pop(worker, None)
        held = [part for part, owner in self._given.items() if owner == worker]
        again: list[Part] = []
        for part in held:
            del self._given[part]
            # A worker may end between putting a part in place and telling: nothing is asked twice.
            if not self._job.done(part):
                again.append(part)
            elif self._tally:
                self._tally.advance(part, 1.0, 0)
        self._waiting.extendleft(reversed(again))
        if not held:
            self._count_loss(None, how)
        for part in again:
            self._count_loss(part, how)

    def _count_loss(self, part: Part | None, how: str) -> None:
        self._losses[part] += 1
        if self._losses[part] > RETRIES:
            where = f"at the same part ({part.task}, part {part.number})" if part else "before it began"
            raise InputError(
                f"a worker was lost {RETRIES + 1} times {where}, the last time by {how}",
                fix=f"see engine*.log in {self._job.run.path}; if memory is short, use fewer workers; "
                "the same command continues where it was",
            )


def lean(job: Job) -> Job:
    """The job without what only the process that gives parts out needs: it travels."""
    return replace(job, questions=[_lean(question) for question in job.questions])


def _lean(question: Question) -> Question:
    # Not a slice of no rows: Arrow would send the whole table with it.
    none = question.items.schema.empty_table()
    adapted = replace(question.adapted, items=none, set_aside=question.adapted.set_aside.schema.empty_table())
    return replace(question, adapted=adapted, train=none)


def devices_each(spec: EngineSpec) -> int:
    """How many devices one engine spreads over: tensor times pipeline parallel."""
    options = dict(getattr(spec, "options", ()))
    return int(options.get("tensor_parallel_size", 1)) * int(options.get("pipeline_parallel_size", 1))


def shared_cores(count: int) -> dict[str, str]:
    """Variables with which ``count`` engines share this machine's cores; those that are set already win."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = {"OMP_NUM_THREADS": str(max(1, cores // count))}
    if count > 1:
        # Left alone, every vLLM engine would bind its threads to the same cores.
        wanted["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"
    return {name: os.environ.get(name, value) for name, value in wanted.items()}
