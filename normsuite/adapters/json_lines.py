"""Reading files of one JSON object per line: each line is a row, or is set aside with what is wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.errors import InputError

_SHOWN: Final = 200  # characters of a value that was set aside


class Line(NamedTuple):
    """One line that is as it should be: its 1-based number and its object."""

    number: int
    row: dict[str, Any]


class Fault(NamedTuple):
    """What is wrong with a line.

    Attributes:
        field: the key at fault.
        value: what stands there.
        reason: to be read after the value ("is not one of yes, no").
        invalid: whether it breaks the format rather than being one of its known gaps.
    """

    field: str
    value: object
    reason: str
    invalid: bool = True


def read_json_lines(
    path: Path, fault_of: Callable[[dict[str, Any]], Fault | None]
) -> tuple[list[Line], pa.Table]:
    """The lines of a UTF-8 file that pass, and the others in ``SET_ASIDE_SCHEMA``; blank lines are none.

    Args:
        path: the raw file.
        fault_of: what is wrong with a line's object, None for nothing; it sees each once, in order.

    Raises:
        InputError: missing or empty file, other encoding.
    """
    good, faults = list[Line](), list[tuple[int, Fault]]()
    for number, text in _texts(path):
        row = _parsed(text)
        fault = Fault("line", text, "is no JSON object") if row is None else fault_of(row)
        if row is None or fault is not None:
            assert fault is not None
            faults.append((number, fault))
        else:
            good.append(Line(number, row))
    if not good and not faults:
        raise InputError("has no rows", file=path)
    return good, _set_aside(path.name, faults)


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank."""
    try:
        with path.open("rb") as source:
            for number, line in enumerate(source, 1):
                text = line.decode("utf-8").strip()
                if text:
                    yield number, text
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text ({error.reason})", file=path, row=number) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", file=path) from error


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        row = json.loads(text)
        if "\\ud" in text.lower():
            json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _set_aside(file: str, faults: Sequence[tuple[int, Fault]]) -> pa.Table:
    rows = [
        {
            "file": file,
            "row": number,
            "field": fault.field,
            "value": _shown(fault.value),
            "reason": fault.reason,
            "invalid": fault.invalid,
        }
        for number, fault in faults
    ]
    return pa.Table.from_pylist(rows, SET_ASIDE_SCHEMA)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:_SHOWN].encode(errors="replace").decode()
