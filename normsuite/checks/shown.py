"""Which fields of an item its wordings show, and those fields as text.

A template is not analysed but tried: each field in turn is marked with a character that no text has, and what
is marked in a prompt is shown. So conditions, ``context`` and parts of a frame count as the model sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.cultures import country_name
from normsuite.errors import InputError

Render = Callable[[dict[str, Any]], list[str]]
"""All prompts of one item (a row of Items as a dictionary)."""

NAMES: Final = {
    "situation": "the situation",
    "behavior": "the behaviour",
    "norm": "the norm",
    "frame": "the frame",
    "turns": "the dialogue",
    "country": "the country",
}
"""What people call the fields that a wording may show."""

_TRIED: Final = 16  # items; wordings branch on what is empty, and rarely on more
_MARK: Final = "\ue000"
_PART: Final = "frame:"
_PLAIN: Final = ("situation", "behavior", "norm", "country")


@dataclass(frozen=True)
class Shown:
    """What the wordings of a task show.

    Attributes:
        fields: some of ``NAMES``.
        frame: names of the constraints shown; None is all.
    """

    fields: frozenset[str]
    frame: frozenset[str] | None = None


def find_shown(render: Render, items: pa.Table) -> Shown:
    """Try a few items; all fields count as shown where none of them can be rendered."""
    places = np.unique(np.linspace(0, items.num_rows - 1, _TRIED).astype(int))
    seen: set[str] = set()
    offered: set[str] = set()
    for row in items.take(pa.array(places)).to_pylist():
        for name, marked in _marked(row):
            try:
                prompts = render(marked)
            except InputError:
                continue
            offered.add(name)
            if any(_MARK in prompt for prompt in prompts):
                seen.add(name)
    if not offered:
        return Shown(frozenset(NAMES))
    parts = {name for name in offered if name.startswith(_PART)}
    names = None if parts <= seen else frozenset(name.removeprefix(_PART) for name in parts & seen)
    return Shown(frozenset(name.partition(":")[0] for name in seen), names)


def _marked(row: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The row again and again, each time with a mark before another text: a wording may test the others."""
    for name in _PLAIN:
        if row[name] is not None:
            yield name, {**row, name: _MARK + row[name]}
    frame, turns = row["frame"] or [], row["turns"] or []
    for at, entry in enumerate(frame):
        changed = {**entry, "value": _MARK + entry["value"]}
        yield _PART + entry["name"], {**row, "frame": [*frame[:at], changed, *frame[at + 1 :]]}
    if turns:
        yield "turns", {**row, "turns": [{**turn, "text": _MARK + (turn["text"] or "")} for turn in turns]}


def texts_of(items: pa.Table, shown: Shown) -> dict[str, pa.Array]:
    """The shown fields, each as [n] texts; empty where an item has none.

    Args:
        items: [n] Items.
        shown: which.
    """
    found: dict[str, pa.Array] = {}
    for name in NAMES:
        if name not in shown.fields:
            continue
        if name == "frame":
            found[name] = _frames(items["frame"].combine_chunks(), shown.frame)
        elif name == "turns":
            turns = items["turns"].combine_chunks()
            found[name] = _joined(turns, pc.fill_null(pc.struct_field(pc.list_flatten(turns), "text"), ""))
        elif name == "country":
            codes = items["country"].combine_chunks().dictionary_encode()
            names = [country_name(code) for code in codes.dictionary.to_pylist()]
            found[name] = pc.fill_null(pa.array(names, pa.string()).take(codes.indices), "")
        else:
            found[name] = pc.fill_null(items[name].combine_chunks(), "")
    return found


def _frames(frames: pa.Array, names: frozenset[str] | None) -> pa.Array:
    """The values of the constraints with these names."""
    entries = pc.list_flatten(frames)
    values = pc.struct_field(entries, "value")
    if names is None:
        return _joined(frames, values)
    kept = pc.is_in(pc.struct_field(entries, "name"), pa.array(sorted(names), pa.string()))
    parents = np.asarray(pc.list_parent_indices(frames))[np.asarray(kept, bool)]
    return _join(parents, values.filter(kept), len(frames))


def _joined(lists: pa.Array, values: pa.Array) -> pa.Array:
    return _join(np.asarray(pc.list_parent_indices(lists)), values, len(lists))


def _join(parents: np.ndarray, values: pa.Array, n: int) -> pa.Array:
    """Values [m] joined by the row they belong to, [n]."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(parents, minlength=n))])
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values), " ")


def joined(texts: Sequence[pa.Array], n: int) -> pa.Array:
    """Several fields as one text for each of n items."""
    return pc.binary_join_element_wise(*texts, " ") if texts else pa.repeat("", n)


def plain(texts: pa.Array) -> pa.Array:
    """Texts without what spellings differ in: letter case, punctuation and white space."""
    spaced = pc.replace_substring_regex(pc.utf8_lower(texts), r"[\s\p{P}]+", " ")
    return pc.utf8_trim_whitespace(spaced)
