"""From a data set's home to the user's cache: ``normsuite data get``.

``<cache>/data/<name>/`` holds the raw files and ``downloads.json``, which says of each where it came from,
when, and its digest. A file is there complete and with the right digest, or not at all. Where a home names a
branch of the Hugging Face hub, the commit it stood at is recorded too, and downloaded from then on.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock

from normsuite import folders
from normsuite.adapters.archives import unpack
from normsuite.adapters.base import Adapter, RemoteFile
from normsuite.adapters.downloads import Progress, download
from normsuite.adapters.reading import sha256
from normsuite.errors import InputError

MOST_BYTES: Final = 4 << 30
"""What an archive may unpack to."""

_RECORDS: Final = "downloads.json"
_HUB: Final = re.compile(r"hf://datasets/(?P<repo>[^/@]+/[^/@]+)@(?P<revision>[^/]+)/(?P<path>.+)")
_SNAPSHOT: Final = re.compile(r"/snapshots/([0-9a-f]{40})/")


@dataclass(frozen=True)
class Record:
    """What is known of one download.

    Attributes:
        url: where it came from.
        revision: the home's pinned revision.
        sha256: digest of what came: of the archive, where it was one.
        bytes: its size.
        date: the day, ISO 8601, UTC.
        files: size in bytes of each file it left in the folder, by relative path.
        commit: for a file of the Hugging Face hub, the commit it is of; else empty.
    """

    url: str
    revision: str
    sha256: str
    bytes: int
    date: str
    files: Mapping[str, int]
    commit: str = ""


def get(adapter: Adapter, *, progress: Progress = lambda name, done, total: None) -> Path:
    """Download a data set unless it is here already.

    Args:
        adapter: the data set.
        progress: told (file, bytes done, bytes in all or 0 where unknown).

    Returns:
        The folder of its raw files, which ``adapter.read`` takes.

    Raises:
        InputError: it cannot be downloaded without a person (says what to do), the home does not answer, a
            digest is not the pinned or the first recorded one, an archive is unsafe, the disk is full.
    """
    folder = _folder(adapter)
    if not adapter.home.files:
        what = f"{adapter.name}: {adapter.home.manual} ({adapter.home.page})"
        raise InputError(what, fix=f"then put it into {folder} or give it with --raw")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            records = _read_records(folder)
            for file in adapter.home.files:
                if not _is_here(folder, records.get(file.url), adapter.home.revision):
                    records[file.url] = _fetch(file, folder, adapter.home.revision, records, progress)
                    _write_records(folder, records)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=folder) from error
    return folder


def cached(adapter: Adapter) -> Path | None:
    """The folder that holds all raw files of a data set, downloaded or put there by hand; else None."""
    folder = _folder(adapter)
    if not folder.is_dir():
        return None
    if not adapter.home.files:
        return folder if any(folder.iterdir()) else None
    records = _read_records(folder)
    here = (_is_here(folder, records.get(file.url), adapter.home.revision) for file in adapter.home.files)
    return folder if all(here) else None


def downloads(adapter: Adapter) -> list[Record]:
    """What is recorded of a data set's downloads; empty where nothing was downloaded."""
    records = _read_records(_folder(adapter))
    return [records[file.url] for file in adapter.home.files if file.url in records]


def _folder(adapter: Adapter) -> Path:
    return folders.cache() / "data" / adapter.name


def _is_here(folder: Path, record: Record | None, revision: str) -> bool:
    """Whether a download of this revision lies in the folder, by its files' sizes."""
    if record is None or record.revision != revision:
        return False
    paths = ((folder / name, size) for name, size in record.files.items())
    return all(path.is_file() and path.stat().st_size == size for path, size in paths)


def _fetch(
    file: RemoteFile, folder: Path, revision: str, records: Mapping[str, Record], progress: Progress
) -> Record:
    """Bring one file, check its digest, and only then put it or its members in place."""
    part = folder / f"{file.path}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    known = records.get(file.url)
    if known and known.revision != revision:
        known = None
    commit = known.commit if known else ""
    if file.url.startswith("hf://"):
        commit = _from_hub(file, part, commit, progress)
    else:
        download(file.url, part, file.path, progress)
    digest, size = sha256(part), part.stat().st_size
    expected = file.sha256 or (known.sha256 if known else digest)
    if digest != expected:
        part.unlink()
        differs = f"is not the file it should be: its sha256 is {digest}, expected {expected}"
        raise InputError(differs, file=file.url, fix="nothing was kept; give a copy you trust with --raw")
    if file.members:
        left = unpack(part, folder, file.members, MOST_BYTES)
        part.unlink()
    else:
        part.replace(folder / file.path)
        left = [Path(file.path)]
    sizes = {path.as_posix(): (folder / path).stat().st_size for path in left}
    return Record(file.url, revision, digest, size, datetime.now(UTC).date().isoformat(), sizes, commit)


def _from_hub(file: RemoteFile, part: Path, commit: str, progress: Progress) -> str:
    """Copy a file out of the Hugging Face cache, into which the hub's own client brings it.

    Args:
        file: what to bring.
        part: where it goes.
        commit: the commit to bring it from; empty for the revision in the file's address.
        progress: told once.

    Returns:
        The commit it came from: a branch has one only while nobody pushes.
    """
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError, HFValidationError

    address = _HUB.fullmatch(file.url)
    if address is None:
        raise InputError("is not of the form hf://datasets/owner/name@revision/path", file=file.url)
    try:
        found = huggingface_hub.hf_hub_download(
            address["repo"], address["path"], repo_type="dataset", revision=commit or address["revision"]
        )
    except (OSError, EntryNotFoundError, HFValidationError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        fix = "or give a copy with --raw"
        raise InputError(f"cannot be downloaded: {reason}", file=file.url, fix=fix) from error
    shutil.copyfile(found, part)
    size = part.stat().st_size
    progress(file.path, size, size)
    snapshot = _SNAPSHOT.search(Path(found).as_posix())
    return snapshot[1] if snapshot else ""


def _read_records(folder: Path) -> dict[str, Record]:
    path = folder / _RECORDS
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {entry["url"]: Record(**entry) for entry in entries}
    except (ValueError, KeyError, TypeError) as error:
        fix = "delete the folder and run `normsuite data get` again"
        raise InputError(f"is damaged ({error})", file=path, fix=fix) from error


def _write_records(folder: Path, records: Mapping[str, Record]) -> None:
    path, temporary = folder / _RECORDS, folder / f".{_RECORDS}.tmp"
    text = json.dumps({"files": [asdict(record) for record in records.values()]}, indent=2)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)
