"""GlobalOpinionQA (Durmus et al. 2023): how people in many countries answered survey questions, as shares.

An item is one question and one group of people. The file tells shares, and not how many people they are of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite import cultures
from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.literals import parse_literal
from normsuite.adapters.opinion_places import Group, parse_group
from normsuite.adapters.reading import find_file, read_rows
from normsuite.adapters.rows import digests, in_row_order, source
from normsuite.adapters.shares import TOLERANCE, plurality, whole
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "global-opinion"
_FILE: Final = "global_opinions.csv"
_COLUMNS: Final = ("question", "selections", "options", "source")
VIEWS: Final = ("all-options", "substantive")
MOST_OPTIONS: Final = 10
"""Answers are letters from A to J."""
_SHOWN: Final = 200  # characters of a value that was set aside

NO_ANSWERS: Final = frozenset(
    {
        "can't say",
        "cannot say",
        "dk",
        "dk/refused",
        "do not know",
        "don't know",
        "don't know/refused",
        "missing",
        "missing; not available",
        "missing; unknown",
        "no answer",
        "no answer/refused",
        "no opinion",
        "not applicable",
        "not asked",
        "not asked in survey",
        "other missing",
        "other missing; multiple answers mail (evs)",
        "refuse",
        "refused",
    }
)
"""Options that answer nothing, in lower case with plain apostrophes; the view ``substantive`` is without."""


class _FaultError(ValueError):
    """Why a row, or one group's shares in it, is no item.

    Attributes:
        field, value, reason, invalid: as in ``SET_ASIDE_SCHEMA``.
    """

    def __init__(self, field: str, value: str, reason: str, *, invalid: bool = True) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason, self.invalid = field, value, reason, invalid


@dataclass(frozen=True)
class _Answered:
    """What one group said to one question.

    Attributes:
        record: the row's number.
        group: who was asked, and by what name in the file.
        question, options, shares: as in Items.
        survey: whose the question is.
    """

    record: int
    name: str
    group: Group
    question: str
    options: tuple[str, ...]
    shares: list[float]
    survey: str


def read(raw: Path, view: str = "") -> Adapted:
    """Every question with every group that was asked it.

    Args:
        raw: the CSV file, or a folder that holds it.
        view: ``all-options`` has all options as published; ``substantive`` leaves out those of people who
            did not answer, and shares are of those who did.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    path = find_file(raw, [_FILE])
    rows = read_rows(path, dict.fromkeys(_COLUMNS, pa.string()))
    answered: list[_Answered] = []
    faults: list[tuple[int, _FaultError]] = []
    cells = zip(rows.records.to_pylist(), rows.table.to_pylist(), strict=True)
    for record, row in cells:
        for found in _read_row(record, row, substantive=view == "substantive"):
            if isinstance(found, _Answered):
                answered.append(found)
            else:
                faults.append((record, found))
    set_aside = in_row_order([rows.set_aside, _told(faults, path.name)])
    return Adapted(_items(answered, path.name), set_aside, files={path.name: rows.sha256})


def _read_row(record: int, row: Mapping[str, str], *, substantive: bool) -> Iterator[_Answered | _FaultError]:
    """The items of one row, and what in it is none."""
    try:
        question = row["question"].strip()
        if not question:
            raise _FaultError("question", row["question"], "is empty")
        options = _options(row["options"])
        selections = _selections(row["selections"])
        kept = [at for at, option in enumerate(options) if not (substantive and answers_nothing(option))]
        if len(kept) < 2:
            raise _FaultError(
                "options", row["options"], "has fewer than two options that answer", invalid=False
            )
        if len(kept) > MOST_OPTIONS:
            what = f"has {len(kept)} options, more than {MOST_OPTIONS}"
            raise _FaultError("options", row["options"], what, invalid=False)
    except _FaultError as fault:
        yield fault
        return
    texts, survey = tuple(options[at] for at in kept), row["source"].strip()
    for name, shares in selections.items():
        group = parse_group(name)
        try:
            divided = _shares(name, shares, kept, len(options))
        except _FaultError as fault:
            yield fault
        else:
            yield from _notes(name, group, shares)
            yield _Answered(record, name, group, question, texts, divided, survey)


