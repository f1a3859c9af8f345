"""What can go wrong between a request and its answer, and what it means."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from normsuite.engines.base import Problem
from normsuite.errors import InputError

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError

KEY: Final = "OPENAI_API_KEY"
_LONGEST_LINE: Final = 300  # characters of a server's message that are worth repeating
_PASSING: Final = frozenset({408, 409, 425})  # and every 5xx, except one that says "I cannot do that"
_NOT_IMPLEMENTED: Final = 501
_TOO_LONG: Final = re.compile(
    r"context.?(length|size|window)|max_model_len|maximum model length|too long|too many tokens",
    re.IGNORECASE,
)


class PassingError(Exception):
    """Worth another try; its text is one line."""


class BrokenAnswerError(PassingError):
    """The server answered, but not what was asked: no JSON, half of it, or a part is missing."""


class BusyError(PassingError):
    """The server asks to be left alone for a while.

    Attributes:
        wait_s: how long, in seconds; None where it does not say.
    """

    def __init__(self, why: str, wait_s: float | None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class RefusedError(Exception):
    """The server will never answer this request.

    Attributes:
        status: the HTTP status.
        problem: the reason, for the row.
    """

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.status, self.problem = status, problem


def from_status(error: APIStatusError) -> Exception:
    """What an answer with an error status means."""
    status, message = error.status_code, message_of(error.body)
    said = f"the server answers {status}" + (f": {message}" if message else "")
    if status == 401:
        # What a server says of a wrong key may hold the key.
        fix = f"check the key in {KEY}" if os.environ.get(KEY) else f"put the server's key into {KEY}"
        return InputError("the server answers 401: it does not accept the key", fix=fix)
    if status == 403:
        return InputError(said, fix=f"check what the key in {KEY} may do")
    if status == 429 and error.code == "insufficient_quota":
        return InputError(said, fix="the account has to be topped up")
    asked = retry_after(error.response.headers.get("retry-after", ""))
    if status == 429 or (status == 503 and asked is not None):
        return BusyError(said, asked)
    if status in _PASSING or (status >= 500 and status != _NOT_IMPLEMENTED):
        return PassingError(said)
    too_long = status in (400, 413, 422) and _TOO_LONG.search(
        f"{error.code or ''} {error.type or ''} {message}"
    )
    return RefusedError(status, Problem("too_long" if too_long else "error", said))


def from_connection(error: APIConnectionError) -> PassingError:
    """What it means that no whole answer came."""
    causes = list(_causes(error))
    deepest = next((cause for cause in reversed(causes) if str(cause)), error)
    return PassingError(
        f"no answer ({type(causes[0] if causes else error).__name__}: {one_line(str(deepest))})"
    )


def no_such_host(error: BaseException) -> bool:
    """Whether the address's host is not known to anyone."""
    return any(
        isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME for cause in _causes(error)
    )


def retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for, a number or a date; None if it does not say."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def message_of(body: object) -> str:
    """What a server says in the body of an error, in one line, without the key."""
    found: Any = body
    for name in ("error", "message", "detail"):
        if isinstance(found, dict) and name in found:
            found = found[name]
    return one_line(found if isinstance(found, str) else "" if found is None else str(found))


def one_line(text: str) -> str:
    """A server's words on one line of bearable length, without the key."""
    key = os.environ.get(KEY)
    line = " ".join((text.replace(key, "***") if key else text).split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exceptions behind an exception, the next first."""
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
