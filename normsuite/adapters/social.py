"""SOCIAL (Yuan et al. 2024, "Measuring Social Norms of Large Language Models"): questions of a curriculum.

Each question has its own options, two or more of them, and one right answer; so chance differs from item to
item. Questions are grouped by the skill that they practise, which is the unit that is resampled.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.parquet import read_parquet
from normsuite.adapters.reading import RawRows, find_file
from normsuite.adapters.rows import Check, sift, source
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "social"
_FILE: Final = "test-00000-of-00001.parquet"
_COLUMNS: Final = {
    "question": pa.string(),
    "choices": pa.list_(pa.string()),
    "answer_idx": pa.int64(),
    "subject": pa.string(),
    "skill": pa.string(),
    "grade": pa.string(),
}
MOST_CHOICES: Final = 10
"""Answers are letters from A to J."""


def read(raw: Path, view: str = "default") -> Adapted:
    """The questions, each with its options in the file's order.

    Args:
        raw: the Parquet file, or a folder that holds it.
        view: "default" is the only one.

    Raises:
        InputError: no such file, or it lacks a column.
    """
    path = find_file(raw, [_FILE])
    rows = read_parquet(path, _COLUMNS)
    good, set_aside = sift(_shown(rows), path.name, _checks(rows.table))
    keep = pa.array(good)
    kept = RawRows(rows.table.filter(keep), rows.records.filter(keep), rows.set_aside)
    return Adapted(_items(kept, path.name), set_aside, files={path.name: rows.sha256})


def _shown(rows: RawRows) -> RawRows:
    """The rows with their options as one text, as people are told of those set aside."""
    texts = pc.binary_join(rows.table["choices"], " | ")
    at = rows.table.schema.get_field_index("choices")
    return replace(rows, table=rows.table.set_column(at, "choices", texts))


def _checks(table: pa.Table) -> list[Check]:
    """What sets a row aside: nothing to ask, no two options, or an answer that is none of them."""
    choices = table["choices"].combine_chunks()
    size = np.asarray(pc.fill_null(pc.list_value_length(choices), 0))
    answer = np.asarray(pc.fill_null(table["answer_idx"], -1))
    return [
        *(Check(name, _blank(table[name]), "is empty") for name in ("question", "skill", "subject")),
        Check("choices", size < 2, "is not two options or more"),
        Check("choices", _any_blank(choices), "holds an empty option"),
        Check("answer_idx", (answer < 0) | (answer >= size), "is not the place of an option"),
        Check("choices", size > MOST_CHOICES, f"has more than {MOST_CHOICES} options", invalid=False),
    ]


def _blank(texts: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(texts, "")), ""))


def _any_blank(lists: pa.ListArray) -> np.ndarray:
    """Whether each list holds an empty text or a null."""
    flat = pc.utf8_trim_whitespace(pc.fill_null(pc.list_flatten(lists), ""))
    at = np.asarray(pc.list_parent_indices(lists))[np.asarray(pc.equal(flat, ""))]
    return np.bincount(at, minlength=len(lists)) > 0


def _items(rows: RawRows, file: str) -> pa.Table:
    table, n = rows.table, rows.table.num_rows
    text = {name: pc.utf8_trim_whitespace(table[name]) for name in ("question", "subject", "skill")}
    grade = pc.utf8_trim_whitespace(table["grade"])
    columns = {
        "id": pc.binary_join_element_wise(_NAME, rows.records.cast(pa.string()), ":"),
        "dataset": _NAME,
        "split": "test",
        "kind": "choice",
        "situation": text["question"],
        "options": _trimmed(table["choices"].combine_chunks()),
        "gold": table["answer_idx"],
        "language": "en",
        "categories": facets(
            {
                "subject": text["subject"],
                "grade": pc.if_else(pc.equal(grade, ""), pa.scalar(None, pa.string()), grade),
                "skill": text["skill"],
            }
        ),
        "cluster": pc.binary_join_element_wise(text["subject"], text["skill"], ": "),
        "source": source(
            rows.records, table["answer_idx"].combine_chunks(), None, pa.repeat("test", n), file
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _trimmed(lists: pa.ListArray) -> pa.ListArray:
    """The same lists without white space around their texts."""
    lengths = np.asarray(lists.value_lengths())
    offsets = pa.array(np.concatenate([[0], lengths.cumsum()]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pc.utf8_trim_whitespace(lists.flatten()))


ADAPTER: Final = Adapter(
    name=_NAME,
    title="SOCIAL",
    home=Home(
        page="https://huggingface.co/datasets/socialnormdataset/social",
        licence="Apache-2.0",
        share="yes",
        revision="main (12,383 questions); code ff3c9d7",
        files=(
            RemoteFile(
                f"hf://datasets/socialnormdataset/social@main/data/{_FILE}",
                _FILE,
                "7e92b9814398a653a56ed33b007b1f2f7edf34bf782e0aaa849c34f572d95e7a",
            ),
        ),
    ),
    read=read,
    facts=Facts(12_383),
)
