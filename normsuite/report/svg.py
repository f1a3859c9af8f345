"""A drawing made part of the page: its colours, its ids and its text alternative."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

from normsuite.report.text import visible

INK: Final = "#010101"
MUTED: Final = "#020202"
MODEL_INK: Final = "#030303"
BASELINE: Final = "#040404"
PAPER: Final = "#050505"
"""Stand-ins that a figure draws with; ``inline`` turns each into the page's own colour."""

_PAGE_COLOURS: Final = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    MODEL_INK: "var(--model)",
    BASELINE: "var(--baseline)",
    PAPER: "var(--paper)",
}
_COORDINATES: Final = frozenset({"d", "x", "y", "width", "height", "points", "transform"})
_SVG: Final = "http://www.w3.org/2000/svg"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"


def inline(drawing: str, key: str, description: str) -> str:
    """An SVG document of matplotlib's as an element for an HTML page.

    Ids get the prefix ``key`` so that several drawings fit on one page, stand-in colours become CSS
    variables, the width is given in rem so that it follows the reader's font size, and ``description`` is the
    text alternative.
    """
    root = ElementTree.fromstring(drawing)  # noqa: S314 - written by matplotlib a moment ago
    for child in list(root):
        # matplotlib's name and a style sheet that would reach beyond the drawing
        if child.tag == f"{{{_SVG}}}metadata" or child.find(f"{{{_SVG}}}style") is not None:
            root.remove(child)
    for element in root.iter():
        _adapt(element, key)
    width = float(root.attrib.pop("width").removesuffix("pt"))
    del root.attrib["height"]
    root.attrib.update(
        {"role": "img", "aria-labelledby": f"{key}-title", "style": f"width:{width / 11:.2f}rem"}
    )
    title = ElementTree.Element(f"{{{_SVG}}}title", {"id": f"{key}-title"})
    title.text = visible(description)
    root.insert(0, title)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _HREF[1:].split("}")[0])
    return ElementTree.tostring(root, encoding="unicode")


def _rounded(numbers: str) -> str:
    """Coordinates to a hundredth of a point: what is finer is not seen, and makes half of a page's bytes."""
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), numbers)


def _adapt(element: ElementTree.Element, key: str) -> None:
    """Rewrite the attributes of one element; what it says as text is left alone."""
    attributes = element.attrib
    if "id" in attributes:
        attributes["id"] = f"{key}-{attributes['id']}"
    for name in _COORDINATES & attributes.keys():
        attributes[name] = _rounded(attributes[name])
    if attributes.get(_HREF, "").startswith("#"):
        attributes[_HREF] = f"#{key}-{attributes[_HREF][1:]}"
    if "clip-path" in attributes:
        attributes["clip-path"] = attributes["clip-path"].replace("url(#", f"url(#{key}-")
    if "style" in attributes:
        for stand_in, colour in _PAGE_COLOURS.items():
            attributes["style"] = attributes["style"].replace(stand_in, colour)
