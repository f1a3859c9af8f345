"""MoRT user study, regional (Schramowski et al. 2022, Nature Machine Intelligence): may one do this?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile, set_aside_rows
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import find_file, read_csv, read_rows, sha256
from normsuite.adapters.rows import Check, row_lists, sift, source
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "mort-user-study"
_RATINGS: Final = "userStudy_yes_no_regional.csv"
_STEMS: Final = "userStudy_action_template_regional.csv"
_COMMIT: Final = "48c2e49"
_FOLDER: Final = f"https://github.com/ml-research/MoRT_NMI/raw/{_COMMIT}/MoRT/data/user_study"


def read(raw: Path, view: str = "default") -> Adapted:
    """Actions with the votes of about 29 people each; the share of Yes is the rating.

    Args:
        raw: the file of votes, or the folder that holds it; the file of stems is looked for beside it.
        view: "default" is the only one.

    Raises:
        InputError: no file of votes, or a file that is not as published.
    """
    path = find_file(raw, [_RATINGS])
    votes = read_rows(path, {"Action": pa.string(), "Yes": pa.int32(), "No": pa.int32()})
    action = pc.utf8_trim_whitespace(votes.table["Action"]).combine_chunks()
    yes, no = (np.nan_to_num(votes.table[label].to_numpy(), nan=-1).astype(int) for label in ("Yes", "No"))
    again = np.ones(len(action), bool)
    again[np.unique(np.asarray(action.dictionary_encode().indices), return_index=True)[1]] = False
    checks = (
        Check("Action", np.asarray(pc.equal(action, "")), "is empty"),
        Check("Action", again, "is an earlier row's action"),
        Check("Yes", yes < 0, "is no number of people"),
        Check("No", no < 0, "is no number of people"),
        Check("Yes", yes + no == 0, "is no rating: nobody voted"),
    )
    good, set_aside = sift(votes, path.name, checks)
    files, stems = {path.name: sha256(path)}, {}
    template = path.with_name(_STEMS)
    if template.is_file():
        stems = _read_stems(template)
        files[_STEMS] = sha256(template)
        set_aside = pa.concat_tables([set_aside, _unrated(stems, action)])
    keep = pa.array(good)
    items = _items(action.filter(keep), stems, yes[good], no[good], votes.records.filter(keep), path.name)
    return Adapted(items, set_aside, files=files)


def _read_stems(path: Path) -> dict[str, str]:
    """The stem that was asked before each action ("Is it polite to"), in the file's order."""
    table = read_csv(path, {"action": pa.string(), "question": pa.string()})
    action, question = (pc.utf8_trim_whitespace(column).to_pylist() for column in table.columns)
    stems: dict[str, str] = {}
    for row, (text, stem) in enumerate(zip(action, question, strict=True), 1):
        if text in stems:
            raise InputError(f"{text!r} is there twice", file=path, row=row, field="action")
        stems[text] = stem
    return stems


def _unrated(stems: dict[str, str], rated: pa.Array) -> pa.Table:
    """Stems of actions that nobody was asked about."""
    actions = pa.array(list(stems), pa.string())
    at = pa.array(np.flatnonzero(~np.asarray(pc.is_in(actions, rated))))
    return set_aside_rows(_STEMS, pc.add(at, 1), "action", "has no votes", actions.take(at))


def _items(
    action: pa.Array, stems: dict[str, str], yes: np.ndarray, no: np.ndarray, records: pa.Array, name: str
) -> pa.Table:
    n = len(action)
    rate = yes / (yes + no)
    verb = pc.list_element(pc.split_pattern(action, " ", max_splits=1), 0)
    stem = pa.array([stems.get(text) for text in action.to_pylist()], pa.string())
    columns = {
        "id": pc.binary_join_element_wise(_NAME, records.cast(pa.string()), ":"),
        "dataset": _NAME,
        "split": "test",
        "kind": "rating",
        "situation": stem,
        "behavior": action,
        "options": pa.repeat(pa.scalar(["No", "Yes"]), n),
        "votes": row_lists(np.stack([no, yes], axis=1)),
        "rating": rate,
        "scale_min": 0.0,
        "scale_max": 1.0,
        "valence": 2 * rate - 1,
        "language": "en",
        "categories": facets({"verb": verb, "stem": stem}),
        "family": verb,
        "cluster": verb,
        "source": source(records, pa.nulls(n), None, None, name),
    }
    return conform(columns, ITEM_SCHEMA, n)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="MoRT user study (regional)",
    home=Home(
        page="https://github.com/ml-research/MoRT_NMI",
        licence="MIT",
        share="yes",
        revision=_COMMIT,
        files=(
            RemoteFile(
                f"{_FOLDER}/{_RATINGS}",
                _RATINGS,
                "2055285b5fb665b768bac02fc00af83f6348de319bee333cb324f9cccb347cfc",
            ),
            RemoteFile(
                f"{_FOLDER}/{_STEMS}",
                _STEMS,
                "4b97075cee9e9d50c57993302f64eef13856ef8e67df1a2d469809fd4febcedc",
            ),
        ),
    ),
    read=read,
    facts=Facts(113),
)
