"""From the rows of a table to Items: texts, answers, cultures, splits and clusters put together."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.facets import facets
from normsuite.adapters.rows import Groups, digests, majority, numbered
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.tables.answers import Answers, answers_of
from normsuite.tables.fields import (
    cultures_of,
    facets_of,
    frames_of,
    splits_of,
    texts_of,
    turns_of,
)
from normsuite.tables.rows import Cells, Ints, Rows
from normsuite.tables.values import Sieve, values_of
from normsuite.tasks.table import TableSpec
from normsuite.tasks.table_parts import TEXTS


def items_of(name: str, rows: Rows, spec: TableSpec) -> tuple[pa.Table, list[pa.Table]]:
    """Items of a table's rows, and the rows that are none.

    Args:
        name: the data set.
        rows: [n], reshaped.
        spec: how columns become Items.
    """
    sieve = Sieve(rows)
    answers = answers_of(rows, spec, sieve)
    columns = texts_of(rows, spec, sieve)
    columns |= cultures_of(rows, spec, sieve)
    columns |= splits_of(rows, spec, sieve)
    columns |= {f"category {facet}": column for facet, column in facets_of(rows, spec, sieve).items()}
    columns |= _identity(name, rows, spec, sieve)
    if not spec.group:
        _drop_repeats(columns["id"], sieve)
    columns |= {"turns": turns_of(rows, spec, sieve), "frame": frames_of(rows, spec, sieve)}
    at = np.flatnonzero(sieve.left)
    votes = answers.votes
    if spec.group and len(at):
        at, answers, votes = _grouped(rows, spec, columns, answers, sieve)
    else:
        answers = answers.take(at)
        votes = answers.votes
    kept = rows.take(at)
    chosen = {key: column.take(pa.array(at)) for key, column in columns.items()}
    return _assembled(name, kept, spec, chosen, answers, votes), sieve.tables


def _identity(name: str, rows: Rows, spec: TableSpec, sieve: Sieve) -> dict[str, pa.Array]:
    """Ids, clusters and families."""
    record = _record_names(rows)
    own = values_of(rows, spec.id, "id", sieve) if spec.id else record
    if spec.id:
        sieve.drop(np.asarray(pc.is_null(own)), spec.id.column or "id", "is empty")
    ids = pc.binary_join_element_wise(name, own, ":")
    parts = pa.array(rows.part, pa.string())
    ids = pc.if_else(pc.equal(parts, ""), ids, pc.binary_join_element_wise(ids, parts, ":"))
    situation = spec.fields.situation
    if spec.cluster:
        cluster = values_of(rows, spec.cluster, "cluster", sieve)
    elif situation:
        # Not the text: predictions carry the cluster, and may be published where the data may not.
        text = values_of(rows, situation, "fields.situation", sieve)
        cluster = _if_any(text, lambda words: digests(words, 8))
    else:
        cluster = pc.binary_join_element_wise(name, record, ":")
    family = (
        values_of(rows, spec.family, "family", sieve) if spec.family else pa.nulls(len(rows), pa.string())
    )
    return {
        "id": ids,
        "cluster": pc.coalesce(cluster, pc.binary_join_element_wise(name, record, ":")),
        "family": family,
    }


def _if_any(column: pa.Array, function: Any) -> pa.Array:
    """A function of the column's distinct texts, which takes no nulls."""
    encoded = column.dictionary_encode()
    if not len(encoded.dictionary):
        return column
    return function(encoded.dictionary).take(encoded.indices)


def _record_names(rows: Rows) -> pa.Array:
    """What names each record: its number, and its file where there are several."""
    numbers = pa.array(rows.record).cast(pa.string())
    if len(rows.files) == 1:
        return numbers
    paths = [PurePosixPath(name) for name in rows.files]
    stems = [path.with_suffix("").as_posix() for path in paths]
    titles = stems if len(set(stems)) == len(stems) else [path.as_posix() for path in paths]
    shared = os.path.commonpath([PurePosixPath(title).parent.as_posix() for title in titles])
    short = [title.removeprefix(f"{shared}/") if shared not in ("", ".") else title for title in titles]
    return pc.binary_join_element_wise(pa.array(short).take(pa.array(rows.file)), numbers, ":")


def _drop_repeats(ids: pa.Array, sieve: Sieve) -> None:
    left = np.flatnonzero(sieve.left)
    codes = np.asarray(ids.take(pa.array(left)).dictionary_encode().indices)
    if len(codes):
        again = np.zeros(len(sieve.left), bool)
        again[left[numbered(codes).later()]] = True
        sieve.drop(again, "id", "is an earlier row's id", ids.to_pylist(), invalid=True)


