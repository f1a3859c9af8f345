"""Moral norms by country from the World Values Survey and Pew, and a survey export of the user's own.

The two tables are those of Ramezani & Xu (2023, "Knowledge of cultural moral norms in large language
models"): one row for each country and topic. The view ``distribution`` reads a table that the user made of
any survey: one row for each country, question and option.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import Adapted, Adapter, Facts, Home, set_aside_rows
from normsuite.adapters.facets import facets
from normsuite.adapters.literals import parse_literal
from normsuite.adapters.reading import RawRows, find_file, read_rows
from normsuite.adapters.rows import Check, encode, in_row_order, repeats, same_list, sift, source
from normsuite.adapters.shares import plurality, whole
from normsuite.adapters.survey_export import read_export
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "wvs-norms"
_WVS: Final = "wvs_w7_mcm.csv"
_PEW: Final = "pew_mcm.csv"
_COMMIT: Final = "dc4e854"
WVS_OPTIONS: Final = ("never", "sometimes", "always")
PEW_OPTIONS: Final = ("morally unacceptable", "not a moral issue", "morally acceptable")
_ACROSS: Final = ("question", "topic")
"""What the topic's column is called: the authors' tables and those with a model's scores differ."""

RICH_WEST: Final = frozenset({"AND", "ARG", "AUS", "CAN", "CHL", "CYP", "DEU", "GRC", "NLD", "NZL", "USA"})
"""The countries of the WVS table that the authors count as the rich West."""

_OTHERS: Final = frozenset(
    (
        *(
            "ARM",
            "BGD",
            "BOL",
            "BRA",
            "CHN",
            "COL",
            "ECU",
            "EGY",
            "ETH",
            "GTM",
            "IDN",
            "IRN",
            "IRQ",
            "JOR",
            "JPN",
        ),
        *(
            "KAZ",
            "KEN",
            "KGZ",
            "KOR",
            "LBN",
            "LBY",
            "MAR",
            "MDV",
            "MEX",
            "MMR",
            "MNG",
            "MYS",
            "NGA",
            "NIC",
            "PAK",
        ),
        *("PER", "PHL", "ROU", "RUS", "SGP", "THA", "TJK", "TUN", "TUR", "TWN", "UKR", "VEN", "VNM", "ZWE"),
    )
)
"""The other countries of that table; a country in neither set is not classified."""


def read(raw: Path, view: str = "") -> Adapted:
    """Norms in one of four views.

    Args:
        raw: a table, or a folder that holds it.
        view: ``score``: the mean of the WVS, from -1 (never justifiable) to 1 (always), to be rated;
            ``pew``: Pew's share of acceptable minus unacceptable, to be rated; ``pew-shares``: Pew's shares
            of three answers; ``distribution``: a survey export of the user's own, with its own options.

    Raises:
        InputError: no such view, or the table cannot be used as a whole.
    """
    view = view or VIEWS[0]
    if view not in _READERS:
        raise InputError(f"{_NAME} has no view {view!r}", fix=f"choose one of {', '.join(VIEWS)}")
    return _READERS[view](raw)


def _read_score(raw: Path) -> Adapted:
    path = find_file(raw, [_WVS])
    rows, checks = _read_table(path, {"wvs_score": pa.float64()})
    score = _floats(rows.table["wvs_score"])
    checks += [
        Check("wvs_score", np.isnan(score), "is empty: it was not asked there", invalid=False),
        Check("wvs_score", np.abs(score) > 1, "lies outside -1 to 1"),
    ]
    good, set_aside = sift(rows, path.name, checks)
    keep = pa.array(good)
    columns = {
        "kind": "rating",
        "options": same_list(WVS_OPTIONS, int(good.sum())),
        "rating": score[good],
        "scale_min": -1.0,
        "scale_max": 1.0,
        "valence": score[good],
    }
    return _adapted(rows, keep, columns, set_aside, path, "wvs")


def _read_pew(raw: Path, *, rated: bool) -> Adapted:
    path = find_file(raw, [_PEW])
    rows, checks = _read_table(path, {"pew_rating": pa.string(), "pew_score": pa.float64()})
    score = _floats(rows.table["pew_score"])
    read_cells = [_pew_shares(cell) for cell in rows.table["pew_rating"].to_pylist()]
    broken = np.array([isinstance(cell, str) for cell in read_cells], bool)
    reasons = sorted({cell for cell in read_cells if isinstance(cell, str)})
    checks += [
        Check("pew_rating", np.array([cell == reason for cell in read_cells], bool), reason)
        for reason in reasons
    ]
    checks.append(Check("pew_score", np.isnan(score) | (np.abs(score) > 1), "lies outside -1 to 1"))
    good, set_aside = sift(rows, path.name, checks)
    assert not (good & broken).any()
    shares = [cell for cell, kept in zip(read_cells, good, strict=True) if kept and not isinstance(cell, str)]
    columns = {
        "options": same_list(PEW_OPTIONS, len(shares)),
        "shares": shares,
        "valence": score[good],
    }
    if rated:
        columns |= {"kind": "rating", "rating": score[good], "scale_min": -1.0, "scale_max": 1.0}
    else:
        columns |= {"kind": "label", "gold": [plurality(own) for own in shares]}
    return _adapted(rows, pa.array(good), columns, set_aside, path, "pew")


