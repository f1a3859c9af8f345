"""Requests to one server: so many at a time, tried again with patience, each answered or given up for good.

Three kinds of trouble are told apart. *Busy* (429): the server is left alone for as long as it asks.
*Passing* (5xx, a dropped connection, half an answer): the request is tried a few times. *Gone*: nothing else
is answered either; then all wait until it is back, or until ``patience`` is over.
"""

from __future__ import annotations

import asyncio
import os
import queue
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    RetryError,
    retry_if_exception_type,
    retry_if_not_result,
    stop_after_attempt,
)

from normsuite.engines.base import Problem
from normsuite.engines.openai.failures import (
    KEY,
    BrokenAnswerError,
    BusyError,
    PassingError,
    RefusedError,
    from_connection,
    from_status,
    no_such_host,
    one_line,
)
from normsuite.engines.openai.loop import LoopThread
from normsuite.engines.openai.timing import Timing
from normsuite.errors import InputError

_T = TypeVar("_T")

_NO_KEY: Final = "none"  # for servers that ask for none; the client needs one


@dataclass(frozen=True)
class Request(Generic[_T]):
    """What is asked, and how the answer is read.

    Attributes:
        path: below the server's address.
        body: of a POST; None is a GET.
        read: the answer's text to a reading; raises ``ValueError`` on anything that is not a whole answer.
    """

    path: str
    body: Mapping[str, Any] | None
    read: Callable[[str], _T]


