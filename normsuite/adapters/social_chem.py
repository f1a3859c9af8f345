"""Social-Chem-101 (Forbes et al. 2020): rules of thumb about everyday situations, taken apart by annotators.

Paper: "Social Chemistry 101: Learning to Reason about Social and Moral Norms", EMNLP 2020.

A row is one annotator's breakdown of one rule of thumb about one situation: the action it speaks of, how good
that is, how legal, how many people hold the rule. A *view* asks one of these questions. Views of the action
have one item per rule and action, views of the rule one per rule; several annotators become votes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.reading import RawRows, find_file
from normsuite.adapters.rows import (
    EMPTY,
    Groups,
    digests,
    group,
    index_lists,
    majority,
    row_lists,
    same_list,
    sift,
    source,
    texts,
)
from normsuite.adapters.social_chem_fields import (
    AGENCIES,
    AGREEMENT,
    AREAS,
    JUDGMENTS,
    LEGALITIES,
    LISTS,
    TEXTS,
    VIEWS,
    Answers,
    View,
    answers_in,
    checks,
)
from normsuite.adapters.social_chem_file import read_table
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "social-chem-101"
_FILE: Final = "social-chem-101.v1.0.tsv"
_ROWS: Final = 355_922


def read(raw: Path, view: str = "") -> Adapted:
    """Social-Chem-101 as Items.

    Args:
        raw: ``social-chem-101.v1.0.tsv`` or a folder that holds it.
        view: one of ``VIEWS``; empty is ``judgment``.

    Raises:
        InputError: no such view, or the file cannot be used as a whole.
    """
    chosen = VIEWS.get(view or next(iter(VIEWS)))
    if chosen is None:
        raise InputError(f"{_NAME} has no view {view!r}", fix=f"choose one of {', '.join(VIEWS)}")
    path = find_file(raw, (_FILE,))
    rows = read_table(path)
    answers = answers_in(rows.table)
    kept, set_aside = sift(rows, path.name, checks(rows.table, answers, chosen))
    items = _items(rows, np.flatnonzero(kept), answers, chosen, path.name)
    total = rows.table.num_rows + rows.set_aside.num_rows
    version = f"v1.0, {total:,} rows" if total == _ROWS else f"unrecognised ({total:,} rows)"
    return Adapted(items, set_aside, version, {path.name: rows.sha256})


def _items(rows: RawRows, kept: np.ndarray, answers: Answers, view: View, file: str) -> pa.Table:
    """One item per rule, or per rule and action.

    Args:
        rows: the file.
        kept: int64 [m], the rows that passed.
        answers: the answers of all rows.
        view: what is asked.
        file: the file's name.
    """
    answers = answers.take(kept)
    groups = group(*(answers.keys[name] for name in view.keys))
    first = kept[groups.first]
    text = texts(rows.table, {*TEXTS, "split", "action", view.field}, first)
    keys = pc.binary_join_element_wise(*(text[name] for name in view.keys), "\t")
    columns: dict[str, Any] = {
        "id": pc.binary_join_element_wise(f"{_NAME}:", digests(keys, 8), ""),
        "dataset": _NAME,
        "split": text["split"],
        "kind": "multilabel" if view.multilabel else "label",
        "situation": text["situation"],
        "norm": text["rot"],
        "options": same_list(view.options, len(first)),
        "agreement": groups.means(AGREEMENT[answers.codes["rot-agree"]]),
        "language": "en",
        "categories": facets(_facets(groups, answers.codes["area"][groups.first], answers)),
        "cluster": text["situation-short-id"],
        "source": source(rows.records.take(pa.array(first)), text[view.field], None, text["split"], file),
    }
    columns |= _gold(groups, answers, view)
    if view.of_action:
        columns |= {
            "behavior": text["action"],
            "valence": _valence(groups, answers.codes["action-moral-judgment"]),
            "pressure": _pressure(groups, answers.codes["action-pressure"]),
        }
    return conform(columns, ITEM_SCHEMA, len(first))


def _gold(groups: Groups, answers: Answers, view: View) -> dict[str, pa.Array]:
    """gold, gold_set and votes of a view."""
    if view.multilabel:
        votes = _tally(groups, answers.choices[view.field])
        return {"gold_set": index_lists(_by_half(groups, votes)), "votes": row_lists(votes)}
    votes = groups.votes(answers.codes[view.field], len(view.options))
    gold, tied = majority(votes)
    return {"gold": gold, "gold_set": tied, "votes": row_lists(votes)}


def _tally(groups: Groups, chosen: np.ndarray) -> np.ndarray:
    """Annotators of each item who chose each option, int32 [g, k]."""
    n = len(groups.first)
    counts = [np.bincount(groups.codes[column], minlength=n) for column in chosen[:, :-1].T]
    return np.stack(counts, axis=1).astype(np.int32)


def _by_half(groups: Groups, votes: np.ndarray) -> np.ndarray:
    """Whether at least half of an item's annotators chose an option, bool [g, k]."""
    annotators = np.bincount(groups.codes, minlength=len(groups.first))
    enough: np.ndarray = (votes > 0) & (2 * votes >= annotators[:, None])
    return enough


def _facets(groups: Groups, areas: np.ndarray, answers: Answers) -> dict[str, pa.Array]:
    """What an item can be grouped by; where annotators differ, what most or at least half of them say."""

    def words(codes: pa.Array, options: tuple[str, ...]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(codes, pa.array(options))

    def lists(field: str) -> pa.Array:
        chosen = index_lists(_by_half(groups, _tally(groups, answers.choices[field])))
        return pa.ListArray.from_arrays(chosen.offsets, words(chosen.values, LISTS[field]))

    def word(field: str, options: tuple[str, ...]) -> pa.Array:
        return words(majority(groups.votes(answers.codes[field], len(options)))[0], options)

    return {
        "area": words(pa.array(areas), AREAS),
        "foundation": lists("rot-moral-foundations"),
        "categorization": lists("rot-categorization"),
        "legality": word("action-legal", LEGALITIES),
        "agency": word("action-agency", AGENCIES),
    }


def _valence(groups: Groups, judgments: np.ndarray) -> pa.Array:
    """The judgment of most annotators, -1 very bad to 1 very good; null without one."""
    most, _ = majority(groups.votes(judgments, len(JUDGMENTS)))
    return pc.divide(pc.cast(pc.subtract(most, 2), pa.float64()), 2.0)


def _pressure(groups: Groups, pressures: np.ndarray) -> pa.Array:
    """Mean pressure that annotators feel, -1 strongly against to 1 strongly for; null without one."""
    return groups.means(np.where(pressures == EMPTY, np.nan, (pressures - 2) / 2))


ADAPTER: Final = Adapter(
    name=_NAME,
    title="Social-Chem-101",
    home=Home(
        page="https://github.com/mbforbes/social-chemistry-101",
        licence="CC BY-SA 4.0",
        share="yes",
        revision="v1.0, 355,922 rows; code 116ead9",
        files=(
            RemoteFile(
                url="https://storage.googleapis.com/ai2-mosaic-public/projects/social-chemistry/data/social-chem-101.zip",
                path="social-chem-101.zip",
                members=("*social-chem-101.v1.0.tsv",),
            ),
        ),
    ),
    read=read,
    views=tuple(VIEWS),
    facts=Facts(355_922),
)
