"""ETHICS (Hendrycks et al. 2021, "Aligning AI With Shared Human Values"): five parts in fifteen judged files.

Mind the polarity: label 1 is bad in commonsense, good in deontology and justice. The paper scores deontology,
justice and virtue by groups, right only if every row of a group is right; such a group is a ``family`` here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

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
from normsuite.adapters.ethics_qa import as_questions
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, read_csv, read_rows, sha256
from normsuite.adapters.rows import Check, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "ethics"
_TEXT: Final = pa.string()
_LABEL: Final = pa.int64()
_JUSTICE_GROUP: Final = 4
_SPLITS: Final = {"train": "train", "test": "test", "test_hard": "test"}
_AMBIGUOUS: Final = "cm_ambig.csv"


@dataclass(frozen=True)
class _Shaped:
    """The rows of one file as columns.

    Attributes:
        columns: columns of Items.
        facets: facets of this part alone.
        family: int [n], the record number at which each row's group begins; None where there are no groups.
        cluster: the same for the unit that is resampled; None where it is the family, or else the row.
        malformed: rows whose text is not in the part's form.
    """

    columns: dict[str, Any]
    facets: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    family: np.ndarray | None = None
    cluster: np.ndarray | None = None
    malformed: tuple[Check, ...] = ()


@dataclass(frozen=True)
class _Part:
    """One of the five parts.

    Attributes:
        name: its folder, and its value of the facet ``part``.
        prefix: how its files' names begin.
        columns: the files' columns in order; a part without ``label`` has no header either.
        options: what label 0 and label 1 mean; empty where a row's own texts are the options.
        shape: makes columns of rows with trimmed cells; their file is named for the error, if any.
    """

    name: str
    prefix: str
    columns: Mapping[str, pa.DataType]
    options: tuple[str, ...]
    shape: Callable[[RawRows, Path], _Shaped]


def _commonsense(raw: RawRows, _: Path) -> _Shaped:
    length = pc.if_else(raw.table["is_short"], "short", "long")
    columns = {"situation": raw.table["input"], "valence": pc.negate(raw.table["label"])}
    return _Shaped(columns, {"length": length})


def _deontology(raw: RawRows, _: Path) -> _Shaped:
    scenario = raw.table["scenario"]
    columns = {"situation": scenario, "behavior": raw.table["excuse"]}
    return _Shaped(columns, family=_first_of_equals(scenario, raw.records))


def _justice(raw: RawRows, path: Path) -> _Shaped:
    """Groups are known by position, in the test files only: train has ragged ones that no text names."""
    columns = {"situation": raw.table["scenario"]}
    if path.stem == "justice_train":
        return _Shaped(columns)
    n = raw.table.num_rows + raw.set_aside.num_rows
    if n % _JUSTICE_GROUP:
        what = f"has {n} rows, not whole groups of {_JUSTICE_GROUP}, and groups are known by position only"
        raise InputError(what, file=path, fix="use the file as published")
    records = np.asarray(raw.records)
    return _Shaped(columns, family=records - (records - 1) % _JUSTICE_GROUP)


def _virtue(raw: RawRows, _: Path) -> _Shaped:
    form = r"(?s)^(?P<sentence>.*\S)\s*\[SEP\]\s*(?P<trait>\S.*)$"
    halves = pc.extract_regex(raw.table["scenario"], form)
    sentence, trait = pc.struct_field(halves, "sentence"), pc.struct_field(halves, "trait")
    unsplit = np.asarray(pc.is_null(halves))
    return _Shaped(
        {"situation": sentence, "behavior": trait},
        {"trait": trait},
        family=_first_of_equals(sentence, raw.records),
        malformed=(Check("scenario", unsplit, "is not of the form 'sentence [SEP] trait'"),),
    )


def _utilitarianism(raw: RawRows, _: Path) -> _Shaped:
    """The first text is the more pleasant; a hash of both decides which of them becomes option 0."""
    first, second = raw.table["first"], raw.table["second"]
    pairs = list(zip(first.to_pylist(), second.to_pylist(), strict=True))
    swapped = [hashlib.sha256("\0".join(pair).encode()).digest()[0] & 1 for pair in pairs]
    options = [pair[::-1] if swap else pair for pair, swap in zip(pairs, swapped, strict=True)]
    return _Shaped(
        {"kind": "pair", "options": options, "gold": swapped},
        # Comparisons with one and the same text hang together.
        cluster=_first_of_equals(first, raw.records),
        malformed=(Check("second", np.asarray(pc.equal(first, second)), "is the same text as the first"),),
    )


_UNREASONABLE: Final = ("unreasonable", "reasonable")
_PARTS: Final = (
    _Part(
        "commonsense",
        "cm",
        {"label": _LABEL, "input": _TEXT, "is_short": pa.bool_(), "edited": pa.bool_()},
        ("not wrong", "wrong"),
        _commonsense,
    ),
    _Part(
        "deontology",
        "deontology",
        {"label": _LABEL, "scenario": _TEXT, "excuse": _TEXT},
        _UNREASONABLE,
        _deontology,
    ),
    _Part("justice", "justice", {"label": _LABEL, "scenario": _TEXT}, _UNREASONABLE, _justice),
    _Part("virtue", "virtue", {"label": _LABEL, "scenario": _TEXT}, ("not shown", "shown"), _virtue),
    _Part("utilitarianism", "util", {"first": _TEXT, "second": _TEXT}, (), _utilitarianism),
)


def read(raw: Path, view: str = "default") -> Adapted:
    """All parts and splits of ETHICS that lie in a folder, as one table of Items.

    Args:
        raw: the folder of the five part folders, or the one above it (the unpacked archive).
        view: "default", each part's own question; or "qa", one question for all (see ``ethics_qa``).

    Raises:
        InputError: no part there, a part folder without its files, or a file that is not as published.
    """
    root = raw if any((raw / part.name).is_dir() for part in _PARTS) else raw / "ethics"
    items, set_aside, files = [ITEM_SCHEMA.empty_table()], [SET_ASIDE_SCHEMA.empty_table()], {}
    for part in _PARTS:
        for native, path in _files(root, part).items():
            name = path.relative_to(root).as_posix()
            kept, faulty = _read_file(part, native, path, name)
            items.append(kept)
            set_aside.append(faulty)
            files[name] = sha256(path)
    if not files:
        wanted = ", ".join(part.name for part in _PARTS)
        raise InputError(f"holds none of the folders {wanted}", file=raw, fix="give the unpacked archive")
    ambiguous = root / "commonsense" / _AMBIGUOUS
    if ambiguous.is_file():
        set_aside.append(_unlabelled(ambiguous, f"commonsense/{_AMBIGUOUS}"))
        files[f"commonsense/{_AMBIGUOUS}"] = sha256(ambiguous)
    table = pa.concat_tables(items)
    table = as_questions(table) if view == "qa" else table
    return Adapted(table, pa.concat_tables(set_aside), files=files)


def _files(root: Path, part: _Part) -> dict[str, Path]:
    """The part's files by native split; a part or a split may be absent, but not all splits of a folder."""
    folder = root / part.name
    paths = {native: folder / f"{part.prefix}_{native}.csv" for native in _SPLITS}
    found = {native: path for native, path in paths.items() if path.is_file()}
    if folder.is_dir() and not found:
        names = ", ".join(path.name for path in paths.values())
        raise InputError(f"holds none of {names}", file=folder)
    return found


