"""Jinja expressions over the cells of a row, in the same sandbox as the wordings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2 import meta
from jinja2.exceptions import SecurityError

from normsuite.errors import InputError
from normsuite.prompts import MOST_CHARACTERS, Empty, bounded, compile_template, sandbox

_ROW: Final = "row"


def _replace(text: object, old: str, new: str) -> str:
    """``replace``, which the wordings lack: bounded before it is made."""
    words = str(text)
    if not old or len(words) + words.count(old) * max(len(new) - len(old), 0) > MOST_CHARACTERS:
        raise OverflowError(f"makes more than {MOST_CHARACTERS:,} characters")
    return words.replace(old, new)


_ENVIRONMENT: Final = sandbox()
_ENVIRONMENT.filters["replace"] = _replace


class Expression:
    """One expression. It sees columns by their names, and all of them as ``row['any name']``."""

    def __init__(self, text: str, columns: Collection[str], field: str) -> None:
        """Compile it.

        Args:
            text: the Jinja template.
            columns: names of the table's columns.
            field: the key of the task file, for errors.

        Raises:
            InputError: it does not compile, or uses what is no column or has no place in an expression.
        """
        try:
            self._template = compile_template(_ENVIRONMENT, Path(field), text, {*columns, _ROW})
        except InputError as error:
            what = error.what.replace("is not a field of an item", "is not a column").replace(
                "a wording", "an expression"
            )
            raise InputError(what, field=f"data.table.{field}", fix=error.fix) from None
        self._names = meta.find_undeclared_variables(_ENVIRONMENT.parse(text))

    def __call__(self, row: Mapping[str, Any]) -> str | None:
        """What it prints for one row; None where that is nothing, or a cell that it prints is empty.

        Raises:
            ValueError: it cannot be computed; the message is to be read after the row.
        """
        filled = {
            name: Empty(f"the column {name!r} is empty", name=name) if row.get(name) is None else row[name]
            for name in self._names - {_ROW}
        }
        if _ROW in self._names:
            filled[_ROW] = dict(row)
        try:
            return bounded(self._template.generate(filled)).strip() or None
        except SecurityError as error:
            raise ValueError(f"reaches for what it must not: {error}") from None
        except jinja2.UndefinedError:
            return None
        except Exception as error:
            # A stranger's expression can fail in any way Python can; each is that row's fault.
            raise ValueError(f"cannot be computed ({type(error).__name__}: {error})") from None
