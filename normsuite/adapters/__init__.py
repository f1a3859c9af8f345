"""Adapters: one file per data set, from raw files to Items. This page is the register."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from normsuite.adapters.base import Adapted, Adapter, Home, RemoteFile, refuse_invalid
from normsuite.errors import InputError

__all__ = ["ADAPTERS", "Adapted", "Adapter", "Home", "RemoteFile", "get_adapter", "refuse_invalid"]

ADAPTERS: Final = {
    "mini": "normsuite.adapters.mini",
    "normbank": "normsuite.adapters.normbank",
    "social-chem-101": "normsuite.adapters.social_chem",
    "normad": "normsuite.adapters.normad",
    "normdial": "normsuite.adapters.normdial",
    "normvio-rt": "normsuite.adapters.normvio_rt",
    "ethics": "normsuite.adapters.ethics",
    "ealm": "normsuite.adapters.ealm",
    "mort-user-study": "normsuite.adapters.mort",
    "multilingual-moral": "normsuite.adapters.multilingual",
    "social": "normsuite.adapters.social",
    "scruples": "normsuite.adapters.scruples",
    "global-opinion": "normsuite.adapters.global_opinion",
    "wvs-norms": "normsuite.adapters.wvs_norms",
    "unimoral": "normsuite.adapters.unimoral",
    "egonormia": "normsuite.adapters.egonormia",
    "contract-norms": "normsuite.adapters.contract_norms",
    "moral-stories": "normsuite.adapters.moral_stories",
    "word-norms": "normsuite.adapters.word_norms",
}
"""Name of each data set and the module that ends in its ``ADAPTER``."""


def get_adapter(name: str) -> Adapter:
    """The adapter of a data set.

    Raises:
        InputError: no data set has this name.
    """
    if name not in ADAPTERS:
        raise InputError(f"no data set is called {name!r}", fix=f"choose one of {', '.join(ADAPTERS)}")
    adapter = import_module(ADAPTERS[name]).ADAPTER
    assert isinstance(adapter, Adapter)
    return adapter
