"""EtiCor (Dwivedi et al. 2023, EMNLP): statements of etiquette from five regions, appropriate there or not.

Many of the inappropriate ones are machine negations of appropriate ones. A statement and its negations are
one family and one cluster here, and so never lie in two splits.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home
from normsuite.adapters.eticor_text import read_escaped
from normsuite.adapters.facets import facets
from normsuite.adapters.negations import alike, content
from normsuite.adapters.reading import RawRows
from normsuite.adapters.rows import Check, digests, numerals, same_list, sift, source
from normsuite.adapters.splitting import hashed_splits
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "eticor"
_SUFFIX: Final = "_labelled.csv"
REGIONS: Final = {
    "ea": "East Asia",
    "india": "India",
    "la": "Latin America",
    "mea": "Middle East and Africa",
    "ne": "North America and Europe",
}
"""By the beginning of a file's name."""
_COUNTRIES: Final = {"india": "IND"}
_TEXT: Final = "0"
OPTIONS: Final = ("inappropriate", "appropriate")
_SHARES: Final = {"train": 0.5, "dev": 0.1, "test": 0.4}


@dataclass(frozen=True)
class _File:
    """The good rows of one region's file: texts and labels [n]."""

    region: str
    name: str
    texts: list[str]
    labels: list[int]
    records: pa.Array


def read(raw: Path, view: str = "default") -> Adapted:
    """The statements of every region that is there.

    Args:
        raw: the folder ``Labelled``, one above it, or one region's file.
        view: "default" is the only one.

    Raises:
        InputError: no such file, or one that is not as published.
    """
    files, set_aside, digest_of = [], [SET_ASIDE_SCHEMA.empty_table()], {}
    for region, path in _files(raw).items():
        rows = read_escaped(path, (_TEXT, "label"))
        good, faulty = sift(rows, path.name, _checks(rows.table))
        files.append(_file(region, path.name, rows, pa.array(good)))
        set_aside.append(faulty)
        digest_of[path.name] = rows.sha256
    texts = [text for file in files for text in file.texts]
    groups = alike(texts, [file.region for file in files for _ in file.texts])
    names, several = _names(texts, groups)
    items, start = [ITEM_SCHEMA.empty_table()], 0
    for file in files:
        own = slice(start, start + len(file.texts))
        items.append(_items(file, names[own], several[own]))
        start = own.stop
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), files=digest_of)


def _files(raw: Path) -> dict[str, Path]:
    """The files by region."""
    inside = [path for depth in ("", "*/", "*/*/") for path in sorted(raw.glob(f"{depth}*.csv"))]
    found: dict[str, Path] = {}
    for path in [raw] if raw.is_file() else inside:
        region = path.name.lower().removesuffix(_SUFFIX)
        if region in REGIONS and path.name.lower().endswith(_SUFFIX):
            found.setdefault(region, path)
    if not found:
        names = ", ".join(f"{region.upper()}_Labelled.csv" for region in REGIONS)
        raise InputError(
            f"holds none of {names}", file=raw, fix="give the folder Labelled that the authors send"
        )
    return dict(sorted(found.items()))


def _checks(table: pa.Table) -> list[Check]:
    known = pa.array(list(numerals((0, 1))))
    return [
        Check(_TEXT, np.asarray(pc.equal(table[_TEXT], "")), "is empty"),
        Check("label", ~np.asarray(pc.is_in(table["label"], known)), "is not one of 0, 1"),
    ]


def _file(region: str, name: str, rows: RawRows, good: pa.Array) -> _File:
    meaning = numerals((0, 1))
    labels = [meaning[cell] for cell in rows.table["label"].filter(good).to_pylist()]
    return _File(region, name, rows.table[_TEXT].filter(good).to_pylist(), labels, rows.records.filter(good))


def _names(texts: list[str], groups: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """A name for each text's group, the digest of its first content in the alphabet; whether it has several.

    Named so, a group keeps its name, and with it its split, where regions that it does not reach are absent.
    """
    told = pd.DataFrame({"group": groups, "content": [content(text) for text in texts]})
    by_group = told.groupby("group")["content"]
    first = pa.array(by_group.transform("min").tolist(), pa.string())
    return digests(first, 8), pa.array(by_group.transform("size").to_numpy() > 1)


def _items(file: _File, names: pa.Array, several: pa.Array) -> pa.Table:
    n = len(file.texts)
    region = REGIONS[file.region]
    labels = pa.array(file.labels, pa.int32())
    frame = [{"subject": "ENV", "name": "region", "relation": "is", "value": region}]
    columns = {
        "id": pc.binary_join_element_wise(_NAME, file.region, file.records.cast(pa.string()), ":"),
        "dataset": _NAME,
        "split": hashed_splits(names, _SHARES),
        "kind": "label",
        "norm": file.texts,
        "frame": [frame] * n,
        "options": same_list(OPTIONS, n),
        "gold": labels,
        "valence": pc.subtract(pc.multiply(labels, 2), 1),
        "country": pa.repeat(pa.scalar(_COUNTRIES.get(file.region), pa.string()), n),
        "zone": region,
        "language": "en",
        "categories": facets({"likeness": pc.if_else(several, "paired", "alone")}),
        "family": pc.if_else(several, names, pa.scalar(None, pa.string())),
        "cluster": names,
        "source": source(file.records, labels, pa.repeat(file.region, n), None, file.name),
    }
    return conform(columns, ITEM_SCHEMA, n)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="EtiCor",
    home=Home(
        page="https://github.com/Exploration-Lab/EtiCor",
        licence="CC BY-NC 4.0, by request",
        share="no",
        revision="code 63564c9",
        manual="ask for it by the form that its page links, and give its folder Labelled with --raw",
    ),
    read=read,
    facts=Facts(rows=36_347, countries=1),
)