def _grouped(
    rows: Rows, spec: TableSpec, columns: Mapping[str, pa.Array], answers: Answers, sieve: Sieve
) -> tuple[Ints, Answers, Ints | None]:
    """The first row of each group; votes or mean ratings of all its rows."""
    keys = [_codes(rows, column) for column in spec.group]
    joined = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)[1].ravel()
    for name, column in columns.items():
        if name in ("id", "turns", "frame", "told split") or pa.types.is_nested(column.type):
            continue
        left = np.flatnonzero(sieve.left)
        groups = _groups(joined[left])
        values = np.asarray(pc.fill_null(column.dictionary_encode().indices, -1))[left]
        differs = np.zeros(len(rows), bool)
        differs[left] = values != values[groups.first[groups.codes]]
        reason = f"makes one item with an earlier row, and has another {name}"
        sieve.drop(differs, spec.group[0], reason, rows.cells(spec.group[0], "group"), invalid=True)
    left = np.flatnonzero(sieve.left)
    groups = _groups(joined[left])
    first = left[groups.first]
    taken = answers.take(left)
    if answers.kind == "rating":
        means = groups.means(taken.rating).to_numpy(zero_copy_only=False)
        whole = answers.take(first)
        return first, Answers(**{**vars(whole), "rating": means}), None
    k = max((len(own) for own in taken.options), default=0)
    votes = groups.votes(taken.gold, k).astype(np.int64)
    whole = answers.take(first)
    return first, Answers(**{**vars(whole), "gold": np.full(len(first), -1)}), votes


def _codes(rows: Rows, column: str) -> Ints:
    texts = pa.array([str(cell) for cell in rows.cells(column, "group")], pa.string())
    return np.asarray(texts.dictionary_encode().indices, np.int64)


def _groups(codes: Ints) -> Groups:
    """Groups numbered as they appear."""
    _, first, code = np.unique(codes, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return numbered(rank[code.ravel()])


def _assembled(
    name: str,
    rows: Rows,
    spec: TableSpec,
    columns: Mapping[str, pa.Array],
    answers: Answers,
    votes: Ints | None,
) -> pa.Table:
    """Items of the rows that are left."""
    n = len(rows)
    low, high = (spec.rating.onto or (spec.rating.min, spec.rating.max)) if spec.rating else (None, None)
    table: dict[str, Any] = {field: columns[field] for field in TEXTS if field in columns}
    table |= {field: columns[field] for field in ("id", "country", "zone", "language", "family", "cluster")}
    table |= {field: columns[field] for field in ("turns", "frame")}
    gold, ties = _gold(answers, votes if votes is not None else answers.shares)
    table |= {
        "dataset": name,
        "kind": answers.kind,
        "split": _dealt(columns["cluster"], spec) if spec.split.by else columns["split"],
        "options": pa.array(list(answers.options), pa.list_(pa.string())),
        "gold": gold,
        "gold_set": pa.array(list(answers.sets), pa.list_(pa.int32())) if answers.sets is not None else ties,
        "votes": _per_option(votes, answers.options),
        "shares": _per_option(answers.shares, answers.options),
        "rating": pa.array(answers.rating, mask=np.isnan(answers.rating)),
        "scale_min": low,
        "scale_max": high,
        "valence": _valence(spec, answers, gold),
        "source": _source(rows, columns, answers),
    }
    named = {key.removeprefix("category "): c for key, c in columns.items() if key.startswith("category ")}
    if named:
        table["categories"] = facets(named)
    return conform({key: value for key, value in table.items() if value is not None}, ITEM_SCHEMA, n)


def _per_option(amounts: np.ndarray | None, options: Cells) -> list[list[float]] | None:
    """Votes or shares [n, k] as lists, each as long as its row's options."""
    if amounts is None:
        return None
    return [own[: len(offered)].tolist() for own, offered in zip(amounts, options, strict=True)]


def _gold(answers: Answers, amounts: np.ndarray | None) -> tuple[pa.Array, pa.Array | None]:
    """The label, else the option with the most votes or share; on a tie none, and the options that tie."""
    told = answers.gold >= 0
    if amounts is None or told.all() or not len(amounts):
        return pa.array(answers.gold.astype(np.int32), mask=~told), None
    most, ties = majority(amounts)
    return most, ties


def _valence(spec: TableSpec, answers: Answers, gold: pa.Array) -> pa.Array | None:
    if spec.rating is not None:
        low, high = spec.rating.onto or (spec.rating.min, spec.rating.max)
        if not spec.rating.polarity:
            return None
        return pa.array(spec.rating.polarity * (2 * (answers.rating - low) / (high - low) - 1))
    valence = spec.label.valence if spec.label else {}
    if not valence:
        return None
    pairs = zip(answers.options, gold.to_pylist(), strict=True)
    return pa.array([None if at is None else valence.get(own[at]) for own, at in pairs], pa.float64())


def _dealt(clusters: pa.Array, spec: TableSpec) -> pa.Array:
    """Whole clusters dealt out to splits in the order of a seeded hash of their names."""
    encoded = clusters.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = sorted(
        range(len(names)),
        key=lambda at: hashlib.sha256(f"{spec.split.seed}:{names[at]}".encode()).digest(),
    )
    place = np.empty(len(names))
    place[order] = (np.arange(len(names)) + 0.5) / max(len(names), 1)
    bounds = np.cumsum(list(spec.split.shares.values()))[:-1]
    dealt = np.searchsorted(bounds, place, side="right")
    return pa.array(list(spec.split.shares), pa.string()).take(pa.array(dealt)).take(encoded.indices)


def _source(rows: Rows, columns: Mapping[str, pa.Array], answers: Answers) -> pa.Array:
    files = pa.array(rows.files, pa.string()).take(pa.array(rows.file))
    parts = [pa.array(rows.record), answers.told, columns["told culture"], columns["told split"], files]
    return pa.StructArray.from_arrays(parts, ["row", "label", "culture", "split", "file"])
