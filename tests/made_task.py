"""Invented tables and their tasks: in order, until a test puts one fault in."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, str]

_SYLLABLES = (("ka", "lo", "mi", "tu"), ("ren", "sa", "dol"), ("", "po", "ni", "shu"))
_LEXICON = ["".join(parts) for parts in product(*_SYLLABLES)]
_COUNTRIES = ("Kenya", "Japan")

LABELS = {"rude": "rude", "fine": "acceptable"}
WORDING = (
    "{}{{{{ situation }}}} {{{{ behavior }}}}\n"
    "Options: {{{{ options | map(attribute='word') | join(', ') }}}}\nAnswer:\n"
)


def rows(test: int = 60, train: int = 60, seed: int = 1) -> list[Row]:
    """Rows of a table without a fault: no text is like another, no word goes with a gold."""
    draw = random.Random(seed)

    def sentence() -> str:
        return " ".join(draw.choices(_LEXICON, k=12))

    made = [
        {
            "situation": f"{sentence()}.",
            "behavior": f"{sentence()}.",
            "norm": "",
            "why": "",
            "label": "rude" if at % 2 else "fine",
            "country": _COUNTRIES[at // 2 % 2],
            "split": "test" if at < test else "train",
            "cluster": f"c{at}",
            "family": "",
        }
        for at in range(test + train)
    ]
    return made


def of_split(table: Sequence[Row], split: str) -> list[Row]:
    """Its rows in one split, to be changed in place."""
    return [row for row in table if row["split"] == split]


def task_file(
    folder: Path,
    table: Sequence[Mapping[str, str]],
    wording: str = WORDING,
    columns: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Path:
    """Write a table and the task that asks about it.

    Args:
        folder: where.
        table: its rows.
        wording: of which three are made; ``{}`` takes what differs.
        columns: changes to ``data.table``.
        changes: to the task.
    """
    with (folder / "made.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    texts = folder / "made"
    texts.mkdir(exist_ok=True)
    for name, before in (("plain", ""), ("brief", "Judge it. "), ("friend", "A friend asks. ")):
        (texts / f"{name}.jinja").write_text(wording.format(before), encoding="utf-8")
    source = {
        "files": "made.csv",
        "fields": {
            "situation": "situation",
            "behavior": "behavior",
            "norm": "norm",
            "explanation": "why",
            "optional": ["behavior", "norm", "explanation"],
        },
        "label": {"column": "label", "map": {name: name for name in LABELS}},
        "culture": {"country": {"column": "country"}},
        "split": {"column": "split"},
        "cluster": "cluster",
        "family": "family",
    } | dict(columns or {})
    task = {
        "name": "made-task",
        "title": "Whether an act is rude",
        "description": "Invented, to be checked.",
        "data": {"set": "made", "table": source},
        "prompts": "./made",
        "labels": LABELS,
        "metrics": ["macro_f1", "accuracy"],
        "headline": "macro_f1",
    } | changes
    path = folder / "made-task.yaml"
    path.write_text(
        yaml.safe_dump({key: value for key, value in task.items() if value is not None}), encoding="utf-8"
    )
    return path
