"""Joining a Ray cluster for the time being: one that is there, or one of this machine's own."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from normsuite.errors import InputError

_ANSWERS: Final = 5.0  # seconds in which a machine takes a connection
_JOINS: Final = 40.0  # seconds in which a cluster lets a process join
_QUIET: Final = {"logging_level": "ERROR", "log_to_driver": False}
_PROBE: Final = f"import ray, sys; ray.init(address=sys.argv[1], **{_QUIET!r})"


def refuse_missing() -> None:
    """Raise unless Ray is installed.

    Raises:
        InputError: it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise InputError("Ray is not installed", fix="pip install 'normsuite[ray]'")


@contextmanager
def joined(address: str | None, engines: int, known: set[str]) -> Iterator[Any]:
    """Ray, connected to a cluster; a connection that the program already has is used, and left.

    Args:
        address: of the cluster; None starts one on this machine and ends it afterwards.
        engines: how many such a cluster has room for at least.
        known: addresses that answered before; this one is added.

    Raises:
        InputError: nobody answers there, or does not let us join.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        yield ray
        return
    if address is not None and address not in known:
        _refuse_silent(address)
        known.add(address)
    try:
        if address is None:
            cpus = max(engines, os.cpu_count() or 1)
            ray.init(address="local", num_cpus=cpus, include_dashboard=False, **_QUIET)
        else:
            ray.init(address=address, **_QUIET)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise _cannot_join(address, str(error)) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _refuse_silent(address: str) -> None:
    """Find out whether a cluster answers: Ray itself would try for minutes, and cannot be told not to.

    Raises:
        InputError: it does not, or does not let us join.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), _ANSWERS).close()
        except (OSError, OverflowError) as error:
            raise _cannot_join(address, f"{error}") from None
    try:
        tried = subprocess.run(
            [sys.executable, "-c", _PROBE, address], capture_output=True, text=True, timeout=_JOINS
        )
    except subprocess.TimeoutExpired:
        raise _cannot_join(address, f"no answer within {_JOINS:.0f} s") from None
    if tried.returncode:
        raise _cannot_join(address, (tried.stderr.strip().splitlines() or [""])[-1])


def _cannot_join(address: str | None, reason: str) -> InputError:
    reason = (reason.strip().splitlines() or ["no reason given"])[0]
    if address is None:
        return InputError(f"a Ray cluster cannot be started on this machine ({reason})")
    return InputError(
        f"no Ray cluster can be joined at {address} ({reason})",
        field="--address",
        fix="give HOST:PORT as `ray start --head` printed it, or leave --address out to use this machine",
    )
