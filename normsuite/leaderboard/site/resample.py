"""From clusters to samples: each model's headline metrics in every replicate of the joint bootstrap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from normsuite.aggregate.ranks import draw_seed, replicate_ranked, replicate_values
from normsuite.errors import InputError
from normsuite.leaderboard.site.entries import Sample, TaskLine
from normsuite.leaderboard.submission import CLUSTER_SCHEMA
from normsuite.leaderboard.tables import MOST_MEMORY, measure
from normsuite.metrics import METRICS
from normsuite.metrics.catalogue import AnyMetric, RankMetric
from normsuite.metrics.rows import Floats, Ints
from normsuite.report.tables import MODELS

DECIMALS: Final = 9
"""To which values are rounded, so that models that are equal do not differ by the order of a sum."""

_ROWS_AT_ONCE: Final = 1 << 14
_KEPT: Final = pa.schema([CLUSTER_SCHEMA.field(name) for name in ("task", "cluster", "sums")])


@dataclass(frozen=True)
class Summed:
    """What one model's clusters add to a task's headline metric.

    Attributes:
        edition: names task, metric, clusters and the number of sums.
        names: of all clusters, in order, as one text.
        width: numbers of a cluster; 0 of a metric on ranks, which has as many as it has rows.
        sums: [n] all numbers, cluster by cluster.
        lengths: [clusters] how many numbers each cluster has.
    """

    edition: str
    names: str
    width: int
    sums: Floats
    lengths: Ints


def read_sums(path: Path, tasks: Mapping[str, TaskLine]) -> dict[str, Summed]:
    """What can be resampled of a submission: overall rows of the model, task by task.

    Args:
        path: a file in ``submission.CLUSTER_SCHEMA``.
        tasks: of the manifest.

    Raises:
        InputError: no such file; a number is not finite, a cluster is there twice, clusters have unequal
            numbers of sums.
    """
    table = _overall(path).sort_by([("task", "ascending"), ("cluster", "ascending")]).combine_chunks()
    if not table.num_rows:
        return {}
    runs = pc.run_end_encode(table["task"].combine_chunks())
    ends = np.asarray(runs.run_ends).tolist()
    found = {}
    for name, start, stop in zip(runs.values.to_pylist(), [0, *ends[:-1]], ends, strict=True):
        if name in tasks and tasks[name].headline in METRICS:
            found[name] = _summed(table.slice(start, stop - start), tasks[name], path)
    return found


def _overall(path: Path) -> pa.Table:
    """Task, cluster and sums of the overall rows of the model, of a file that a stranger wrote.

    Most rows are of groups and baselines: texts are compared as codes, and only what is kept is spelled out.
    """
    measure(path, CLUSTER_SCHEMA)
    batches, memory = list[pa.RecordBatch](), 0
    texts = [name for name in CLUSTER_SCHEMA.names if name != "sums"]
    try:
        with pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=CLUSTER_SCHEMA.names, use_threads=False):
                own = pc.and_(_among(batch["facet"], ("",)), _among(batch["scorer"], MODELS))
                kept = batch.filter(own)
                columns = [kept["task"].cast(pa.string()), kept["cluster"].cast(pa.string()), kept["sums"]]
                batches.append(pa.record_batch(columns, schema=_KEPT))
                memory += batches[-1].nbytes
                if max(memory, batch.nbytes) > MOST_MEMORY:
                    raise InputError(f"unpacks to more than {MOST_MEMORY:,} bytes", file=path)
        table = pa.Table.from_batches(batches, _KEPT)
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"is damaged ({str(error).splitlines()[0][:200]})", file=path) from None
    if any(column.null_count for column in table.columns):
        raise InputError("is empty in some row", file=path)
    return table


def _among(column: pa.DictionaryArray, wanted: Sequence[str]) -> pa.Array:
    codes = [code for code, text in enumerate(column.dictionary.to_pylist()) if text in wanted]
    return pc.is_in(column.indices, pa.array(codes, column.indices.type))


def _summed(rows: pa.Table, line: TaskLine, file: Path) -> Summed:
    clusters, lists = rows["cluster"].combine_chunks(), rows["sums"].combine_chunks()
    if pc.any(pc.equal(clusters[1:], clusters[:-1])).as_py():
        raise InputError("a cluster of a task is there twice", file=file, field="cluster")
    numbers = np.asarray(pc.list_flatten(lists).to_numpy(zero_copy_only=False), float)
    if not np.isfinite(numbers).all():
        raise InputError("is not a finite number", file=file, field="sums")
    lengths = np.asarray(pc.list_value_length(lists)).astype(np.int64)
    ranked = isinstance(METRICS[line.headline], RankMetric)
    if (lengths % 2).any() if ranked else (lengths != lengths[0]).any():
        raise InputError("clusters of a task have unequal numbers of sums", file=file, field="sums")
    width = 0 if ranked else int(lengths[0])
    whole = pa.ListArray.from_arrays(pa.array([0, len(clusters)], pa.int32()), clusters)
    names: str = pc.binary_join(whole, "\0")[0].as_py()
    named = "\0".join([line.sha256, line.headline, str(width), names])
    edition = hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Summed(edition, names, width, numbers, lengths)


def resample(
    models: Sequence[Mapping[str, Summed]], tasks: Sequence[Mapping[str, TaskLine]]
) -> list[dict[str, Sample]]:
    """Samples of several submissions; one's do not depend on the others beside it.

    Args:
        models: for each its sums by task.
        tasks: for each its tasks.

    Raises:
        InputError: sums are not those of the metric.
    """
    found: list[dict[str, Sample]] = [{} for _ in models]
    for (task, edition), members in sorted(_by_edition(models).items()):
        metric = METRICS[tasks[members[0]][task].headline]
        values, replicates = _replicated(task, metric, [models[at][task] for at in members])
        for at, value, drawn in zip(members, values, replicates, strict=True):
            found[at][task] = Sample(edition, float(value), drawn)
    return found


def _by_edition(models: Sequence[Mapping[str, Summed]]) -> dict[tuple[str, str], list[int]]:
    members: dict[tuple[str, str], list[int]] = {}
    for at, model in enumerate(models):
        for task, summed in model.items():
            members.setdefault((task, summed.edition), []).append(at)
    return members


def _replicated(task: str, metric: AnyMetric, sums: Sequence[Summed]) -> tuple[Floats, Floats]:
    """Values [M] and [M, R]."""
    seed, clusters = draw_seed(sums[0].names), len(sums[0].lengths)
    try:
        if isinstance(metric, RankMetric):
            values, drawn = replicate_ranked(list(map(_pairs, sums)), clusters, metric, seed)
        else:
            tables = [one.sums.reshape(clusters, one.width) for one in sums]
            values, drawn = replicate_values(tables, metric, seed)
    except (IndexError, ValueError):
        raise InputError(f"the sums of the task {task!r} are not those of {metric.name}") from None
    return np.round(values, DECIMALS), np.round(drawn, DECIMALS)


def _pairs(summed: Summed) -> tuple[Floats, Floats, Ints]:
    """Gold, prediction and cluster of each row."""
    gold, prediction = summed.sums.reshape(-1, 2).T
    return gold, prediction, np.repeat(np.arange(len(summed.lengths)), summed.lengths // 2)


def batches(count: int, size: int) -> Iterator[slice]:
    """Slices that cover ``count`` things, ``size`` at a time."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