def _shares(name: str, shares: Any, kept: Sequence[int], k: int) -> list[float]:
    """The shares of the options that are kept of all k, among those who chose one of them."""
    if not isinstance(shares, list) or len(shares) != k:
        raise _FaultError("selections", name, f"has not one share for each of {k} options")
    try:
        whole(shares)
        return whole([shares[at] for at in kept])
    except ValueError as error:
        raise _FaultError("selections", name, str(error)) from None


def _options(cell: str) -> list[str]:
    """The options as texts; some are written as numbers."""
    try:
        listed = parse_literal(cell)
    except ValueError as error:
        raise _FaultError("options", cell, str(error)) from None
    if not isinstance(listed, list) or not all(isinstance(option, str | int | float) for option in listed):
        raise _FaultError("options", cell, "is no list of texts and numbers")
    options = [str(option).strip() for option in listed]
    if not all(options):
        raise _FaultError("options", cell, "holds an empty option")
    return options


def _selections(cell: str) -> dict[str, Any]:
    """The shares by the name of the group."""
    try:
        chosen = parse_literal(cell)
    except ValueError as error:
        raise _FaultError("selections", cell, str(error)) from None
    if not isinstance(chosen, dict) or not all(isinstance(name, str) and name.strip() for name in chosen):
        raise _FaultError("selections", cell, "is no dictionary by names")
    return chosen


def answers_nothing(option: str) -> bool:
    """Whether an option is that of people who did not answer: one of ``NO_ANSWERS``."""
    return option.strip().casefold().replace("\u2019", "'") in NO_ANSWERS


def _notes(name: str, group: Group, shares: Sequence[float]) -> Iterator[_FaultError]:
    """What is odd about an item that is kept all the same."""
    total = math.fsum(shares)
    if abs(total - 1) > TOLERANCE:
        what = f"has shares that sum to {total:.3g}; the item is kept, its shares divided by their sum"
        yield _FaultError("selections", name, what, invalid=False)
    if group.country is None:
        what = "is not a country we know; the item is kept without a country"
        yield _FaultError("selections", name, what, invalid=False)


def _told(faults: Sequence[tuple[int, _FaultError]], file: str) -> pa.Table:
    """Faults by record as rows set aside."""
    rows = [
        {
            "file": file,
            "row": record,
            "field": fault.field,
            "value": fault.value[:_SHOWN],
            "reason": fault.reason,
            "invalid": fault.invalid,
        }
        for record, fault in faults
    ]
    return pa.Table.from_pylist(rows, schema=SET_ASIDE_SCHEMA)


def _items(answered: Sequence[_Answered], file: str) -> pa.Table:
    n = len(answered)
    question = pa.array([answer.question for answer in answered], pa.string())
    names = pa.array([answer.name for answer in answered], pa.string())
    records = pa.array([answer.record for answer in answered], pa.int64())
    country = pa.array([answer.group.country for answer in answered], pa.string())
    frames = [
        [{"subject": "ENV", "name": "country", "relation": "is", "value": answer.group.place}]
        for answer in answered
    ]
    columns = {
        "id": pc.binary_join_element_wise(_NAME, records.cast(pa.string()), names, ":"),
        "dataset": _NAME,
        "split": "test",
        "kind": "choice",
        "situation": question,
        "frame": frames,
        "options": [list(answer.options) for answer in answered],
        "gold": [plurality(answer.shares) for answer in answered],
        "shares": [answer.shares for answer in answered],
        "country": country,
        "zone": cultures.zones(country),
        "language": "en",
        "categories": facets(
            {
                "survey": pa.array([answer.survey or None for answer in answered], pa.string()),
                "sample": pa.array([answer.group.sample for answer in answered], pa.string()),
            }
        ),
        # Not the text: predictions carry the cluster, and may be published where the data may not.
        "cluster": digests(question, 8),
        "source": source(records, pa.nulls(n), names, None, file),
    }
    return conform(columns, ITEM_SCHEMA, n)


ADAPTER: Final = Adapter(
    name=_NAME,
    title="GlobalOpinionQA",
    home=Home(
        page="https://huggingface.co/datasets/Anthropic/llm_global_opinions",
        licence="CC BY-NC-SA 4.0",
        share="non-commercial",
        revision="main",
        files=(RemoteFile(f"hf://datasets/Anthropic/llm_global_opinions@main/data/{_FILE}", _FILE),),
    ),
    read=read,
    views=VIEWS,
    facts=Facts(None, countries=None),
)
