"""The fields of Items that are no answers: texts, turns, frames, cultures, splits and facets, column-wise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.schema import ITEM_SCHEMA, SPLITS
from normsuite.tables.rows import Rows, text_of
from normsuite.tables.values import Sieve, mapped, values_of
from normsuite.tasks.table import TableSpec
from normsuite.tasks.table_parts import TEXTS, Turns

SPLIT_NAMES: Final = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("dev", "develop", "development", "val", "valid", "validation"), "dev"),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation"), "test"),
}
"""Usual names of splits, in lower case."""


def texts_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> dict[str, pa.Array]:
    """The mapped text fields; rows that lack one that is not optional are set aside."""
    found: dict[str, pa.Array] = {}
    for field in TEXTS:
        source = getattr(spec.fields, field)
        if source is None:
            continue
        found[field] = values_of(rows, source, f"fields.{field}", sieve)
        if field not in spec.fields.optional:
            sieve.drop(np.asarray(pc.is_null(found[field])), source.column or field, "is empty")
    return found


def turns_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> pa.Array:
    """The turns of dialogues."""
    kind = ITEM_SCHEMA.field("turns").type
    turns = spec.fields.turns
    if turns is None:
        return pa.nulls(len(rows), kind)
    cells = rows.cells(turns.column, "fields.turns")
    found: list[list[dict[str, str | None]] | None] = []
    wrong: dict[int, str] = {}
    for at, cell in enumerate(cells):
        try:
            found.append(_as_turns(cell, turns))
        except ValueError as error:
            wrong[at] = str(error)
            found.append(None)
    sieve.drop_wrong(wrong, turns.column, cells)
    if "turns" not in spec.fields.optional:
        empty = np.array([own is None for own in found], bool)
        sieve.drop(empty, turns.column, "is empty")
    return pa.array(found, kind)


def _as_turns(cell: Any, turns: Turns) -> list[dict[str, str | None]] | None:
    """The turns of one dialogue.

    Raises:
        ValueError: it is no list, or an element is no turn; to be read after the cell.
    """
    if cell is None:
        return None
    if not isinstance(cell, list):
        raise ValueError("is no list of turns (say how to `parse` it)")
    found = []
    for element in cell:
        if isinstance(element, dict):
            text = text_of(element.get(turns.text)) if turns.text else None
            speaker = text_of(element.get(turns.speaker)) if turns.speaker else None
        else:
            text, speaker = text_of(element), None
        if text is None:
            raise ValueError(f"holds a turn without {turns.text or 'text'!r}")
        found.append({"speaker": speaker, "text": text})
    return found


def frames_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> pa.Array:
    """The constraints of each item."""
    kind = ITEM_SCHEMA.field("frame").type
    if not spec.fields.frame:
        return pa.nulls(len(rows), kind)
    frames: list[list[dict[str, str]]] = [[] for _ in range(len(rows))]
    for constraint in spec.fields.frame:
        values = values_of(rows, constraint.value, f"fields.frame.{constraint.name}", sieve)
        fixed = {"subject": constraint.subject, "name": constraint.name, "relation": constraint.relation}
        for frame, value in zip(frames, values.to_pylist(), strict=True):
            if value is not None:
                frame.append({**fixed, "value": value})
    return pa.array(frames, kind)


def cultures_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> dict[str, pa.Array]:
    """Country and language; what is not known as one is null, and stays in ``told culture``."""
    none = pa.nulls(len(rows), pa.string())
    country, language = spec.culture.country, spec.culture.language
    named = values_of(rows, country, "culture.country", sieve) if country else none
    spoken = values_of(rows, language, "culture.language", sieve) if language else none
    tags = {word: language_tag(word) for word in pc.unique(spoken.drop_null()).to_pylist()}
    codes = cultures.countries(named)
    return {
        "country": codes,
        "zone": cultures.zones(codes),
        "language": mapped(spoken, tags),
        "told culture": named,
    }


def language_tag(word: str) -> str | None:
    """A language's BCP 47 tag from a tag or its English name; None if it is neither."""
    import pycountry

    known = cultures.language(word)
    if known is not None:
        return known
    found = pycountry.languages.get(name=word.strip().capitalize())
    return None if found is None else str(getattr(found, "alpha_2", found.alpha_3))


def splits_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> dict[str, pa.Array]:
    """The split of each row, unless clusters are dealt out later."""
    split, n = spec.split, len(rows)
    if split.by is not None:
        return {"split": pa.nulls(n, pa.string()), "told split": pa.nulls(n, pa.string())}
    told = values_of(rows, split.model_copy(update={"map": {}}), "split", sieve)
    words = pc.unique(told.drop_null()).to_pylist()
    named = mapped(told, {word: split.map.get(word, SPLIT_NAMES.get(word.lower())) for word in words})
    left_out = pc.is_in(told, pa.array([word for word, to in split.map.items() if to is None], pa.string()))
    field = split.column or "split"
    shown = told.to_pylist()
    sieve.drop(np.asarray(pc.is_null(told)), field, "is empty")
    sieve.drop(np.asarray(left_out), field, "is not asked about", shown)
    known = np.asarray(pc.is_in(named, pa.array(SPLITS)))
    reason = "is none of train, dev, test (say which with `split.map`)"
    sieve.drop(~known, field, reason, shown, invalid=True)
    return {"split": named, "told split": told}


def facets_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> dict[str, pa.Array]:
    """Facets: lists where a column's cells are lists, else texts."""
    found: dict[str, pa.Array] = {}
    for facet, source in spec.categories.items():
        cells = rows.cells(source.column, f"categories.{facet}") if source.column else None
        if cells is not None and any(isinstance(cell, list) for cell in cells):
            found[facet] = pa.array([_words(cell, source.map) for cell in cells], pa.list_(pa.string()))
        else:
            found[facet] = values_of(rows, source, f"categories.{facet}", sieve)
    return found


def _words(cell: Any, spellings: Mapping[str, str | None]) -> list[str] | None:
    parts = cell if isinstance(cell, list) else [cell]
    named = (spellings.get(text, text) for part in parts if (text := text_of(part)))
    return [text for text in named if text] or None
