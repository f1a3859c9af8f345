"""The prompts themselves: every wording of the items, or of a sample where they are many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.checks.estimates import at_most
from normsuite.checks.subject import Subject, requests_of
from normsuite.errors import InputError

MOST_ASKED: Final = 10_000
"""Of more items than this a sample of whole clusters is put into words, and the longest of all."""

_AT_ONCE: Final = 1_000  # rows as Python objects


@dataclass(frozen=True)
class Prompts:
    """What a model would be asked.

    Attributes:
        asked: how many items were put into words, or could not be.
        total: how many there are.
        ids: [n] the item of each prompt.
        texts: [n] the prompts.
        words: [n] the words that may answer each, as shown.
        failed: the items that could not be put into words, by the reason.
    """

    asked: int
    total: int
    ids: Sequence[str] = ()
    texts: Sequence[str] = ()
    words: Sequence[tuple[str, ...]] = ()
    failed: Mapping[str, Sequence[str]] = field(default_factory=dict)


def put_into_words(subject: Subject) -> Prompts:
    """The prompts of a subject's items."""
    items = _sample(subject)
    ids, texts, words = [], [], []
    failed: dict[str, list[str]] = defaultdict(list)
    for row, follows in _rows(items):
        try:
            if subject.question is None:
                found: list[tuple[str, tuple[str, ...]]] = [(text, ()) for text in subject.render(row)]
            else:
                requests = requests_of(subject.question, row, follows)
                found = [(request.prompt, request.words) for request in requests]
        except InputError as error:
            failed[_reason(error)].append(row["id"])
            continue
        ids += [row["id"]] * len(found)
        texts += [text for text, _ in found]
        words += [answers for _, answers in found]
    return Prompts(items.num_rows, subject.items.num_rows, ids, texts, words, failed)


def _sample(subject: Subject) -> pa.Table:
    """Some of the items in their order, the longest among them."""
    items = subject.items
    if items.num_rows <= MOST_ASKED:
        return items
    chosen = at_most(items, MOST_ASKED)["id"].combine_chunks()
    longest = int(np.argmax(np.asarray(pc.binary_length(subject.whole_texts(items)))))
    wanted = pa.concat_arrays([chosen, items["id"].combine_chunks().slice(longest, 1)])
    return items.filter(pc.is_in(items["id"], wanted))


def _rows(items: pa.Table) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each row, and whether another of its family came before."""
    seen: set[str] = set()
    for batch in items.to_batches(max_chunksize=_AT_ONCE):
        for row in batch.to_pylist():
            yield row, row["family"] in seen
            if row["family"] is not None:
                seen.add(row["family"])


def _reason(error: InputError) -> str:
    """Why, without the item, so that items with the same fault are counted together."""
    what = error.what.partition(", item ")[0]
    name = error.file.rpartition("/")[2] if error.file else ""
    return f"{what} ({name})" if name else what
