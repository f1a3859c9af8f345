"""NormVio-RT (Moon et al. 2023): moderated messages of live-stream chats, and the rules that they break.

Three people judged each message three times, seeing ever more of its context; a view is one of these stages.
The raw files name users: no name reaches an item, an id, a cluster or a row that is set aside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home
from normsuite.adapters.facets import facets
from normsuite.adapters.normvio_chat import Log, Moderated, UnreadableError, parse_id, read_log
from normsuite.adapters.normvio_labels import OPTIONS, FormatError, Judgement, has_error, judge
from normsuite.adapters.rows import row_lists, same_list, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "normvio-rt"
_COMMIT: Final = "f1bdea1"
_RELEASE: Final = 4_664
_LOGS: Final = "original_data"
_SOURCES: Final = ("data/*.json", f"{_LOGS}/*/*.jsonl")
VIEWS: Final = {"message": 1, "chat": 2, "full": 3}
"""The stage of annotation that each view takes: the message alone, the chat before it, all on record."""


@dataclass(frozen=True)
class _Raw:
    """One file of annotations.

    Attributes:
        row: its place among all such files, from 1.
        content: its bytes.
        about: what its id says; None where that cannot be told.
        annotations: of three people, as parsed.
    """

    row: int
    content: bytes
    about: Moderated | None = None
    annotations: tuple[dict[str, Any], ...] = ()

    @property
    def file(self) -> str:
        """The file's name, with stars where it holds names."""
        if self.about is None:
            return _SOURCES[0]
        return f"data/*_{self.about.number}_{self.about.action}_*_{self.about.date}_*.json"


@dataclass(frozen=True)
class _Judged:
    """One message with its log and the judgement of the view's stage."""

    raw: _Raw
    about: Moderated
    log: Log
    judgement: Judgement

    @property
    def streamer(self) -> str:
        """What stands for the streamer: it stays the same, and is not their name."""
        return hashlib.sha256(self.about.streamer.encode()).hexdigest()[:8]

    @property
    def id(self) -> str:
        return ":".join((_NAME, self.about.number, self.about.action, self.streamer, self.about.date))


class _NoItemError(Exception):
    """Why a message is no item; no name of a user may be in it.

    Attributes:
        field, value, reason, invalid: as in ``SET_ASIDE_SCHEMA``.
    """

    def __init__(self, field: str, value: str | None, reason: str, *, invalid: bool = True) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason, self.invalid = field, value, reason, invalid


def read(raw: Path, view: str = "message") -> Adapted:
    """Moderated messages with the rules that at least two of three people say they break.

    Args:
        raw: the repository's folder, which holds ``data`` and ``original_data``.
        view: one of ``VIEWS``.

    Raises:
        InputError: no such folders, no files in them, no such view.
    """
    if view not in VIEWS:
        raise InputError(f"{_NAME} has no view {view!r}", fix=f"choose one of {', '.join(VIEWS)}")
    paths = sorted((raw / "data").glob("*.json"))
    if not paths or not (raw / _LOGS).is_dir():
        fix = "give the repository's folder, which holds data and original_data"
        raise InputError(f"holds no data/*.json or no {_LOGS}", file=raw, fix=fix)
    judged: dict[str, _Judged] = {}
    notes: list[tuple[Any, ...]] = []
    annotations, logs = hashlib.sha256(), hashlib.sha256()
    for row, path in enumerate(paths, 1):
        file = _parse(_Raw(row, path.read_bytes()))
        annotations.update(hashlib.sha256(file.content).digest())
        try:
            found = _judged(file, raw / _LOGS, VIEWS[view])
            if found.id in judged:
                raise _NoItemError("id", found.id, "is an earlier message's")
        except _NoItemError as error:
            notes.append((file.file, row, error.field, error.value, error.reason, error.invalid))
            continue
        judged[found.id] = found
        logs.update(b"".join(hashlib.sha256(content).digest() for content in found.log.contents))
        for target in found.judgement.unknown_targets:
            reason = "is not a target we know; it is passed over"
            notes.append((file.file, row, f"target_{VIEWS[view]}", target, reason, False))
    known = f"{_COMMIT}, " if len(paths) == _RELEASE else "unrecognised, "
    digests = dict(zip(_SOURCES, (annotations.hexdigest(), logs.hexdigest()), strict=True))
    version = f"{known}{len(paths):,} files of annotations"
    return Adapted(_items(list(judged.values()), VIEWS[view]), _set_aside(notes), version, digests)


