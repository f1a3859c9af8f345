"""All results of all entries as one frame, and the few ways in which pages look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from normsuite import cultures
from normsuite.aggregate import CEILING, PREFIX
from normsuite.aggregate.groups import CULTURES
from normsuite.leaderboard.site.entries import SUMMARIES, Entry
from normsuite.report.nulls import null_name
from normsuite.report.rows import Row, to_rows
from normsuite.report.tables import BASELINES, MODELS, OFFICIAL
from normsuite.schema import RESULT_SCHEMA
from normsuite.web import visible

SCALE: Final = 10_000
"""Data files hold numbers as whole multiples of 1 / SCALE: shorter, and exact to what is shown."""

_TEXTS: Final = ("task", "scorer", "metric", "facet", "group")


@dataclass(frozen=True)
class Numbers:
    """Results by where they belong; columns of ``RESULT_SCHEMA`` and ``entry``, its place among entries.

    Attributes:
        own: the models' headline metric overall, one row for each entry and task.
        beside: other scorers' headline metric overall: baselines, nulls, the ceiling, another parser.
        others: all other metrics overall, of models alone, sorted by entry, task and metric.
        groups: the models' headline metric in groups, sorted by entry, task, facet and group.
        summaries: worst group, gap and mean over groups of each facet.
    """

    own: pd.DataFrame
    beside: pd.DataFrame
    others: pd.DataFrame
    groups: pd.DataFrame
    summaries: pd.DataFrame


def gather(entries: Sequence[Entry]) -> Numbers:
    """The results of all entries."""
    frame = _frame(entries)
    headline = _headlines(frame, entries)
    whole = (frame["facet"] == "").to_numpy()
    own = frame["scorer"].isin(MODELS).to_numpy()
    metric = frame["metric"].astype(str)
    main = (metric == headline).to_numpy()
    summary = metric.str.endswith(SUMMARIES).to_numpy() & ~whole
    groups = frame[~whole & own & main].drop_duplicates(["entry", "task", "facet", "group"])
    return Numbers(
        own=frame[whole & own & main].drop_duplicates(["entry", "task"]),
        beside=frame[whole & ~own & main],
        others=frame[whole & own & ~main].sort_values(["entry", "task", "metric"], kind="stable"),
        groups=groups.sort_values(["entry", "task", "facet", "group"], kind="stable"),
        summaries=frame[summary & own],
    )


def _frame(entries: Sequence[Entry]) -> pd.DataFrame:
    """Texts as categories in their order, so that what is sorted by them is sorted as text."""
    table = pa.concat_tables([RESULT_SCHEMA.empty_table(), *(entry.results for entry in entries)])
    place = np.repeat(np.arange(len(entries)), [entry.results.num_rows for entry in entries])
    for name in _TEXTS:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].dictionary_encode())
    frame: pd.DataFrame = table.to_pandas().assign(entry=place)
    for name in _TEXTS:
        frame[name] = frame[name].cat.reorder_categories(sorted(frame[name].cat.categories))
    return frame


def _headlines(frame: pd.DataFrame, entries: Sequence[Entry]) -> np.ndarray:
    """The name of the headline metric of each row's task, as its own submission says."""
    codes, tasks = frame["task"].cat.codes.to_numpy(), frame["task"].cat.categories
    told = [
        [entry.tasks[task].headline if task in entry.tasks else "" for task in tasks] for entry in entries
    ]
    table = np.array(told, dtype=object).reshape(len(entries), len(tasks))
    found: np.ndarray = table[frame["entry"].to_numpy(), codes]
    return found


def by(frame: pd.DataFrame, *keys: str) -> dict[Any, pd.DataFrame]:
    """The parts of a frame by the values of some columns, in order."""
    named = keys[0] if len(keys) == 1 else list(keys)
    return dict(tuple(frame.groupby(named, sort=True, observed=True)))


def scaled(values: Any) -> list[int | None]:
    """Numbers as whole multiples of 1 / ``SCALE``; None for what is undefined."""
    numbers = np.asarray(values, float) * SCALE
    known = np.isfinite(numbers)
    whole = np.rint(np.clip(np.where(known, numbers, 0), -1e15, 1e15)).astype(np.int64).tolist()
    if known.all():
        return list(whole)
    return [value if good else None for value, good in zip(whole, known.tolist(), strict=True)]


def rows_of(frame: pd.DataFrame, name: str) -> Iterator[Row]:
    """Rows of results for templates, named by one column."""
    return to_rows(frame.astype({name: str}), name)


def scorer_title(scorer: str) -> str:
    """The name, for people, of a scorer that is no model."""
    if scorer == OFFICIAL:
        return "Answers under the official parser"
    if scorer.startswith(PREFIX):
        return f"Null: {null_name(scorer.removeprefix(PREFIX))}"
    if scorer.startswith(CEILING):
        return "Ceiling"
    return f"Baseline: {scorer}" if scorer in BASELINES else f"Scorer: {scorer}"


def group_title(facet: str, group: str) -> str:
    """A group's name for people; a country's common name."""
    return cultures.country_name(group) if facet == "country" else visible(group)


def culture_facet(facets: Sequence[str]) -> str:
    """The facet of cultures that says most: countries, else zones, else languages; nothing where none is."""
    return next((facet for facet in CULTURES if facet in facets), "")


def script(name: str, value: Mapping[str, Any]) -> str:
    """A data file: a page that names it in a script element is given ``value``, from disk as from a host."""
    told = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return f"normsuite.register({json.dumps(name)},{told});\n"
