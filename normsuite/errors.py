"""The one exception that a user's mistake may raise."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Something the user gave cannot be used; its text is one line that says what, where and what to do.

    The command line prints the line and exits with code 2. Code that calls normsuite as a library can read
    the parts: ``what``, ``file``, ``row`` (1-based line or record number), ``field`` and ``fix``.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.what, self.row, self.field, self.fix = what, row, field, fix
        self.file = None if file is None else str(file)
        where = [
            part
            for part in (
                self.file,
                None if row is None else f"row {row}",
                None if field is None else f"field {field!r}",
            )
            if part
        ]
        line = ": ".join([", ".join(where), what] if where else [what])
        super().__init__(" ".join((f"{line}; {fix}" if fix else line).split()))
