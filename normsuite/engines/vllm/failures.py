"""What vLLM says when it fails, in a line, with what to do."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import shorten
from typing import Final

from normsuite.engines.vllm.messages import Failed
from normsuite.errors import InputError

_ERROR_LINE: Final = re.compile(r"(?:^|\s)(?:\w+\.)*(\w*(?:Error|Exception)): (\S.*)$")
_LONGEST: Final = 240  # characters of a reason

_REMEDIES: Final = (
    (
        re.compile(r"out of memory|free memory|available memory|KV cache|No available memory", re.IGNORECASE),
        "lower `--engine-option max_model_len=` or `gpu_memory_utilization=`, or spread the model with "
        "`--tensor-parallel`",
    ),
    (
        re.compile(r"architectures?\b.*(not|un)\s?supported|model.*(does|is) not support", re.IGNORECASE),
        "use `--engine transformers`, or let `--fallback` do it",
    ),
    (
        re.compile(r"max_model_len|max_num", re.IGNORECASE),
        "mend that `--engine-option`",
    ),
)


def start_error(failed: Failed, log: Path) -> InputError:
    """Why an engine did not start, and what to do about it."""
    if failed.kind == InputError.__name__:
        return InputError(failed.message)
    reason = plain_reason(failed.message)
    if "root cause" in reason.lower() or not reason:
        reason = last_error(log) or reason
    told = f"{failed.message}\n{reason}"
    fix = next((fix for pattern, fix in _REMEDIES if pattern.search(told)), f"see {log}")
    return InputError(f"vLLM cannot run this model ({failed.kind}: {reason})", fix=fix)


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


def last_error(log: Path) -> str:
    """The last error that a process of the engine printed, but for those that only point to another."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    found = [match for line in lines if (match := _ERROR_LINE.search(line))]
    told = [match for match in found if "root cause" not in match[2].lower()]
    return shorten(f"{told[-1][1]}: {told[-1][2]}", _LONGEST, placeholder=" …") if told else ""
