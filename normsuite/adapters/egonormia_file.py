"""The files of EgoNormia in both layouts, as checked scenarios.

The repository holds one JSON object, scenario by id (``correct``, ``sensibles``, ``desc``); the Hugging Face
hub holds rows, in Parquet or JSON, with the same content under other names (``correct_idx``,
``sensible_idx``, ``description``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeGuard

import pyarrow as pa
import pyarrow.parquet as pq

from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.errors import InputError

N_OPTIONS: Final = 5
_NAMES: Final = {"correct": "correct_idx", "sensibles": "sensible_idx", "desc": "description"}
"""How the hub calls what the repository calls otherwise."""
_ROWS: Final = "JSON rows, a JSON object of scenarios by id, or Parquet"


@dataclass(frozen=True)
class Scenario:
    """One moment of a video, with what its wearer might do next.

    Attributes:
        row: its place in the file, from 1.
        id: as published.
        behaviors: five acts; one of them may be "", which stands for none of the others.
        justifications: the reason for each act, in the same order.
        best: index of the best act.
        sensible: indices of all acceptable acts.
        tags: kinds of norm that each act bears on.
        description: what is seen, in words; None where the file has none.
    """

    row: int
    id: str
    behaviors: tuple[str, ...]
    justifications: tuple[str, ...]
    best: int
    sensible: tuple[int, ...]
    tags: tuple[tuple[str, ...], ...]
    description: str | None


@dataclass(frozen=True)
class Fault:
    """What sets a scenario aside, or is noted of it; see ``SET_ASIDE_SCHEMA``."""

    row: int
    field: str
    value: str
    reason: str
    invalid: bool


def read_scenarios(path: Path) -> tuple[list[Scenario], list[Fault]]:
    """The scenarios of a file, and those that break its format.

    Raises:
        InputError: the file is not UTF-8 JSON or Parquet, or holds no rows.
    """
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    first: dict[str, int] = {}
    for row, (key, record) in enumerate(_records(path), 1):
        found = _check(row, key, record)
        if isinstance(found, Scenario) and first.setdefault(found.id, row) != row:
            found = Fault(row, "id", found.id, f"is the id of row {first[found.id]}", True)
        if isinstance(found, Scenario):
            scenarios.append(found)
        else:
            faults.append(found)
    if not scenarios and not faults:
        raise InputError("has no rows", file=path)
    return scenarios, faults


def set_aside(faults: Sequence[Fault], file: str) -> pa.Table:
    """Faults in ``SET_ASIDE_SCHEMA``, in the order of the rows."""
    rows = [
        {
            "file": file,
            "row": fault.row,
            "field": fault.field,
            "value": fault.value[:200],
            "reason": fault.reason,
            "invalid": fault.invalid,
        }
        for fault in sorted(faults, key=lambda fault: fault.row)
    ]
    return pa.Table.from_pylist(rows, schema=SET_ASIDE_SCHEMA)


def read_json(path: Path) -> Any:
    """What a JSON file holds; JSON Lines are a list.

    Raises:
        InputError: it is not UTF-8, not JSON, or names a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".jsonl":
            content: Any = [_parse(line) for line in text.split("\n") if line.strip()]
        else:
            content = _parse(text)
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot be read as JSON in UTF-8 ({error})", file=path) from None
    return content


def _parse(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_repeats)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; JSON parsers would silently keep the last of two scenarios under one id."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {repeated!r} is there twice")
    return found


def _records(path: Path) -> Iterator[tuple[str | None, object]]:
    """(id that the file lists it under, or None; what the file says) of each scenario."""
    if path.suffix == ".parquet":
        try:
            rows = pq.read_table(path, partitioning=None).to_pylist()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = (str(error).splitlines() or [""])[0]
            raise InputError(f"is not a readable Parquet file ({reason})", file=path) from None
        yield from ((None, row) for row in rows)
        return
    content = read_json(path)
    if isinstance(content, dict):
        yield from content.items()
    elif isinstance(content, list):
        yield from ((None, row) for row in content)
    else:
        raise InputError(f"is none of {_ROWS}", file=path)


def _check(row: int, key: str | None, record: object) -> Scenario | Fault:
    """A scenario, or the first thing wrong with it."""

    def fault(field: str, value: object, reason: str) -> Fault:
        return Fault(row, field, _shown(value), reason, True)

    if not isinstance(record, dict):
        return fault("id", key or record, "is no object of fields")
    names = {ours: ours if ours in record else hub for ours, hub in _NAMES.items()}
    name = record.get("id", key)
    if not _is_text(name) or not name.strip():
        return fault("id", name, "is no id")
    if key is not None and name != key:
        return fault("id", name, f"is listed under the id {key!r}")
    for field in ("behaviors", "justifications"):
        if not _is_list(record.get(field), str) or len(record[field]) != N_OPTIONS:
            return fault(field, record.get(field), f"is not {N_OPTIONS} texts")
    best = record.get(names["correct"])
    if not _is_index(best):
        return fault(names["correct"], best, f"is not a whole number from 0 to {N_OPTIONS - 1}")
    sensible = record.get(names["sensibles"])
    if not isinstance(sensible, list) or not all(map(_is_index, sensible)):
        return fault(names["sensibles"], sensible, f"is not a list of numbers from 0 to {N_OPTIONS - 1}")
    tags = _tags(record.get("taxonomy"))
    if tags is None:
        return fault(
            "taxonomy", record.get("taxonomy"), f"is not lists of words for options 0 to {N_OPTIONS - 1}"
        )
    description = record.get(names["desc"])
    if description is not None and not _is_text(description):
        return fault(names["desc"], description, "is no text")
    return Scenario(
        row,
        name,
        tuple(text.strip() for text in record["behaviors"]),
        tuple(text.strip() for text in record["justifications"]),
        best,
        tuple(sorted(set(sensible))),
        tags,
        (description or "").strip() or None,
    )


def _tags(taxonomy: object) -> tuple[tuple[str, ...], ...] | None:
    """The tags of each option, from an object ("0" to "4") or a list; None if it is neither.

    In Parquet an object is a struct, whose absent fields are null.
    """
    places = [str(option) for option in range(N_OPTIONS)]
    if isinstance(taxonomy, list) and len(taxonomy) == N_OPTIONS:
        taxonomy = dict(zip(places, taxonomy, strict=True))
    if not isinstance(taxonomy, Mapping) or not taxonomy.keys() <= set(places):
        return None
    lists = [taxonomy.get(place) or [] for place in places]
    if not all(_is_list(words, str) and all(word.strip() for word in words) for words in lists):
        return None
    return tuple(tuple(words) for words in lists)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_list(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(element, kind) for element in value)


def _is_index(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < N_OPTIONS


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