def _pew_shares(cell: str) -> list[float] | str:
    """Shares in the order of ``PEW_OPTIONS``, or why there are none.

    The dictionary counts answers that were given; one that nobody gave is not in it.
    """
    try:
        shares = parse_literal(cell)
        if not isinstance(shares, dict):
            return "is no dictionary of shares"
        known = {str(name).strip().lower(): share for name, share in shares.items()}
        if not known or not set(known) <= set(PEW_OPTIONS):
            return f"has other answers than {', '.join(PEW_OPTIONS)}"
        return whole([known.get(option, 0) for option in PEW_OPTIONS])
    except ValueError as error:
        return str(error)


def _read_table(path: Path, columns: dict[str, pa.DataType]) -> tuple[RawRows, list[Check]]:
    """A table with ``country`` and ``question``, whatever that one is called, and what must hold of them."""
    wanted = {"country": pa.string(), **dict.fromkeys(_ACROSS, pa.string()), **columns}
    rows = read_rows(path, wanted, optional=_ACROSS, others=True)
    found = [name for name in _ACROSS if name in rows.table.column_names]
    if len(found) != 1:
        raise InputError(
            f"has {len(found)} of the columns {' and '.join(_ACROSS)}", file=path, fix="keep one"
        )
    names = ["question" if name in _ACROSS else name for name in rows.table.column_names]
    table = rows.table.rename_columns(names)
    country, question = (pc.utf8_trim_whitespace(table[name]) for name in ("country", "question"))
    table = table.set_column(0, "country", country).set_column(1, "question", question)
    checks = [
        Check("country", np.asarray(pc.equal(country, "")), "is empty"),
        Check("question", np.asarray(pc.equal(question, "")), "is empty"),
        Check("question", repeats(encode(country), encode(question)), "is an earlier row's, of that country"),
    ]
    return RawRows(table, rows.records, rows.set_aside, rows.sha256), checks


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.to_numpy(), float)


def _adapted(
    rows: RawRows, keep: pa.Array, columns: dict[str, object], set_aside: pa.Table, path: Path, survey: str
) -> Adapted:
    """The kept rows as items with these columns, and a note for each country we do not know."""
    name, topic = (rows.table[column].filter(keep).combine_chunks() for column in ("country", "question"))
    records = rows.records.filter(keep)
    country = cultures.countries(name)
    n = len(records)
    items = conform(
        {
            "id": pc.binary_join_element_wise(_NAME, survey, name, topic, ":"),
            "dataset": _NAME,
            "split": "test",
            "behavior": topic,
            "country": country,
            "zone": cultures.zones(country),
            "language": "en",
            "categories": facets({"topic": topic, "rich west": _rich_west(country)}),
            "cluster": topic,
            "source": source(records, pa.nulls(n), name, None, path.name),
            **columns,
        },
        ITEM_SCHEMA,
        n,
    )
    unknown = pc.is_null(country)
    what = "is not a country we know; the item is kept without a country"
    notes = set_aside_rows(path.name, records.filter(unknown), "country", what, name.filter(unknown))
    return Adapted(items, in_row_order([set_aside, notes]), files={path.name: rows.sha256})


def _rich_west(country: pa.Array) -> pa.Array:
    """``yes``, ``no``, or null where the authors did not classify the country."""
    known = dict.fromkeys(RICH_WEST, "yes") | dict.fromkeys(_OTHERS, "no")
    return pa.array(list(known.values())).take(pc.index_in(country, pa.array(list(known))))


_READERS: Final[dict[str, Callable[[Path], Adapted]]] = {
    "score": _read_score,
    "pew": lambda raw: _read_pew(raw, rated=True),
    "pew-shares": lambda raw: _read_pew(raw, rated=False),
    "distribution": lambda raw: read_export(_NAME, raw),
}
VIEWS: Final = tuple(_READERS)

ADAPTER: Final = Adapter(
    name=_NAME,
    title="Moral norms by country (WVS, Pew)",
    home=Home(
        page="https://github.com/AidaRamezani/cultural_inference",
        licence="none stated; the WVS bars passing on its data",
        share="no",
        revision=_COMMIT,
        manual=f"take {_WVS} and {_PEW} of its folder data/, or your own survey export as distribution.csv",
    ),
    read=read,
    views=VIEWS,
    facts=Facts(1_357, countries=55),
)
