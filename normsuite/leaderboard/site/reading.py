"""Reading submissions, each once: what was taken from a submission is kept until its files change.

What is kept lies in the site's folder ``.kept`` as two tables for each digest. It tells nothing that the
submissions do not, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import normsuite
from normsuite.aggregate.ranks import RANK_REPLICATES
from normsuite.errors import InputError
from normsuite.leaderboard.site.entries import Entry, Sample, make_entry, shown_results, task_lines
from normsuite.leaderboard.site.resample import Summed, batches, read_sums, resample
from normsuite.leaderboard.submission import (
    CLUSTERS,
    MANIFEST,
    RESULTS,
    Submission,
    find_submissions,
    read_submission,
)
from normsuite.leaderboard.tables import MOST_BYTES
from normsuite.schema import RESULT_SCHEMA, read_table

KEPT: Final = ".kept"
_FORM: Final = f"1 {normsuite.__version__} {RANK_REPLICATES}"
"""What is kept by another version, or of other replicates, is not used."""

_AT_ONCE: Final = 64  # submissions whose sums are held
_READERS: Final = 2

_SAMPLE_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("edition", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("replicates", pa.list_(pa.float64()), nullable=False),
    ]
)


@dataclass(frozen=True)
class Found:
    """What was read.

    Attributes:
        entries: in order of name and revision.
        fresh: how many were read anew.
    """

    entries: tuple[Entry, ...]
    fresh: int


def read_entries(
    root: Path, out: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> Found:
    """Every submission below ``root``; those whose files have not changed are taken from ``out/.kept``.

    Args:
        root: the folder of submissions.
        out: the site's folder.
        progress: told how many of how many are read.

    Raises:
        InputError: a submission cannot be read: one line that names the file.
    """
    kept = out / KEPT
    submissions = [read_submission(folder) for folder in find_submissions(root)]
    with ThreadPoolExecutor(_READERS) as pool:
        digests = list(pool.map(digest_of, submissions))
        entries = dict(
            zip(digests, pool.map(_recall, submissions, digests, [kept] * len(digests)), strict=True)
        )
        missing = [
            (submission, digest)
            for submission, digest in zip(submissions, digests, strict=True)
            if entries[digest] is None
        ]
        for part in batches(len(missing), _AT_ONCE):
            for entry in _read(missing[part], pool):
                entries[entry.digest] = entry
                _keep(entry, kept)
            progress(part.stop, len(missing))
    _forget(kept, set(digests))
    found = [entry for entry in entries.values() if entry is not None]
    return Found(tuple(sorted(found, key=lambda entry: (entry.name, entry.revision))), len(missing))


def digest_of(submission: Submission) -> str:
    """Names all that the site takes from a submission, and the place it has."""
    found = hashlib.sha256(f"{_FORM}\0{submission.name}\0{submission.revision}".encode())
    for name in (MANIFEST, RESULTS, CLUSTERS):
        path = submission.folder / name
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
                raise InputError("is missing, no plain file or too large", file=path)
            with path.open("rb") as stream:
                found.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None
    return found.hexdigest()


def _read(missing: Sequence[tuple[Submission, str]], pool: ThreadPoolExecutor) -> Iterator[Entry]:
    submissions = [submission for submission, _ in missing]
    tasks = [task_lines(submission.manifest) for submission in submissions]
    results = list(pool.map(lambda one, lines: shown_results(one.results(), lines), submissions, tasks))
    samples = resample(list(pool.map(_sums, submissions)), tasks)
    for (submission, digest), shown, own in zip(missing, results, samples, strict=True):
        yield make_entry(submission, digest, shown, own)


def _sums(submission: Submission) -> Mapping[str, Summed]:
    return read_sums(submission.folder / CLUSTERS, task_lines(submission.manifest))


def _keep(entry: Entry, kept: Path) -> None:
    """Keep what was read; the samples come last, for they say that it is whole."""
    samples = entry.samples.items()
    table = pa.table(
        {
            "task": [task for task, _ in samples],
            "edition": [sample.edition for _, sample in samples],
            "value": [sample.value for _, sample in samples],
            "replicates": [sample.replicates for _, sample in samples],
        },
        schema=_SAMPLE_SCHEMA,
    )
    _store(entry.results, kept / f"{entry.digest}.results.parquet")
    _store(table, kept / f"{entry.digest}.samples.parquet")


def _store(table: pa.Table, path: Path) -> None:
    """Write a table beside its place and rename it; one that is damaged all the same is read anew."""
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=path) from None


def _recall(submission: Submission, digest: str, kept: Path) -> Entry | None:
    """What was kept of a submission, or nothing."""
    if not (kept / f"{digest}.samples.parquet").is_file():
        return None
    try:
        results = read_table(kept / f"{digest}.results.parquet", RESULT_SCHEMA)
        table = read_table(kept / f"{digest}.samples.parquet", _SAMPLE_SCHEMA)
    except InputError:
        return None  # damaged: it is read anew
    rows = np.asarray(pc.list_flatten(table["replicates"]), float).reshape(table.num_rows, -1)
    named = zip(*(table[name].to_pylist() for name in ("task", "edition", "value")), rows, strict=True)
    return make_entry(submission, digest, results, {task: Sample(*rest) for task, *rest in named})


def _forget(kept: Path, digests: set[str]) -> None:
    """Drop what no submission has any more."""
    for file in kept.glob("*.parquet") if kept.is_dir() else ():
        if file.name.split(".")[0] not in digests:
            file.unlink(missing_ok=True)
