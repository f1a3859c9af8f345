"""A run as Markdown: the tables of the terminal, for documents and threads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.report.provenance import data_line, engine_line, mapping, rebuild_command, sample_line
from normsuite.report.rows import Row
from normsuite.report.tables import TaskTables, task_tables
from normsuite.report.text import FEW_MARK, count, interval, metric_title, number, shorten, visible
from normsuite.runs import open_run

_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>()#|~&])")
_WIDTH: Final = 160


def to_markdown(run: Path) -> str:
    """The tables of a run.

    Raises:
        InputError: the folder holds no finished run, or damaged files.
    """
    opened = open_run(run)
    manifest = opened.manifest
    model = mapping(manifest.get("model"))
    blocks = [f"# {plain(str(model.get('name', 'Model')))}"]
    facts = {
        "Revision": str(model.get("revision") or ""),
        "Engine": engine_line(manifest),
        "Data": data_line(manifest),
        "Limited to": sample_line(manifest),
        "Run": str(manifest.get("hash", "")),
        "Made by": f"normsuite {manifest.get('normsuite', '')}, {manifest.get('created', '')}",
    }
    blocks.append("\n".join(f"- {name}: {plain(value)}" for name, value in facts.items() if value))
    for task in task_tables(opened):
        blocks += _task(task)
    blocks.append(
        "Intervals: 95 %, cluster bootstrap. n: items. Chance: expected value of uniform guessing; of a gap "
        f"or spread, its mean under permuted groups. {FEW_MARK}: fewer than {FEW_CLUSTERS} clusters."
    )
    blocks.append(f"Rebuild: `{rebuild_command(manifest).replace('`', '')}`")
    return "\n\n".join(blocks) + "\n"


def plain(text: str) -> str:
    """Text of strangers on one line, with nothing in it that Markdown or HTML would act on."""
    return _MARKS.sub(r"\\\1", visible(text[: 4 * _WIDTH]))


def _task(task: TaskTables) -> Iterator[str]:
    headline = task.metric_title
    yield f"## {plain(task.title)}"
    yield from (plain(note) for note in task.notes)
    yield _table(f"{task.name}: {headline}", "Scorer", task.overall)
    others = [line.model.named(metric_title(line.metric)) for line in task.others if line.model]
    if others:
        yield _table("Other metrics of the model", "Metric", others)
    for facet in (*task.facets, *task.presentation):
        if facet.groups:
            yield _table(f"{headline} by {facet.title.lower()}", facet.title, facet.groups)
            if facet.summary:
                yield _table(f"Differences by {facet.title.lower()}", "Measure", facet.summary)
    if task.recalls:
        yield _table("Recall per label", "Label", task.recalls)
    if task.validity:
        yield _table("Validity", "Measure", [row.named(metric_title(row.name)) for row in task.validity])


def _table(title: str, first: str, rows: Sequence[Row]) -> str:
    lines = [
        f"**{plain(title)}**",
        "",
        _line((plain(first), "Value", "95 % interval", "Chance", "n", "Clusters")),
        "|:---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        name = plain(shorten(row.name, _WIDTH)) + (f" {FEW_MARK}" if row.few else "")
        numbers = number(row.value), interval(row.low, row.high), number(row.chance)
        lines.append(_line((name, *numbers, count(row.n), count(row.clusters))))
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
