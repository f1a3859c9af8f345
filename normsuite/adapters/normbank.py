"""NormBank (Ziems et al. 2023, "NormBank: A Knowledge Bank of Situational Social Norms").

A row says whether a behavior in a setting is taboo, normal or expected under a frame of constraints:

    [PERSON]'s role is 'nurse' [AND] country is 'japan'

Rows that agree in setting, behavior and constraints are several workers' answers to one question: they become
one item with votes. The same behavior under another frame is another item of the same family.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import Adapted, Adapter, Facts, Home, set_aside_rows
from normsuite.adapters.facets import facets
from normsuite.adapters.normbank_frames import Frames, parse_frames
from normsuite.adapters.reading import RawRows, find_file, read_rows
from normsuite.adapters.rows import (
    Check,
    Distinct,
    codes,
    digests,
    distinct,
    group,
    in_row_order,
    majority,
    numbered,
    numerals,
    row_lists,
    same_list,
    sift,
    source,
    texts,
)
from normsuite.schema import ITEM_SCHEMA, SPLITS, conform

_NAME: Final = "normbank"
_FILES: Final = ("NormBank.csv", "SCENE_extended.csv")
_ROWS: Final = 155_423
OPTIONS: Final = ("taboo", "normal", "expected")
_ALIASES: Final = {"okay": "normal"}
"""Another word for the label in the authors' files; what ``unexpected`` meant there is not said."""

_WORDS: Final = pa.dictionary(pa.int32(), pa.string())
_COLUMNS: Final = {
    "setting": _WORDS,
    "behavior": pa.string(),
    "setting-behavior": pa.string(),
    "constraints": pa.string(),
    "constraints_given": None,
    "constraint_predict": None,
    "norm": _WORDS,
    "label": _WORDS,
    "split": _WORDS,
}
_EXTENDED: Final = (
    "worker_id",
    "submit_time",
    "string_length",
    "num_constraints",
    "dummy",
    *(f"preset_{part}" for part in ("category", "name", "relation", "value")),
    "the environment",
    "the PERSON PERFORMING BEHAVIOR's role",
    "the PERSON PERFORMING BEHAVIOR's attribute",
    "the PERSON PERFORMING BEHAVIOR is also doing",
    "some OTHER PERSON's role",
    "some OTHER PERSON's attribute",
)
"""What the authors' script adds in its extended file: workers, counts. None of it is read."""


def read(raw: Path, view: str = "") -> Adapted:
    """NormBank as Items.

    Args:
        raw: ``NormBank.csv`` or a folder that holds it.
        view: there is one only.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    path = find_file(raw, _FILES)
    rows = read_rows(path, _COLUMNS, ignored=_EXTENDED)
    with ThreadPoolExecutor(1) as beside:
        framed = beside.submit(_framed, rows.table["constraints"])
        pairs = distinct(rows.table["setting-behavior"])
    constraints, frames = framed.result()
    checks = _checks(rows.table, pairs.codes, frames.malformed[constraints.codes])
    kept, set_aside = sift(rows, path.name, checks)
    items, unknown = _items(rows, np.flatnonzero(kept), pairs, constraints, frames, path.name)
    total = rows.table.num_rows + rows.set_aside.num_rows
    version = f"{total:,} rows" if total == _ROWS else f"unrecognised ({total:,} rows)"
    return Adapted(items, in_row_order([set_aside, unknown]), version, {path.name: rows.sha256})


def _framed(column: pa.ChunkedArray) -> tuple[Distinct, Frames]:
    """The distinct constraints of a column, and the frame of each."""
    constraints = distinct(column)
    return constraints, parse_frames(constraints.values)


def _checks(table: pa.Table, pair: np.ndarray, malformed: np.ndarray) -> list[Check]:
    known_splits = {name: at for at, name in enumerate(SPLITS)}
    norms = _norms(table)
    label = codes(table["label"], numerals(range(len(OPTIONS))))
    setting = table["setting"].cast(pa.string())
    joined = pc.binary_join_element_wise(setting, table["behavior"], " [BEHAVIOR] ")
    grammar = "does not consist of constraints of the form: name relation 'value'"
    other_split = "is another split than that of the setting-behavior's first row"
    return [
        Check("split", codes(table["split"], known_splits) < 0, f"is not one of {', '.join(SPLITS)}"),
        Check("norm", norms < 0, f"is not one of {', '.join(OPTIONS)}"),
        Check("label", label != norms, "is not the number of the row's norm"),
        Check(
            "setting-behavior",
            np.asarray(pc.not_equal(table["setting-behavior"], joined)),
            "is not the row's setting and behavior",
        ),
        Check("constraints", malformed, grammar),
        Check("split", numbered(pair).differs(table["split"]), other_split),
    ]


def _norms(table: pa.Table) -> np.ndarray:
    """Index of each row's norm in the options, negative where it is none."""
    words = {name: at for at, name in enumerate(OPTIONS)}
    return codes(table["norm"], words | {alias: words[name] for alias, name in _ALIASES.items()})


