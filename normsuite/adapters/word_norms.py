"""Psycholinguistic word norms: how familiar a word is to people, or how much it sounds like what it means.

A rating's scale is told by its file: ``FAM_MRC`` runs from 100 to 700 in one spreadsheet and from 1 to 7 in
others, and the German column names three scales. So a file must keep its published name, and every rating is
held against the scale that the name stands for. All are asked for from 1 to 7: ratings are moved there
linearly, and stay as written in ``source``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, find_file
from normsuite.adapters.rows import Check, encode, in_row_order, repeats, sift, source
from normsuite.adapters.sheets import read_sheet
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "word-norms"
_LOW, _HIGH = 1.0, 7.0
"""The scale that is asked for."""
_TRAIN: Final = "1_train_random_MRC_Glas.xlsx"
_TEST: Final = "1_test_random_MRC_Glas.xlsx"
_SENSE: Final = r"^(?P<lemma>.*[^ (]) *\((?P<sense>[^()]+)\)$"


@dataclass(frozen=True)
class _Ratings:
    """One column of ratings: whose they are, and the ends of their scale."""

    source: str
    low: float
    high: float


@dataclass(frozen=True)
class _View:
    """One feature of the words of one language.

    Attributes:
        feature: what was rated.
        language: BCP 47.
        word: the column of words.
        files: accepted file names, the preferred first, each with its columns of ratings.
    """

    feature: str
    language: str
    word: str
    files: Mapping[str, Mapping[str, _Ratings]]


_JOINT: Final = "Glasgow_MRC_joint_norms_english.xlsx"
_INNER: Final = (
    "Glasgow_MRC_joint_norms_inner_join_english_original.xlsx",
    "Glasgow_MRC_joint_norms_inner_join_english.xlsx",
)
_GERMAN: Final = "German_words_familiarity_ratings_3195_words_study_1.xlsx"
_ICONIC_EN: Final = "iconicity_ratings_english.xlsx"
_ICONIC_ES: Final = "iconicity_ratings_spanish.xlsx"

_VIEWS: Final = {
    "familiarity-glasgow": _View(
        "familiarity",
        "en",
        "Word",
        {name: {"FAM_Glas": _Ratings("Glasgow", 1, 7)} for name in (_JOINT, *_INNER)},
    ),
    "familiarity-mrc": _View(
        "familiarity",
        "en",
        "Word",
        {
            _JOINT: {"FAM_MRC": _Ratings("MRC", 100, 700)},
            **{name: {"FAM_MRC": _Ratings("MRC", 1, 7)} for name in _INNER},
        },
    ),
    "familiarity-german": _View(
        "familiarity",
        "de",
        "Word",
        {
            _GERMAN: {
                "Schröder_2011": _Ratings("Schröder 2011", 1, 5),
                "Schroeder_2015": _Ratings("Schroeder 2015", 1, 7),
                "LinguaPix": _Ratings("LinguaPix", 0, 100),
                "Xu_2024": _Ratings("Xu 2024", 1, 7),
            }
        },
    ),
    "iconicity-en": _View("iconicity", "en", "word", {_ICONIC_EN: {"rating": _Ratings("Winter", 1, 7)}}),
    "iconicity-es": _View("iconicity", "es", "word", {_ICONIC_ES: {"ico-m": _Ratings("Hinojosa", 1, 7)}}),
}


def read(raw: Path, view: str = "familiarity-glasgow") -> Adapted:
    """Words with their mean ratings, one item for each word and source.

    Args:
        raw: the spreadsheet under its published name, or a folder that holds it; the published training and
            test words of English familiarity are looked for beside it.
        view: feature, and source or language.

    Raises:
        InputError: no such file, a file whose name tells no scale, or one that is not as published.
    """
    asked = _VIEWS[view]
    path = find_file(raw, list(asked.files))
    if path.name not in asked.files:
        fix = f"keep the published name: {' or '.join(asked.files)}"
        raise InputError("its name tells no scale of ratings", file=path, fix=fix)
    columns = asked.files[path.name]
    sheet = read_sheet(path, {asked.word: pa.string(), **dict.fromkeys(columns, pa.float64())})
    files = {path.name: sheet.sha256}
    items, set_aside = [], [sheet.set_aside]
    for column, ratings in columns.items():
        mine, bad = _rated(sheet, asked, column, ratings, path.name)
        items.append(mine)
        set_aside.append(bad)
    together = pa.concat_tables(items)
    if _JOINT in asked.files:
        splits, more = _read_splits(path.parent)
        together, files = _with_splits(together, splits), files | more
    version = f"{path.name}, {sheet.table.num_rows:,} words"
    return Adapted(together, in_row_order(set_aside), version, files)


def _rated(
    sheet: RawRows, view: _View, column: str, ratings: _Ratings, file: str
) -> tuple[pa.Table, pa.Table]:
    """The items of one column of ratings, and the rows that are none."""
    rows = RawRows(sheet.table, sheet.records, SET_ASIDE_SCHEMA.empty_table())
    word = pc.utf8_trim_whitespace(sheet.table[view.word]).combine_chunks()
    good, bad = sift(rows, file, _checks(view.word, word, column, sheet.table[column], ratings))
    keep = pa.array(good)
    rating = sheet.table[column].combine_chunks().filter(keep)
    return _items(view, ratings, word.filter(keep), rating, sheet.records.filter(keep), file), bad


def _checks(
    field: str, word: pa.Array, column: str, rating: pa.ChunkedArray, ratings: _Ratings
) -> tuple[Check, ...]:
    values = rating.to_numpy()
    outside = (values < ratings.low) | (values > ratings.high)
    scale = f"lies outside the scale of {ratings.source} in this file, {ratings.low:g} to {ratings.high:g}"
    return (
        Check(field, np.asarray(pc.equal(word, "")), "is empty"),
        Check(column, np.isnan(values), "has no rating", invalid=False),
        Check(column, outside, scale),
        Check(field, repeats(encode(pa.chunked_array([word]))), "is an earlier row's word", invalid=False),
    )


def _read_splits(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The split of each word that the published files name, and the files with their sha256."""
    splits: dict[str, str] = {}
    files: dict[str, str] = {}
    for name, split in ((_TRAIN, "train"), (_TEST, "test")):
        path = folder / name
        if path.is_file():
            rows = read_sheet(path, {"Word": pa.string()})
            files[name] = rows.sha256
            for word in pc.utf8_trim_whitespace(rows.table["Word"]).to_pylist():
                if splits.setdefault(word, split) != split:
                    raise InputError(f"{word!r} is in {_TRAIN} too", file=path, field="Word")
    return splits, files


