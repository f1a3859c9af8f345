"""Contract norms (Aires et al. 2017, "Norm conflict identification in contracts"): norms, and what clashes.

Two views. ``norm-sentence``: is this sentence of a contract a norm? ``conflict``: do these two clauses of one
contract conflict? The conflicts were written into real contracts by volunteers; ``contract_pairs`` says how
pairs are found, which the data does not mark.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import (
    SET_ASIDE_SCHEMA,
    Adapted,
    Adapter,
    Facts,
    Home,
    RemoteFile,
    set_aside_rows,
)
from normsuite.adapters.contract_pairs import Pair, Refused, pairs_of
from normsuite.adapters.contract_text import plain, read_page
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, find_file, read_csv, read_rows, sha256
from normsuite.adapters.rows import Check, numerals, same_list, sift, source
from normsuite.adapters.splitting import hashed_splits
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "contract-norms"
SENTENCES, CONFLICT = "norm-sentence", "conflict"
_FILE: Final = "contract_sent_dataset.csv"
_PREFIX, _SUFFIX = "new_norms_", ".shtml"
TYPES: Final = "conflict_types.csv"
"""A user's own table of the kind of each conflict, which the published data lacks."""
_SHARES: Final = {"train": 0.5, "test": 0.5}
_COMMIT: Final = "57471b20a766a374d66149fd57e44559b2b8b227"
_BANDS: Final = (0.6, 0.8)
_BAND_NAMES: Final = pa.array(["under 0.6", "0.6 to 0.8", "0.8 and over"])


def read(raw: Path, view: str = SENTENCES) -> Adapted:
    """Sentences of contracts, or pairs of clauses.

    Args:
        raw: the repository's folder, or one of its two folders; for sentences also the file itself.
        view: ``norm-sentence`` or ``conflict``.

    Raises:
        InputError: the files of this view are not there, or not as published.
    """
    return _read_conflicts(raw) if view == CONFLICT else _read_sentences(raw)


def _read_sentences(raw: Path) -> Adapted:
    path = find_file(raw, [_FILE])
    rows = read_rows(path, {"id": pa.string(), "sentence": pa.string(), "class": pa.string()})
    labels = numerals((0, 1))
    # Entities are left over from the contracts' HTML. What is no entity stays, even where it looks like one.
    text = pa.array(
        [plain(cell).replace("\n", " ") for cell in rows.table["sentence"].to_pylist()], pa.string()
    )
    again = np.asarray(pa.array(rows.table["id"].to_pandas().duplicated()))
    checks = (
        Check(
            "id", ~np.asarray(pc.match_substring_regex(rows.table["id"], r"^\d+$")), "is not a whole number"
        ),
        Check("id", again, "is the id of an earlier row"),
        Check("sentence", np.asarray(pc.equal(text, "")), "is empty"),
        Check(
            "class", ~np.asarray(pc.is_in(rows.table["class"], pa.array(list(labels)))), "is not one of 0, 1"
        ),
    )
    good, set_aside = sift(rows, path.name, checks)
    keep = pa.array(good)
    kept = replace(rows, table=rows.table.filter(keep), records=rows.records.filter(keep))
    gold = pa.array([labels[cell] for cell in kept.table["class"].to_pylist()], pa.int32())
    items = _sentence_items(kept, text.filter(keep), gold, path.name)
    return Adapted(items, set_aside, files={path.name: rows.sha256})


