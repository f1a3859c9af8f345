"""A survey export of the user's own: one row for each country, question and option, with a share or a count.

Columns ``country``, ``question``, ``option`` and one of ``share`` and ``count``; ``topic`` and ``language``
may be there too. Options keep the order in which a question's first appear; one that a country's rows lack
was chosen by nobody there. Weighted counts are rounded to whole people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import Adapted, set_aside_rows
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, find_file, read_rows
from normsuite.adapters.rows import Check, digests, encode, in_row_order, repeats, sift, source
from normsuite.adapters.shares import plurality, whole
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

FILE: Final = "distribution.csv"
MOST_OPTIONS: Final = 10
"""Answers are letters from A to J."""

_NEEDED: Final = ("country", "question", "option")
_MEASURES: Final = {"share": "shares", "count": "votes"}  # what each is in Items
_MAY: Final = ("topic", "language")
_MOST_PEOPLE: Final = 10**9
_UNKNOWN: Final = "is not a country we know; the item is kept without a country"


def read_export(dataset: str, raw: Path) -> Adapted:
    """Every question in every country.

    Args:
        dataset: the data set's name.
        raw: the table as CSV, or a folder that holds it as ``distribution.csv``.

    Raises:
        InputError: the table cannot be used as a whole.
    """
    path = find_file(raw, [FILE])
    types = dict.fromkeys((*_NEEDED, *_MAY), pa.string()) | dict.fromkeys(_MEASURES, pa.float64())
    rows = read_rows(path, types, optional=(*_MEASURES, *_MAY), others=True)
    measures = [name for name in _MEASURES if name in rows.table.column_names]
    if len(measures) != 1:
        fix = "give `share` (of those asked) or `count` (people)"
        raise InputError(f"has {len(measures)} of the columns share and count", file=path, fix=fix)
    rows = _trimmed(rows)
    good, set_aside = sift(rows, path.name, _checks(rows.table, measures[0]))
    kept = rows.table.append_column("record", rows.records).filter(pa.array(good))
    groups = list(_groups(kept.to_pylist(), measures[0]))
    askable = [group for group in groups if isinstance(group["answers"], list)]
    notes = [_note(path.name, group) for group in groups if not isinstance(group["answers"], list)]
    unknown = [group for group in askable if cultures.country(group["country"]) is None]
    notes += [_note(path.name, group | {"answers": _UNKNOWN}) for group in unknown]
    items = _items(dataset, askable, measures[0], path.name)
    return Adapted(items, in_row_order([set_aside, *notes]), files={path.name: rows.sha256})


def _trimmed(rows: RawRows) -> RawRows:
    cells = {
        name: pc.utf8_trim_whitespace(rows.table[name]) if pa.types.is_string(kind) else rows.table[name]
        for name, kind in zip(rows.table.column_names, rows.table.schema.types, strict=True)
    }
    return RawRows(pa.table(cells), rows.records, rows.set_aside, rows.sha256)


def _checks(table: pa.Table, measure: str) -> list[Check]:
    number = np.asarray(table[measure].to_numpy(), float)
    same = repeats(*(encode(table[name]) for name in _NEEDED))
    checks = [
        *(Check(name, np.asarray(pc.equal(table[name], "")), "is empty") for name in _NEEDED),
        Check(measure, ~((number >= 0) & (number <= _MOST_PEOPLE)), "is no number from 0 to a billion"),
        Check("option", same, "is there twice for this country and question"),
    ]
    if "language" in table.column_names:
        bad = [bool(tag) and cultures.language(tag) is None for tag in table["language"].to_pylist()]
        checks.append(Check("language", np.array(bad, bool), "is no BCP 47 tag"))
    return checks


def _groups(rows: Sequence[dict[str, Any]], measure: str) -> Iterator[dict[str, Any]]:
    """One dictionary for each question and country: its cells, ``options``, and ``answers`` or why none."""
    options: dict[str, dict[str, None]] = {}
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        options.setdefault(row["question"], {})[row["option"]] = None
        group = groups.setdefault((row["question"], row["country"]), row | {"chosen": {}})
        group["chosen"][row["option"]] = row[measure]
    for group in groups.values():
        offered = list(options[group["question"]])
        amounts = [group["chosen"].get(option, 0.0) for option in offered]
        yield group | {"options": offered, "answers": _answers(amounts, measure)}


def _answers(amounts: list[float], measure: str) -> list[int] | list[float] | str:
    """How many people gave each answer, or the share of them; or why there is no item."""
    if not 2 <= len(amounts) <= MOST_OPTIONS:
        return f"has {len(amounts)} options, not 2 to {MOST_OPTIONS}"
    if not sum(amounts):
        return "has nobody's answer"
    if measure == "share":
        return whole(amounts)
    votes = [round(amount) for amount in amounts]
    return votes if any(votes) else "has less than one person's answer"


def _note(file: str, group: dict[str, Any]) -> pa.Table:
    """What is to be said of a question in a country; ``answers`` holds it."""
    unknown = group["answers"] == _UNKNOWN
    field = "country" if unknown else "question"
    return set_aside_rows(
        file, pa.array([group["record"]]), field, str(group["answers"]), pa.array([group[field]])
    )


def _items(dataset: str, groups: Sequence[dict[str, Any]], measure: str, file: str) -> pa.Table:
    def column(name: str) -> pa.Array:
        return pa.array([group.get(name) or None for group in groups], pa.string())

    n, name, question = len(groups), column("country"), column("question")
    country = cultures.countries(name)
    places = [
        cultures.country_name(code) if code else own
        for code, own in zip(country.to_pylist(), name.to_pylist(), strict=True)
    ]
    languages = [cultures.language(tag) if tag else None for tag in column("language").to_pylist()]
    cluster = digests(question, 8)
    columns = {
        "id": pc.binary_join_element_wise(dataset, "distribution", cluster, name, ":"),
        "dataset": dataset,
        "split": "test",
        "kind": "choice",
        "situation": question,
        "frame": [
            [{"subject": "ENV", "name": "country", "relation": "is", "value": place}] for place in places
        ],
        "options": [group["options"] for group in groups],
        _MEASURES[measure]: [group["answers"] for group in groups],
        "gold": [plurality(group["answers"]) for group in groups],
        "country": country,
        "zone": cultures.zones(country),
        "language": languages,
        "categories": facets({"topic": column("topic")}),
        "cluster": cluster,
        "source": source(
            pa.array([group["record"] for group in groups], pa.int64()), pa.nulls(n), name, None, file
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)
