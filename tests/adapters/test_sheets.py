"""Spreadsheets: what their cells become, and what is refused in a line."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from normsuite.adapters import sheets
from normsuite.adapters.sheets import read_sheet, sheet_rows
from normsuite.errors import InputError

COLUMNS = {"word": pa.string(), "rating": pa.float64()}


def write(path: Path, rows: Sequence[Sequence[Any]], **others: Sequence[Sequence[Any]]) -> Path:
    book = Workbook()
    for name, own in {"first": rows, **others}.items():
        page = book.create_sheet(name)
        for row in own:
            page.append(list(row))
    book.remove(book["Sheet"])
    book.save(path)
    return path


def test_columns_are_found_by_name_and_others_are_not_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsx", [["", "rating", " word ", "n"], [0, 4, "lamp", 9], [1, "5.5", "NaN"], [2]]
    )
    raw = read_sheet(path, COLUMNS)
    assert raw.table.to_pydict() == {"word": ["lamp", "NaN", ""], "rating": [4.0, 5.5, None]}
    assert raw.records.to_pylist() == [1, 2, 3] and raw.set_aside.num_rows == 0 and len(raw.sha256) == 64


def test_empty_rows_are_no_records_but_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", [["word", "rating"], ["lamp", 1], [None, None], ["oar", " n/a "]])
    raw = read_sheet(path, COLUMNS)
    assert raw.records.to_pylist() == [1, 3] and raw.table["rating"].to_pylist() == [1.0, None]


def test_a_cell_of_another_kind_sets_its_row_aside(tmp_path: Path) -> None:
    """Spreadsheets turn words into truth values and dates; nobody can tell which word it was."""
    rows = [
        ["word", "rating"],
        [True, 2],
        [datetime.date(2024, 5, 1), 2],
        ["lamp", "often"],
        ["oar", True],
        ["ok", 1],
    ]
    raw = read_sheet(write(tmp_path / "a.xlsx", rows), COLUMNS)
    assert raw.table["word"].to_pylist() == ["ok"] and raw.records.to_pylist() == [5]
    told = [(row["row"], row["field"], row["reason"], row["invalid"]) for row in raw.set_aside.to_pylist()]
    assert told == [
        (1, "word", "is no text: the spreadsheet holds something else", False),
        (2, "word", "is no text: the spreadsheet holds something else", False),
        (3, "rating", "is no number", True),
        (4, "rating", "is no number", True),
    ]


def test_a_sheet_is_named_or_is_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", [["word"], ["lamp"]], second=[["word"], ["oar"]])
    assert list(sheet_rows(path)) == [("word",), ("lamp",)]
    assert list(sheet_rows(path, "second")) == [("word",), ("oar",)]
    with pytest.raises(InputError, match="has no sheet 'third'; it has first, second"):
        list(sheet_rows(path, "third"))


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([["word"], ["lamp"]], "missing column\\(s\\) 'rating'; its first row names word"),
        ([["word", "rating", "word"], ["a", 1, "b"]], "repeated column\\(s\\) 'word'"),
        ([["word", "rating"]], "has no rows"),
        ([], "missing column\\(s\\) 'word', 'rating'; its first row names none"),
    ],
)
def test_a_sheet_of_another_layout_is_refused(tmp_path: Path, rows, line: str) -> None:
    with pytest.raises(InputError, match=line):
        read_sheet(write(tmp_path / "a.xlsx", rows), COLUMNS)


def test_what_is_no_spreadsheet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with pytest.raises(InputError, match="no such file"):
        list(sheet_rows(path))
    path.write_text("word,rating\n")
    with pytest.raises(InputError, match=r"is no \.xlsx spreadsheet"):
        list(sheet_rows(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<nothing")
    with pytest.raises(InputError, match="is no readable spreadsheet"):
        list(sheet_rows(path))


def test_what_unpacks_to_too_much_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch) -> None:
    path = write(tmp_path / "a.xlsx", [["word"]] + [["lamp"]] * 20)
    monkeypatch.setattr(sheets, "MOST_ROWS", 10)
    with pytest.raises(InputError, match="has more than 10 rows"):
        list(sheet_rows(path))
    monkeypatch.setattr(sheets, "MOST_BYTES", 100)
    with pytest.raises(InputError, match="bytes, more than 100"):
        list(sheet_rows(path))


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1).filter(
    lambda text: not text.startswith("=") and "_x" not in text
)


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXT, st.none() | st.floats(-1e6, 1e6)), min_size=1, max_size=5))
def test_text_and_numbers_come_back_as_they_were(tmp_path_factory, rows) -> None:
    path = write(tmp_path_factory.mktemp("sheet") / "a.xlsx", [["word", "rating"], *rows])
    raw = read_sheet(path, COLUMNS)
    assert raw.table["word"].to_pylist() == [word for word, _ in rows]
    assert raw.table["rating"].to_pylist() == pytest.approx([rating for _, rating in rows])
