"""Small tables for tests: rows in, Items and what was set aside out."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from normsuite.adapters import Adapted
from normsuite.tables import TableSource, load_table
from normsuite.tasks.table import TableSpec

LABEL = {"column": "verdict", "map": {"ok": "good", "bad": "wrong"}, "valence": {"good": 1, "wrong": -1}}


def load_rows(folder: Path, rows: Iterable[Mapping[str, Any]], **spec: Any) -> Adapted:
    """A table of JSON lines, read as ``spec`` says; by default stories with verdicts."""
    lines = (json.dumps(row) for row in rows)
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_files(folder, **{"files": "rows.jsonl", **spec})


def load_files(folder: Path, **spec: Any) -> Adapted:
    """Files of a folder, read as ``spec`` says; by default stories with verdicts."""
    whole = {"fields": {"situation": "story"}, "label": LABEL, **spec}
    if whole["label"] is None:
        del whole["label"]
    return load_table(TableSource("made", TableSpec.model_validate(whole), folder))


def aside(adapted: Adapted) -> list[tuple[int, str, str]]:
    """Row, field and reason of what was set aside."""
    return [(row["row"], row["field"], row["reason"]) for row in adapted.set_aside.to_pylist()]
