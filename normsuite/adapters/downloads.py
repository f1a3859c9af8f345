"""One file over HTTPS: streamed to disk, resumed where it broke off, tried again when the server is busy."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from normsuite.errors import InputError

Progress = Callable[[str, int, int], None]
"""Told (name, bytes done, bytes in all or 0 where unknown)."""

_ATTEMPTS: Final = 6
_LONGEST_WAIT_S: Final = 60.0
_BLOCK_BYTES: Final = 1 << 20
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_BACK_OFF: Final = wait_random_exponential(multiplier=1.0, max=_LONGEST_WAIT_S)


class _TransientError(Exception):
    """Worth another try; ``wait_s`` is how long the server asked us to stay away."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


def download(url: str, part: Path, name: str, progress: Progress) -> None:
    """Bring a file whole into ``part``; what an earlier try left is continued if the file is still the same.

    Args:
        url: an https address (http only on this machine itself).
        part: where the bytes go; they stay there when the download fails, beside a note of their version.
        name: what ``progress`` calls the file.
        progress: told the bytes so far.

    Raises:
        InputError: the server refuses, does not answer, or leads away from https; the disk cannot be written.
    """
    retrying = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=_wait,
        retry=retry_if_exception_type(_TransientError),
        reraise=True,
    )
    try:
        with _client(httpx.URL(url)) as client:
            retrying(_attempt, client, url, part, name, progress)
    except _TransientError as error:
        fix = "try again later: what has come is kept; or give a copy with --raw"
        raise InputError(f"cannot be downloaded: {error}", file=url, fix=fix) from error
    except (httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise InputError(f"cannot be downloaded: {error}", file=url) from error
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=part) from error
    _note(part).unlink(missing_ok=True)


def _client(url: httpx.URL) -> httpx.Client:
    """A client that only ever talks https; to this machine itself also http, if asked to from the start."""

    def refuse_insecure(request: httpx.Request) -> None:
        local = url.host in _LOOPBACK and request.url.host in _LOOPBACK
        if request.url.scheme != "https" and not local:
            raise InputError(f"leads to {request.url}, which is not https", file=str(url))

    return httpx.Client(
        follow_redirects=True,
        timeout=httpx.Timeout(30.0, connect=15.0),
        headers={"Accept-Encoding": "identity", "User-Agent": "normsuite"},
        event_hooks={"request": [refuse_insecure]},
    )


def _wait(state: RetryCallState) -> float:
    """Exponential back-off with jitter, or as long as the server asks if that is longer."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, _TransientError) else 0.0
    return max(_BACK_OFF(state), min(asked, _LONGEST_WAIT_S))


def _attempt(client: httpx.Client, url: str, part: Path, name: str, progress: Progress) -> None:
    """Ask for what is missing and append it; a server that sends the whole file starts it anew."""
    have, version = _kept(part)
    headers = {"Range": f"bytes={have}-", "If-Range": version} if have else {}
    try:
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink()
                raise _TransientError("the server has nothing after what is here already")
            _refuse_status(response, url)
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                part.unlink()
                raise _TransientError("the server sent another range than was asked for")
            done = have if resumed else 0
            length = response.headers.get("Content-Length", "")
            total = done + int(length) if length.isdigit() else 0
            _note(part).write_text(_version(response), encoding="utf-8")
            with part.open("ab" if resumed else "wb") as sink:
                for block in response.iter_raw(_BLOCK_BYTES):
                    sink.write(block)
                    done += len(block)
                    progress(name, done, total)
    except httpx.TransportError as error:
        raise _TransientError(f"{type(error).__name__}: {error}") from error


def _refuse_status(response: httpx.Response, url: str) -> None:
    status = f"the server answers {response.status_code} {response.reason_phrase}".rstrip()
    if response.status_code in _BUSY:
        raise _TransientError(status, _retry_after(response.headers.get("Retry-After", "")))
    if not response.is_success:
        raise InputError(f"cannot be downloaded: {status}", file=url, fix="or give a copy with --raw")


def _retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for: a number or a date (RFC 9110, section 10.2.3)."""
    if value.isdigit():
        return float(value)
    try:
        seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, math.ceil(seconds))


def _note(part: Path) -> Path:
    """The file beside a partial one that names its version."""
    return part.with_name(f"{part.name}.version")


def _version(response: httpx.Response) -> str:
    """What If-Range can compare: a strong entity tag, or else the date (RFC 9110, section 13.1.5)."""
    tag: str = response.headers.get("ETag", "")
    date: str = response.headers.get("Last-Modified", "")
    return tag if tag and not tag.startswith("W/") else date


def _kept(part: Path) -> tuple[int, str]:
    """Bytes of a partial file and the version they are of; (0, "") where it cannot be continued safely."""
    note = _note(part)
    if not part.is_file() or not note.is_file():
        return 0, ""
    version = note.read_text(encoding="utf-8")
    return (part.stat().st_size, version) if version else (0, "")