def _sentence_items(rows: RawRows, text: pa.Array, gold: pa.Array, file: str) -> pa.Table:
    """The file names no contract: equal sentences are a cluster, whose split is ours."""
    n = len(text)
    cluster = pc.utf8_lower(text)
    columns = {
        "id": pc.binary_join_element_wise(_NAME, "sentence", rows.table["id"].combine_chunks(), ":"),
        "dataset": _NAME,
        "split": hashed_splits(cluster, _SHARES),
        "kind": "label",
        "situation": text,
        "options": same_list(("non-norm", "norm"), n),
        "gold": gold,
        "language": "en",
        "categories": facets({"words": _lengths(text)}),
        "cluster": cluster,
        "source": source(rows.records, rows.table["class"].combine_chunks(), None, None, file),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _lengths(text: pa.Array) -> pa.Array:
    """How long sentences are, in three steps: the shortest are headings and numbers, cut off in splitting."""
    words = np.asarray(pc.list_value_length(pc.utf8_split_whitespace(text)))
    return pa.array(["under 6", "6 to 30", "over 30"]).take(
        pa.array(np.searchsorted([6, 31], words, "right"))
    )


def _read_conflicts(raw: Path) -> Adapted:
    """The pairs of all contracts below a folder."""
    tables, set_aside = [ITEM_SCHEMA.empty_table()], [SET_ASIDE_SCHEMA.empty_table()]
    files: dict[str, str] = {}
    lists = sorted(
        path for depth in ("", "*/", "*/*/", "*/*/*/") for path in raw.glob(f"{depth}{_PREFIX}*{_SUFFIX}")
    )
    if not lists:
        what = f"holds no {_PREFIX}*{_SUFFIX} beside a contract"
        raise InputError(what, file=raw, fix="give the repository's folder, or its conflict_identification")
    types = _read_types(lists[0].parents[1])
    for path in lists:
        contract = path.with_name(path.name.removeprefix(_PREFIX))
        if not contract.is_file():
            raise InputError(f"holds no {contract.name}, the contract of {path.name}", file=path.parent)
        lines = read_page(path).removesuffix("\n").split("\n")
        found = pairs_of(plain(read_page(contract)), [plain(line).replace("\n", " ") for line in lines])
        tables.append(_pair_items(contract.stem, path, found[0] + found[1], types))
        set_aside.append(_refused(path.relative_to(raw).as_posix(), found[2]))
        # A folder's name begins with its volunteer's, which has no place in a manifest.
        files |= {f"{_mark(path)}/{own.name}": sha256(own) for own in (path, contract)}
    items = pa.concat_tables(tables)
    return Adapted(items, pa.concat_tables(set_aside), f"{len(lists)} contracts", files)


def _mark(path: Path) -> str:
    """Stands for the folder that a file lies in."""
    return hashlib.sha256(path.parent.name.encode()).hexdigest()[:8]


def _read_types(folder: Path) -> dict[tuple[str, str], str]:
    """The type of each conflict by contract and norm, where the user has such a table."""
    path = folder / TYPES
    if not path.is_file():
        return {}
    table = read_csv(path, {"contract": pa.string(), "norm": pa.string(), "conflict type": pa.string()})
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return {(contract, plain(norm).replace("\n", " ")): kind.strip() for contract, norm, kind in rows}


def _refused(file: str, refused: list[Refused]) -> pa.Table:
    tables = [
        set_aside_rows(
            file, pa.array([one.line]), "norm", one.reason, pa.array([one.text]), invalid=one.invalid
        )
        for one in sorted(refused, key=lambda one: one.line)
    ]
    return pa.concat_tables([SET_ASIDE_SCHEMA.empty_table(), *tables])


def _pair_items(contract: str, path: Path, pairs: list[Pair], types: dict[tuple[str, str], str]) -> pa.Table:
    n = len(pairs)
    gold = [int(pair.line > 0) for pair in pairs]
    own = [pair.line or f"own-{at}" for at, pair in enumerate(pairs)]
    contracts = pa.repeat(contract, n)
    bands = np.searchsorted(_BANDS, [pair.likeness for pair in pairs], "right")
    kinds = [types.get((contract, pair.second)) or None if pair.line else None for pair in pairs]
    columns = {
        "id": [f"{_NAME}:conflict:{contract}:{_mark(path)}:{name}" for name in own],
        "dataset": _NAME,
        "split": hashed_splits(contracts, _SHARES),
        "kind": "label",
        "behavior": [pair.second for pair in pairs],
        "norm": [pair.first for pair in pairs],
        "options": same_list(("no conflict", "conflict"), n),
        "gold": gold,
        "language": "en",
        "categories": facets(
            {
                "contract": contracts,
                "likeness": _BAND_NAMES.take(pa.array(bands, pa.int64())),
                "conflict_type": pa.array(kinds, pa.string()),
            }
        ),
        "cluster": contracts,
        "source": source(
            pa.array([pair.line or None for pair in pairs], pa.int64()), pa.nulls(n), None, None, path.name
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="Contract norms",
    home=Home(
        page="https://github.com/JoaoPauloAires/norm-dataset",
        licence="none stated: for your own use, not to be passed on",
        share="no",
        revision=_COMMIT,
        files=(
            RemoteFile(
                url=f"https://github.com/JoaoPauloAires/norm-dataset/archive/{_COMMIT}.tar.gz",
                path="norm-dataset.tar.gz",
                members=(f"*/{_FILE}", f"*/conflict_identification/*{_SUFFIX}"),
            ),
        ),
    ),
    read=read,
    views=(SENTENCES, CONFLICT),
    facts=Facts(rows=1_193),
)
