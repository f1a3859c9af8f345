"""The files of submissions before anything in them is read: names, links, sizes, digests."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from normsuite.adapters.reading import sha256
from normsuite.leaderboard.names import is_slug, shown
from normsuite.leaderboard.submission import (
    CLUSTERS,
    MANIFEST,
    MOST_MANIFEST_BYTES,
    NULLS,
    PREDICTIONS,
    RESULTS,
    Submission,
    nulls_name,
    predictions_name,
)
from normsuite.leaderboard.tables import MOST_BYTES

MOST_SUBMISSION_BYTES: Final = 60 * 2**20
MOST_FILES: Final = 400
_BESIDE: Final = ("README.md", ".gitkeep")
"""Files that may lie among submissions."""


def root_problems(root: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with the folders of models and revisions: names, links, strays, clashes of case."""
    yield from _folders(root, allowed=_BESIDE)
    for model in sorted(root.iterdir()):
        if model.is_dir() and not model.is_symlink():
            yield from _folders(model, allowed=())


def _folders(folder: Path, allowed: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        place = folder / shown(entry.name)
        if entry.name in allowed and entry.is_file(follow_symlinks=False):
            continue
        if entry.is_symlink():
            yield place, "is a link, which is never followed"
        elif not entry.is_dir(follow_symlinks=False):
            yield place, "does not belong here"
        elif not is_slug(entry.name):
            yield place, "has a name that is not made of letters A to Z, digits, '.', '_' and '-'"
    yield from _clashes(folder, [entry.name for entry in entries])


def _clashes(folder: Path, names: list[str]) -> Iterator[tuple[Path, str]]:
    """Names that are one and the same where a file system does not tell case."""
    for name, count in Counter(name.casefold() for name in names).items():
        if count > 1:
            yield folder, f"has {count} entries called {shown(name)!r} but for upper and lower case"


def file_problems(folder: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with the files of one submission: kinds, names, places and sizes."""
    seen, total = 0, 0
    for entry in _walk(folder):
        path = Path(entry.path)
        place = path.parent / shown(entry.name)
        if entry.is_symlink():
            yield place, "is a link, which is never followed"
            continue
        mode = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(mode.st_mode):
            if not (stat.S_ISDIR(mode.st_mode) and entry.name in (PREDICTIONS, NULLS)):
                yield place, "is neither a file nor one of the folders predictions and nulls"
            continue
        seen, total = seen + 1, total + mode.st_size
        if not is_slug(entry.name):
            yield place, "has a name that is not made of letters A to Z, digits, '.', '_' and '-'"
        most = MOST_MANIFEST_BYTES if entry.name == MANIFEST else MOST_BYTES
        if mode.st_size > most:
            yield place, f"has {mode.st_size:,} bytes, more than the {most:,} of a file"
        if seen > MOST_FILES:
            yield folder, f"has more than {MOST_FILES} files"
            return
    if total > MOST_SUBMISSION_BYTES:
        yield folder, f"has {total:,} bytes, more than the {MOST_SUBMISSION_BYTES:,} of a submission"


def _walk(folder: Path, depth: int = 0) -> Iterator[os.DirEntry[str]]:
    """Every entry below a folder, links not followed and no deeper than a submission goes."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        yield entry
        if entry.is_dir(follow_symlinks=False) and depth == 0:
            yield from _walk(Path(entry.path), depth + 1)


def expected_files(submission: Submission) -> list[str]:
    """The paths below its folder, but for the manifest, that a submission must have, and no others."""
    files = [RESULTS, CLUSTERS]
    if submission.included:
        for name, task in submission.tasks.items():
            files.append(predictions_name(name))
            files += [nulls_name(name)] if task.type == "direction" else []
    return sorted(files)


def digest_problems(submission: Submission) -> Iterator[tuple[Path, str]]:
    """Files that are missing, that nobody expects, or that are not what the manifest says."""
    folder, told = submission.folder, submission.manifest.files
    expected = expected_files(submission)
    found = {
        path.relative_to(folder).as_posix()
        for path in (Path(entry.path) for entry in _walk(folder))
        if path.is_file() and not path.is_symlink() and path.name != MANIFEST
    }
    for name in sorted(set(told) - set(expected)):
        yield folder / MANIFEST, f"names the file {shown(name)!r}, which no such submission has"
    for name in sorted(found - set(expected)):
        yield folder / shown(name), "does not belong here"
    for name in expected:
        if name not in found:
            yield folder / name, "is missing"
        elif name not in told:
            yield folder / MANIFEST, f"has no digest of {name}"
        elif sha256(folder / name) != told[name]:
            yield folder / name, "is not the file that the manifest has the sha256 of"
