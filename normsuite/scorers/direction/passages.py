"""Items as passages: the wordings in which an item is read, and where in each its behaviour stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from normsuite.embeddings import Passage
from normsuite.errors import InputError
from normsuite.poles import Poles
from normsuite.prompts import Option, Wording, item_fields
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.tasks import LETTERS

_SHOWS_OPTIONS: Final = re.compile(r"\boptions?\b")


def to_passages(
    items: pa.Table, wordings: Sequence[Wording], *, after_letters: bool = False
) -> list[list[Passage]]:
    """Every item in every wording.

    Args:
        items: [n] Items.
        wordings: [w].
        after_letters: whether wordings may show the options (and an embedding be read after their letters).

    Returns:
        [n][w]; a span where the item has a behaviour that stands in the text exactly once.

    Raises:
        InputError: a wording shows options and that was not asked for; a wording cannot be rendered, or
            renders as nothing.
    """
    if not after_letters:
        for wording in wordings:
            _refuse_options(wording)
    return [
        [_passage(wording, fields, row["behavior"]) for wording in wordings]
        for row, fields in ((row, _fields(row, after_letters)) for row in items.to_pylist())
    ]


def words_as_items(poles: Poles, name: str) -> pa.Table:
    """Words with a pole as Items of kind rating: 1 positive, 0 negative, 0.5 neutral."""
    words = [*poles.positive, *poles.negative, *poles.neutral]
    lengths = [len(poles.positive), len(poles.negative), len(poles.neutral)]
    columns = {
        "id": [f"{name}:{word}" for word in words],
        "dataset": name,
        "split": "train",
        "kind": "rating",
        "behavior": words,
        "rating": np.repeat([1.0, 0.0, 0.5], lengths),
        "scale_min": 0.0,
        "scale_max": 1.0,
        "language": "en",
        "cluster": words,
    }
    return conform(columns, ITEM_SCHEMA, len(words))


def _fields(row: dict[str, object], after_letters: bool) -> dict[str, object]:
    fields = item_fields(row, ("country", "value", "rule"))
    if after_letters and isinstance(row["options"], list):
        fields["options"] = [
            Option(letter, text) for letter, text in zip(LETTERS, row["options"], strict=False)
        ]
    return fields


def _refuse_options(wording: Wording) -> None:
    """A direction found after answer letters encodes the letter, not the norm."""
    code = re.findall(r"{[{%](.*?)[%}]}", wording.text, flags=re.DOTALL)
    if any(_SHOWS_OPTIONS.search(part) for part in code):
        raise InputError(
            "shows the options, and a direction read after them carries the answer's letter, not its meaning",
            file=wording.path,
            fix="read a wording without options, or set `reading: {after_letters: true}`",
        )


def _passage(wording: Wording, fields: dict[str, object], behavior: object) -> Passage:
    text = wording.render(fields)
    if not text.strip():
        raise InputError(f"renders as an empty text, item {fields['id']!r}", file=wording.path)
    if isinstance(behavior, str) and behavior and text.count(behavior) == 1:
        start = text.index(behavior)
        return Passage(text, (start, start + len(behavior)))
    return Passage(text)