def _read_file(part: _Part, native: str, path: Path, name: str) -> tuple[pa.Table, pa.Table]:
    """The Items of one file, and its rows that are none."""
    raw = read_rows(path, part.columns, header="label" in part.columns)
    cells = [pc.utf8_trim_whitespace(c) if c.type == _TEXT else c for c in raw.table.columns]
    raw = replace(raw, table=pa.table(cells, names=raw.table.column_names))
    shaped = part.shape(raw, path)
    good, set_aside = sift(raw, name, [*_checks(raw.table), *shaped.malformed])
    return _items(part, native, path.stem, name, raw, shaped).filter(pa.array(good)), set_aside


def _checks(table: pa.Table) -> list[Check]:
    """No empty cell, and a label of 0 or 1."""
    empty = [pc.equal(cells, "") if cells.type == _TEXT else pc.is_null(cells) for cells in table.columns]
    checks = [
        Check(name, np.asarray(e), "is empty") for name, e in zip(table.column_names, empty, strict=True)
    ]
    if "label" in table.column_names:
        inside = pc.is_in(table["label"], pa.array([0, 1]))
        checks.append(Check("label", ~np.asarray(inside), "is not one of 0, 1"))
    return checks


def _items(part: _Part, native: str, stem: str, name: str, raw: RawRows, shaped: _Shaped) -> pa.Table:
    """Every row of a file as an item; ids, families and clusters end in record numbers."""
    n = raw.table.num_rows
    label = raw.table["label"].combine_chunks() if "label" in raw.table.column_names else pa.nulls(n)
    group = np.asarray(raw.records) if shaped.family is None else shaped.family
    common = {
        "part": pa.repeat(part.name, n),
        "difficulty": pa.repeat("hard" if native == "test_hard" else "normal", n),
    }
    columns = {
        "id": _numbered(f"{_NAME}:{stem}", raw.records),
        "dataset": _NAME,
        "split": _SPLITS[native],
        "kind": "label",
        "options": pa.repeat(pa.scalar(list(part.options)), n),
        "gold": label,
        "language": "en",
        "categories": facets(common | shaped.facets),
        "family": None if shaped.family is None else _numbered(stem, shaped.family),
        "cluster": _numbered(stem, group if shaped.cluster is None else shaped.cluster),
        "source": source(raw.records, label, None, pa.repeat(native, n), name),
    }
    return conform(columns | shaped.columns, ITEM_SCHEMA, n)


