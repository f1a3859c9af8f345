"""Style sheets and scripts, and the policy by which a page runs these scripts and no others."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

_ASSETS: Final = Path(__file__).parent / "assets"

SCRIPTS: Final = ("dom.js", "theme.js", "data.js", "table.js", "list.js")
"""The shared scripts, in an order in which each finds what it needs."""


@cache
def asset(name: str) -> Markup:
    """A style sheet or script of this room, to be written into a page as it is."""
    return Markup((_ASSETS / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def script(code: str) -> Markup:
    """``code``, of this package, as an element that ``content_policy`` can name by its digest.

    Raises:
        ValueError: it holds what would end the element.
    """
    if "</script" in code.lower() or "<!--" in code:
        raise ValueError("code that would end its own element")
    return Markup(f"<script>{code}</script>")  # noqa: S704 - checked above, and never from data


def content_policy(scripts: Iterable[str]) -> str:
    """What a page that works alone may do: run these scripts by their digests, and fetch nothing.

    Args:
        scripts: the code of each inline script, exactly as ``script`` was given it.
    """
    digests = (base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
