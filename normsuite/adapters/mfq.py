"""The Moral Foundations Questionnaire in five languages, reworded for models (Hämmerl et al. 2023).

The questionnaire (Graham, Haidt et al.) has 30 statements, five foundations in turn, and two that catch who
does not read: numbers 5 and 21 of 0 to 31. The authors turned some statements round; ``Multiplier`` is -1
where a statement tells of a breach and 1 where it upholds the foundation. Nobody's answers come with it: a
model's are read, turned and averaged. Only the catch items have an answer that is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted
from normsuite.adapters.facets import facets
from normsuite.adapters.multilingual_questions import tidy
from normsuite.adapters.reading import RawRows, find_file, read_rows
from normsuite.adapters.rows import Check, encode, group, in_row_order, repeats, sift, source
from normsuite.schema import ITEM_SCHEMA, conform

FILE: Final = "mfq-12.csv"
LANGUAGES: Final = ("en", "de", "ar", "cs", "zh")
FOUNDATIONS: Final = ("harm", "fairness", "ingroup", "authority", "purity")
"""In the order in which the questionnaire asks about them, again and again."""
CATCH: Final = {5: 2.5, 21: 5.0}
"""Numbers of the catch items, and where their answer lies: to be good at sums is neither right nor wrong, and
that good is better than bad is as right as can be."""

_NUMBER, _MULTIPLIER = "Question Number", "Multiplier"
_ITEMS: Final = 32
_SECOND_PART: Final = 16  # the first statement of the part that is about views, not about what someone did
_LOW, _HIGH = 0.0, 5.0  # the questionnaire's own scale


def foundation_of(number: int) -> str | None:
    """The foundation of an item by its number from 0; None of a catch item."""
    if number in CATCH:
        return None
    return FOUNDATIONS[(number - sum(catch < number for catch in CATCH)) % len(FOUNDATIONS)]


def read(raw: Path, dataset: str) -> Adapted:
    """Statements, one item for each of them and each language.

    Args:
        raw: the file of statements, or a folder that holds it.
        dataset: the data set's name.

    Raises:
        InputError: no such file, or one that is not as published.
    """
    path = find_file(raw, [FILE])
    types = {_NUMBER: pa.int64(), _MULTIPLIER: pa.int64(), **dict.fromkeys(LANGUAGES, pa.string())}
    rows = read_rows(path, types)
    good, bad = sift(rows, path.name, _row_checks(rows.table))
    kept = pa.array(good)
    whole = RawRows(rows.table.filter(kept), rows.records.filter(kept), SET_ASIDE_SCHEMA.empty_table())
    items, set_aside = [], [bad]
    for language in LANGUAGES:
        mine, missing = _in_language(whole, language, path.name, dataset)
        items.append(mine)
        set_aside.append(missing)
    return Adapted(pa.concat_tables(items), in_row_order(set_aside), files={path.name: rows.sha256})


def _row_checks(table: pa.Table) -> Iterator[Check]:
    """What is wrong with a statement in all languages at once."""
    number, multiplier = (
        np.asarray(pc.fill_null(table[name], -9)).astype(int) for name in (_NUMBER, _MULTIPLIER)
    )
    yield Check(_NUMBER, (number < 0) | (number >= _ITEMS), f"is no number of an item, 0 to {_ITEMS - 1}")
    yield Check(_NUMBER, group(np.maximum(number, 0)).later(), "is an earlier row's number")
    yield Check(_MULTIPLIER, ~np.isin(multiplier, (-1, 0, 1)), "is not one of -1, 0, 1")
    catches = np.isin(number, list(CATCH))
    yield Check(
        _MULTIPLIER, catches != (multiplier == 0), "does not fit: it is 0 of catch items, and of them alone"
    )


def _in_language(rows: RawRows, language: str, file: str, dataset: str) -> tuple[pa.Table, pa.Table]:
    """The items of one language, and its cells that are none."""
    statement = tidy(rows.table[language])
    empty = np.asarray(pc.equal(statement, ""))
    checks = (
        Check(language, empty, "has no text", invalid=False),
        Check(language, repeats(encode(statement)), "is an earlier item's text", invalid=False),
    )
    good, set_aside = sift(rows, file, checks)
    keep = pa.array(good)
    number, multiplier = (
        np.asarray(rows.table[name].filter(keep)).astype(int) for name in (_NUMBER, _MULTIPLIER)
    )
    records = rows.records.filter(keep)
    return _items(statement.filter(keep), number, multiplier, records, language, file, dataset), set_aside


def _items(
    statement: pa.ChunkedArray,
    number: np.ndarray,
    multiplier: np.ndarray,
    records: pa.Array,
    language: str,
    file: str,
    dataset: str,
) -> pa.Table:
    n = len(number)
    foundation = pa.array([foundation_of(int(one)) for one in number], pa.string())
    name = pa.array([f"mfq:{one:02}" for one in number], pa.string())
    catch = multiplier == 0
    columns = {
        "id": pa.array([f"{dataset}:mfq:{language}:{one:02}" for one in number], pa.string()),
        "dataset": dataset,
        "split": "test",
        "kind": "rating",
        "norm": statement,
        "rating": pa.array([CATCH.get(int(one)) for one in number], pa.float64()),
        "scale_min": _LOW,
        "scale_max": _HIGH,
        "valence": pa.array(multiplier.astype(float), mask=catch),
        "language": language,
        "categories": facets(
            {
                "foundation": foundation,
                "language and foundation": pc.binary_join_element_wise(language, foundation, " "),
                "part": pa.array(np.where(number < _SECOND_PART, "what someone did", "views")),
                "wording of the statement": pa.array(
                    np.array(["breach", "catch item", "upheld"])[multiplier + 1], pa.string()
                ),
            }
        ),
        "family": name,
        "cluster": name,
        "source": source(records, pa.array(multiplier), None, None, file),
    }
    return conform(columns, ITEM_SCHEMA, n)
