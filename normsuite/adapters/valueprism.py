"""ValuePrism (Sorensen et al. 2024, "Value Kaleidoscope"): values, rights and duties around a situation.

Does a value support what is done, oppose it, or either; and does it bear on the situation at all? The labels
are a language model's, which people looked over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, read_rows
from normsuite.adapters.rows import Check, digests, same_list, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "valueprism"
_SPLITS: Final = {"train": "train", "val": "dev", "test": "test"}
_KINDS: Final = ("value", "right", "duty")
_SITUATIONS: Final = ("situation", "action")
"""What the column of situations is called; the release could not be looked at, and others' code has both."""


@dataclass(frozen=True)
class _View:
    """One of the judgements.

    Attributes:
        options: the labels.
        words: what the file writes for each, in lower case.
        columns: what the label's column may be called, the preferred first.
        valences: what each label means for the act; empty where it means nothing.
    """

    options: tuple[str, ...]
    words: Mapping[str, int]
    columns: tuple[str, ...]
    valences: tuple[float, ...] = ()


VIEWS: Final = {
    "valence": _View(
        ("opposes", "either", "supports"),
        {"opposes": 0, "either": 1, "supports": 2},
        ("valence", "output"),
        (-1.0, 0.0, 1.0),
    ),
    "relevance": _View(
        ("not relevant", "relevant"), {"no": 0, "yes": 1}, ("relevance", "relevant", "output")
    ),
}


def read(raw: Path, view: str = "") -> Adapted:
    """The judgements of one kind, in all splits that lie in a folder.

    Args:
        raw: the folder that holds ``valence/`` and ``relevance/``, or one of these.
        view: one of ``VIEWS``; empty is the first.

    Raises:
        InputError: no such view, no file of it, or a file that cannot be used as a whole.
    """
    name = view or next(iter(VIEWS))
    if name not in VIEWS:
        raise InputError(f"{_NAME} has no view {name!r}", fix=f"choose one of {', '.join(VIEWS)}")
    items, set_aside, files = [ITEM_SCHEMA.empty_table()], [SET_ASIDE_SCHEMA.empty_table()], {}
    for native, path in _files(raw, name).items():
        rows = _read_file(path, VIEWS[name])
        good, faulty = sift(rows, path.name, _checks(rows.table, VIEWS[name]))
        items.append(_items(rows, pa.array(good), VIEWS[name], name, native, path.name))
        set_aside.append(faulty)
        files[path.name] = rows.sha256
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), files=files)


def _files(raw: Path, view: str) -> dict[str, Path]:
    """The view's file of each split that is there."""
    for folder in (raw / view, raw):
        found = {native: sorted(folder.glob(f"*{view}*{native}.csv")) for native in _SPLITS}
        for native, paths in found.items():
            if len(paths) > 1:
                names = ", ".join(path.name for path in paths)
                raise InputError(f"holds several files for {native}: {names}", file=folder, fix="keep one")
        if any(found.values()):
            return {native: paths[0] for native, paths in found.items() if paths}
    what = f"holds no {view}/{view}_test.csv (nor _train, _val)"
    raise InputError(what, file=raw, fix="give the folder of the downloaded release")


def _read_file(path: Path, view: _View) -> RawRows:
    """The columns ``situation``, ``vrd``, ``text`` and ``label``, trimmed, whatever they are called there."""
    may = (*_SITUATIONS, *view.columns)
    wanted = dict.fromkeys((*may, "vrd", "text"), pa.string())
    rows = read_rows(path, wanted, optional=may, others=True)
    named = {"situation": _SITUATIONS, "label": view.columns, "vrd": ("vrd",), "text": ("text",)}
    cells = {}
    for name, choices in named.items():
        found = next((choice for choice in choices if choice in rows.table.column_names), None)
        if found is None:
            raise InputError(f"has no column {' or '.join(map(repr, choices))}", file=path)
        cells[name] = pc.utf8_trim_whitespace(rows.table[found])
    return RawRows(pa.table(cells), rows.records, rows.set_aside, rows.sha256)


def _checks(table: pa.Table, view: _View) -> list[Check]:
    label, kind = (pc.utf8_lower(table[name]) for name in ("label", "vrd"))
    unknown = ~np.asarray(pc.is_in(label, pa.array(list(view.words))))
    return [
        *(Check(name, np.asarray(pc.equal(table[name], "")), "is empty") for name in ("situation", "text")),
        Check("vrd", ~np.asarray(pc.is_in(kind, pa.array(_KINDS))), f"is not one of {', '.join(_KINDS)}"),
        Check("label", unknown, f"is not one of {', '.join(view.words)}"),
    ]


def _items(rows: RawRows, keep: pa.Array, view: _View, name: str, native: str, file: str) -> pa.Table:
    text = {column: rows.table[column].filter(keep).combine_chunks() for column in rows.table.column_names}
    records, n = rows.records.filter(keep), len(text["label"])
    gold = pa.array(list(view.words.values()), pa.int32()).take(
        pc.index_in(pc.utf8_lower(text["label"]), pa.array(list(view.words)))
    )
    kind = pc.utf8_lower(text["vrd"])
    frames = [
        [{"subject": "ENV", "name": "kind", "relation": "is", "value": value}] for value in kind.to_pylist()
    ]
    columns = {
        "id": pc.binary_join_element_wise(_NAME, name, native, records.cast(pa.string()), ":"),
        "dataset": _NAME,
        "split": _SPLITS[native],
        "kind": "label",
        "situation": text["situation"],
        "norm": text["text"],
        "frame": frames,
        "options": same_list(view.options, n),
        "gold": gold,
        "valence": pa.array(view.valences).take(gold) if view.valences else None,
        "language": "en",
        "categories": facets({"kind": kind}),
        # Not the text: predictions carry the cluster, and may be published where the data may not.
        "cluster": digests(text["situation"], 8),
        "source": source(records, text["label"], None, pa.repeat(native, n), file),
    }
    return conform(columns, ITEM_SCHEMA, n)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="ValuePrism",
    home=Home(
        page="https://huggingface.co/datasets/allenai/ValuePrism",
        licence="AI2 ImpACT, medium risk; gated",
        share="no",
        revision="main",
        manual="accept the licence at the home and download the folders valence/ and relevance/",
    ),
    read=read,
    views=tuple(VIEWS),
    facts=Facts(None),
)
