"""NormVio-RT's chat logs, read so that no name of a user leaves this file.

Whoever spoke becomes a role: ``streamer``, ``author`` (who wrote the judged message) or ``user``. The same
words stand for names inside messages: after an ``@`` always, elsewhere where the name is one of the log's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

ACTIONS: Final = ("ban", "timeout")
_ID: Final = re.compile(
    rf"(?P<number>\d+)_(?P<action>{'|'.join(ACTIONS)})_(?P<streamer>\w+)_(?P<date>\d{{4}}-\d\d-\d\d)_(?P<user>\w+)"
)
_WORD: Final = re.compile(r"@?\w+")
SETTINGS: Final = {"title": "channel title", "game_name": "game"}
"""Keys of the channel's settings that are shown, and what they are called."""


class UnreadableError(Exception):
    """A file of a log that is not as published; its text says in what, without any name."""


@dataclass(frozen=True)
class Moderated:
    """What a log's id says: ``<number>_<action>_<streamer>_<date>_<user>``, with ``_`` inside names too."""

    number: str
    action: str
    streamer: str
    date: str
    user: str

    @property
    def folder(self) -> str:
        """The name of the log's folder: the id itself, safe as a name, since it is words and hyphens only."""
        return "_".join((self.number, self.action, self.streamer, self.date, self.user))


@dataclass(frozen=True)
class Said:
    """One line of the chat, without names."""

    speaker: str
    text: str


@dataclass(frozen=True)
class Log:
    """One moderated message with what came before it.

    Attributes:
        message: what was moderated.
        chat: everybody's messages before it, in order.
        whole: those and all earlier ones of its author that are on record.
        settings: the channel's, by what they are called; empty where they are not there.
        contents: the raw bytes of each file that was read.
    """

    message: str
    chat: tuple[Said, ...]
    whole: tuple[Said, ...]
    settings: dict[str, str]
    contents: tuple[bytes, ...]


@dataclass(frozen=True)
class _Entry:
    """One line of a log as it is written."""

    time: str
    user: str
    shown_name: str
    text: str
    key: str

    def is_same(self, other: _Entry) -> bool:
        if self.key and other.key:
            return self.key == other.key
        return (self.time, self.user, self.text) == (other.time, other.user, other.text)


def parse_id(text: str) -> Moderated | None:
    """The parts of a log's id, told apart by the date; None where it is not of that form."""
    found = _ID.fullmatch(text)
    return Moderated(**found.groupdict()) if found else None


def read_log(folder: Path, about: Moderated) -> Log:
    """The message and its context, without names.

    Args:
        folder: the log's folder in ``original_data``.
        about: what its id says.

    Raises:
        UnreadableError: a file is missing or not as published.
    """
    contents: list[bytes] = []

    def lines(name: str) -> list[dict[str, Any]]:
        contents.append(_read(folder / name))
        return _objects(contents[-1], name)

    judged = _entries(lines("bad_utterance.jsonl"))
    if len(judged) != 1:
        raise UnreadableError(f"bad_utterance.jsonl holds {len(judged)} messages, not 1")
    single = _entries(lines("single_user_context.jsonl"))
    everybody = _entries(lines("multi_user_context.jsonl"))
    told = lines("channel_setting.jsonl")[:1] if (folder / "channel_setting.jsonl").is_file() else []
    roles = _roles(about, [*judged, *single, *everybody])
    before = list(_before(judged[0], everybody))
    new = [entry for entry in _before(judged[0], single) if not any(map(entry.is_same, before))]
    settings = {
        word: without_names(_text(value), roles)
        for key, word in SETTINGS.items()
        for value in [told[0].get(key) if told else None]
        if value
    }
    return Log(
        without_names(judged[0].text, roles),
        tuple(_said(before, roles)),
        tuple(_said(sorted([*before, *new], key=lambda entry: entry.time), roles)),
        settings,
        tuple(contents),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UnreadableError(f"{path.name} cannot be read") from None


def _objects(content: bytes, name: str) -> list[dict[str, Any]]:
    """The JSON objects of a file, one a line."""
    try:
        rows = [json.loads(line) for line in content.decode("utf-8-sig").split("\n") if line.strip()]
    except (ValueError, RecursionError):
        raise UnreadableError(f"{name} is no JSON of one object a line") from None
    if not all(isinstance(row, dict) for row in rows):
        raise UnreadableError(f"{name} is no JSON of one object a line")
    return rows


def _entries(rows: Iterable[dict[str, Any]]) -> list[_Entry]:
    """The messages among a log's lines; the others tell what moderators did."""
    keys = ("timestamp", "user", "display_name", "message", "message_id")
    return [
        _Entry(*(_text(row.get(key)) for key in keys)) for row in rows if isinstance(row.get("message"), str)
    ]


def _text(value: Any) -> str:
    """A value as text; half a surrogate pair, which no file can hold, becomes a question mark."""
    return str(value or "").encode("utf-8", "replace").decode()


def _before(judged: _Entry, entries: list[_Entry]) -> Iterator[_Entry]:
    in_time = sorted(entries, key=lambda entry: entry.time)
    return takewhile(lambda entry: entry.time <= judged.time and not entry.is_same(judged), in_time)


def _roles(about: Moderated, entries: Iterable[_Entry]) -> dict[str, str]:
    """The role of everyone in a log, by each of their names in lower case."""
    known = {about.user.casefold(): "author", about.streamer.casefold(): "streamer"}
    roles = dict(known)
    for entry in entries:
        role = known.get(entry.user.casefold(), "user")
        roles |= {name.casefold(): role for name in (entry.shown_name, entry.user) if name}
    return roles | known


def _said(entries: Iterable[_Entry], roles: dict[str, str]) -> Iterator[Said]:
    for entry in entries:
        yield Said(roles.get(entry.user.casefold(), "user"), without_names(entry.text, roles))


def without_names(text: str, roles: dict[str, str]) -> str:
    """A text with roles in place of names.

    Args:
        text: any text.
        roles: by name, in lower case; whoever is called by ``@`` and is not among them is a ``user``.
    """

    def role(word: re.Match[str]) -> str:
        found = word[0]
        if found.startswith("@"):
            return f"@{roles.get(found[1:].casefold(), 'user')}"
        return roles.get(found.casefold(), found)

    return _WORD.sub(role, text).strip()
