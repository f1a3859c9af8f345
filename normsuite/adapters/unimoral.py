"""UniMoral (Kumar & Jurgens 2025): which of two actions people choose in a dilemma, in six languages.

A raw row is one person's choice; the item is the dilemma, with its people as votes. Who they are, what they
value and how they describe themselves is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home
from normsuite.adapters.facets import facets
from normsuite.adapters.literals import leaves, parse_literal
from normsuite.adapters.reading import RawRows, read_rows
from normsuite.adapters.rows import Check, codes, majority, numbered, numerals, row_lists, sift
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "unimoral"
LANGUAGES: Final = {
    "Arabic": "ar",
    "Chinese": "zh",
    "English": "en",
    "Hindi": "hi",
    "Russian": "ru",
    "Spanish": "es",
}
LENGTHS: Final = ("long", "short")
"""Long files hold people who also gave reasons, short ones people who only chose."""

_SUFFIXES: Final = ("_formatted.csv", ".csv")
_COLUMNS: Final = {
    "Scenario_id": pa.string(),
    "Scenario": pa.string(),
    "Possible_actions": pa.string(),
    "Selected_action": pa.dictionary(pa.int32(), pa.string()),
}
_NOTHING: Final = ("", "nan")
_CHOICES: Final = numerals((1, 2)) | {"a": 1, "b": 2, "A": 1, "B": 2}


@dataclass(frozen=True)
class _Dilemma:
    """What is asked: two dilemmas with one id and another text are two items.

    Attributes:
        language, native, text, actions: of the dilemma.
    """

    language: str
    native: str
    text: str
    actions: tuple[str, str]


@dataclass(frozen=True)
class _Choices:
    """The rows of one file that are someone's choice.

    Attributes:
        dilemmas: [n].
        chosen: int [n], 0 or 1.
        records: int64 [n].
        file: its name.
        length: long or short.
    """

    dilemmas: list[_Dilemma]
    chosen: np.ndarray
    records: pa.Array
    file: str
    length: str


def read(raw: Path, view: str = "default") -> Adapted:
    """The dilemmas of all languages that lie in a folder.

    Args:
        raw: the folder of ``<Language>_<long|short>_formatted.csv``, or the one above it.
        view: "default" is the only one.

    Raises:
        InputError: none of the files is there, or one cannot be used as a whole.
    """
    found: list[_Choices] = []
    set_aside, files = [SET_ASIDE_SCHEMA.empty_table()], {}
    for language, length, path in _files(raw):
        rows = read_rows(path, _COLUMNS, others=True)
        choices, faulty = _read_file(rows, LANGUAGES[language], length, path.name)
        found.append(choices)
        set_aside.append(faulty)
        files[path.name] = rows.sha256
    return Adapted(_items(found), pa.concat_tables(set_aside), files=files)


def _files(raw: Path) -> list[tuple[str, str, Path]]:
    """Language, length and place of each file that is there."""
    folders = [raw, *sorted(path for path in raw.glob("*/") if path.is_dir())] if raw.is_dir() else []
    for folder in folders:
        found = []
        for language in LANGUAGES:
            for length in LENGTHS:
                paths = (folder / f"{language}_{length}{suffix}" for suffix in _SUFFIXES)
                path = next((path for path in paths if path.is_file()), None)
                if path is not None:
                    found.append((language, length, path))
        if found:
            return found
    what = f"holds none of the files English_long{_SUFFIXES[0]}, English_short{_SUFFIXES[0]} …"
    raise InputError(what, file=raw, fix="give the folder that holds them")


def _read_file(rows: RawRows, language: str, length: str, file: str) -> tuple[_Choices, pa.Table]:
    table = rows.table
    scenarios = [_text(cell) for cell in table["Scenario"].to_pylist()]
    actions = [_actions(cell) for cell in table["Possible_actions"].to_pylist()]
    chosen = codes(table["Selected_action"], _CHOICES)
    natives = [cell.strip() for cell in table["Scenario_id"].to_pylist()]
    cells = {name: table[name].to_pylist() for name in _COLUMNS}
    checks = [
        *(Check(name, np.isin(cells[name], _NOTHING), "is empty", invalid=False) for name in _COLUMNS),
        Check("Scenario_id", np.array([not cell for cell in natives], bool), "is blank"),
        Check("Scenario", np.array([not cell for cell in scenarios], bool), "is blank"),
        Check("Possible_actions", np.array([pair is None for pair in actions], bool), "is not two actions"),
        Check("Selected_action", chosen < 1, "is not one of 1, 2"),
    ]
    good, set_aside = sift(rows, file, checks)
    dilemmas = [
        _Dilemma(language, native, scenario, pair)
        for native, scenario, pair, kept in zip(natives, scenarios, actions, good, strict=True)
        if kept and pair is not None
    ]
    return _Choices(dilemmas, chosen[good] - 1, rows.records.filter(pa.array(good)), file, length), set_aside


def _text(cell: str) -> str:
    """A text, which some files write as a string in a list, or as a string of Python."""
    bare = cell.strip()
    if bare[:1] in ("[", "'", '"'):
        try:
            found = list(leaves(parse_literal(bare)))
        except ValueError:
            return bare
        if len(found) == 1 and isinstance(found[0], str):
            return found[0].strip()
    return bare


def _actions(cell: str) -> tuple[str, str] | None:
    """Two different actions; some rows nest them in lists of their own."""
    try:
        found = [part.strip() for part in leaves(parse_literal(cell)) if isinstance(part, str)]
    except ValueError:
        return None
    if len(found) != 2 or not all(found) or found[0] == found[1]:
        return None
    return found[0], found[1]


def _items(files: Iterable[_Choices]) -> pa.Table:
    """One item for each dilemma, in the order in which they appear."""
    numbers: dict[_Dilemma, int] = {}
    of_dilemma, first = [], []
    files = list(files)
    for file in files:
        for at, dilemma in enumerate(file.dilemmas):
            if dilemma not in numbers:
                numbers[dilemma] = len(numbers)
                first.append((file, at))
            of_dilemma.append(numbers[dilemma])
    chosen = np.concatenate([file.chosen for file in files]).astype(np.int64)
    votes = numbered(np.array(of_dilemma, np.int64)).votes(chosen, 2)
    gold, _ = majority(votes)
    dilemmas, n = list(numbers), len(numbers)
    lengths = _lengths(files, numbers)

    def column(values: Iterable[Any]) -> pa.Array:
        return pa.array(values, pa.string())

    columns = {
        "id": _ids(dilemmas),
        "dataset": _NAME,
        "split": "test",
        "kind": "choice",
        "situation": column(dilemma.text for dilemma in dilemmas),
        "options": [list(dilemma.actions) for dilemma in dilemmas],
        "gold": gold,
        "votes": row_lists(votes),
        "language": column(dilemma.language for dilemma in dilemmas),
        "categories": facets({"length": pa.array(lengths, pa.list_(pa.string()))}),
        "cluster": column(dilemma.native for dilemma in dilemmas),
        "source": pa.array(
            [
                {
                    "row": file.records[at].as_py(),
                    "label": None,
                    "culture": None,
                    "split": None,
                    "file": file.file,
                }
                for file, at in first
            ],
            ITEM_SCHEMA.field("source").type,
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _lengths(files: Iterable[_Choices], numbers: dict[_Dilemma, int]) -> list[list[str]]:
    """In which files, long or short or both, each dilemma has people."""
    found: list[set[str]] = [set() for _ in numbers]
    for file in files:
        for dilemma in set(file.dilemmas):
            found[numbers[dilemma]].add(file.length)
    return [sorted(own) for own in found]


def _ids(dilemmas: list[_Dilemma]) -> list[str]:
    """``unimoral:language:id``; a second text under an id has ``:2`` behind it, and so on."""
    seen: dict[tuple[str, str], int] = {}
    ids = []
    for dilemma in dilemmas:
        key = (dilemma.language, dilemma.native)
        seen[key] = seen.get(key, 0) + 1
        again = f":{seen[key]}" if seen[key] > 1 else ""
        ids.append(f"{_NAME}:{dilemma.language}:{dilemma.native}{again}")
    return ids


ADAPTER: Final = Adapter(
    name=_NAME,
    title="UniMoral",
    home=Home(
        page="https://huggingface.co/datasets/shivaniku/UniMoral",
        licence="none stated; personal data",
        share="no",
        revision="main",
        manual="accept the conditions of the home and take its twelve CSV files",
    ),
    read=read,
    facts=Facts(8_784, ("ar", "en", "es", "hi", "ru", "zh")),
)
