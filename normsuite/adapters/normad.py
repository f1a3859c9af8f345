"""NormAd-Eti (Rao et al. 2025, "NormAd: A Framework for Measuring the Cultural Adaptability of LLMs").

A row is a short story set in a country; the label says whether what its main figure did is acceptable there:
yes, no, or neutral where the rule of thumb does not bear on the story. Two releases are in use and differ in
what a neutral row's country means (see the data card); they are told apart by their number of rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile, set_aside_rows
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, find_file, read_rows, sha256
from normsuite.adapters.rows import Check, codes, encode, group, in_row_order, same_list, sift, source
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "normad"
_FILES: Final = ("normad_etiquette_final_data.csv", "normad_etiquette_final_data_neutral_fixed.csv")
_VERSIONS: Final = {2_633: "v1", 2_615: "v2"}
OPTIONS: Final = ("yes", "no", "neutral")
_VALENCE: Final = pa.array([1.0, -1.0, None])
_COLUMNS: Final = {
    "ID": pa.string(),
    "Country": pa.string(),
    "Background": pa.string(),
    "Axis": pa.string(),
    "Subaxis": pa.string(),
    "Value": pa.string(),
    "Rule-of-Thumb": pa.string(),
    "Story": pa.string(),
    "Explanation": pa.string(),
    "Gold Label": pa.dictionary(pa.int32(), pa.string()),
    "Other Country": pa.string(),
    "Other Background": pa.string(),
}
_OPTIONAL: Final = ("Other Country", "Other Background")
_NEEDED: Final = ("Country", "Value", "Rule-of-Thumb", "Story")
TOPICS: Final = {
    "eating": ("eating", "eating_out", "religious_dietary_laws", "drinking", "drinking_coffee", "toasting"),
    "visiting": ("visiting", "visiting_and_eating", "visiting_a_village"),
    "gifts": ("gifts", "gift-giving", "gift_giving", "offering_and_complimenting_items"),
    "basic_etiquette": (
        "basic_etiquette",
        "manners_in_vietnam",
        "māori_etiquette",
        "cleanliness",
        "direct_manners",
        "tipping",
        "‘taarof’_(politeness_and_mutual_respect)",
        "pub_etiquette",
    ),
}
"""The 21 sub-axes as the file writes them, in the paper's four groups."""


def read(raw: Path, view: str = "") -> Adapted:
    """NormAd-Eti as Items.

    Args:
        raw: the CSV file, or a folder that holds it.
        view: there is one only.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    path = find_file(raw, _FILES)
    rows = read_rows(path, _COLUMNS, optional=_OPTIONAL)
    kept, set_aside = sift(rows, path.name, _checks(rows.table))
    kept[group(*(encode(rows.table[name]) for name in rows.table.column_names)).later()] = False
    at = pa.array(np.flatnonzero(kept))
    items, notes = _items(RawRows(rows.table.take(at), rows.records.take(at), rows.set_aside), path.name)
    total = rows.table.num_rows + rows.set_aside.num_rows
    version = f"{_VERSIONS.get(total, 'unrecognised')} ({total:,} rows)"
    return Adapted(items, in_row_order([set_aside, *notes]), version, {path.name: sha256(path)})


def _checks(table: pa.Table) -> list[Check]:
    """What sets a row aside; a row that repeats another in every cell passes."""
    number = np.asarray(pc.match_substring_regex(table["ID"], r"^\d+$"))
    same_id = group(encode(table["ID"]))
    other = np.logical_or.reduce([same_id.differs(table[name]) for name in table.column_names])
    labels = {label: at for at, label in enumerate(OPTIONS)}
    return [
        Check("ID", ~number, "is not a whole number"),
        Check("Gold Label", codes(table["Gold Label"], labels) < 0, f"is not one of {', '.join(OPTIONS)}"),
        *(Check(name, np.asarray(pc.equal(table[name], "")), "is empty") for name in _NEEDED),
        Check("ID", other, "is the ID of an earlier row with other content"),
    ]


def _items(rows: RawRows, file: str) -> tuple[pa.Table, list[pa.Table]]:
    """One item per row, and notes on countries and sub-axes that we do not know."""
    n = rows.table.num_rows
    text = {name: rows.table[name].combine_chunks().cast(pa.string()) for name in rows.table.column_names}
    gold = pc.index_in(text["Gold Label"], pa.array(OPTIONS))
    country = cultures.countries(text["Country"])
    topic = _topics(text["Subaxis"])
    columns = {
        "id": pc.binary_join_element_wise(_NAME, text["ID"], ":"),
        "dataset": _NAME,
        "split": "test",
        "kind": "label",
        "situation": text["Story"],
        "norm": text["Rule-of-Thumb"],
        "frame": _frames(text["Country"], text["Value"]),
        "options": same_list(OPTIONS, n),
        "gold": gold,
        "valence": _VALENCE.take(gold),
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "categories": facets({"subaxis": text["Subaxis"], "topic": topic}),
        "explanation": text["Explanation"],
        "cluster": pc.binary_join_element_wise(text["Country"], text["Rule-of-Thumb"], ": "),
        "source": source(rows.records, text["Gold Label"], text["Country"], None, file),
    }
    notes = [
        _note(rows, file, "Country", country, "is not a country we know; the item is kept without a country"),
        _note(rows, file, "Subaxis", topic, "is not a sub-axis we know; the item is kept without a topic"),
    ]
    return conform(columns, ITEM_SCHEMA, n), notes


def _note(rows: RawRows, file: str, field: str, found: pa.Array, reason: str) -> pa.Table:
    unknown = pc.is_null(found)
    values = rows.table[field].filter(unknown).combine_chunks()
    return set_aside_rows(file, rows.records.filter(unknown), field, reason, values)


def _topics(subaxes: pa.Array) -> pa.Array:
    """The group of each sub-axis, null where we do not know it."""
    group_of = {subaxis: topic for topic, members in TOPICS.items() for subaxis in members}
    return pa.array(group_of.values()).take(pc.index_in(subaxes, pa.array(group_of)))


def _frames(countries: pa.Array, values: pa.Array) -> pa.Array:
    """The frame of each story: the country and the value as written, {ENV, country, is, ...} first."""
    n = len(countries)
    pairs = np.arange(2 * n).reshape(2, n).T.ravel()
    parts = [
        pa.repeat("ENV", 2 * n),
        pa.array(["country", "value"]).take(pa.array(pairs // max(n, 1))),
        pa.repeat("is", 2 * n),
        pa.concat_arrays([countries, values]).take(pa.array(pairs)),
    ]
    kind = ITEM_SCHEMA.field("frame").type.value_type
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * 2)
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(parts, fields=list(kind)))


ADAPTER: Final = Adapter(
    name=_NAME,
    title="NormAd-Eti",
    home=Home(
        page="https://huggingface.co/datasets/akhilayerukola/NormAd",
        licence="CC BY 4.0",
        share="yes",
        revision="main (v1 has 2,633 rows, v2 2,615); code 9ede851",
        files=(
            RemoteFile(
                url="hf://datasets/akhilayerukola/NormAd@main/normad_etiquette_final_data.csv",
                path="normad_etiquette_final_data.csv",
            ),
        ),
    ),
    read=read,
    facts=Facts(2_633, countries=75),
)
