"""Moral Stories (Emelin et al. 2021, EMNLP): a norm, a situation, an intention, and two ways to act on it.

View ``choice``: which of the two actions is the moral one? View ``action-label``: is this action moral? The
authors' classification files hold labelled single actions with splits of their own; without such files both
actions of every story are taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.json_lines import Fault, read_json_lines
from normsuite.adapters.parquet import read_parquet
from normsuite.adapters.reading import RawRows, sha256
from normsuite.adapters.rows import Check, same_list, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "moral-stories"
CHOICE, ACTION = "choice", "action-label"
_KEYS: Final = {
    "id": ("ID", "guid", "qID"),
    **{
        name: (name,)
        for name in ("norm", "situation", "intention", "moral_action", "immoral_action", "label")
    },
}
_SIDES: Final = ("immoral_action", "moral_action")
"""By label: 0 is immoral, 1 is moral."""
_OTHER_TASKS: Final = re.compile(r"^(gen-|cls-consequence|consequence)|_gen$")
"""Folders of the authors' other tasks, in which a label says something else or nothing."""
_SPLIT: Final = re.compile(r"(?:^|[^a-z])(train|dev|validation|valid|val|test)(?:[^a-z]|$)")
_SPLITS: Final = {"train": "train", "test": "test"}
_DEEPEST: Final = 4
_FILE: Final = "moral_stories_full.jsonl"


def read(raw: Path, view: str = CHOICE) -> Adapted:
    """Stories, or single actions.

    Args:
        raw: a JSONL or Parquet file, or a folder of them: the full set, one configuration, or both.
        view: ``choice`` or ``action-label``.

    Raises:
        InputError: no such file, several configurations, or a file that is not as published.
    """
    paths = _files(raw)
    items, set_aside, digests = [ITEM_SCHEMA.empty_table()], [SET_ASIDE_SCHEMA.empty_table()], {}
    rows = {path: _read_rows(path) for path in paths}
    labelled = [path for path in paths if not _is_stories(rows[path])]
    wanted = labelled if view == ACTION and labelled else [path for path in paths if path not in labelled]
    if not wanted:
        raise InputError("holds no file with both actions of a story", file=raw, fix=f"add {_FILE}")
    _refuse_several({path.parent for path in wanted}, raw)
    seen: set[str] = set()
    for path in wanted:
        own = _choices if view == CHOICE else _labelled if path in labelled else _both_actions
        good, faulty = sift(rows[path], path.name, _checks(rows[path].table, path in labelled, seen))
        keep = pa.array(good)
        kept = replace(
            rows[path], table=rows[path].table.filter(keep), records=rows[path].records.filter(keep)
        )
        seen |= set(kept.table["id"].to_pylist())
        items.append(own(kept, path))
        set_aside.append(faulty)
        digests[path.name if path == raw else path.relative_to(raw).as_posix()] = rows[path].sha256
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), files=digests)


def _files(raw: Path) -> list[Path]:
    """The files of stories and of labelled actions, not those of the authors' other tasks."""
    if raw.is_file():
        return [raw]
    found = [
        path
        for depth in range(_DEEPEST)
        for kind in ("jsonl", "parquet")
        for path in raw.glob("*/" * depth + f"*.{kind}")
        if path.is_file() and not any(map(_OTHER_TASKS.search, path.relative_to(raw).parts[:-1]))
    ]
    if not found:
        what = "holds no *.jsonl or *.parquet of stories" if raw.is_dir() else "no such file or folder"
        raise InputError(what, file=raw, fix=f"give {_FILE} or its folder")
    return sorted(found)


def _read_rows(path: Path) -> RawRows:
    """Every column as trimmed text; one that the file lacks is ""."""
    if path.suffix != ".parquet":
        return _read_lines(path)
    names = [key for keys in _KEYS.values() for key in keys]
    rows = read_parquet(path, dict.fromkeys(names, pa.string()), optional=names)
    empty = pa.chunked_array([pa.repeat("", len(rows.records))])
    there = {
        name: next((key for key in keys if key in rows.table.column_names), "")
        for name, keys in _KEYS.items()
    }
    cells = {name: rows.table[key] if key else empty for name, key in there.items()}
    return replace(rows, table=_trimmed(pa.table(cells)))


def _read_lines(path: Path) -> RawRows:
    lines, faulty = read_json_lines(path, _no_text)
    if not lines:
        raise InputError("has no row that is an object of texts", file=path)
    cells = {
        name: pa.array([_text_of(line.row, keys) for line in lines], pa.string())
        for name, keys in _KEYS.items()
    }
    records = pa.array([line.number for line in lines], pa.int64())
    return RawRows(_trimmed(pa.table(cells)), records, faulty, sha256(path))


def _no_text(row: dict[str, Any]) -> Fault | None:
    """The first of a row's keys whose value is neither text nor a number nor null."""
    names = (key for keys in _KEYS.values() for key in keys)
    bad = [name for name in names if not isinstance(row.get(name), str | int | None)]
    return Fault(bad[0], row[bad[0]], "is no text") if bad else None


def _text_of(row: dict[str, Any], keys: Sequence[str]) -> str:
    return next((str(row[key]) for key in keys if row.get(key) is not None), "")


def _trimmed(table: pa.Table) -> pa.Table:
    """Cells that are "" in the place of nulls, and no white space around cells."""
    cells = [pc.utf8_trim_whitespace(pc.fill_null(column, "")) for column in table.columns]
    return pa.table(cells, names=table.column_names)


def _is_stories(rows: RawRows) -> bool:
    """Whether more of a file's rows have both actions than one."""
    has = [np.asarray(pc.not_equal(rows.table[side], "")) for side in _SIDES]
    return bool((has[0] & has[1]).sum() > (has[0] ^ has[1]).sum())


