"""Adapters: one file per data set, from raw files to Items. This page is the register.

A package adds an adapter by an entry point of the group ``normsuite.adapters``: the data set's name, and
``module:ADAPTER``.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile, refuse_invalid
from normsuite.errors import InputError

__all__ = [
    "ADAPTERS",
    "Adapted",
    "Adapter",
    "Facts",
    "Home",
    "RemoteFile",
    "get_adapter",
    "known_adapters",
    "refuse_invalid",
]

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
    "valueprism": "normsuite.adapters.valueprism",
    "egonormia": "normsuite.adapters.egonormia",
    "contract-norms": "normsuite.adapters.contract_norms",
    "moral-stories": "normsuite.adapters.moral_stories",
    "culturalbench": "normsuite.adapters.culturalbench",
    "culturebank": "normsuite.adapters.culturebank",
    "eticor": "normsuite.adapters.eticor",
    "word-norms": "normsuite.adapters.word_norms",
}
"""Name of each data set that normsuite reads itself, and the module that ends in its ``ADAPTER``."""

ENTRY_POINTS: Final = "normsuite.adapters"


@cache
def known_adapters() -> dict[str, str]:
    """Every data set that has an adapter, and ``module:attribute`` of it: normsuite's, then packages'.

    Raises:
        InputError: two adapters are of one name, and both are told.
    """
    known = {name: f"{module}:ADAPTER" for name, module in ADAPTERS.items()}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        if entry.name in known:
            package = f" of the package {entry.dist.name}" if entry.dist else ""
            both = f"{known[entry.name]} and {entry.value}{package}"
            what = f"the data set {entry.name!r} has two adapters: {both}"
            raise InputError(what, fix="uninstall one of them")
        known[entry.name] = entry.value
    return known


def get_adapter(name: str) -> Adapter:
    """The adapter of a data set.

    Raises:
        InputError: no data set has this name, or a package names an adapter that it does not have.
    """
    known = known_adapters()
    if name not in known:
        raise InputError(f"no data set is called {name!r}", fix=f"choose one of {', '.join(known)}")
    module, _, attribute = known[name].partition(":")
    try:
        adapter = getattr(import_module(module), attribute or "ADAPTER")
    except (ImportError, AttributeError) as error:
        raise InputError(f"the adapter {known[name]!r} of {name!r} cannot be loaded ({error})") from None
    if not isinstance(adapter, Adapter) or adapter.name != name:
        raise InputError(f"{known[name]!r} is no adapter of the data set {name!r}")
    return adapter
