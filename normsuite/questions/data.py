"""Data sets as the tasks of one run see them: each is read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from normsuite.adapters import Adapted
from normsuite.adapters.build import load

Data = Callable[[str, str], Adapted]
"""Gives a data set by its name and the view of it."""


def data_of(raw: Mapping[str, Path]) -> Data:
    """Data sets from local copies where they are given, else from what ships or was downloaded.

    Args:
        raw: local copies of raw data, by data set.
    """

    @cache
    def data(name: str, view: str) -> Adapted:
        return load(name, raw.get(name), view)

    return data
