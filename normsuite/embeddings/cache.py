"""Vectors on disk: one store per model, engine, pooling and layer.

A store is a folder of shards. A shard is two files of one name, ``NAME.keys.npy`` [rows, 2] and
``NAME.vectors.npy`` [rows, d], written whole and renamed into place, the keys last: a shard exists when both
do. NAME is made of the digests of both files and of what the store is of, so that a shard that is damaged, or
was made for another model, is known before a row of it is used. A shard is never changed; small ones are
merged into larger ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings.index import Index
from normsuite.embeddings.passages import Keys
from normsuite.errors import InputError

Vectors = NDArray[np.float32]

LARGE: Final = 4096
"""Rows from which a shard is left as it is."""

DESCRIPTION: Final = "store.json"
"""Says what a store is of, to people; nothing is read from it."""

_FORMAT: Final = 1  # of the files: another number is another folder
_MANY: Final = 16  # small shards, which are then merged
_PATIENCE_S: Final = 120.0  # to write, which takes milliseconds
_TRIES: Final = 100  # to see all shards in place, while others merge them
_SHARD_FILE: Final = re.compile(r"([0-9a-f]{32})\.(keys|vectors)\.npy")


class Store:
    """The vectors that one model gave in one way; any number of processes may read and write it at once."""

    def __init__(self, cache: Path, of: Mapping[str, object]) -> None:
        """Name the store; nothing is read or written yet.

        Args:
            cache: the folder of all stores.
            of: everything that can move a number of a vector, in JSON's types.
        """
        self._of = {"format": _FORMAT, **of}
        content = json.dumps(self._of, sort_keys=True, separators=(",", ":"))
        self._name = hashlib.sha256(content.encode()).hexdigest()
        self.folder: Final = cache / self._name
        self._keys: dict[str, Keys] = {}
        self._index = Index.of([])
        self._whole: set[str] = set()

    def find(self, keys: Keys) -> tuple[NDArray[np.bool_], Vectors]:
        """The vectors that are there.

        Args:
            keys: [n, 2].

        Returns:
            Which of the n are there [n], and their vectors in that order [found, d]; d is 0 where none is.

        Raises:
            InputError: a shard is damaged or of another store, or cannot be read.
        """
        for _ in range(_TRIES):
            # A shard that another process merges away between the listing and the reading is met again in
            # the merged one.
            with contextlib.suppress(FileNotFoundError), self._readable():
                self._refresh()
                found, shard, row = self._index.find(keys)
                return found, self._gather(shard, row)
        raise InputError("changes too fast to be read", file=self.folder, fix="try again")

    def put(self, keys: Keys, vectors: Vectors) -> None:
        """Add a shard, whole or not at all.

        Args:
            keys: [n, 2].
            vectors: [n, d]; NaN is kept as it is.

        Raises:
            InputError: the folder cannot be written, the disk is full, or a shard to merge is damaged.
        """
        if not len(keys):
            return
        with self._writable():
            self._remove_leftovers()
            self._describe()
            self._write(keys, vectors)
            self._merge()

    def _refresh(self) -> None:
        """Read the keys of shards that are new, and forget those that are gone.

        Raises:
            FileNotFoundError: a shard went meanwhile.
        """
        names = self._names()
        if names == self._keys.keys():
            return
        known = self._keys
        self._keys = {name: known[name] if name in known else self._read_keys(name) for name in sorted(names)}
        self._index = Index.of(list(self._keys.values()))

    def _names(self) -> set[str]:
        """The shards in place. A shard without one of its files is none: its rows are simply not there."""
        listed = self._listed()
        # A listing is not of one moment: it may miss both a new shard and the old ones that it replaced. Two
        # alike in a row miss nothing, for the new one was there before the second began.
        while (again := self._listed()) != listed:
            listed = again
        return {name for name, kind in listed if kind == "keys"} & {
            name for name, kind in listed if kind == "vectors"
        }

    def _listed(self) -> set[tuple[str, str]]:
        """(name, kind) of every file of a shard."""
        try:
            matches = [_SHARD_FILE.fullmatch(entry) for entry in os.listdir(self.folder)]  # noqa: PTH208
        except FileNotFoundError:
            return set()
        return {(match[1], match[2]) for match in matches if match}

    def _path(self, name: str, kind: str) -> Path:
        return self.folder / f"{name}.{kind}.npy"

    def _read_keys(self, name: str) -> Keys:
        path = self._path(name, "keys")
        content = path.read_bytes()
        if self._seal(io.BytesIO(content)) != name[:16]:
            raise _damaged(path)
        keys: Keys = np.load(io.BytesIO(content), allow_pickle=False)
        return keys

    def _vectors(self, name: str) -> Vectors:
        """The vectors of a shard [rows, d], mapped into memory; compared with their digest once."""
        path = self._path(name, "vectors")
        if name not in self._whole:
            with path.open("rb") as stream:
                if self._seal(stream) != name[16:]:
                    raise _damaged(path)
            self._whole.add(name)
        try:
            vectors: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # cut short since it was compared
            raise _damaged(path) from None
        return vectors

    def _gather(self, shard: NDArray[np.intp], row: NDArray[np.intp]) -> Vectors:
        """Rows of shards [n, d]; one shard is open at a time."""
        vectors: Vectors = np.empty((0, 0), np.float32)
        names = list(self._keys)
        order = np.argsort(shard, kind="stable")
        numbers, starts = np.unique(shard[order], return_index=True)
        for number, places in zip(numbers.tolist(), np.split(order, starts[1:]), strict=False):
            found = self._vectors(names[number])[row[places]]
            if not len(vectors):
                vectors = np.empty((len(row), found.shape[1]), np.float32)
            vectors[places] = found
        return vectors

    def _write(self, keys: Keys, vectors: Vectors) -> str:
        """Put a shard in place; its name."""
        contents = {"keys": keys.astype("<u8"), "vectors": vectors.astype("<f4")}
        name = ""
        for kind, content in contents.items():
            with self._temporary(kind).open("w+b") as sink:
                np.save(sink, content, allow_pickle=False)
                sink.flush()
                os.fsync(sink.fileno())
                sink.seek(0)
                name += self._seal(sink)
        for kind in ("vectors", "keys"):
            self._temporary(kind).replace(self._path(name, kind))
        return name

    def _merge(self) -> None:
        """Put small shards together where there are many: as many of them as make a large one."""
        self._refresh()
        small = [name for name, keys in self._keys.items() if len(keys) < LARGE]
        if len(small) < _MANY:
            return
        sizes = np.cumsum([len(self._keys[name]) for name in small])
        merged = small[: int(np.searchsorted(sizes, LARGE)) + 1]
        keys = np.concatenate([self._keys[name] for name in merged])
        _, first = np.unique(keys, axis=0, return_index=True)
        into = self._write(keys[first], np.concatenate([self._vectors(name) for name in merged])[first])
        # Where all hold the same rows, the merged shard may be one of them.
        for path in (
            self._path(name, kind) for name in merged if name != into for kind in ("keys", "vectors")
        ):
            path.unlink()

    def _describe(self) -> None:
        content = json.dumps(self._of, indent=1, ensure_ascii=False) + "\n"
        path, temporary = self.folder / DESCRIPTION, self._temporary("store")
        if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != content:
            temporary.write_text(content, encoding="utf-8")
            temporary.replace(path)

    def _remove_leftovers(self) -> None:
        """Remove what killed processes had not finished; only the holder of the lock writes."""
        whole = self._names()
        halves = [self._path(name, kind) for name, kind in self._listed() if name not in whole]
        for path in [*halves, *self.folder.glob(".*.tmp")]:
            path.unlink()

    def _temporary(self, kind: str) -> Path:
        return self.folder / f".{kind}.tmp"

    def _seal(self, stream: io.BufferedIOBase) -> str:
        """Sixteen hexadecimal digits over a file and what the store is of."""
        digest = hashlib.file_digest(stream, lambda: hashlib.sha256(self._name.encode()))
        return digest.hexdigest()[:16]

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror or error}", file=error.filename or self.folder
            ) from None

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """The folder is there, and no other process writes it."""
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock", timeout=_PATIENCE_S):
                yield
        except Timeout:
            raise InputError(
                "is being written by another process that does not end",
                file=self.folder,
                fix="end that process",
            ) from None
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror or error}", file=self.folder) from None


def _damaged(path: Path) -> InputError:
    return InputError(
        "is damaged, or was made for another model or pooling",
        file=path,
        fix="delete it; its texts are then embedded again",
    )
