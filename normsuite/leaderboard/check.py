"""What stands between a stranger's submission and the board: all problems of all submissions, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from normsuite.errors import InputError
from normsuite.leaderboard.contents import Contents
from normsuite.leaderboard.isolated import Isolated
from normsuite.leaderboard.known import data_problems, task_problems
from normsuite.leaderboard.names import shown
from normsuite.leaderboard.problems import Problem, in_short
from normsuite.leaderboard.submission import (
    MANIFEST,
    RESULTS,
    Submission,
    find_submissions,
    read_submission,
    slug_of,
)
from normsuite.leaderboard.tree import digest_problems, file_problems, root_problems
from normsuite.progress import Progress, silent


@dataclass
class Checked:
    """What a check found.

    Attributes:
        submissions: how many were looked at.
        problems: everything that is wrong.
        notes: what could not be looked at, and why.
    """

    submissions: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(
    paths: Sequence[Path],
    raw: Mapping[str, Path] | None = None,
    progress: Progress = silent,
    *,
    isolated: bool = True,
) -> Checked:
    """Check submissions.

    Args:
        paths: folders of submissions, or single submissions, whose neighbours are looked at for duplicates.
        raw: local copies of data sets; items of these and of ``mini`` are compared with what was predicted.
        progress: told what is done.
        isolated: read tables in a process of its own, since a file may end the one that reads it.

    Raises:
        InputError: a path is no folder, or lies where no submissions can be.
    """
    roots: dict[Path, list[Path]] = {}
    for path in paths:
        root, chosen = _resolve(path)
        roots.setdefault(root, []).extend(one for one in chosen if one not in roots.get(root, []))
    found = Checked()
    for root, chosen in roots.items():
        found.problems += [Problem(*problem) for problem in root_problems(root)]
        with Isolated(raw or {}) if isolated else nullcontext(Contents(raw or {})) as contents:
            for done, folder in enumerate(chosen):
                progress("checking submissions", done, len(chosen))
                found.submissions += 1
                _check_one(folder, contents, found)
        progress("checking submissions", len(chosen), len(chosen))
        found.problems += _duplicates(root, set(chosen))
    return found


def _resolve(path: Path) -> tuple[Path, list[Path]]:
    """The folder of all submissions that a path is or lies in, and the submissions that are meant."""
    if path.is_symlink() or not path.is_dir():
        raise InputError("is no folder", file=path, fix="name the folder of submissions, or one of them")
    if (path / MANIFEST).exists() or (path / RESULTS).exists():
        path = path.resolve() if path.name in ("", ".", "..") else path
        return path.parent.parent, [path]
    below = [
        folder
        for model in sorted(path.iterdir())
        if model.is_dir() and not model.is_symlink()
        for folder in sorted(model.iterdir())
        if folder.is_dir() and not folder.is_symlink()
    ]
    return path, below


def _check_one(folder: Path, contents: Contents | Isolated, found: Checked) -> None:
    """Add a submission's problems to ``found``; what hangs on something broken is not looked at."""
    files = [Problem(*problem) for problem in file_problems(folder)]
    found.problems += files
    if files:
        return
    try:
        submission = read_submission(folder)
    except InputError as error:
        found.problems.append(Problem(Path(error.file or folder), in_short(error)))
        return
    found.problems += [Problem(folder, what) for what in _name_problems(submission)]
    found.problems += [Problem(folder / MANIFEST, what) for what in _claim_problems(submission)]
    found.problems += [Problem(*problem) for problem in digest_problems(submission)]
    # A file that is not the promised one is looked into all the same: to name the number at fault.
    found.problems += contents.problems(submission)
    if not submission.included:
        found.notes.append(f"{folder}: predictions are elsewhere; only headline metrics were recomputed")


def _name_problems(submission: Submission) -> Iterator[str]:
    if submission.folder.parent.name != slug_of(submission.manifest):
        yield f"lies in the folder of {shown(submission.folder.parent.name)}, not of {submission.slug}"


def _claim_problems(submission: Submission) -> Iterator[str]:
    for name, task in submission.tasks.items():
        yield from task_problems(name, task)
    yield from data_problems(submission.manifest)


def _duplicates(root: Path, chosen: set[Path]) -> Iterator[Problem]:
    """Submissions of one model, asked the same in the same way."""
    seen: dict[tuple[Any, ...], Path] = {}
    for folder in find_submissions(root):
        try:
            manifest = read_submission(folder).manifest
        except InputError:
            continue  # told where it was checked
        model = manifest.model.sha256 or f"{manifest.org}/{manifest.model.name}"
        settings = manifest.settings.model_dump_json()
        for name, task in manifest.tasks.items():
            key = (model, str(sorted(manifest.engine.items())), settings, name, task.sha256)
            first = seen.setdefault(key, folder)
            if first != folder and (folder in chosen or first in chosen):
                yield Problem(folder, f"is the same model, asked {name} in the same way, as {first}")
                break
