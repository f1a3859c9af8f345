"""What vLLM says when it fails, in a line, with what to do."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import shorten
from typing import Final

from normsuite.engines.vllm.messages import Failed
from normsuite.errors import InputError

_ERROR_LINE: Final = re.compile(r"(?:^|\s)(?:\w+\.)*(\w*(?:Error|Exception)): (\S.*)$")
_LOST: Final = ("EngineDeadError", "ZMQError")  # what is raised here when another of vLLM's processes is gone
_LONGEST: Final = 240  # characters of a reason

_REMEDIES: Final = (
    (
        re.compile(r"free memory on device|less than desired", re.IGNORECASE),
        "lower `--engine-option gpu_memory_utilization=`, or end what else is in the device's memory",
    ),
    (
        re.compile(r"KV cache|no available memory|cache blocks", re.IGNORECASE),
        "lower `--engine-option max_model_len=`, raise `gpu_memory_utilization=` (on a CPU the variable "
        "VLLM_CPU_KVCACHE_SPACE), or spread the model with `--tensor-parallel`",
    ),
    (
        re.compile(r"out of memory", re.IGNORECASE),
        "lower `--engine-option gpu_memory_utilization=` or `max_num_seqs=`, or spread the model with "
        "`--tensor-parallel`",
    ),
    (
        re.compile(r"max_model_len|max_num", re.IGNORECASE),
        "mend that `--engine-option`",
    ),
)
_NO_SUCH_MODEL: Final = re.compile(
    r"architectures?\b.*(not|un)\s?supported|model.*(does|is) not support", re.IGNORECASE
)


class UnsupportedError(InputError):
    """vLLM does not run this model, and nothing the user set would change that."""


def start_error(failed: Failed, log: Path, begin: int = 0) -> InputError:
    """Why an engine did not start, and what to do about it.

    Args:
        failed: what it said.
        log: where it printed.
        begin: the byte of the log at which it began to.
    """
    if failed.kind == InputError.__name__:
        return InputError(failed.message)
    reason = _reason(failed, log, begin)
    told = f"{failed.message}\n{reason}"
    what = f"vLLM cannot run this model ({failed.kind}: {reason})"
    if _NO_SUCH_MODEL.search(told):
        return UnsupportedError(what, fix="use `--engine transformers`, or let `--fallback` do it")
    if remedy := _remedy(told):
        return InputError(what, fix=remedy)
    return UnsupportedError(what, fix=f"see {log}")


def broke_error(failed: Failed, log: Path, begin: int = 0) -> InputError:
    """Why an engine that was up broke, and what to do about it; arguments as of ``start_error``."""
    reason = _reason(failed, log, begin)
    remedy = _remedy(f"{failed.message}\n{reason}") or "see its messages there"
    return InputError(
        f"the vLLM engine broke ({failed.kind}: {reason})",
        file=log,
        fix=f"{remedy}; the same command continues where it was",
    )


def _reason(failed: Failed, log: Path, begin: int) -> str:
    """What the message says; where it only points to another process's words, those."""
    reason = plain_reason(failed.message)
    if failed.kind in _LOST:
        return last_error(log, begin) or "one of its processes ended"
    if "root cause" in reason.lower() or not reason:
        return last_error(log, begin) or reason
    return reason


def _remedy(told: str) -> str | None:
    return next((fix for pattern, fix in _REMEDIES if pattern.search(told)), None)


def plain_reason(message: str) -> str:
    """The line of a message that says what is wrong: of a validation report, the first that is no heading."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if len(lines) > 1 and re.match(r"\d+ validation errors?", lines[0]):
        lines = lines[1:]
        if len(lines) > 1 and re.fullmatch(r"[\w.]+", lines[0]):
            lines = lines[1:]
    # What follows: the offending value, or the names of all models that vLLM does have.
    told = re.sub(r"\s*(\[type=|Supported architectures).*$", "", lines[0]) if lines else ""
    return shorten(told, _LONGEST, placeholder=" …")


def last_error(log: Path, begin: int = 0) -> str:
    """The last error that a process of the engine printed, but for those that only point to another.

    Args:
        log: where it printed.
        begin: the byte from which to read: before it are the words of earlier engines.
    """
    try:
        lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()
    except OSError:
        return ""
    found = [match for line in lines if (match := _ERROR_LINE.search(line))]
    told = [match for match in found if "root cause" not in match[2].lower()]
    return shorten(f"{told[-1][1]}: {told[-1][2]}", _LONGEST, placeholder=" …") if told else ""
