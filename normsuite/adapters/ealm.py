"""MP-ETHICS (EALM, SIGIR-AP 2023): scenes judged under five moral theories at once.

A theory may accept what another rejects, and none may accept it at all: about a fifth of the rows have no
theory in their gold set, so that samples-F1 hangs on what two empty sets score (see the card).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, read_rows
from normsuite.adapters.rows import Check, index_lists, same_list, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "ealm"
_COMMIT: Final = "de4f847"
_RAW: Final = f"https://github.com/wanng-ide/ealm/raw/{_COMMIT}"
_FILES: Final = {"train": "mp-ethics_train_revised.csv", "test": "mp-ethics_test-revised.csv"}
_ROWS: Final = {"train": 300, "test": 30}
_COLUMNS: Final = ("Commonsense", "Deontology", "Justice", "Utilitarianism", "Virtue")
OPTIONS: Final = tuple(name.lower() for name in _COLUMNS)


def read(raw: Path, view: str = "default") -> Adapted:
    """Scenes with the theories that accept them.

    Args:
        raw: the folder of both files, of which one may be absent, or one file under its own name.
        view: "default" is the only one.

    Raises:
        InputError: neither file there, or one that is not as published.
    """
    paths = _find(raw)
    items, set_aside, digests, counts = [], [], {}, {}
    for split, path in paths.items():
        types = {"input": pa.string(), **dict.fromkeys(_COLUMNS, pa.int64())}
        rows = read_rows(path, types)
        kept, faulty = sift(rows, path.name, _checks(rows.table))
        items.append(_items(split, path.name, rows, kept))
        set_aside.append(faulty)
        digests[path.name] = rows.sha256
        counts[split] = rows.table.num_rows + rows.set_aside.num_rows
    said = ", ".join(f"{split} {count}" for split, count in counts.items())
    version = f"{_COMMIT} ({said} rows)" if counts == _ROWS else f"unrecognised ({said} rows)"
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), version, digests)


def _find(raw: Path) -> dict[str, Path]:
    """The files by split."""
    if raw.is_file():
        found = {split: raw for split, name in _FILES.items() if raw.name == name}
    else:
        found = {split: raw / name for split, name in _FILES.items() if (raw / name).is_file()}
    if not found:
        wanted = " or ".join(_FILES.values())
        raise InputError(f"is or holds no {wanted}", file=raw, fix="give the folder that holds them")
    return found


def _checks(table: pa.Table) -> list[Check]:
    text = pc.utf8_trim_whitespace(table["input"])
    outside = [
        Check(
            name, ~np.asarray(pc.fill_null(pc.is_in(table[name], pa.array([0, 1])), False)), "is not 0 or 1"
        )
        for name in _COLUMNS
    ]
    return [
        Check("input", np.asarray(pc.equal(text, "")), "is empty"),
        *outside,
    ]


def _items(split: str, file: str, rows: RawRows, kept: np.ndarray) -> pa.Table:
    at = pa.array(np.flatnonzero(kept))
    records = rows.records.take(at)
    accepted = np.stack([rows.table[name].take(at).to_numpy() for name in _COLUMNS], axis=1) == 1
    labels = pc.binary_join_element_wise(
        *(rows.table[name].take(at).combine_chunks().cast(pa.string()) for name in _COLUMNS), ","
    )
    name = pc.binary_join_element_wise(split, records.cast(pa.string()), ":")
    n = len(at)
    columns = {
        "id": pc.binary_join_element_wise(_NAME, name, ":"),
        "dataset": _NAME,
        "split": split,
        "kind": "multilabel",
        "situation": pc.utf8_trim_whitespace(rows.table["input"].take(at)),
        "options": same_list(OPTIONS, n),
        "gold_set": index_lists(accepted),
        "language": "en",
        "categories": facets({"accepted": _how_many(accepted.sum(axis=1))}),
        "cluster": name,
        "source": source(records, labels, None, pa.repeat(split, n), file),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _how_many(counts: np.ndarray) -> pa.Array:
    """Whether none, some or all of the theories accept a scene, from how many do; string [n]."""
    return pa.array(["none", "some", "all"]).take(pa.array((counts > 0) * 1 + (counts == len(OPTIONS))))


ADAPTER: Final = Adapter(
    name=_NAME,
    title="MP-ETHICS (EALM)",
    home=Home(
        page="https://github.com/wanng-ide/ealm",
        licence="none stated",
        share="no",
        revision=_COMMIT,
        files=tuple(RemoteFile(f"{_RAW}/{name}", name) for name in _FILES.values()),
    ),
    read=read,
    facts=Facts(330),
)