def _refuse_several(folders: set[Path], raw: Path) -> None:
    """Training rows of one configuration are test rows of another."""
    if len(folders) > 1:
        names = ", ".join(sorted(folder.relative_to(raw).as_posix() for folder in folders))
        raise InputError(
            f"holds several configurations: {names}", file=raw, fix="give the folder of one of them"
        )


def _checks(table: pa.Table, labelled: bool, seen: set[str]) -> list[Check]:
    ids = table["id"].to_pandas()
    empty = {name: np.asarray(pc.equal(table[name], "")) for name in table.column_names}
    again = ids.duplicated().to_numpy() | ids.isin(seen).to_numpy()
    common = [Check("id", empty["id"], "is empty"), Check("id", again, "is the id of an earlier row")]
    if not labelled:
        needed = ("norm", "situation", "intention", *_SIDES)
        same = np.asarray(pc.equal(*(table[side] for side in _SIDES)))
        return [
            *common,
            *(Check(name, empty[name], "is empty") for name in needed),
            Check("moral_action", same, "is the immoral action too"),
        ]
    label = table["label"].to_pandas()
    outside = ~label.isin(["0", "1"]).to_numpy()
    own, other = (np.where(label == "1", empty[a], empty[b]) for a, b in (_SIDES[::-1], _SIDES))
    return [
        *common,
        Check("label", outside, "is not one of 0, 1"),
        Check("label", own | ~other, "is not the label of the action that the row has"),
        Check("id", ids.str[-1].to_numpy() != label.to_numpy(), "does not end in the row's label"),
    ]


def _choices(rows: RawRows, path: Path) -> pa.Table:
    """The files name the moral action first; a hash of both decides which becomes option 0."""
    pairs = list(zip(*(rows.table[side].to_pylist() for side in reversed(_SIDES)), strict=True))
    swapped = [hashlib.sha256("\0".join(pair).encode()).digest()[0] & 1 for pair in pairs]
    columns = {
        "kind": "pair",
        "options": [list(pair[::-1] if swap else pair) for pair, swap in zip(pairs, swapped, strict=True)],
        "gold": swapped,
        "split": "test",
    }
    story = rows.table["id"].combine_chunks()
    return _items(rows, path, pc.binary_join_element_wise(_NAME, story, ":"), story, columns)


def _both_actions(rows: RawRows, path: Path) -> pa.Table:
    """Both actions of every story, the immoral one first."""
    tables = []
    for label, side in enumerate(_SIDES):
        story = rows.table["id"].combine_chunks()
        ids = pc.binary_join_element_wise(
            _NAME, "action", pc.binary_join_element_wise(story, str(label), ""), ":"
        )
        labels = pa.repeat(pa.scalar(label, pa.int32()), len(ids))
        columns = _judged(rows.table[side], labels, story) | {"split": "test"}
        tables.append(_items(rows, path, ids, story, columns))
    return pa.concat_tables(tables)


def _labelled(rows: RawRows, path: Path) -> pa.Table:
    """One action per row, the split in the file's name."""
    named = _SPLIT.search(path.stem.lower())
    if named is None:
        fix = "name it train.jsonl, dev.jsonl or test.jsonl, as published"
        raise InputError("does not say its split in its name", file=path, fix=fix)
    suffixed = rows.table["id"].combine_chunks()
    story = pc.utf8_slice_codeunits(suffixed, 0, -1)
    labels = rows.table["label"].cast(pa.int32()).combine_chunks()
    action = pc.if_else(pc.equal(labels, 1), rows.table[_SIDES[1]], rows.table[_SIDES[0]])
    columns = _judged(action, labels, story) | {"split": _SPLITS.get(named[1], "dev")}
    ids = pc.binary_join_element_wise(_NAME, "action", suffixed, ":")
    return _items(rows, path, ids, story, columns)


def _judged(action: pa.ChunkedArray, labels: pa.Array, story: pa.Array) -> dict[str, Any]:
    n = len(labels)
    columns = {"kind": "label", "behavior": action, "options": same_list(("immoral", "moral"), n)}
    return columns | {"gold": labels, "valence": pc.subtract(pc.multiply(labels, 2), 1), "family": story}


def _items(rows: RawRows, path: Path, ids: pa.Array, story: pa.Array, columns: dict[str, Any]) -> pa.Table:
    n = len(ids)
    none = pa.scalar(None, pa.string())
    text = {name: rows.table[name].combine_chunks() for name in ("norm", "situation", "intention", "label")}
    told = {name: pc.if_else(pc.equal(cells, ""), none, cells) for name, cells in text.items()}
    split = _SPLIT.search(path.stem.lower())
    common = {
        "id": ids,
        "dataset": _NAME,
        "situation": told["situation"],
        "norm": told["norm"],
        "frame": [
            [{"subject": "PERSON", "name": "intention", "relation": "is", "value": value}] if value else None
            for value in told["intention"].to_pylist()
        ],
        "language": "en",
        "cluster": story,
        "source": source(
            rows.records, told["label"], None, pa.repeat(split[1], n) if split else None, path.name
        ),
    }
    return conform(common | columns, ITEM_SCHEMA, n)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="Moral Stories",
    home=Home(
        page="https://huggingface.co/datasets/demelin/moral_stories",
        licence="MIT",
        share="yes",
        revision="main (12,000 stories)",
        files=(RemoteFile(f"hf://datasets/demelin/moral_stories@main/data/{_FILE}", _FILE),),
    ),
    read=read,
    views=(CHOICE, ACTION),
    facts=Facts(rows=12_000),
)
