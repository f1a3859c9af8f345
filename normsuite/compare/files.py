"""A comparison as a file for other programs, or as Markdown."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from normsuite.compare.comparison import Comparison
from normsuite.compare.views import (
    Line,
    legend,
    p_text,
    p_title,
    remarks,
    signed,
    signed_interval,
    task_views,
)
from normsuite.report.text import FEW_MARK, count, number, visible
from normsuite.schema import SCHEMA_VERSION
from normsuite.whole import written_whole


def write(comparison: Comparison, form: str, out: Path | None) -> bytes:
    """A comparison in one of ``FORMATS``; written to ``out`` whole, or not at all.

    Args:
        comparison: what was compared.
        form: one of ``FORMATS``.
        out: the file; None writes none.

    Raises:
        InputError: the file cannot be written.
    """
    content = FORMATS[form](comparison)
    if out is not None:
        with written_whole(out) as temporary:
            temporary.write_bytes(content)
    return content


def _csv(comparison: Comparison) -> bytes:
    sink = io.BytesIO()
    pa.csv.write_csv(comparison.table, sink)
    return sink.getvalue()


def _parquet(comparison: Comparison) -> bytes:
    about = {"normsuite.comparison": json.dumps(_about(comparison), ensure_ascii=False)}
    sink = io.BytesIO()
    pq.write_table(comparison.table.replace_schema_metadata(about), sink, compression="zstd")
    return sink.getvalue()


def _json(comparison: Comparison) -> bytes:
    rows = [{key: _finite(value) for key, value in row.items()} for row in comparison.table.to_pylist()]
    document = {**_about(comparison), "differences": rows}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _about(comparison: Comparison) -> dict[str, Any]:
    """What the table does not say of itself."""
    return {
        "schema": SCHEMA_VERSION,
        "adjust": comparison.adjust,
        "replicates": comparison.replicates,
        "seed": comparison.seed,
        "runs": [
            {"letter": side.letter, "model": side.model, "revision": side.revision, "run": side.hash}
            for side in comparison.sides
        ],
        "counts": [
            {"task": task.name, "other": side.letter, **asdict(counts)}
            for task in comparison.tasks
            for side, counts in zip(task.others, task.counts, strict=True)
        ],
        "not_compared": [{"task": name, "only": letters} for name, letters in comparison.alone],
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _markdown(comparison: Comparison) -> bytes:
    return ("\n".join(_markdown_lines(comparison)) + "\n").encode("utf-8", "backslashreplace")


def _markdown_lines(comparison: Comparison) -> Iterator[str]:
    yield "# " + " against ".join(_plain(side.model) for side in (*comparison.sides[1:], comparison.baseline))
    yield ""
    for side in comparison.sides:
        yield (
            f"- {side.letter}: {_plain(side.model)} {_plain(side.revision)}".rstrip()
            + f", run {_plain(side.hash)}"
        )
    yield from ("", *(_plain(remark) + "\n" for remark in remarks(comparison)))
    p = p_title(comparison)
    for view in task_views(comparison):
        yield f"## {_plain(view.title)}\n"
        yield from (_plain(note) + "  " for note in view.notes)
        for other in dict.fromkeys(line.other for line in view.overall):
            own = [line for line in view.overall if line.other == other]
            yield from ("", f"### {other} against A\n", *_markdown_table("Metric", other, p, own))
        for block in view.blocks:
            letter = block.other.letter
            by = f"{_plain(view.metric)} by {_plain(block.title.lower())}"
            yield f"\n### Where {letter} serves people better or worse than A: {by}\n"
            yield from (*_markdown_table(block.title, letter, p, block.lines), "", _plain(block.summary))
        yield ""
    yield from (_plain(sentence) + "  " for sentence in legend(comparison))


def _markdown_table(first: str, other: str, p: str, lines: Sequence[Line]) -> Iterator[str]:
    headings = ("A", other, f"{other} − A", "95 % interval", p, "detectable", "n", "clusters", "unscored")
    yield f"| {_plain(first)} | {' | '.join(headings)} | |"
    yield "|---|" + "---:|" * len(headings) + "---|"
    for line in lines:
        cells = (
            *(_plain(line.name) + (f" {FEW_MARK}" if line.few else ""), number(line.baseline)),
            *(number(line.value), signed(line.gain), signed_interval(line.low, line.high), p_text(line.p)),
            *(number(line.detectable), count(line.n), count(line.clusters), count(line.unscored), line.told),
        )
        yield f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: names come from data."""
    return re.sub(r"([\\`*_\[\]<>|#&~])", r"\\\1", visible(text))


FORMATS: Final[dict[str, Callable[[Comparison], bytes]]] = {
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
}
"""Each format's writer."""
