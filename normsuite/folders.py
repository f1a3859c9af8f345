"""Where the files that ship with normsuite lie: the same answer from a checkout and from an install."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).parent


def _shipped(name: str) -> Path:
    """A top-level folder of the repository; a wheel carries it inside the package."""
    installed = _PACKAGE / "_folders" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def tasks() -> Path:
    """The folder of task files, ``tasks/*.yaml``."""
    return _shipped("tasks")


def prompts() -> Path:
    """The folder of wordings, ``prompts/<family>/*.jinja``."""
    return _shipped("prompts")


def data_cards() -> Path:
    """The folder of data cards, ``data_cards/*.md``."""
    return _shipped("data_cards")


def mini() -> Path:
    """The raw files of the data set ``mini``."""
    return _PACKAGE / "shipped" / "mini"


def tiny() -> Path:
    """The checkpoint folder of ``normsuite-tiny``."""
    return _PACKAGE / "shipped" / "normsuite-tiny"


def world() -> Path:
    """The outlines that maps of the world are drawn from."""
    return _PACKAGE / "shipped" / "world.json"


def cache() -> Path:
    """The user's cache for downloads; ``NORMSUITE_CACHE`` names another place."""
    named = os.environ.get("NORMSUITE_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("normsuite"))
