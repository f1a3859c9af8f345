"""Data inside a page: an element that holds JSON and is never run; ``normsuite.unpack`` reads it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, Final

from markupsafe import Markup, escape

PLAIN_BYTES: Final = 16_384
"""Longer JSON is compressed: below it, the browser's work to unpack is worth more than the bytes."""


def embed(key: str, value: Any) -> Markup:
    """``value`` as an element with the id ``key``: the same value gives the same bytes.

    Args:
        key: the element's id.
        value: anything JSON holds; floats that are not finite are refused, since JSON has none.

    Raises:
        ValueError: it holds a float that is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    data = text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes JSON's own escape for it
    if len(data) <= PLAIN_BYTES:
        # No "<" stands in the element, so nothing in it ends it.
        return _element(key, "json", data.decode().replace("<", "\\u003c"))
    packed = gzip.compress(data, 6, mtime=0)
    return _element(key, "json+gzip", base64.b64encode(packed).decode())


def _element(key: str, kind: str, content: str) -> Markup:
    name = escape(key)
    return Markup(f'<script type="application/{kind}" id="{name}">{content}</script>')  # noqa: S704 - see above
