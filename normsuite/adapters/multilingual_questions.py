"""The questions of the multilingual moral direction: ten for each action, in English and four translations.

The English ones are rows of a CSV without a header: question, answer no, answer yes. The translations are
JSON: by language and English action, ten lists of question, answer **yes**, answer **no**. Only questions
become part of an item, so that the other order can do no harm; where an answer is missing, that is noted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import SET_ASIDE_SCHEMA, set_aside_rows
from normsuite.adapters.reading import RawRows, read_rows
from normsuite.adapters.rows import Check, encode, group, in_row_order, sift
from normsuite.adapters.scanning import scan
from normsuite.errors import InputError

STEMS: Final = (
    "Is it ok to",
    "Should I",
    "Shall I",
    "May I",
    "Is it allowed to",
    "Is it recommended to",
    "Is it desired to",
    "Is it polite to",
    "Is it good behaviour to",
    "Is it exemplary to",
)
"""The ten templates in the order of both files; an action and a question mark follow."""
TRANSLATIONS: Final = ("ar", "cs", "de", "zh")

_QUESTION: Final = rf"^(?P<stem>{'|'.join(STEMS)}) +(?P<action>.*[^ ?]) *\?$"
_HARD_SPACES: Final = "[\u00a0\u202f]"
_ENTRY: Final = "a question, its yes and its no"


@dataclass(frozen=True)
class Questions:
    """Questions of whole items, ten in the templates' order for each.

    Attributes:
        table: ``record`` (1-based), ``language``, ``action``, ``question``; ten rows an item.
        set_aside: the other rows, and notes on answers that are missing.
    """

    table: pa.Table
    set_aside: pa.Table


def tidy(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with plain spaces for non-breaking ones, and without spaces around them."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _HARD_SPACES, " "))


def read_english(path: Path) -> RawRows:
    """The English questions: ``language``, ``action``, ``template`` (0 to 9), ``question``, ``yes``, ``no``.

    Action and template are null where a question is not one of the ten.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    names = ("question", "no", "yes")
    raw = read_rows(path, dict.fromkeys(names, pa.string()), header=False)
    text = {name: tidy(raw.table[name]) for name in names}
    parts = pc.extract_regex(text["question"], _QUESTION)
    template = pc.index_in(pc.struct_field(parts, "stem"), pa.array(STEMS))
    columns = {
        "language": pa.chunked_array([pa.repeat("en", raw.table.num_rows)]),
        "action": pc.struct_field(parts, "action"),
        "template": template,
    }
    return replace(raw, table=pa.table(columns | text))


def read_translated(path: Path) -> RawRows:
    """The translated questions in the same columns; records are numbered through the whole file.

    An entry that is not three texts is its JSON text as the question, and null answers.

    Raises:
        InputError: the file is no JSON text, a key is there twice, or the languages are others.
    """
    digest = scan(path, None).sha256
    tree = _parse(path)
    if not isinstance(tree, dict) or set(tree) != set(TRANSLATIONS):
        found = ", ".join(map(repr, tree)) if isinstance(tree, dict) else "no languages"
        raise InputError(f"holds {found}", file=path, fix=f"expected {', '.join(TRANSLATIONS)}")
    for language, actions in tree.items():
        if not isinstance(actions, dict) or not actions:
            raise InputError("holds no actions", file=path, field=language)
    parts = (pa.chunked_array([part]) for part in zip(*_entries(tree), strict=True))
    language, action, template, *texts = parts
    names = ("question", "yes", "no")
    columns = {"language": language, "action": tidy(action), "template": template}
    columns |= {name: tidy(text.cast(pa.string())) for name, text in zip(names, texts, strict=True)}
    records = pa.array(np.arange(1, len(template) + 1))
    return RawRows(pa.table(columns), records, SET_ASIDE_SCHEMA.empty_table(), digest)


def _parse(path: Path) -> Any:
    """What a JSON file holds; a key that is there twice, which Python would pass over, is refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for key, times in Counter(key for key, _ in pairs).items():
            if times > 1:
                raise InputError("is there twice", file=path, field=key)
        return dict(pairs)

    try:
        tree = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once)
        json.dumps(tree, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON text ({error})", file=path) from None
    return tree


def _entries(
    tree: dict[str, dict[str, Any]],
) -> Iterator[tuple[str, str, int, str, str | None, str | None]]:
    """Language, action, template, question, yes and no of each entry, in the file's order."""
    for language, actions in tree.items():
        for action, entries in actions.items():
            listed = entries if isinstance(entries, list) and entries else [entries]
            for template, entry in enumerate(listed):
                yield language, action, template, *_cells(entry)


def _cells(entry: Any) -> tuple[str, str | None, str | None]:
    """Question, yes and no of an entry; where it is not these three texts, its JSON text without answers."""
    match entry:
        case [str(question), str(yes), str(no)]:
            return question, yes, no
    return json.dumps(entry, ensure_ascii=False), None, None


def whole_items(raw: RawRows, file: str, wanted: pa.Array) -> Questions:
    """The questions of those actions that are wanted and have all ten; all other rows are set aside.

    Args:
        raw: as ``read_english`` and ``read_translated`` give them.
        file: the name of the file they come from.
        wanted: string [k], the actions that become items.
    """
    table = raw.table
    action = pc.fill_null(table["action"], "")
    item = group(encode(table["language"]), encode(action))
    template = np.asarray(pc.fill_null(table["template"], len(STEMS)))
    faults = _faults(table, action, template, item.codes)
    sound = ~np.any([check.bad for check in faults], axis=0)
    asked = np.bincount(item.codes[sound], minlength=len(item.first))
    checks = (
        *faults,
        Check("action", ~np.asarray(pc.is_in(action, wanted)), "has no rating and is no seed verb", False),
        Check("question", asked[item.codes] < len(STEMS), "stands without the other nine questions", False),
    )
    kept, set_aside = sift(raw, file, checks)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((template[rows], item.codes[rows]))]
    whole = table.select(["language", "action", "question"]).add_column(0, "record", raw.records)
    return Questions(whole.take(pa.array(rows)), in_row_order([set_aside, *_notes(raw, file)]))


def _faults(
    table: pa.Table, action: pa.ChunkedArray, template: np.ndarray, item: np.ndarray
) -> Sequence[Check]:
    """What is wrong with a row by itself, or as the second of its kind."""
    empty = np.asarray(pc.equal(table["question"], ""))
    strange = template >= len(STEMS)
    again = group(item, np.where(empty | strange, len(STEMS), template)).later() & ~(empty | strange)
    return (
        Check("question", np.asarray(pc.is_null(table["yes"])), f"is not {_ENTRY}"),
        Check("question", empty, "has no text", invalid=False),
        Check("question", strange, "is not one of the ten questions about an action"),
        Check("action", np.asarray(pc.equal(action, "")), "is empty"),
        Check("question", again, "asks what an earlier row asks"),
    )


def _notes(raw: RawRows, file: str) -> Iterable[pa.Table]:
    """Notes on answers without a text; their questions stay."""
    for name in ("yes", "no"):
        empty = pc.fill_null(pc.equal(raw.table[name], ""), False)
        rows = raw.records.filter(empty.combine_chunks())
        yield set_aside_rows(file, rows, name, "has no text (noted: answers are no part of an item)")
