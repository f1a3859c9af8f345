"""CultureBank (Shi et al. 2024, EMNLP Findings): customs of cultural groups, as people online tell of them.

A row is a cluster of comments, summed up by a language model: in this setting, people of this group do that.
Its agreement is the share of the comments that agree. The view ``agreement`` asks for it, in five steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import (
    SET_ASIDE_SCHEMA,
    Adapted,
    Adapter,
    Facts,
    Home,
    RemoteFile,
    set_aside_rows,
)
from normsuite.adapters.culturebank_groups import group_countries
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, read_rows
from normsuite.adapters.rows import Check, in_row_order, same_list, sift, source
from normsuite.adapters.splitting import hashed_splits
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "culturebank"
_SITES: Final = ("tiktok", "reddit")
STEPS: Final = ("hardly anybody", "few", "about half", "many", "nearly everybody")
_BOUNDS: Final = (0.2, 0.4, 0.6, 0.8)
_SHARES: Final = {"train": 0.2, "test": 0.8}
_NEEDED: Final = ("cluster_id", "cultural group", "context", "actor_behavior", "topic", "agreement")
_FRAME: Final = {
    "cultural group": ("ENV", "group"),
    "actor": ("PERSON", "role"),
    "goal": ("PERSON", "goal"),
    "relation": ("ENV", "relation"),
    "recipient": ("OTHER", "partner"),
    "recipient_behavior": ("OTHER", "response"),
}
"""Whose each cell is, and what it is called there."""
_ABSENT: Final = frozenset({"", "none", "nan", "null", "n/a"})
_COLUMNS: Final = {
    **dict.fromkeys((*_NEEDED, *_FRAME, "num_support_bin"), pa.string()),
    # A summary that repeats the row, and prompts that have no one answer.
    **dict.fromkeys(("other_descriptions", "time_range", "eval_whole_desc", "eval_scenario"), None),
    **dict.fromkeys(("eval_persona", "eval_question"), None),
}


def read(raw: Path, view: str = "agreement") -> Adapted:
    """The customs of both sites, or of the one that is there.

    Args:
        raw: one of the two CSV files, or a folder that holds them.
        view: "agreement" is the only one.

    Raises:
        InputError: no such file, or one that is not as published.
    """
    items, set_aside, files = [ITEM_SCHEMA.empty_table()], [SET_ASIDE_SCHEMA.empty_table()], {}
    for site, path in _files(raw).items():
        rows = read_rows(path, _COLUMNS, optional=[name for name in _COLUMNS if name not in _NEEDED])
        cells = [pc.utf8_trim_whitespace(column) for column in rows.table.columns]
        rows = RawRows(
            pa.table(cells, names=rows.table.column_names), rows.records, rows.set_aside, rows.sha256
        )
        agreement = pd.to_numeric(rows.table["agreement"].to_pandas(), errors="coerce").to_numpy(float)
        good, faulty = sift(rows, path.name, _checks(rows.table, agreement))
        keep = pa.array(good)
        kept = RawRows(rows.table.filter(keep), rows.records.filter(keep), rows.set_aside)
        own, notes = _items(kept, agreement[good], site, path.name)
        items.append(own)
        set_aside.append(in_row_order([faulty, notes]))
        files[path.name] = rows.sha256
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), files=files)


def _files(raw: Path) -> dict[str, Path]:
    """The files by site, which their names tell."""
    inside = sorted(raw.glob("*.csv")) + sorted(raw.glob("*/*.csv")) if raw.is_dir() else [raw]
    found = {site: path for site in _SITES for path in reversed(inside) if site in path.name.lower()}
    if not found or not raw.exists():
        what = "holds no culturebank_tiktok.csv or culturebank_reddit.csv"
        raise InputError(what, file=raw, fix="the name of a file must tell its site")
    return found


def _checks(table: pa.Table, agreement: np.ndarray) -> list[Check]:
    needed = [name for name in _NEEDED if name not in ("agreement", "topic")]
    return [
        *(Check(name, np.asarray(pc.equal(table[name], "")), "is empty") for name in needed),
        Check("agreement", np.asarray(pc.equal(table["agreement"], "")), "is empty", invalid=False),
        Check("agreement", ~((agreement >= 0) & (agreement <= 1)), "is not a number from 0 to 1"),
        Check("cluster_id", table["cluster_id"].to_pandas().duplicated().to_numpy(), "is an earlier row's"),
    ]


def _items(rows: RawRows, agreement: np.ndarray, site: str, file: str) -> tuple[pa.Table, pa.Table]:
    """Items, and notes on groups that are no country's people."""
    table, n = rows.table, rows.table.num_rows
    text = {name: table[name].combine_chunks() for name in table.column_names}
    group = text["cultural group"]
    country = group_countries(group)
    cluster = pc.binary_join_element_wise(site, text["cluster_id"], ":")
    steps = np.searchsorted(_BOUNDS, agreement, side="right")
    columns = {
        "id": pc.binary_join_element_wise(_NAME, cluster, ":"),
        "dataset": _NAME,
        "split": hashed_splits(cluster, _SHARES),
        "kind": "label",
        "situation": text["context"],
        "behavior": text["actor_behavior"],
        "frame": _frames(text),
        "options": same_list(STEPS, n),
        "gold": pa.array(steps, pa.int32()),
        "agreement": agreement,
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "categories": facets(
            {
                "site": pa.repeat(site, n),
                "topic": _told(text["topic"]),
                "support": _told(text["num_support_bin"])
                if "num_support_bin" in text
                else pa.nulls(n, pa.string()),
            }
        ),
        "cluster": cluster,
        "source": source(rows.records, text["agreement"], group, pa.repeat(site, n), file),
    }
    unknown = pc.is_null(country)
    reason = "is not the people of one country that we know; the item is kept without a country"
    notes = set_aside_rows(
        file, rows.records.filter(unknown), "cultural group", reason, group.filter(unknown)
    )
    return conform(columns, ITEM_SCHEMA, n), notes


def _told(cells: pa.Array) -> pa.Array:
    """Cells with null in the place of the words that pipelines write for nothing."""
    nothing = pc.is_in(pc.utf8_lower(cells), pa.array(sorted(_ABSENT)))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), cells)


def _frames(text: Mapping[str, pa.Array]) -> list[list[dict[str, str]]]:
    """Who does it, with whom and what for, as far as each row tells."""
    columns = {name: _told(text[name]).to_pylist() for name in _FRAME if name in text}
    return [
        [
            {"subject": _FRAME[name][0], "name": _FRAME[name][1], "relation": "is", "value": value}
            for name, value in zip(columns, row, strict=True)
            if value is not None
        ]
        for row in zip(*columns.values(), strict=True)
    ]


ADAPTER: Final = Adapter(
    name=_NAME,
    title="CultureBank",
    home=Home(
        page="https://huggingface.co/datasets/SALT-NLP/CultureBank",
        licence="MIT",
        share="yes",
        revision="main (about 23,000 rows)",
        files=tuple(
            RemoteFile(f"hf://datasets/SALT-NLP/CultureBank@main/{name}", name)
            for name in (f"culturebank_{site}.csv" for site in _SITES)
        ),
    ),
    read=read,
    views=("agreement",),
    facts=Facts(rows=23_000, countries=None),
)
