"""An event loop in a thread of its own, for a contract whose callers are threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from normsuite.errors import InputError

_T = TypeVar("_T")


class LoopThread:
    """Runs coroutines for other threads until it is closed; then all of them end at once."""

    def __init__(self, name: str) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Begin work; its future is cancelled when the loop is closed.

        Raises:
            InputError: the loop is closed.
        """
        # Under the lock, so that whatever is begun is begun before the closing and ended by it.
        with self._lock:
            if self._closed:
                work.close()
                raise InputError("the engine is closed")
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """End all work, then do a last piece, then stop. May be called twice, and from another thread.

        Args:
            last: what lets go of things that belong to the loop.
        """
        with self._lock:
            if self._closed:
                last.close()
                return
            self._closed = True
            ending = asyncio.run_coroutine_threadsafe(self._end(last), self._loop)
        try:
            ending.result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self, last: Coroutine[Any, Any, None]) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await last
