"""A run on disk: a manifest that names the work, prediction parts that exist whole or not at all, results.

``kill -9`` loses at most the part in flight; the same work in the same folder continues where parts are
missing; other work in that folder is refused, and so is a second process at the same time.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from normsuite.errors import InputError
from normsuite.schema import (
    ANSWER_SCHEMA,
    NULL_SCHEMA,
    PREDICTION_SCHEMA,
    RESULT_SCHEMA,
    SCHEMA_VERSION,
    read_table,
    write_table,
)
from normsuite.whole import written_whole

MANIFEST: Final = "manifest.json"
RESULTS: Final = "results.parquet"


@dataclass(frozen=True)
class Run:
    """A run folder and the manifest in it.

    Attributes:
        path: the folder.
        manifest: what was run; ``manifest["hash"]`` names the work.
    """

    path: Path
    manifest: Mapping[str, Any]

    def part_path(self, task: str, scorer: str, number: int) -> Path:
        """Where one part of a task's predictions lies."""
        return self.path / "predictions" / f"{task}.{scorer}.{number:05d}.parquet"

    def write_part(
        self, task: str, scorer: str, number: int, predictions: pa.Table, answers: pa.Table | None = None
    ) -> None:
        """Put one part in place, whole; the predictions come last, for they say that it is done."""
        path = self.part_path(task, scorer, number)
        if answers is not None:
            write_table(answers, self.path / "answers" / path.name)
        write_table(predictions, path)

    def answers(self, task: str) -> pa.Table:
        """What the model wrote when it was asked a task; no rows where it wrote nothing.

        Raises:
            InputError: a part is damaged.
        """
        parts = sorted((self.path / "answers").glob(f"{glob.escape(task)}.*.parquet"))
        return pa.concat_tables(
            [ANSWER_SCHEMA.empty_table(), *(read_table(part, ANSWER_SCHEMA) for part in parts)]
        )

    def predictions(self, task: str) -> pa.Table:
        """All of a task's predictions, of every scorer.

        Raises:
            InputError: a part is damaged, or there is none.
        """
        parts = sorted((self.path / "predictions").glob(f"{glob.escape(task)}.*.parquet"))
        if not parts:
            raise InputError(f"holds no predictions of the task {task!r}", file=self.path)
        return pa.concat_tables([read_table(part, PREDICTION_SCHEMA) for part in parts])

    def write_direction(
        self, task: str, predictions: pa.Table, nulls: pa.Table, about: dict[str, Any]
    ) -> None:
        """Put a direction task's predictions, nulls and description in place; the predictions come last."""
        write_table(nulls, self.path / "nulls" / f"{task}.parquet")
        write_text(self.path / "directions" / f"{task}.json", json.dumps(about, indent=1) + "\n")
        self.write_part(task, "direction", 0, predictions)

    def nulls(self, task: str) -> pa.Table:
        """The nulls of a direction task, scores in the order of its predictions.

        Raises:
            InputError: they are missing or damaged.
        """
        path = self.path / "nulls" / f"{task}.parquet"
        if not path.is_file():
            raise InputError("is missing", file=path, fix="delete the task's predictions and run again")
        return read_table(path, NULL_SCHEMA)

    def about_direction(self, task: str) -> Mapping[str, Any]:
        """How a direction task was read and fitted; empty where nothing is known."""
        try:
            found = json.loads((self.path / "directions" / f"{task}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_results(self, results: pa.Table) -> None:
        """Write the tidy results as Parquet and as JSON."""
        write_table(results, self.path / RESULTS)
        rows = [{name: _finite(value) for name, value in row.items()} for row in results.to_pylist()]
        content = json.dumps({"schema": SCHEMA_VERSION, "results": rows}, indent=1)
        write_text(self.path / "results.json", content + "\n")

    def results(self) -> pa.Table:
        """The tidy results.

        Raises:
            InputError: the run has not finished.
        """
        path = self.path / RESULTS
        if not path.is_file():
            raise InputError(
                "has no results yet", file=self.path, fix="repeat its `normsuite run` to finish it"
            )
        return read_table(path, RESULT_SCHEMA)


def work_hash(work: Mapping[str, Any]) -> str:
    """The name of a piece of work: equal only if everything that can move a number is equal."""
    return hashlib.sha256(json.dumps(work, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def start_run(path: Path, work: Mapping[str, Any]) -> Run:
    """Make a run folder for this work, or take up the one that is there.

    Raises:
        InputError: the folder holds other work or other files, or cannot be written.
    """
    name = work_hash(work)
    _refuse_foreign(path)
    if (path / MANIFEST).exists():
        run = open_run(path)
        if run.manifest.get("hash") != name:
            raise InputError(
                f"holds another run ({_difference(run.manifest, work)})",
                file=path,
                fix="choose another --out",
            )
        _remove_leftovers(path)
        return run
    _remove_leftovers(path)
    manifest = {
        "schema": SCHEMA_VERSION,
        "hash": name,
        "created": datetime.now(UTC).isoformat("T", "seconds"),
        **work,
    }
    write_text(path / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return Run(path, manifest)


def open_run(path: Path) -> Run:
    """An existing run folder.

    Raises:
        InputError: no run is there, or its manifest is damaged.
    """
    file = path / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("is not a run folder (no manifest.json)", file=path) from None
    except (OSError, ValueError) as error:
        raise InputError(f"is not readable JSON ({error})", file=file) from None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA_VERSION:
        raise InputError(f"is not a manifest of schema {SCHEMA_VERSION}", file=file)
    return Run(path, manifest)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a run folder for this process; the lock goes with the process, however it ends.

    Raises:
        InputError: another process holds it, it holds other files, or it cannot be made.
    """
    from filelock import FileLock, Timeout

    try:
        _refuse_foreign(path)
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / ".lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            "is in use by another run", file=path, fix="wait for it, or choose another --out"
        ) from None
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=path) from None
    try:
        yield
    finally:
        lock.release()


def _refuse_foreign(path: Path) -> None:
    """Nothing is ever written into a folder that is not a run's."""
    if not path.exists() or (path / MANIFEST).exists():
        return
    if path.is_dir() and all(entry.name == ".lock" or _is_leftover(entry) for entry in path.iterdir()):
        return
    raise InputError("exists and is not a run folder", file=path, fix="choose another --out")


def _is_leftover(file: Path) -> bool:
    """Whether a file is one that a killed process had not finished (see ``write_table``)."""
    return (
        re.fullmatch(r"\.(manifest\.json|results\.(json|parquet)|report\.html)\.\d+\.tmp", file.name)
        is not None
    )


def _remove_leftovers(path: Path) -> None:
    unfinished = [file for file in path.iterdir() if _is_leftover(file)] if path.is_dir() else []
    parts = [
        file
        for folder in ("predictions", "answers", "nulls", "directions")
        for file in (path / folder).glob(".*.tmp")
    ]
    for file in [*unfinished, *parts]:
        with contextlib.suppress(OSError):
            file.unlink()


def _difference(manifest: Mapping[str, Any], work: Mapping[str, Any]) -> str:
    """Which parts of the manifest differ, for people."""
    differing = [key for key in work if manifest.get(key) != work[key]]
    return "other " + ", ".join(differing) if differing else "a damaged manifest"


def write_text(path: Path, text: str) -> None:
    """Write a text file of a run whole and rename it into place, as ``schema.write_table`` does a table.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
