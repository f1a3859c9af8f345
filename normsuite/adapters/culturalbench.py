"""CulturalBench (Chiu et al. 2025, ACL): what people of 45 places do and eat, written and checked by them.

The same questions in two views. ``easy``: choose one of four answers. ``hard``: is this answer right? A
question of the hard view is answered only if all four of its judgements are right, so they are a family.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile, set_aside_rows
from normsuite.adapters.reading import RawRows, find_file, read_rows
from normsuite.adapters.rows import Check, in_row_order, same_list, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "culturalbench"
EASY, HARD = "easy", "hard"
_FILES: Final = {EASY: "CulturalBench-Easy.csv", HARD: "CulturalBench-Hard.csv"}
_LETTERS: Final = ("A", "B", "C", "D")
_CHOICES: Final = tuple(f"prompt_option_{letter.lower()}" for letter in _LETTERS)
_COMMON: Final = ("data_idx", "question_idx", "prompt_question", "answer", "country")
_COLUMNS: Final = {EASY: (*_COMMON, *_CHOICES), HARD: (*_COMMON, "prompt_option")}
_TRUTH: Final = {"false": 0, "true": 1}
HARD_OPTIONS: Final = ("false", "true")


def read(raw: Path, view: str = EASY) -> Adapted:
    """Questions, or judgements of single answers.

    Args:
        raw: the view's CSV file, or a folder that holds it.
        view: ``easy`` or ``hard``.

    Raises:
        InputError: no such file, or one of the older set that had the same name.
    """
    path = find_file(raw, [_FILES[view]])
    rows = _read(path, _COLUMNS[view])
    good, set_aside = sift(
        rows, path.name, _easy_checks(rows.table) if view == EASY else _hard_checks(rows.table)
    )
    keep = pa.array(good)
    kept = RawRows(rows.table.filter(keep), rows.records.filter(keep), rows.set_aside)
    items, notes = _items(kept, view, path.name)
    return Adapted(items, in_row_order([set_aside, notes]), files={path.name: rows.sha256})


def _read(path: Path, columns: tuple[str, ...]) -> RawRows:
    """The columns in any order, as trimmed text."""
    try:
        rows = read_rows(path, dict.fromkeys(columns, pa.string()) | {"data_idx": None})
    except InputError as error:
        if "column(s)" not in error.what:
            raise
        fix = f"an older set had the same name; the columns of this one are {', '.join(columns)}"
        raise InputError(error.what, file=path, fix=fix) from None
    cells = [pc.utf8_trim_whitespace(column) for column in rows.table.columns]
    return RawRows(pa.table(cells, names=rows.table.column_names), rows.records, rows.set_aside, rows.sha256)


def _common_checks(table: pa.Table) -> list[Check]:
    return [
        Check(name, np.asarray(pc.equal(table[name], "")), "is empty")
        for name in ("question_idx", "prompt_question", "country")
    ]


def _easy_checks(table: pa.Table) -> list[Check]:
    """An answer that is missing makes another question of it: one of three answers."""
    options = {name: table[name].to_pandas() for name in _CHOICES}
    told = np.stack([column.to_numpy(object) for column in options.values()], axis=1)
    twice = np.array([len(set(row)) < len(row) for row in told.tolist()], bool)
    again = table["question_idx"].to_pandas().duplicated().to_numpy()
    return [
        *_common_checks(table),
        *(Check(name, np.asarray(pc.equal(table[name], "")), "is empty", invalid=False) for name in _CHOICES),
        Check(
            "answer", ~np.asarray(pc.is_in(table["answer"], pa.array(_LETTERS))), "is not one of A, B, C, D"
        ),
        Check("question_idx", again, "is the number of an earlier question"),
        Check("prompt_option_d", twice, "ends four options of which two are equal", invalid=False),
    ]


def _hard_checks(table: pa.Table) -> list[Check]:
    outside = ~np.asarray(pc.is_in(pc.utf8_lower(table["answer"]), pa.array(list(_TRUTH))))
    return [
        *_common_checks(table),
        Check("prompt_option", np.asarray(pc.equal(table["prompt_option"], "")), "is empty", invalid=False),
        Check("answer", outside, "is neither true nor false"),
    ]


def _items(rows: RawRows, view: str, file: str) -> tuple[pa.Table, pa.Table]:
    """Items, and notes on places that we do not know."""
    table, n = rows.table, rows.table.num_rows
    text = {name: table[name].combine_chunks() for name in table.column_names}
    country = cultures.countries(text["country"])
    question = text["question_idx"]
    columns: dict[str, Any] = {
        "dataset": _NAME,
        "split": "test",
        "situation": text["prompt_question"],
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "cluster": question,
        "source": source(rows.records, text["answer"], text["country"], pa.repeat("test", n), file),
    }
    columns |= _easy(text) if view == EASY else _hard(text)
    unknown = pc.is_null(country)
    reason = "is not a country we know; the item is kept without a country"
    values = text["country"].filter(unknown)
    notes = set_aside_rows(file, rows.records.filter(unknown), "country", reason, values)
    return conform(columns, ITEM_SCHEMA, n), notes


def _easy(text: dict[str, pa.Array]) -> dict[str, Any]:
    options = [text[name].to_pylist() for name in _CHOICES]
    return {
        "id": pc.binary_join_element_wise(_NAME, EASY, text["question_idx"], ":"),
        "kind": "choice",
        "options": list(map(list, zip(*options, strict=True))),
        "gold": pc.index_in(text["answer"], pa.array(_LETTERS)),
    }


def _hard(text: dict[str, pa.Array]) -> dict[str, Any]:
    """One judgement per answer; the answers of a question are numbered as they come."""
    question = text["question_idx"]
    number = question.to_pandas().to_frame("q").groupby("q").cumcount() + 1
    truth = [_TRUTH[answer.lower()] for answer in text["answer"].to_pylist()]
    numbers = pa.array(number.astype(str).tolist(), pa.string())
    return {
        "id": pc.binary_join_element_wise(_NAME, HARD, question, numbers, ":"),
        "kind": "label",
        "behavior": text["prompt_option"],
        "options": same_list(HARD_OPTIONS, len(truth)),
        "gold": truth,
        "family": question,
    }


ADAPTER: Final = Adapter(
    name=_NAME,
    title="CulturalBench",
    home=Home(
        page="https://huggingface.co/datasets/kellycyy/CulturalBench",
        licence="CC BY 4.0",
        share="yes",
        revision="main (1,227 questions)",
        files=tuple(
            RemoteFile(f"hf://datasets/kellycyy/CulturalBench@main/{name}", name) for name in _FILES.values()
        ),
    ),
    read=read,
    views=(EASY, HARD),
    facts=Facts(rows=1_227, countries=45),
)
