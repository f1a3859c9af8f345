"""NormDial (Li et al. 2023): synthetic dialogues, each turn judged against one norm, American and Chinese.

One item is one labelled turn with the dialogue up to and including it. Mind the files of violations: their
norm is often written as the breach itself, and ``violated`` marks the turn that commits it (see the card).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.normdial_cell import OPTIONS, Turn, parse_cell
from normsuite.adapters.reading import RawRows, read_rows
from normsuite.adapters.rows import Check, in_row_order, same_list, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "normdial"
_COMMIT: Final = "31ba525"
_RELEASE: Final = (40, 3_850)  # files, dialogues
_FOLDER: Final = "NormDial_clean_dataset"
_FILE: Final = "cleaned_dialogue.csv"
_CELL: Final = "Labeled_Dialogue"
_SIDES: Final = ("adherence", "violation")
CATEGORIES: Final = (
    *("apology", "compliments", "condolence", "criticism", "greeting", "leave", "persuasion", "request"),
    *("respond_compliments", "thanks"),
)
"""What norms are about, as the folders are named."""
_VALENCE: Final = pa.array([1.0, -1.0, None])
_PREFIX: Final = r"^\s*(?:(?:(?:American|Chinese)[ _])?(?:Norm|Situation)|规范|情境)\s*[:：]\s*"


@dataclass(frozen=True)
class _Culture:
    """One of the two halves of the data.

    Attributes:
        folder: its name there.
        country: ISO 3166-1 alpha-3.
        language: of its dialogues, BCP 47.
        norm: the column of norms as items show them.
        situation: the column of situations.
        cluster: the column that says which norms are one and the same.
        others: columns that are not read.
        bracketed: how turns are written (see ``parse_cell``).
    """

    folder: str
    country: str
    language: str
    norm: str
    situation: str
    cluster: str
    others: tuple[str, ...]
    bracketed: bool


_CULTURES: Final = (
    _Culture("American", "USA", "en", "American_Norm", "American_Situation", "American_Norm", (), False),
    # The Chinese texts are translations of the English ones; these say which norms are the same.
    _Culture("Chinese", "CHN", "zh", "cn_Norm", "cn_Situation", "Norm", ("Situation",), True),
)


@dataclass(frozen=True)
class _File:
    """One file of dialogues: its culture, side and category are its folders."""

    culture: _Culture
    side: str
    category: str

    @property
    def name(self) -> str:
        return "/".join((self.culture.folder, self.side, self.category, _FILE))

    @property
    def stem(self) -> str:
        return ":".join((self.culture.folder.lower(), self.side, self.category))


_FILES: Final = tuple(
    _File(culture, side, category) for culture in _CULTURES for side in _SIDES for category in CATEGORIES
)


def read(raw: Path, view: str = "default") -> Adapted:
    """The labelled turns of all files that lie in a folder.

    Args:
        raw: ``NormDial_clean_dataset``, or the folder that holds it.
        view: "default" is the only one.

    Raises:
        InputError: no file there, or one that is not as published.
    """
    root = raw / _FOLDER if (raw / _FOLDER).is_dir() else raw
    found = [file for file in _FILES if (root / file.name).is_file()]
    if not found:
        fix = f"give the folder {_FOLDER}, which holds American and Chinese"
        raise InputError(f"holds no {_FILES[0].name} nor any other of its kind", file=raw, fix=fix)
    items, set_aside, digests, dialogues = [], [], {}, 0
    for file in found:
        rows = _read_file(root / file.name, file)
        kept, faulty = sift(rows, file.name, _checks(rows.table, file.culture))
        turns, notes = _items(file, rows, np.flatnonzero(kept))
        items.append(turns)
        set_aside.append(in_row_order([faulty, notes]))
        digests[file.name] = rows.sha256
        dialogues += rows.table.num_rows + rows.set_aside.num_rows
    counts = f"{len(found)} files, {dialogues:,} dialogues"
    version = f"{_COMMIT}, {counts}" if (len(found), dialogues) == _RELEASE else f"unrecognised ({counts})"
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), version, digests)


def _read_file(path: Path, file: _File) -> RawRows:
    culture = file.culture
    wanted = dict.fromkeys((culture.norm, culture.situation, culture.cluster, _CELL), pa.string())
    unread = dict.fromkeys(culture.others)
    return read_rows(path, {**wanted, **unread}, ignored=("", "Unnamed: 0"))


def _checks(table: pa.Table, culture: _Culture) -> list[Check]:
    """An empty dialogue is a gap the files are known to have; an empty norm or situation is not."""
    empty = pc.is_in(pc.utf8_trim_whitespace(table[_CELL]), pa.array(["", "nan", "NaN"]))
    named = dict.fromkeys((culture.norm, culture.situation, culture.cluster))
    return [
        Check(_CELL, np.asarray(empty), "is no dialogue", invalid=False),
        *(Check(name, np.asarray(pc.equal(_tidy(table[name]), "")), "is empty") for name in named),
    ]


def _tidy(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without the headings that come and go before them."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _PREFIX, ""))


@dataclass(frozen=True)
class _Judged:
    """One labelled turn.

    Attributes:
        row: its dialogue's place in the table.
        number: its place in the dialogue, from 1.
        turns: the dialogue up to and including it.
    """

    row: int
    number: int
    turns: list[Turn]

    @property
    def turn(self) -> Turn:
        return self.turns[-1]


def _items(file: _File, rows: RawRows, kept: np.ndarray) -> tuple[pa.Table, pa.Table]:
    """The items of one file, and its dialogues and turns that are none."""
    cells = rows.table[_CELL].take(pa.array(kept)).to_pylist()
    dialogues = [parse_cell(cell, bracketed=file.culture.bracketed) for cell in cells]
    records = np.asarray(rows.records)[kept]
    judged = [
        _Judged(int(row), number, turns[:number])
        for row, turns in zip(kept, dialogues, strict=True)
        for number, turn in enumerate(turns, 1)
        if turn.label is not None and turn.text
    ]
    return _table(file, rows, judged), _set_aside(file.name, records, cells, dialogues)


def _table(file: _File, rows: RawRows, judged: list[_Judged]) -> pa.Table:
    n, culture = len(judged), file.culture
    at = pa.array([turn.row for turn in judged], pa.int64())
    records = rows.records.take(at)
    text = {
        name: _tidy(rows.table[name]).take(at).combine_chunks()
        for name in (culture.norm, culture.situation, culture.cluster)
    }
    numbers = pa.array([turn.number for turn in judged], pa.int64())
    dialogue = pc.binary_join_element_wise(file.stem, records.cast(pa.string()), ":")
    gold = pa.array([turn.turn.label for turn in judged], pa.int32())
    country = pa.repeat(culture.country, n)
    columns: dict[str, Any] = {
        "id": pc.binary_join_element_wise(_NAME, dialogue, numbers.cast(pa.string()), ":"),
        "dataset": _NAME,
        "split": "test",
        "kind": "label",
        "situation": text[culture.situation],
        "norm": text[culture.norm],
        "turns": [[{"speaker": t.speaker, "text": t.text} for t in turn.turns] for turn in judged],
        "options": same_list(OPTIONS, n),
        "gold": gold,
        "valence": _VALENCE.take(gold),
        "country": country,
        "zone": cultures.zones(country),
        "language": culture.language,
        "categories": facets({"category": pa.repeat(file.category, n), "side": pa.repeat(file.side, n)}),
        "explanation": [turn.turn.reason or None for turn in judged],
        "family": dialogue,
        "cluster": pc.binary_join_element_wise(culture.folder.lower(), text[culture.cluster], ": "),
        "source": source(
            records,
            pa.array([turn.turn.said for turn in judged], pa.string()),
            pa.repeat(culture.folder, n),
            None,
            file.name,
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _set_aside(name: str, records: np.ndarray, cells: list[str], dialogues: list[list[Turn]]) -> pa.Table:
    faults = [
        (name, int(record), _CELL, value[:200], reason, invalid)
        for record, cell, turns in zip(records, cells, dialogues, strict=True)
        for reason, value, invalid in _faults(cell, turns)
    ]
    columns = list(zip(*faults, strict=True)) or [()] * len(SET_ASIDE_SCHEMA)
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, SET_ASIDE_SCHEMA, strict=True)], schema=SET_ASIDE_SCHEMA
    )


def _faults(cell: str, turns: list[Turn]) -> Iterator[tuple[str, str, bool]]:
    """Reason, value and whether the format is broken, for a dialogue or each of its turns that is no item.

    All such turns stay in the dialogue that later items show.
    """
    if not any(turn.said for turn in turns):
        yield "holds no labelled turn", cell, False
        return
    for turn in turns:
        shown = f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text
        if not turn.said and turn.barred:
            yield "has no label that we know before its bar", shown, True
        elif not turn.said:
            yield "is a turn without a label (it stays part of the dialogue)", shown, False
        elif turn.label is None:
            yield f"is labelled {turn.said}, which may mean either of two labels", shown, False
        elif not turn.text:
            yield "is a turn without words", shown, False


ADAPTER: Final = Adapter(
    name=_NAME,
    title="NormDial",
    home=Home(
        page="https://github.com/Aochong-Li/NormDial",
        licence="none stated",
        share="no",
        revision=_COMMIT,
        files=tuple(
            RemoteFile(
                f"https://github.com/Aochong-Li/NormDial/raw/{_COMMIT}/{_FOLDER}/{file.name}", file.name
            )
            for file in _FILES
        ),
    ),
    read=read,
    facts=Facts(30_239, ("en", "zh"), 2),
)
