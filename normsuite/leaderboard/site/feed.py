"""The feed of submissions, in Atom (RFC 4287); its dates are those of the runs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from normsuite.leaderboard.site.data import short
from normsuite.leaderboard.site.entries import Entry, moment

MOST: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"
_NAMES: Final = uuid.UUID("6f4c5d5e-6a0b-5a3c-9c58-0b5c6f1f7a21")
"""Below which the ids of this feed are made."""


def feed(entries: Sequence[Entry]) -> bytes:
    """The newest submissions, newest first."""
    ElementTree.register_namespace("", _ATOM)
    newest = sorted(entries, key=lambda entry: (entry.created, entry.page), reverse=True)[:MOST]
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    _text(root, "title", "normsuite leaderboard: submissions")
    _text(root, "id", uuid.uuid5(_NAMES, "feed").urn)
    _text(root, "updated", (newest[0].created if newest else moment("")).isoformat())
    _link(root, "feed.xml", "self")
    _link(root, "index.html", "alternate")
    for entry in newest:
        item = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
        _text(item, "title", f"{short(entry.name)} ({short(entry.revision)})")
        _text(item, "id", uuid.uuid5(_NAMES, entry.page).urn)
        _text(item, "updated", entry.created.isoformat())
        _link(item, f"models/{entry.page}.html", "alternate")
        author = ElementTree.SubElement(item, f"{{{_ATOM}}}author")
        _text(author, "name", short(entry.name.split("/")[0]))
        tasks = sorted(entry.tasks)
        more = f" and {len(tasks) - 10} more" if len(tasks) > 10 else ""
        _text(item, "summary", f"{', '.join(short(task) for task in tasks[:10])}{more}")
    ElementTree.indent(root, " ")
    told: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return told + b"\n"


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _link(parent: ElementTree.Element, address: str, relation: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}link", {"href": address, "rel": relation})
