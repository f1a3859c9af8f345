"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from normsuite.errors import InputError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a place beside ``path`` to write to, and rename what is written there into place.

    Raises:
        InputError: the folder cannot be written, or the disk is full; nothing is left.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise InputError(f"cannot write: {error.strerror or error}", file=path) from None
