"""The folder that results go to: it is new, or holds these very results; files exist whole or not at all."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv

import normsuite
from normsuite.engines import EngineSpec
from normsuite.errors import InputError
from normsuite.questions import DirectionQuestion
from normsuite.runs import work_hash
from normsuite.schema import SCHEMA_VERSION, write_table
from normsuite.whole import written_whole

_SUFFIXES: Final = ("json", "parquet", "csv", "svg", "png")


def describe(
    specs: Sequence[EngineSpec], questions: Sequence[DirectionQuestion], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that can move a number, and nothing of this machine.

    Args:
        specs: the models and their engines.
        questions: what is asked.
        settings: everything else, by name.
    """
    sets = {
        name: adapted
        for question in questions
        for name, adapted in {question.task.data.set: question.adapted, **question.seed_data}.items()
    }
    return {
        "normsuite": normsuite.__version__,
        "models": [{"model": dict(spec.model()), "engine": dict(spec.describe())} for spec in specs],
        "settings": dict(settings),
        "tasks": {question.task.name: _describe_task(question) for question in questions},
        "data": {
            name: {"version": adapted.version, "files": dict(adapted.files)} for name, adapted in sets.items()
        },
    }


def _describe_task(question: DirectionQuestion) -> dict[str, Any]:
    return {
        "title": question.task.title,
        "sha256": question.task.sha256,
        "prompts": {wording.name: wording.sha256 for wording in question.wordings},
        "items": question.items.num_rows,
        "control": question.task.control,
        "seeds": [
            {"part": part.name, "source": seeds.name, "n": len(seeds), "sha256": seeds.sha256()}
            for part in question.parts
            for seeds in part.seeds
        ],
    }


def claim(out: Path, kind: str, work: Mapping[str, Any]) -> None:
    """Make the folder for some results, before work begins.

    Args:
        out: the folder.
        kind: stem of the files: ``transfer`` or ``feet``.
        work: from ``describe``.

    Raises:
        InputError: it holds other files or other results, or cannot be made.
    """
    another = "choose another --out"
    if out.exists():
        if not out.is_dir():
            raise InputError("is a file, not a folder", file=out, fix=another)
        strange = sorted(entry.name for entry in out.iterdir() if not _is_ours(entry.name, kind))
        if strange:
            raise InputError(f"holds other files ({strange[0]!r})", file=out, fix=another)
        told = out / f"{kind}.json"
        if told.exists() and _stored_hash(told) != work_hash(work):
            raise InputError("holds results of other work", file=out, fix=another)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror or error}", file=out) from None


def write_results(
    out: Path,
    kind: str,
    table: pa.Table,
    work: Mapping[str, Any],
    about: Mapping[str, Any],
    drawings: Mapping[str, bytes] | None = None,
) -> list[Path]:
    """Write the files of some results; the JSON, which names the work, comes last.

    Args:
        out: a folder that was claimed.
        kind: stem of the files.
        table: the tidy rows.
        work: what was claimed for.
        about: what else is known, for people.
        drawings: by suffix.

    Returns:
        The files.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    write_table(table, out / f"{kind}.parquet")
    sink = io.BytesIO()
    pacsv.write_csv(table, sink)
    files = {"csv": sink.getvalue(), **(drawings or {})}
    content = {
        "schema": SCHEMA_VERSION,
        "kind": kind,
        "hash": work_hash(work),
        **work,
        "results": table.to_pylist(),
        "about": dict(about),
    }
    files["json"] = (json.dumps(_finite(content), indent=1, ensure_ascii=False) + "\n").encode()
    for suffix, whole in files.items():
        _write(out / f"{kind}.{suffix}", whole)
    return [out / f"{kind}.{suffix}" for suffix in ("parquet", *files)]


def _is_ours(name: str, kind: str) -> bool:
    """Whether a file is one of these results, or what a killed process left of one."""
    file = rf"{re.escape(kind)}\.({'|'.join(_SUFFIXES)})"
    return re.fullmatch(rf"{file}|\.{file}\.\d+\.tmp", name) is not None


def _stored_hash(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["hash"]
    except (OSError, ValueError, LookupError, TypeError):
        raise InputError("is damaged", file=file, fix="choose another --out") from None


def _write(path: Path, content: bytes) -> None:
    """Write a file whole and rename it into place."""
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def _finite(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, Mapping):
        return {name: _finite(inside) for name, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inside) for inside in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
