"""Unpacking archives that came from elsewhere: only what is wanted, only below the folder, only so much."""

from __future__ import annotations

import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Final

from normsuite.errors import InputError

_BLOCK_BYTES: Final = 1 << 20


def unpack(archive: Path, into: Path, wanted: Sequence[str], most_bytes: int) -> list[Path]:
    """Unpack members of a zip or tar archive; they appear in ``into`` only after all of them came out whole.

    Args:
        archive: the file.
        into: an existing folder.
        wanted: glob patterns of members' names ("*" spans folders too).
        most_bytes: bound on the unpacked bytes of all members together.

    Returns:
        The files, relative to ``into``, in the archive's order.

    Raises:
        InputError: no archive, damaged, protected, or too large; a member whose name leads out of the folder
            or that is no plain file; nothing that is wanted.
    """
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=into) as scratch:
        found: list[Path] = []
        left = most_bytes
        try:
            for name, stream in _members(archive, wanted):
                left -= _copy(stream, Path(scratch) / name, left, archive)
                found.append(Path(name))
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(f"is a damaged archive ({error})", file=archive) from error
        except (RuntimeError, NotImplementedError) as error:  # zipfile's word for a password or a method
            raise InputError(f"cannot be unpacked ({error})", file=archive) from error
        if not found:
            raise InputError(f"holds no {' or '.join(wanted)}", file=archive)
        for path in found:
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(scratch) / path).replace(into / path)
    return found


def _members(archive: Path, wanted: Sequence[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and bytes of each wanted member; every member's name is looked at."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                plain = not stat.S_ISLNK(entry.external_attr >> 16)
                if not entry.is_dir() and _is_wanted(entry.filename, plain, wanted, archive):
                    with zipped.open(entry) as stream:
                        yield entry.filename, stream
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tarred:
            for member in tarred:
                if not member.isdir() and _is_wanted(member.name, member.isfile(), wanted, archive):
                    unpacked = tarred.extractfile(member)
                    assert unpacked is not None, "a plain file has bytes"
                    with unpacked:
                        yield member.name, unpacked
    else:
        raise InputError("is no zip or tar archive", file=archive)


def _is_wanted(name: str, plain: bool, wanted: Sequence[str], archive: Path) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or PureWindowsPath(name).drive:
        raise InputError(
            f"the member {name!r} leads out of the folder", file=archive, fix="do not trust this file"
        )
    if not any(fnmatchcase(path.as_posix(), pattern) for pattern in wanted):
        return False
    if not plain:
        raise InputError(f"the member {name!r} is no plain file", file=archive, fix="do not trust this file")
    return True


def _copy(stream: IO[bytes], target: Path, most_bytes: int, archive: Path) -> int:
    """Bytes written; counted while they come, since an archive may lie about its sizes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with target.open("wb") as sink:
        while block := stream.read(_BLOCK_BYTES):
            written += len(block)
            if written > most_bytes:
                raise InputError(
                    "unpacks to more than is allowed", file=archive, fix="do not trust this file"
                )
            sink.write(block)
    return written