def _items(
    rows: RawRows, kept: np.ndarray, pairs: Distinct, constraints: Distinct, frames: Frames, file: str
) -> tuple[pa.Table, pa.Table]:
    """One item per distinct question, and a note on each whose country is not known by its name.

    Args:
        rows: the file's n rows.
        kept: int64 [m], those that passed.
        pairs: each row's setting and behavior.
        constraints: each row's constraints.
        frames: the frames of the distinct constraints.
        file: the file's name.
    """
    groups = group(pairs.codes[kept], constraints.codes[kept])
    first = kept[groups.first]
    frame = pa.array(constraints.codes[first])
    text = texts(rows.table, ("setting", "behavior", "setting-behavior", "norm", "split"), first)
    records = rows.records.take(pa.array(first))
    votes = groups.votes(_norms(rows.table)[kept], len(OPTIONS))
    gold, tied = majority(votes)
    named = frames.country.take(frame)
    country = cultures.countries(named)
    columns = {
        "id": _ids(pairs, constraints, first),
        "dataset": _NAME,
        "split": text["split"],
        "kind": "label",
        "situation": text["setting"],
        "behavior": text["behavior"],
        "frame": frames.constraints.take(frame),
        "options": same_list(OPTIONS, len(first)),
        "gold": gold,
        "gold_set": tied,
        "votes": row_lists(votes),
        "valence": pc.cast(pc.subtract(gold, 1), pa.float64()),
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "categories": facets(
            {
                "setting": text["setting"],
                "constraint": frames.names.take(frame),
                "subject": frames.subjects.take(frame),
            }
        ),
        "family": text["setting-behavior"],
        "cluster": text["setting-behavior"],
        "source": source(records, text["norm"], named, text["split"], file),
    }
    lost = pc.and_(pc.is_valid(named), pc.is_null(country))
    reason = "is not a country we know; the item is kept without a country"
    unknown = set_aside_rows(file, records.filter(lost), "constraints", reason, named.filter(lost))
    return conform(columns, ITEM_SCHEMA, len(first)), unknown


def _ids(pairs: Distinct, constraints: Distinct, rows: np.ndarray) -> pa.Array:
    """``normbank:<pair>-<constraints>``: items of one family share the first part."""
    families = pc.binary_join_element_wise(f"{_NAME}:", digests(pairs.values, 5), "")
    frames = digests(constraints.values, 4)
    parts = (families.take(pa.array(pairs.codes[rows])), frames.take(pa.array(constraints.codes[rows])))
    return pc.binary_join_element_wise(*parts, "-")


ADAPTER: Final = Adapter(
    name=_NAME,
    title="NormBank",
    home=Home(
        page="https://github.com/SALT-NLP/normbank",
        licence="CC BY-SA 4.0",
        share="yes",
        revision="NormBank.csv of 155,423 rows; code 31a63dd",
        manual="download NormBank.csv from the Google Drive folder linked in the page's README",
    ),
    read=read,
    facts=Facts(155_423, countries=None),
)
