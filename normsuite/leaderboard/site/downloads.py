"""The same numbers as files: the ranking as CSV and Parquet, results as Parquet and a CSV of each task."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from normsuite.leaderboard.site.boards import TaskBoard, Track
from normsuite.leaderboard.site.data import short
from normsuite.leaderboard.site.entries import Entry, page_name

_RUN_BY_SPREADSHEETS: Final = r"^([=+\-@])"


def downloads(
    entries: Sequence[Entry], boards: Mapping[str, TaskBoard], tracks: Sequence[Track]
) -> Iterator[tuple[str, bytes]]:
    """(path, content) of every file."""
    ranking = _ranking(entries, boards, tracks)
    yield "downloads/ranking.csv", _csv(ranking)
    yield "downloads/ranking.parquet", _parquet(ranking)
    results = _results(entries)
    yield "downloads/results.parquet", _parquet(results)
    for name in boards:
        own = results.filter(pc.equal(results["task"], name))
        yield f"downloads/tasks/{page_name(name)}.csv", _csv(own)


def _ranking(entries: Sequence[Entry], boards: Mapping[str, TaskBoard], tracks: Sequence[Track]) -> pa.Table:
    """One row for each rank: over the tasks of a track (``task`` is empty), and on each task."""
    lines: list[dict[str, Any]] = []
    for track in tracks:
        lines += _lines(entries, track.members, track.standing, {"ranking": track.key, "task": ""})
    for name, board in boards.items():
        key = "directions" if board.line.direction else "answers"
        lines += _lines(entries, board.members, board.standing, {"ranking": key, "task": name})
    schema = pa.schema(
        [(name, pa.string()) for name in ("ranking", "task", "model", "revision")]
        + [(name, pa.int64()) for name in ("rank", "rank_low", "rank_high")]
        + [("mean_rank", pa.float64())]
    )
    return pa.Table.from_pylist(lines, schema=schema)


def _lines(
    entries: Sequence[Entry], members: Sequence[int], stands: Any, fixed: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for row, at in enumerate(members):
        yield {
            **fixed,
            "model": entries[at].name,
            "revision": entries[at].revision,
            "rank": int(stands.rank[row]),
            "rank_low": int(stands.low[row]),
            "rank_high": int(stands.high[row]),
            "mean_rank": float(stands.mean_rank[row]),
        }


def _results(entries: Sequence[Entry]) -> pa.Table:
    """The results that the site shows, with whose they are."""
    if not entries:
        return pa.table({"model": pa.array([], pa.string()), "task": pa.array([], pa.string())})
    table = pa.concat_tables([entry.results for entry in entries])
    place = pa.array(np.repeat(np.arange(len(entries)), [entry.results.num_rows for entry in entries]))
    for at, name in enumerate(("model", "revision")):
        texts = pa.array([entry.name if name == "model" else entry.revision for entry in entries])
        table = table.add_column(at, name, texts.take(place))
    return table.replace_schema_metadata(None)


def _csv(table: pa.Table) -> bytes:
    """CSV of numbers to six decimals and of texts that no spreadsheet takes for a formula."""
    columns = [_plain(column) for column in table.columns]
    sink = io.BytesIO()
    pacsv.write_csv(pa.table(columns, names=table.column_names), sink)
    return sink.getvalue()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.type == pa.float64():
        return pc.round(column, 6)
    if column.type != pa.string():
        return column
    coded = column.combine_chunks().dictionary_encode()
    texts = pa.array([short(text) for text in coded.dictionary.to_pylist()], pa.string())
    inert = pc.replace_substring_regex(texts, _RUN_BY_SPREADSHEETS, r"'\1")
    return pa.chunked_array([inert.take(coded.indices)])


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
