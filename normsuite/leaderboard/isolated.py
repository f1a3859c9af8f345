"""Strangers' tables are looked into by a process of its own, which takes nothing along when it ends.

A damaged file can end the process that reads it, below all that Python could catch, or ask for more memory
than its metadata admits; the process may have no more than ``MOST_MEMORY``.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from normsuite import places
from normsuite.leaderboard.contents import Contents
from normsuite.leaderboard.problems import Problem
from normsuite.leaderboard.submission import Submission

MOST_MEMORY: Final = 16 * 2**30
"""Bytes of addresses, of which a check of the largest submission uses a part."""

_contents: Contents | None = None


class Isolated:
    """``Contents`` in another process, which begins anew after it was ended.

    Args:
        raw: local copies of data sets, by name.
    """

    def __init__(self, raw: Mapping[str, Path]) -> None:
        self._raw = dict(raw)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Isolated:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def problems(self, submission: Submission) -> list[Problem]:
        """What is wrong with a submission's tables."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                1, context, initializer=_begin, initargs=(self._raw, places.included())
            )
        try:
            return self._pool.submit(_problems, submission).result()
        except BrokenProcessPool:
            self._pool = None
            what = "ends the process that reads its tables: one is damaged, or made to do harm"
            return [Problem(submission.folder, what)]


def _begin(raw: Mapping[str, Path], included: Sequence[Path]) -> None:
    global _contents  # of this process
    with contextlib.suppress(ImportError, ValueError, OSError):  # where there is no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = MOST_MEMORY if most == resource.RLIM_INFINITY else min(most, MOST_MEMORY)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    for folder in included:
        places.include(folder)
    _contents = Contents(raw)


def _problems(submission: Submission) -> list[Problem]:
    assert _contents is not None
    return list(_contents.problems(submission))