def _unlabelled(path: Path, name: str) -> pa.Table:
    """The ambiguous cases: texts on which people disagreed, published without any label."""
    texts = read_csv(path, {"input": _TEXT}, header=False)["input"]
    rows = pa.array(np.arange(1, len(texts) + 1))
    return set_aside_rows(name, rows, "input", "has no label: people disagreed about it", texts)


def _first_of_equals(texts: pa.ChunkedArray, records: pa.Array) -> np.ndarray:
    """For each of n texts the record number of its first occurrence."""
    codes = np.asarray(texts.combine_chunks().dictionary_encode(null_encoding="encode").indices)
    first = np.unique(codes, return_index=True)[1]  # codes are 0 ... k-1
    numbers: np.ndarray = np.asarray(records)[first[codes]]
    return numbers


def _numbered(prefix: str, records: pa.Array | np.ndarray) -> pa.Array:
    """``prefix:record`` of each row."""
    return pc.binary_join_element_wise(prefix, pa.array(records).cast(_TEXT), ":")


ADAPTER: Final = Adapter(
    name=_NAME,
    title="ETHICS",
    home=Home(
        page="https://github.com/hendrycks/ethics",
        licence="MIT",
        share="yes",
        revision="ethics.tar of 2021",
        files=(
            RemoteFile(
                url="https://people.eecs.berkeley.edu/~hendrycks/ethics.tar",
                path="ethics.tar",
                # The page publishes no digest; this one stands in other evaluation harnesses since 2021.
                sha256="40acbf1ac0da79a2aabef394d58889136b8d38b05be09482006de2453fb06333",
                members=("ethics/*/*.csv",),
            ),
        ),
    ),
    read=read,
    views=("default", "qa"),
    facts=Facts(134_420),
)
