"""The multilingual moral direction (Hämmerl et al. 2023): may one do this, asked ten times in five languages?

An item is an action in one language. What is known of it does not depend on the language: the share of people
who said yes in the MoRT user study, held in English, and whether it is one of the 64 seed verbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters import mfq, mort
from normsuite.adapters.base import (
    SET_ASIDE_SCHEMA,
    Adapted,
    Adapter,
    Facts,
    Home,
    RemoteFile,
    set_aside_rows,
)
from normsuite.adapters.facets import facets
from normsuite.adapters.multilingual_questions import STEMS, read_english, read_translated, whole_items
from normsuite.adapters.reading import find_file
from normsuite.adapters.rows import same_list, source
from normsuite.errors import InputError
from normsuite.poles import load_poles
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "multilingual-moral"
_ENGLISH: Final = "enumerated-questions.csv"
_TRANSLATED: Final = "translated_questions_sorted.json"
_STUDIES: Final = ("userStudy_yes_no_regional_fixed.csv", "userStudy_yes_no_regional.csv")
"""The authors' copy of the MoRT study, with actions mended to join, and the study as first published."""
_STUDY_FOLDER: Final = "user_study"
_COMMIT: Final = "533f9be"
_FOLDER: Final = f"https://github.com/KathyHaem/multiling-moral-bias/raw/{_COMMIT}/MoralDirection/data"
_POLE_RATINGS: Final = {"positive": 1.0, "negative": 0.0, "neutral": 0.5}


@dataclass(frozen=True)
class _Study:
    """The user study.

    Attributes:
        actions: string [k], what was asked, in English; empty where the study is not there.
        votes: list<int32> [k], people who said no and yes.
        ratings: float64 [k], the share of yes.
        records: int64 [k], the rows of its file.
        set_aside: rows without a rating.
        files: the file that was read, with its sha256.
    """

    actions: pa.Array
    votes: pa.Array
    ratings: pa.Array
    records: pa.Array
    set_aside: pa.Table
    files: dict[str, str]


def read(raw: Path, view: str = "default") -> Adapted:
    """Actions in five languages, with the ratings of the English user study, and the seed verbs; or the MFQ.

    Args:
        raw: the authors' folder ``MoralDirection/data``; the user study may lie in it or in its
            ``user_study/``. Without one, only the seed verbs become items.
        view: "default", or "mfq" for the Moral Foundations Questionnaire, which needs only its own file.

    Raises:
        InputError: a file of questions is missing, or a file is not as published.
    """
    if view == "mfq":
        return mfq.read(raw, _NAME)
    if raw.is_file():
        raise InputError("is a file, not a folder", file=raw, fix=f"give the folder that holds {_ENGLISH}")
    english = find_file(raw, [_ENGLISH])
    translated = english.with_name(_TRANSLATED)
    if not translated.is_file():
        raise InputError(f"holds no {_TRANSLATED}", file=english.parent, fix=f"put it beside {_ENGLISH}")
    study, poles = _read_study(english.parent), _seed_poles()
    wanted = pa.array([*study.actions.to_pylist(), *poles], pa.string())
    items, set_aside, files = [], [], dict[str, str]()
    for path, rows in ((english, read_english(english)), (translated, read_translated(translated))):
        questions = whole_items(rows, path.name, wanted)
        items.append(_items(questions.table, study, poles, path.name))
        set_aside.append(questions.set_aside)
        files[path.name] = rows.sha256
    together = pa.concat_tables(items)
    strangers, version = _strangers(study, together["behavior"])
    set_aside += [study.set_aside, strangers]
    return Adapted(together, pa.concat_tables(set_aside), version, files | study.files)


def _seed_poles() -> dict[str, str]:
    """The pole of each of the 64 seed verbs."""
    poles = load_poles("verbs")
    verbs = {"positive": poles.positive, "negative": poles.negative, "neutral": poles.neutral}
    return {verb: pole for pole, words in verbs.items() for verb in words}


def _read_study(folder: Path) -> _Study:
    """The user study of a folder, read as the data set that it is."""
    places = (place / name for name in _STUDIES for place in (folder / _STUDY_FOLDER, folder))
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        types = (ITEM_SCHEMA.field(name).type for name in ("behavior", "votes", "rating"))
        behavior, votes, rating = (pa.nulls(0, kind) for kind in types)
        return _Study(behavior, votes, rating, pa.nulls(0, pa.int64()), SET_ASIDE_SCHEMA.empty_table(), {})
    adapted = mort.read(path)
    items = adapted.items.combine_chunks()
    behavior, votes, rating = (items[name].combine_chunks() for name in ("behavior", "votes", "rating"))
    # The stems, which mort reads too where they lie beside the votes, are not needed here.
    own = adapted.set_aside.filter(pc.equal(adapted.set_aside["file"], path.name))
    records = pc.struct_field(items["source"].combine_chunks(), "row")
    return _Study(behavior, votes, rating, records, own, {path.name: adapted.files[path.name]})