def _with_splits(items: pa.Table, splits: Mapping[str, str]) -> pa.Table:
    """Items in the published splits; a sense goes where its word is, any other word is for testing.

    A word and its senses are one cluster, which must not lie on both sides.
    """
    lemmas = items["cluster"].to_pylist()
    column = pa.array([splits.get(lemma, "test") for lemma in lemmas], pa.string())
    at = items.schema.get_field_index("split")
    return items.set_column(at, items.schema.field(at), column)


def _items(
    view: _View, ratings: _Ratings, word: pa.Array, rating: pa.Array, records: pa.Array, file: str
) -> pa.Table:
    n = len(word)
    parts = pc.extract_regex(word, _SENSE)
    sense, lemma = (pc.struct_field(parts, name) for name in ("sense", "lemma"))
    lemma = pc.if_else(pc.is_valid(sense), lemma, word)
    whose = ratings.source.lower().replace(" ", "-")
    share = (rating.to_numpy() - ratings.low) / (ratings.high - ratings.low)
    columns = {
        "id": pc.binary_join_element_wise(f"{_NAME}:{view.feature}:{whose}", word, ":"),
        "dataset": _NAME,
        "split": "test",
        "kind": "rating",
        "situation": sense,
        "behavior": lemma,
        "rating": _LOW + (_HIGH - _LOW) * share,
        "scale_min": _LOW,
        "scale_max": _HIGH,
        "language": view.language,
        "categories": facets(
            {
                "feature": pa.array([view.feature] * n, pa.string()),
                "source": pa.array([ratings.source] * n, pa.string()),
                "sense": pc.if_else(pc.is_valid(sense), "named", "not named"),
            }
        ),
        "cluster": lemma,
        "source": source(records, rating, None, None, file),
    }
    return conform(columns, ITEM_SCHEMA, n)


_FRAMEWORK: Final = "https://github.com/WordsGPT/psycholinguistics_framework/raw/534d2a4"
_APERTUS: Final = "https://github.com/WordsGPT/psycholinguistics_apertus/raw/3d63bbe"

ADAPTER: Final = Adapter(
    name=_NAME,
    title="Psycholinguistic word norms (familiarity, iconicity)",
    home=Home(
        page="https://github.com/WordsGPT/psycholinguistics_framework",
        licence="third-party ratings: do not redistribute (code: Apache-2.0)",
        share="no",
        revision="framework 534d2a4, apertus 3d63bbe",
        files=(
            *(
                RemoteFile(f"{_FRAMEWORK}/familiarity_english/data/{name}", name)
                for name in (_JOINT, _TRAIN, _TEST)
            ),
            RemoteFile(f"{_APERTUS}/familiarity_german/data/{_GERMAN}", _GERMAN),
            RemoteFile(f"{_FRAMEWORK}/iconicity_english/data/{_ICONIC_EN}", _ICONIC_EN),
            RemoteFile(f"{_FRAMEWORK}/iconicity_spanish/{_ICONIC_ES}", _ICONIC_ES),
        ),
    ),
    read=read,
    views=tuple(_VIEWS),
    facts=Facts(37_064, ("de", "en", "es")),
)
