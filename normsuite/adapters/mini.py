"""The data set ``mini``, written for this project: three styles, one JSON object per line, shipped inside.

The items of a family tell of the same act and differ in one constraint, which changes the label.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from normsuite import cultures
from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import find_file, sha256
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, SUBJECTS, conform

_NAME: Final = "mini"
_COMMON: Final = ("id", "style", "family", "split", "constraints", "country", "label", "topic", "reason")
_FACETS: Final = ("style", "topic", "foundation")
_CONSTRAINT: Final = ("subject", "name", "relation", "value")


@dataclass(frozen=True)
class _Style:
    """One of the three files.

    Attributes:
        texts: field of Items by key, for the texts that this style has.
        valence: by label, in the order of the options.
        others: further keys of text.
    """

    texts: Mapping[str, str]
    valence: Mapping[str, float | None]
    others: tuple[str, ...] = ()

    @property
    def keys(self) -> set[str]:
        return {*_COMMON, *self.texts, *self.others}


_STYLES: Final = {
    "framed": _Style(
        {"setting": "situation", "behavior": "behavior"}, {"taboo": -1.0, "normal": 0.0, "expected": 1.0}
    ),
    "rules": _Style(
        {"situation": "situation", "action": "behavior", "rule": "norm"},
        {"bad": -1.0, "okay": 0.0, "good": 1.0},
        ("foundation",),
    ),
    "stories": _Style(
        {"story": "situation", "rule": "norm"}, {"yes": 1.0, "no": -1.0, "neutral": None}, ("value",)
    ),
}


def read(raw: Path, view: str = "default") -> Adapted:
    """All three styles as one table of Items.

    Args:
        raw: the folder of ``framed.jsonl``, ``rules.jsonl`` and ``stories.jsonl``, or one of these files.
        view: "default" is the only one.

    Raises:
        InputError: a file is missing, or a line is not as the format asks; names file, line and key.
    """
    names = [raw.name] if raw.is_file() else [f"{style}.jsonl" for style in _STYLES]
    paths = [find_file(raw, [name]) for name in names]
    tables = [_items(_read_lines(path), path.stem, path.name) for path in paths]
    files = {path.name: sha256(path) for path in paths}
    return Adapted(pa.concat_tables(tables), SET_ASIDE_SCHEMA.empty_table(), files=files)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """The checked objects of one file."""
    if path.stem not in _STYLES:
        raise InputError(f"is none of {', '.join(f'{style}.jsonl' for style in _STYLES)}", file=path)
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"cannot be read as UTF-8 text ({error})", file=path) from error
    if lines == [""]:
        raise InputError("is empty", file=path)
    rows, line_of = [], dict[str, int]()
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise InputError(f"is no JSON object ({error})", file=path, row=number) from error
        _check_row(row, path, number)
        earlier = line_of.setdefault(row["id"], number)
        if earlier != number:
            raise InputError(f"{row['id']!r} is the id of row {earlier}", file=path, row=number, field="id")
        rows.append(row)
    return rows


def _check_row(row: object, path: Path, number: int) -> None:
    """Raise unless a line holds exactly the keys of its style, with values of the right form."""

    def refuse(key: str | None, what: str) -> InputError:
        return InputError(what, file=path, row=number, field=key)

    style = _STYLES[path.stem]
    if not isinstance(row, dict):
        raise refuse(None, "is no JSON object")
    for key in sorted(style.keys ^ row.keys()):
        raise refuse(key, "is missing" if key in style.keys else "is not a key of this file")
    for key in sorted(style.keys - {"constraints", "country"}):
        if not isinstance(row[key], str) or not row[key].strip():
            raise refuse(key, f"{row[key]!r} is no text")
    if row["style"] != path.stem:
        raise refuse("style", f"{row['style']!r} is not {path.stem!r}, as the file is called")
    if row["label"] not in style.valence:
        raise refuse("label", f"{row['label']!r} is not one of {', '.join(style.valence)}")
    if row["split"] not in ("train", "test"):
        raise refuse("split", f"{row['split']!r} is not one of train, test")
    if row["country"] is not None and cultures.country(str(row["country"])) is None:
        raise refuse("country", f"{row['country']!r} is not a known country")
    fault = _constraint_fault(row["constraints"])
    if fault:
        raise refuse("constraints", fault)


def _constraint_fault(constraints: object) -> str:
    """What is wrong with a list of constraints; empty if nothing is."""
    if not isinstance(constraints, list) or not constraints:
        return "is no list of constraints"
    for constraint in constraints:
        if not isinstance(constraint, dict) or set(constraint) != set(_CONSTRAINT):
            return f"{constraint!r} does not have the keys {', '.join(_CONSTRAINT)}"
        if not all(isinstance(value, str) and value for value in constraint.values()):
            return f"{constraint!r} holds something that is no text"
        if constraint["subject"] not in SUBJECTS:
            return f"{constraint['subject']!r} is not one of {', '.join(SUBJECTS)}"
    return ""


def _items(rows: list[dict[str, Any]], name: str, file: str) -> pa.Table:
    """Checked lines as Items; a story's value is one more constraint."""
    style, n = _STYLES[name], len(rows)
    options = list(style.valence)
    country = cultures.countries(pa.array([row["country"] for row in rows], pa.string()))
    columns: dict[str, Any] = {field: [row[key] for row in rows] for key, field in style.texts.items()}
    columns |= {
        "id": [f"{_NAME}:{row['id']}" for row in rows],
        "dataset": _NAME,
        "split": [row["split"] for row in rows],
        "kind": "label",
        "frame": [row["constraints"] + _value_constraint(row) for row in rows],
        "options": [options] * n,
        "gold": [options.index(row["label"]) for row in rows],
        "valence": [style.valence[row["label"]] for row in rows],
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "categories": facets({key: pa.array([row.get(key) for row in rows], pa.string()) for key in _FACETS}),
        "explanation": [row["reason"] for row in rows],
        "family": [row["family"] for row in rows],
        "cluster": [row["family"] for row in rows],
        "source": [
            {"row": at, "label": row["label"], "culture": row["country"], "split": row["split"], "file": file}
            for at, row in enumerate(rows, 1)
        ],
    }
    return conform(columns, ITEM_SCHEMA, n)


def _value_constraint(row: Mapping[str, Any]) -> list[dict[str, str]]:
    if "value" not in row:
        return []
    return [{"subject": "ENV", "name": "value", "relation": "is", "value": row["value"]}]


ADAPTER: Final = Adapter(
    name=_NAME,
    title="mini",
    home=Home(
        page="data_cards/mini.md",
        licence="CC BY 4.0",
        share="yes",
        revision="1",
        manual="it ships with normsuite and needs no download",
    ),
    read=read,
    facts=Facts(745, countries=76),
)
