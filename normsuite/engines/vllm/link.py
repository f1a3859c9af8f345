"""The parent's end: starts the child that holds the engine, sends requests, deals out answers, cleans up."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from normsuite.engines.vllm.failures import broke_error, start_error
from normsuite.engines.vllm.messages import Ask, Failed, Ready, Start
from normsuite.errors import InputError

_GOODBYE: Final = 20.0  # seconds for the engine to end by itself

Answers = Sequence[tuple[int, Any]]
_Inbox = queue.SimpleQueue[tuple[int, Answers] | None]


class EngineProcess:
    """A child process with one vLLM engine in it."""

    def __init__(self, start: Start, environment: Mapping[str, str], log: Path | None) -> None:
        """Start the child and wait until its engine is up.

        Args:
            start: what engine.
            environment: variables on top of this process's own.
            log: where everything vLLM prints goes; None keeps it only if something went wrong.

        Raises:
            InputError: the engine cannot be started.
        """
        self._log, self._keep_log = log or temporary_log(), log is not None
        ours, theirs = socket.socketpair()
        with self._log.open("ab") as output, theirs:
            self._log_begin = output.tell()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "normsuite.engines.vllm.process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is ours; and the group can be ended as one
            )
        self._connection = Connection(ours.detach())
        self._sending, self._tickets = threading.Lock(), itertools.count()
        self._waiting: dict[int, tuple[_Inbox, int]] = {}
        self._failure: InputError | None = None
        self._closed = False
        try:
            self.ready = self._await_ready(start)
        except BaseException:
            # One that is still loading does not listen, and has nothing to put away.
            self._end(_GOODBYE if self._failure else 0.0)
            raise
        self._reader = threading.Thread(target=self._receive, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The child's process id, which is also its group's."""
        return self._child.pid

    def ask(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answers]]:
        """Send requests, and give answers as they come.

        Yields:
            Which of ``asks``, and (row, answer) for some of its prompts.

        Raises:
            InputError: the engine ended.
        """
        inbox: _Inbox = queue.SimpleQueue()
        tickets = [next(self._tickets) for _ in asks]
        missing = sum(len(ask.prompts) for ask in asks)
        try:
            for place, (ticket, ask) in enumerate(zip(tickets, asks, strict=True)):
                self._waiting[ticket] = inbox, place
                self._send((ticket, ask))
            while missing:
                arrived = inbox.get()
                if arrived is None:
                    raise self._failure or InputError("the vLLM engine was closed")
                missing -= len(arrived[1])
                yield arrived
        finally:
            for ticket in tickets:
                self._waiting.pop(ticket, None)

    def close(self) -> None:
        """End the child and all its processes; at once where the engine is broken."""
        self._end(0.0 if self._failure else _GOODBYE)

    def _end(self, patience: float) -> None:
        self._closed = True
        # Not a limit of the wait alone: a child that stands still would hold up the message too.
        impatient = threading.Timer(patience, self._kill)
        impatient.start()
        try:
            with contextlib.suppress(OSError, ValueError), self._sending:
                self._connection.send(None)
            self._child.wait()
        finally:
            impatient.cancel()
            self._kill()
            self._child.wait()
            if not self._keep_log and self._failure is None:
                self._log.unlink(missing_ok=True)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def _send(self, message: object) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except (OSError, ValueError):
            self._failure = self._failure or self._ended()
            raise self._failure from None

    def _await_ready(self, start: Start) -> Ready:
        try:
            self._connection.send(start)
            answer = self._connection.recv()
        except (EOFError, OSError):
            self._failure = self._ended()
            raise self._failure from None
        if isinstance(answer, Failed):
            self._failure = start_error(answer, self._log, self._log_begin)
            raise self._failure
        assert isinstance(answer, Ready)
        return answer

    def _receive(self) -> None:
        """Deal out answers until the child is gone."""
        try:
            while True:
                message = self._connection.recv()
                if isinstance(message, Failed):
                    self._failure = broke_error(message, self._log, self._log_begin)
                    self._wake_all()  # at once: a broken engine may take its time to end
                    continue
                ticket, answers = message
                # Whoever asked may have given up meanwhile.
                if waiting := self._waiting.get(ticket):
                    inbox, place = waiting
                    inbox.put((place, answers))
        except (EOFError, OSError):
            if self._failure is None and not self._closed:
                self._failure = self._ended()
            self._wake_all()

    def _wake_all(self) -> None:
        """Tell all who wait that no answer comes any more."""
        for inbox, _ in list(self._waiting.values()):
            inbox.put(None)

    def _ended(self) -> InputError:
        """Why the child is gone."""
        try:
            code = self._child.wait(5)
        except subprocess.TimeoutExpired:
            code = 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return InputError(
            f"the vLLM engine's process ended ({how})",
            file=self._log,
            fix="see its messages there; the same command continues where it was",
        )


def temporary_log() -> Path:
    """A new file for messages."""
    with tempfile.NamedTemporaryFile(prefix="vllm-", suffix=".log", delete=False) as file:
        return Path(file.name)
