"""The site's folder: each file is written beside its place and renamed, and only where it differs.

``site.json`` lists what was written. A folder without it that holds anything is somebody else's.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from normsuite.errors import InputError
from normsuite.leaderboard.site.reading import KEPT
from normsuite.whole import written_whole

LISTING: Final = "site.json"
_MADE_BY: Final = "normsuite leaderboard build"


@dataclass
class SiteFolder:
    """A folder that is being brought up to date.

    Attributes:
        root: the folder.
        before: the files of the build before this one.
        files: those of this build, as far as it has come.
        written: paths that were new or differed.
    """

    root: Path
    before: frozenset[str]
    files: set[str] = field(default_factory=set)
    written: list[str] = field(default_factory=list)

    def put(self, name: str, content: str | bytes) -> None:
        """Put a file in its place, unless it is there already with this content.

        Args:
            name: its path below the folder, with slashes.
            content: of the file; text becomes UTF-8.

        Raises:
            InputError: it cannot be written.
        """
        data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        self.files.add(name)
        path = self.root / name
        if name in self.before and path.is_file() and path.read_bytes() == data:
            return
        with written_whole(path) as temporary:
            temporary.write_bytes(data)
        self.written.append(name)

    def finish(self) -> None:
        """Remove what this build does not have any more, and list what it has."""
        for name in sorted(self.before - self.files):
            with contextlib.suppress(OSError):
                (self.root / name).unlink(missing_ok=True)
        _write(self.root / LISTING, sorted(self.files))


def open_folder(root: Path) -> SiteFolder:
    """The site's folder, made where it is missing. A build that is killed leaves whole files and its listing.

    Raises:
        InputError: the folder holds something else, or cannot be made.
    """
    before = _listed(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror or error}", file=root) from None
    if not (root / LISTING).exists():
        _write(root / LISTING, [])
    return SiteFolder(root, before)


def _listed(root: Path) -> frozenset[str]:
    file = root / LISTING
    if not file.is_file():
        if root.exists() and (not root.is_dir() or any(entry.name != KEPT for entry in root.iterdir())):
            fix = "choose another --out, or an empty folder"
            raise InputError("exists and is no site that normsuite built", file=root, fix=fix)
        return frozenset()
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["made_by"] != _MADE_BY:
            raise KeyError("made_by")
        return frozenset(name for name in told["files"] if _is_below(name))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError("is no listing of a site that normsuite built", file=file) from None


def _is_below(name: str) -> bool:
    """Whether a listed path is one that a build could have written."""
    path = PurePosixPath(name)
    plain = all(re.fullmatch(r"[A-Za-z0-9@_-][A-Za-z0-9@._-]*", part) for part in path.parts)
    return plain and not path.is_absolute()


def _write(file: Path, files: list[str]) -> None:
    told = {"made_by": _MADE_BY, "schema": 1, "files": files}
    with written_whole(file) as temporary:
        temporary.write_text(json.dumps(told, indent=0) + "\n", encoding="utf-8")
