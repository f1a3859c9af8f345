"""Data sets as the tasks of one run see them: each is read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from normsuite.adapters import Adapted
from normsuite.adapters.build import load
from normsuite.tables import load_table, tables_of
from normsuite.tasks import AnyTask

Data = Callable[[str, str], Adapted]
"""Gives a data set by its name and the view of it."""


def data_of(raw: Mapping[str, Path], tasks: Sequence[AnyTask] = ()) -> Data:
    """Data sets from local copies where they are given, else from what ships or was downloaded.

    Args:
        raw: local copies of raw data, by data set.
        tasks: those that may bring tables of their own.

    Raises:
        InputError: two tables have the same name.
    """
    tables = tables_of(tasks)

    @cache
    def data(name: str, view: str) -> Adapted:
        if name in tables:
            return load_table(tables[name], raw.get(name))
        return load(name, raw.get(name), view)

    return data
