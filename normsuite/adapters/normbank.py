"""NormBank (Ziems et al. 2023, "NormBank: A Knowledge Bank of Situational Social Norms").

A row says whether a behavior in a setting is taboo, normal or expected under a frame of constraints:

    [PERSON]'s role is 'nurse' [AND] country is 'japan'

Rows that agree in setting, behavior and constraints are several workers' answers to one question: they become
one item with votes. The same behavior under another frame is another item of the same family.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import Adapted, Adapter, Home, set_aside_rows
from normsuite.adapters.facets import facets
from normsuite.adapters.normbank_frames import Frames, parse_frames
from normsuite.adapters.reading import RawRows, find_file, read_rows, start_sha256
from normsuite.adapters.rows import (
    Check,
    codes,
    digests,
    encode,
    group,
    in_row_order,
    majority,
    numbered,
    numerals,
    row_lists,
    same_list,
    sift,
    source,
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
    "setting": pa.string(),
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
    digest = start_sha256(path)
    rows = read_rows(path, _COLUMNS, ignored=_EXTENDED)
    constraints = rows.table["constraints"].combine_chunks().dictionary_encode()
    frames, frame = parse_frames(constraints.dictionary), np.asarray(constraints.indices)
    pair = encode(rows.table["setting-behavior"])
    kept, set_aside = sift(rows, path.name, _checks(rows.table, pair, frames.malformed[frame]))
    items, unknown = _items(rows, np.flatnonzero(kept), pair, frames, frame, path.name)
    total = rows.table.num_rows + rows.set_aside.num_rows
    version = f"{total:,} rows" if total == _ROWS else f"unrecognised ({total:,} rows)"
    return Adapted(items, in_row_order([set_aside, unknown]), version, {path.name: digest.result()})


def _checks(table: pa.Table, pair: np.ndarray, malformed: np.ndarray) -> list[Check]:
    known_splits = {name: at for at, name in enumerate(SPLITS)}
    norms = _norms(table)
    label = codes(table["label"], numerals(range(len(OPTIONS))))
    joined = pc.binary_join_element_wise(table["setting"], table["behavior"], " [BEHAVIOR] ")
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
    rows: RawRows, kept: np.ndarray, pair: np.ndarray, frames: Frames, frame: np.ndarray, file: str
) -> tuple[pa.Table, pa.Table]:
    """One item per distinct question, and a note on each whose country is not known by its name.

    Args:
        rows: the file's n rows.
        kept: int64 [m], those that passed.
        pair: int [n], each row's setting and behavior.
        frames: the distinct frames.
        frame: int [n], each row's frame.
        file: the file's name.
    """
    groups = group(pair[kept], frame[kept])
    at = kept[groups.first]
    first = pa.array(at)
    names = ("setting", "behavior", "setting-behavior", "norm", "split")
    text = {name: rows.table[name].take(first).combine_chunks().cast(pa.string()) for name in names}
    records = rows.records.take(first)
    votes = groups.votes(_norms(rows.table)[kept], len(OPTIONS))
    gold, tied = majority(votes)
    framed = frames.take(frame[at])
    country = cultures.countries(framed.country)
    columns = {
        "id": _ids(pair[at], text["setting-behavior"], frame[at], frames.texts),
        "dataset": _NAME,
        "split": text["split"],
        "kind": "label",
        "situation": text["setting"],
        "behavior": text["behavior"],
        "frame": framed.constraints,
        "options": same_list(OPTIONS, len(first)),
        "gold": gold,
        "gold_set": tied,
        "votes": row_lists(votes),
        "valence": pc.cast(pc.subtract(gold, 1), pa.float64()),
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "categories": facets(
            {"setting": text["setting"], "constraint": framed.names, "subject": framed.subjects}
        ),
        "family": text["setting-behavior"],
        "cluster": text["setting-behavior"],
        "source": source(records, text["norm"], framed.country, text["split"], file),
    }
    lost = pc.and_(pc.is_valid(framed.country), pc.is_null(country))
    reason = "is not a country we know; the item is kept without a country"
    unknown = set_aside_rows(file, records.filter(lost), "constraints", reason, framed.country.filter(lost))
    return conform(columns, ITEM_SCHEMA, len(first)), unknown


def _ids(pair: np.ndarray, pairs: pa.Array, frame: np.ndarray, frames: pa.Array) -> pa.Array:
    """``normbank:<pair>-<constraints>``: items of one family share the first part."""
    families = group(pair)
    of_pair = digests(pairs.take(pa.array(families.first)), 5).take(pa.array(families.codes))
    of_frame = digests(frames, 4).take(pa.array(frame))
    return pc.binary_join_element_wise(f"{_NAME}:", of_pair, "-", of_frame, "")


ADAPTER: Final = Adapter(
    name=_NAME,
    title="NormBank",
    home=Home(
        page="https://github.com/SALT-NLP/normbank",
        licence="CC BY-SA 4.0",
        revision="NormBank.csv of 155,423 rows; code 31a63dd",
        manual="download NormBank.csv from the Google Drive folder linked in the page's README",
    ),
    read=read,
)
