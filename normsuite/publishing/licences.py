"""A licence as a hub and as Croissant name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from normsuite.adapters import Adapter

_SPDX: Final = {
    "CC0 1.0": "CC0-1.0",
    "CC BY 4.0": "CC-BY-4.0",
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
    "CC BY-NC 4.0": "CC-BY-NC-4.0",
    "CC BY-NC-SA 4.0": "CC-BY-NC-SA-4.0",
    "CC BY-ND 4.0": "CC-BY-ND-4.0",
    "ODC-By 1.0": "ODC-By-1.0",
    "ODbL 1.0": "ODbL-1.0",
    "MIT": "MIT",
    "Apache-2.0": "Apache-2.0",
}
"""Licences that have the same identifier at SPDX and, in small letters, at the Hugging Face hub."""
_HUB: Final = {"ODC-By-1.0": "odc-by", "ODbL-1.0": "odbl"}
"""The exceptions."""


@dataclass(frozen=True)
class Licence:
    """What a data set may be used for.

    Attributes:
        text: as its home says it; empty where nobody has said.
        hub: its identifier at the Hugging Face hub; ``other`` where it has none, ``unknown`` where none is
            stated.
        spdx: its page at SPDX; empty where it has none.
        page: the data set's home, which says more; empty where it has none.
    """

    text: str
    hub: str
    spdx: str = ""
    page: str = ""

    @property
    def name(self) -> str:
        """An identifier made of the text, as the hub wants it for other licences."""
        return re.sub(r"[^a-z0-9.]+", "-", self.text.lower()).strip("-.")


def licence_of(adapter: Adapter | None, said: str = "") -> Licence:
    """The licence of a data set.

    Args:
        adapter: the data set's; None for one of the user's own.
        said: for those, the licence as the user names it, in any of its spellings; may be empty.
    """
    text = adapter.home.licence if adapter else said
    page = adapter.home.page if adapter else ""
    named, _, remark = text.partition(" (")
    spdx = _known(named) if not remark or remark.endswith(")") else None
    if spdx:
        return Licence(text, _HUB.get(spdx, spdx.lower()), f"https://spdx.org/licenses/{spdx}.html", page)
    stated = text and not text.startswith("none stated")
    return Licence(text, "other" if stated else "unknown", page=page)


def _known(name: str) -> str | None:
    """The SPDX identifier of a name in whichever spelling."""
    spellings = {
        _plain(spelling): spdx
        for text, spdx in _SPDX.items()
        for spelling in (text, spdx, _HUB.get(spdx, spdx))
    }
    return spellings.get(_plain(name))


def _plain(name: str) -> str:
    """A name without capitals, and with hyphens for spaces."""
    return name.strip().lower().replace(" ", "-")