def _strangers(study: _Study, asked: pa.ChunkedArray) -> tuple[pa.Table, str]:
    """Rated actions that no item asks about, set aside, and how many there are in words."""
    if not study.files:
        return SET_ASIDE_SCHEMA.empty_table(), "without the user study: seed verbs only"
    (name,) = study.files
    lost = pc.invert(pc.is_in(study.actions, asked.combine_chunks()))
    table = set_aside_rows(
        name,
        study.records.filter(lost),
        "Action",
        "is no action that is asked about here",
        study.actions.filter(lost),
    )
    joined = len(study.actions) - table.num_rows
    return table, f"{name}: {joined} of {len(study.actions)} rated actions are asked about"


def _items(questions: pa.Table, study: _Study, poles: dict[str, str], file: str) -> pa.Table:
    """Items of the seed verbs (train), then those of the rated actions (test).

    Args:
        questions: as in ``Questions.table``.
        study: the ratings.
        poles: the pole of each seed verb.
        file: where the questions come from.
    """
    heads = questions.take(pa.array(np.arange(0, questions.num_rows, len(STEMS))))
    action = heads["action"].combine_chunks()
    rated = pc.index_in(action, study.actions)
    verbs, their_poles = pa.array(list(poles), pa.string()), pa.array(list(poles.values()), pa.string())
    pole = their_poles.take(pc.index_in(action, verbs))
    train, test = (np.flatnonzero(np.asarray(pc.is_valid(column))) for column in (pole, rated))
    at = pa.array(np.concatenate([train, test]))
    n = len(at)
    is_seed = pa.array(np.arange(n) < len(train))
    action, pole, language = action.take(at), pole.take(at), heads["language"].combine_chunks().take(at)
    # A verb that is both has its votes in the rated item alone.
    place = pc.if_else(is_seed, pa.scalar(None, rated.type), rated.take(at))
    pole_rating = pa.array(list(_POLE_RATINGS.values())).take(
        pc.index_in(pole, pa.array(list(_POLE_RATINGS)))
    )
    rating = pc.if_else(is_seed, pole_rating, study.ratings.take(place))
    columns = {
        "id": pc.binary_join_element_wise(_NAME, pc.if_else(is_seed, "seed", "study"), language, action, ":"),
        "dataset": _NAME,
        "split": pc.if_else(is_seed, "train", "test"),
        "kind": "rating",
        "behavior": action,
        "turns": _turns(questions["question"].combine_chunks()).take(at),
        "options": same_list(("No", "Yes"), n),
        "votes": study.votes.take(place),
        "rating": rating,
        "scale_min": 0.0,
        "scale_max": 1.0,
        "valence": pc.subtract(pc.multiply(2.0, rating), 1.0),
        "language": language,
        "categories": facets(
            {
                "verb": pc.list_element(pc.split_pattern(action, " ", max_splits=1), 0),
                "seed": pc.if_else(pc.is_valid(pole), "yes", "no"),
                "pole": pole,
            }
        ),
        "family": action,
        "cluster": action,
        "source": source(heads["record"].combine_chunks().take(at), pa.nulls(n), None, None, file),
    }
    return conform(columns, ITEM_SCHEMA, n)


def _turns(questions: pa.Array) -> pa.Array:
    """One list of ten turns for each ten questions; the speaker is the template's number from 1."""
    k = len(STEMS)
    n = len(questions) // k
    numbers = pa.array([str(number) for number in range(1, k + 1)])
    speakers = numbers.take(pa.array(np.tile(np.arange(k), n)))
    turns = pa.StructArray.from_arrays([speakers, questions], ["speaker", "text"])
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32) * k), turns)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="Multilingual moral direction, and the Moral Foundations Questionnaire",
    home=Home(
        page="https://github.com/KathyHaem/multiling-moral-bias",
        licence="MIT",
        share="yes",
        revision=_COMMIT,
        files=(
            RemoteFile(
                f"{_FOLDER}/{_ENGLISH}",
                _ENGLISH,
                "0ecac3197aa694283d93bd5519b37b42a3fac1e22c66f7a157baac9b76ac293d",
            ),
            RemoteFile(
                f"{_FOLDER}/{_TRANSLATED}",
                _TRANSLATED,
                "4a195115e75c5ab9d779c58ff6916b5998089be8f99680d02eef1aeb4a39538e",
            ),
            RemoteFile(f"{_FOLDER}/{_STUDY_FOLDER}/{_STUDIES[0]}", f"{_STUDY_FOLDER}/{_STUDIES[0]}"),
            RemoteFile(
                f"{_FOLDER}/{mfq.FILE}",
                mfq.FILE,
                "e74ef16121028737ea2e8ef7416ba4b20d608d06aaaef6fabc9e97e9227fa8f0",
            ),
        ),
    ),
    read=read,
    views=("default", "mfq"),
    facts=Facts(13_700, ("ar", "cs", "de", "en", "zh")),
)