def _parse(raw: _Raw) -> _Raw:
    """The file with what it holds; without, where it is not as published."""
    try:
        tree = json.loads(raw.content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return raw
    match tree:
        case {"data": {"id": str(name), "labels": [*people]}} if all(isinstance(p, dict) for p in people):
            return _Raw(raw.row, raw.content, parse_id(name), tuple(people))
    return raw


def _judged(raw: _Raw, logs: Path, stage: int) -> _Judged:
    """One message, judged and with its log.

    Raises:
        _NoItemError: it is no item.
    """
    about = raw.about
    if about is None:
        raise _NoItemError(
            "id", None, "a file without labels, or an id not of the form n_action_name_date_name"
        )
    if has_error(raw.annotations):
        raise _NoItemError("labels", None, "an annotator marks it as an error of the data", invalid=False)
    try:
        judgement = judge(raw.annotations, stage)
        if not judgement.majority:
            reason = "has no rule that two of three people name"
            raise _NoItemError(f"step_{stage}", judgement.written, reason, invalid=False)
        log = read_log(logs / about.folder, about)
    except FormatError as error:
        value = error.value.encode("utf-8", "replace").decode()
        raise _NoItemError(error.field, value[:200], str(error)) from None
    except UnreadableError as error:
        raise _NoItemError("message", None, str(error)) from None
    if not log.message:
        raise _NoItemError("message", "", "is empty")
    return _Judged(raw, about, log, judgement)


def _items(judged: list[_Judged], stage: int) -> pa.Table:
    n = len(judged)
    votes = np.array([one.judgement.votes for one in judged], np.int32).reshape(n, len(OPTIONS))
    columns: dict[str, Any] = {
        "id": [one.id for one in judged],
        "dataset": _NAME,
        "split": "test",
        "kind": "multilabel",
        "behavior": [one.log.message for one in judged],
        "frame": [_frame(one.log) if stage == 3 else None for one in judged],
        "turns": [_turns(one.log, stage) for one in judged],
        "options": same_list(OPTIONS, n),
        "gold_set": [one.judgement.majority for one in judged],
        "votes": row_lists(votes),
        "language": "en",
        "categories": facets(
            {
                "action": _texts(one.about.action for one in judged),
                "streamer": _texts(one.streamer for one in judged),
                "target": _texts(one.judgement.target for one in judged),
            }
        ),
        "cluster": [one.streamer for one in judged],
        "source": source(
            pa.array([one.raw.row for one in judged], pa.int64()),
            _texts(one.judgement.written for one in judged),
            None,
            None,
            _SOURCES[0],
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array(list(values), pa.string())


def _turns(log: Log, stage: int) -> list[dict[str, str]] | None:
    """The context of a stage; none at the first."""
    if stage == 1:
        return None
    return [{"speaker": said.speaker, "text": said.text} for said in (log.chat if stage == 2 else log.whole)]


def _frame(log: Log) -> list[dict[str, str]] | None:
    told = log.settings.items()
    return [
        {"subject": "ENV", "name": name, "relation": "is", "value": value} for name, value in told
    ] or None


def _set_aside(notes: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*notes, strict=True)) or [()] * len(SET_ASIDE_SCHEMA)
    typed = [pa.array(cells, field.type) for cells, field in zip(columns, SET_ASIDE_SCHEMA, strict=True)]
    return pa.table(typed, schema=SET_ASIDE_SCHEMA)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="NormVio-RT",
    home=Home(
        page="https://github.com/softly-ai/NormVio",
        licence="none stated; holds user names",
        share="no",
        revision=_COMMIT,
        manual="clone the repository, and do not pass it on: it names the users who wrote the messages",
    ),
    read=read,
    views=tuple(VIEWS),
    facts=Facts(4_583),
)