class Client:
    """An OpenAI-compatible server. May be used by several threads, and closed by any."""

    def __init__(
        self, base_url: str, concurrency: int, timing: Timing, note: Callable[[str], None] = lambda line: None
    ) -> None:
        """Ask nothing yet.

        Args:
            base_url: the server's address, which ends in ``/v1`` as a rule.
            concurrency: most requests at once.
            timing: how long things may take.
            note: told in a line when the server is gone and when it is back.
        """
        from openai import AsyncOpenAI, Timeout

        patience = max(timing.patience_s, timing.sign_of_life_s)
        self._server = AsyncOpenAI(
            base_url=base_url,
            api_key=os.environ.get(KEY) or _NO_KEY,
            max_retries=0,
            timeout=Timeout(patience, connect=timing.sign_of_life_s, pool=None),
        )
        self.address, self._timing, self._note = base_url, timing, note
        self._slots, self._asking_for_life = asyncio.Semaphore(concurrency), asyncio.Lock()
        self._sign_of_life: Request[Any] | None = None
        self._heard_at, self._not_before = 0.0, 0.0
        self._loop = LoopThread("openai")

    def show_life_with(self, request: Request[Any]) -> None:
        """Take a request that the server is known to answer as the sign that it is there."""
        self._sign_of_life = request

    def ask(self, requests: Sequence[Request[_T]]) -> Iterator[tuple[int, _T | Problem]]:
        """Each request's place and answer, as they come; begun in the order given.

        Raises:
            InputError: the server is gone, does not accept the key, or does not know the model; the engine
                was closed.
        """
        results: queue.SimpleQueue[tuple[int, _T | Problem] | None] = queue.SimpleQueue()
        asked = self._loop.submit(self._ask_all(requests, results.put))
        asked.add_done_callback(lambda _: results.put(None))
        try:
            while (found := results.get()) is not None:
                yield found
            asked.result()
        except CancelledError:
            raise InputError("the engine was closed") from None
        finally:
            asked.cancel()

    def ask_once(self, request: Request[_T]) -> _T:
        """The answer to one request, tried again where that helps.

        Raises:
            RefusedError: the server does not answer such requests.
            InputError: as ``ask``.
        """
        asked = self._loop.submit(self._settle(request))
        try:
            return asked.result()
        except CancelledError:
            raise InputError("the engine was closed") from None
        finally:
            asked.cancel()

    def close(self) -> None:
        """End all requests at once. May be called twice, and from another thread."""
        self._loop.close(self._server.close())

    async def _ask_all(
        self, requests: Sequence[Request[_T]], tell: Callable[[tuple[int, _T | Problem]], None]
    ) -> None:
        async def ask(place: int, request: Request[_T]) -> None:
            try:
                answer: _T | Problem = await self._settle(request)
            except RefusedError as error:
                if error.status == 404:
                    raise InputError(str(error), file=self.address) from None
                answer = error.problem
            tell((place, answer))

        tasks = [asyncio.create_task(ask(place, request)) for place, request in enumerate(requests)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _settle(self, request: Request[_T]) -> _T:
        """The answer, after as many tries as it takes or as are allowed."""
        tries = AsyncRetrying(
            retry=retry_if_exception_type(PassingError),
            wait=self._timing.pauses(),
            stop=stop_after_attempt(self._timing.tries),
            reraise=True,
        )
        async with self._slots:
            try:
                return await tries(self._try, request)
            except PassingError as error:
                raise RefusedError(0, Problem("error", f"{error} ({self._timing.tries} tries)")) from None

    async def _try(self, request: Request[_T]) -> _T:
        """One try that counts: a busy server and one that is gone are waited for.

        Raises:
            PassingError: it failed although the server is there.
            RefusedError: it will always fail.
            InputError: patience is over.
        """
        began = time.monotonic()
        busy = AsyncRetrying(
            retry=retry_if_exception_type(BusyError),
            wait=self._timing.pauses_unless_asked(),
            stop=lambda _: self._silence(began) > self._timing.patience_s,
            reraise=True,
        )
        try:
            return await busy(self._send, request)
        except BusyError as error:
            fix = "wait and repeat the command, or lower --concurrency"
            raise InputError(str(error), file=self.address, fix=fix) from None
        except PassingError as error:
            await self._until_alive(began, error)
            raise

    async def _until_alive(self, since: float, failure: PassingError) -> None:
        """Come back when the server has answered something since then.

        Raises:
            InputError: it did not before patience was over.
        """
        # While nothing is known that it answers, a strange answer is no sign of its being gone.
        if self._sign_of_life is None and isinstance(failure, BrokenAnswerError):
            return
        async with self._asking_for_life:
            polling = AsyncRetrying(
                retry=retry_if_not_result(bool),
                wait=self._timing.pauses(),
                stop=lambda _: self._silence(since) > self._timing.patience_s,
                before_sleep=lambda state: self._note_gone(state, failure),
            )
            try:
                await polling(self._is_alive, since)
            except RetryError:
                what = f"{failure}; nothing was answered for {self._silence(since):.0f} s"
                fix = "start the server and repeat the command, or give it more time with --patience"
                raise InputError(what, file=self.address, fix=fix) from None
            if polling.statistics["attempt_number"] > 1:
                self._note("the server is back")

    def _note_gone(self, state: RetryCallState, failure: PassingError) -> None:
        if state.attempt_number == 1:
            self._note(f"the server is gone: {failure}")

    async def _is_alive(self, since: float) -> bool:
        if self._heard_at > since or self._not_before > time.monotonic():
            return True
        sign = self._sign_of_life or Request("/models", None, lambda text: text)
        try:
            async with asyncio.timeout(self._timing.sign_of_life_s):
                await self._send(sign)
        except (BusyError, RefusedError):
            return True
        except (PassingError, TimeoutError):
            return False
        return True

    def _silence(self, since: float) -> float:
        """Seconds since anything was answered, or since then if that is shorter."""
        return time.monotonic() - max(self._heard_at, since)

    async def _send(self, request: Request[_T]) -> _T:
        """One request and its answer."""
        from openai import APIConnectionError, APIStatusError

        await self._stay_away()
        try:
            if request.body is None:
                text = await self._server.get(request.path, cast_to=str)
            else:
                text = await self._server.post(request.path, cast_to=str, body=dict(request.body))
        except APIStatusError as error:
            failure = from_status(error)
            self._learn(failure)
            raise failure from None
        except APIConnectionError as error:
            if no_such_host(error) and self._heard_at == 0.0:
                raise InputError("no such host", file=self.address, field="--base-url") from None
            raise from_connection(error) from None
        try:
            reading = request.read(text)
        except ValueError as error:
            raise BrokenAnswerError(f"a broken answer ({one_line(str(error))})") from None
        self._heard_at = time.monotonic()
        return reading

    def _learn(self, failure: Exception) -> None:
        """A refusal is a sign of life; a busy server wants all requests to stay away."""
        now = time.monotonic()
        if isinstance(failure, RefusedError):
            self._heard_at = now
        if isinstance(failure, BusyError) and failure.wait_s is not None:
            if failure.wait_s > self._timing.patience_s:
                what = f"the server asks to be left alone for {failure.wait_s:.0f} s, longer than --patience"
                raise InputError(what, file=self.address, fix="repeat the command later")
            self._not_before = max(self._not_before, now + failure.wait_s)

    async def _stay_away(self) -> None:
        while (left := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(left + random.uniform(0, self._timing.first_wait_s))
