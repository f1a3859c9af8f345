"""Which runs can be compared: those that asked the same of the same data."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from normsuite.errors import InputError
from normsuite.runs import Run, open_run

MOST_RUNS: Final = len(string.ascii_uppercase)
_SHOWN: Final = 12  # characters of a digest


@dataclass(frozen=True)
class Side:
    """One of the compared runs.

    Attributes:
        letter: what tables call it; the baseline is A.
        run: the run.
    """

    letter: str
    run: Run

    @property
    def model(self) -> str:
        """The model's name, as the run tells it."""
        return str(_mapping(self.run.manifest.get("model")).get("name") or "unnamed")

    @property
    def revision(self) -> str:
        """The model's revision; empty where the run tells none."""
        return str(_mapping(self.run.manifest.get("model")).get("revision") or "")

    @property
    def hash(self) -> str:
        """The beginning of the run's name."""
        return str(self.run.manifest.get("hash", ""))[:_SHOWN]

    def task(self, name: str) -> Mapping[str, Any] | None:
        """What the manifest says of a task; None if it was not asked."""
        found = _mapping(self.run.manifest.get("tasks")).get(name)
        return None if found is None else _mapping(found)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of what was asked."""
        return tuple(str(name) for name in _mapping(self.run.manifest.get("tasks")))


def open_sides(paths: Sequence[Path]) -> tuple[Side, ...]:
    """The runs in these folders, the baseline first.

    Raises:
        InputError: fewer than two or too many; a folder is no finished run.
    """
    if not 2 <= len(paths) <= MOST_RUNS:
        raise InputError(f"{len(paths)} run(s) cannot be compared", fix=f"name 2 to {MOST_RUNS} run folders")
    sides = tuple(
        Side(letter, open_run(path)) for letter, path in zip(string.ascii_uppercase, paths, strict=False)
    )
    for side in sides:
        side.run.results()  # says so if the run has not finished
    return sides


def refuse_other_work(task: str, baseline: Side, other: Side) -> None:
    """Raise for the first thing in which two runs' work on a task differs: numbers would not compare."""
    difference = next(_differences(task, baseline, other), None)
    if difference:
        what = f"the task {task!r} is another than in {baseline.run.path}: {difference}"
        raise InputError(what, file=other.run.path, fix="compare runs of the same task and data")


def _differences(task: str, baseline: Side, other: Side) -> Iterator[str]:
    first, second = baseline.task(task) or {}, other.task(task) or {}
    for key, words in (("version", "version"), ("dataset", "data set"), ("view", "view of the data")):
        if first.get(key) != second.get(key):
            yield f"{words} {_short(second.get(key))} instead of {_short(first.get(key))}"
    yield from _other_data(str(first.get("dataset")), baseline, other)
    yield from _other_parts("prompt", first.get("prompts"), second.get("prompts"))
    if first.get("sha256") != second.get("sha256"):
        yield f"its file has sha256 {_short(second.get('sha256'))} instead of {_short(first.get('sha256'))}"
    for key in ("documents", "steps"):
        yield from _other_parts(
            f"agents' {key}", *(_mapping(about.get("agents")).get(key) for about in (first, second))
        )
    for key, words in (("seeds", "seeds of the direction"), ("calibrate", "split that tells temperatures")):
        if first.get(key) != second.get(key):
            yield f"other {words}"


def _other_data(dataset: str, baseline: Side, other: Side) -> Iterator[str]:
    """Files of the data set that both runs read but whose content differs.

    A run lists the files of all its tasks, so that one may have read more than the other.
    """
    first, second = (
        _mapping(_mapping(_mapping(side.run.manifest.get("data")).get(dataset)).get("files"))
        for side in (baseline, other)
    )
    common = {name: first[name] for name in first if name in second}
    yield from _other_parts("data file", common, {name: second[name] for name in common})
    if not common and (first or second):
        yield f"data files {_listed(second)} instead of {_listed(first)}"


def _other_parts(what: str, first: object, second: object) -> Iterator[str]:
    """Named parts with a digest each."""
    mine, theirs = _mapping(first), _mapping(second)
    for name in [*mine, *(name for name in theirs if name not in mine)]:
        if name not in mine or name not in theirs:
            yield f"{what} {name!r} is in only one of them"
        elif mine[name] != theirs[name]:
            yield f"{what} {name!r} has sha256 {_short(theirs[name])} instead of {_short(mine[name])}"


def _short(value: object) -> str:
    text = "none" if value in (None, "") else str(value)
    return f"{text[:_SHOWN]}…" if len(text) > 2 * _SHOWN else text


def _listed(files: Mapping[str, Any]) -> str:
    return ", ".join(sorted(map(str, files))[:3]) or "none"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
