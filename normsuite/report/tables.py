"""Which rows of the results a report shows, and in which order: shared by the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from normsuite.aggregate import ABOVE, CEILING, PREFIX
from normsuite.metrics import METRICS
from normsuite.report.nulls import missing_nulls, null_name, null_rows, top_of_nulls, verdict
from normsuite.report.provenance import mapping
from normsuite.report.rows import Row, to_rows
from normsuite.report.text import metric_title, shorten, visible
from normsuite.runs import Run
from normsuite.schema import RESERVED_FACETS

MODELS: Final = ("labels", "rating", "chain", "agents", "generate-strict", "direction")
"""The scorers whose rows are the model's: what it answers, and where its embeddings point."""

OFFICIAL: Final = "generate-official"
"""The same answers as ``generate-strict`` reads, under the parser that a data set was published with."""

BASELINES: Final = ("majority", "random", "tfidf")
MODEL_NAME: Final = "Model"

VALIDITY: Final = {
    "coverage": "share of readings that could be scored",
    "label_mass": "probability the model gives to all label words together, before they are compared",
    "top_is_label": "share of prompts whose most probable next token belongs to a label",
    "wording_spread": "best minus worst wording of the same question, by the headline metric",
    "order_spread": "best minus worst order of the same labels, by the headline metric",
    "too_long": "share of readings not made because the prompt exceeds the model's context",
    "error": "share of readings that failed",
    "unparsed": "share of answers in which no label was found",
    "refused": "share of answers that decline to judge",
}
"""Metrics that say how far the others can be trusted, and what each means."""

_PRESENTATION: Final = ("wording", "order")
_RECALL: Final = "recall_"
_PLURALS: Final = {"country": "countries", "zone": "cultural zones", "language": "languages"}


@dataclass(frozen=True)
class FacetTable:
    """The headline metric of the model per group of one facet.

    Attributes:
        facet: its name in the results.
        title: for people.
        groups: by value, highest first; groups without a value last.
        summary: mean over groups, gap and worst-served group, as far as the results hold them.
    """

    facet: str
    title: str
    groups: tuple[Row, ...]
    summary: tuple[Row, ...]

    @property
    def any_few(self) -> bool:
        """Whether a group carries the mark for few clusters."""
        return any(row.few for row in self.groups)


@dataclass(frozen=True)
class MetricLine:
    """One metric of the whole task: the model's row, and the other scorers' by name."""

    metric: str
    model: Row | None
    rivals: dict[str, Row]


@dataclass(frozen=True)
class TaskTables:
    """Everything a report says about one task, from the results alone.

    Attributes:
        name: the task's name.
        headline: the metric that stands for the task.
        about: the task's entry in the manifest.
        overall: the headline metric, the model first, then other scorers, the baselines and
            the ceiling.
        others: the other metrics of the whole task.
        recalls: the model's recall per label.
        facets: country, zone and language first, then the categories.
        presentation: the headline metric per wording and per label order.
        validity: rows named by the keys of ``VALIDITY``.
        above: a direction's value minus that of its strongest null, which it is named for; else None.
        missing: which nulls a direction was not compared with, and why.
    """

    name: str
    headline: str
    about: dict[str, Any]
    overall: tuple[Row, ...]
    others: tuple[MetricLine, ...]
    recalls: tuple[Row, ...]
    facets: tuple[FacetTable, ...]
    presentation: tuple[FacetTable, ...]
    validity: tuple[Row, ...]
    above: Row | None = None
    missing: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The task's title, or its name where the manifest gives none."""
        return str(self.about.get("title") or self.name)

    @property
    def metric_title(self) -> str:
        """The headline metric's name for people, saying so if less is better."""
        metric = METRICS.get(self.headline)
        worse = " (lower is better)" if metric and not metric.higher_is_better else ""
        return metric_title(self.headline) + worse

    @property
    def model(self) -> Row | None:
        """The model's overall row."""
        return next((row for row in self.overall if row.name == MODEL_NAME), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known to compare the overall rows, one sentence each."""
        coverage = next((row.value for row in self.validity if row.name == "coverage"), None)
        found = [f"Control: {self.about['control']}"] if self.about.get("control") else []
        if self.above is not None:
            found += [verdict(self.above), *self.missing]
        if coverage is not None and coverage < 1:
            found.append(
                f"{100 * (1 - coverage):.2g} % of the model's readings could not be scored "
                "and are left out of its numbers, not of the baselines'."
            )
        if self.about.get("train_items") == 0 and self.about.get("type") != "direction":
            found.append(
                "The data have no training rows, so there are no fitted baselines (majority, tfidf)."
            )
        return tuple(visible(note) for note in found)

    @property
    def has_ceiling(self) -> bool:
        """Whether a ceiling stands among the overall rows."""
        return any(row.ceiling for row in self.overall)

    @property
    def rivals(self) -> tuple[Row, ...]:
        """The overall rows of everything else."""
        return tuple(row for row in self.overall if row.name != MODEL_NAME)

    def facet(self, name: str) -> FacetTable | None:
        """The table of one facet, if the data has it."""
        return next((table for table in self.facets if table.facet == name), None)


def task_tables(run: Run) -> tuple[TaskTables, ...]:
    """The tables of every task with results: in the manifest's order, then any it does not name.

    Raises:
        InputError: the run has not finished, or its results are damaged.
    """
    declared = mapping(run.manifest.get("tasks"))
    parts = dict(tuple(run.results().to_pandas().groupby("task")))
    names = [name for name in declared if name in parts] + [name for name in parts if name not in declared]
    return tuple(
        _task(
            str(name), mapping(declared.get(name)), parts[name], missing_nulls(run.about_direction(str(name)))
        )
        for name in names
    )


def is_direction(task: TaskTables) -> bool:
    """Whether a task is read off embeddings."""
    return bool(task.about.get("type") == "direction")


def beside(task: TaskTables, tasks: Sequence[TaskTables]) -> list[TaskTables]:
    """For a task that is read off answers, the direction tasks on the same data set."""
    if is_direction(task):
        return []
    same = task.about.get("dataset")
    return [other for other in tasks if is_direction(other) and other.about.get("dataset") == same]


def _task(name: str, about: dict[str, Any], results: pd.DataFrame, missing: tuple[str, ...]) -> TaskTables:
    whole = results[results["facet"] == ""]
    mine = results[results["scorer"].isin(MODELS)]
    nulls = null_rows(results)
    headline = str(about.get("headline") or _first_metric(whole))
    present = mine.loc[mine["metric"] == headline, "facet"].unique().tolist()
    facets = [facet for facet in present if facet and facet not in _PRESENTATION]
    facets.sort(key=lambda facet: RESERVED_FACETS.index(facet) if facet in RESERVED_FACETS else 99)
    return TaskTables(
        name=name,
        headline=headline,
        about=about,
        overall=_with_nulls(
            _scorers(whole[whole["metric"] == headline]), top_of_nulls(nulls[nulls["facet"] == ""])
        ),
        others=_other_metrics(whole, headline),
        recalls=_recalls(whole),
        facets=tuple(_facet(mine, headline, facet, nulls) for facet in facets),
        presentation=tuple(
            _facet(mine, headline, facet, nulls) for facet in _PRESENTATION if facet in present
        ),
        validity=_validity(whole),
        above=next(to_rows(whole[whole["metric"] == headline + ABOVE], "group"), None),
        missing=missing,
    )


def _first_metric(whole: pd.DataFrame) -> str:
    """What stands for a task whose manifest entry is missing: its first metric that is no validity number."""
    scores = whole.loc[~whole["metric"].isin(VALIDITY), "metric"]
    return str(scores.iloc[0]) if len(scores) else ""


def _scorers(rows: pd.DataFrame) -> tuple[Row, ...]:
    order = dict.fromkeys(MODELS, 0) | {OFFICIAL: 1} | {name: 3 + at for at, name in enumerate(BASELINES)}
    ranked = sorted(to_rows(rows, "scorer"), key=lambda row: (_is_ceiling(row.name), order.get(row.name, 2)))
    return tuple(replace(row, name=_scorer_name(row.name), ceiling=_is_ceiling(row.name)) for row in ranked)


def _is_ceiling(scorer: str) -> bool:
    return scorer.startswith(CEILING)


def _scorer_name(scorer: str) -> str:
    if scorer in MODELS:
        return MODEL_NAME
    if scorer == OFFICIAL:
        return f"{MODEL_NAME}, official parser"
    if scorer.startswith(PREFIX):
        return f"Null: {null_name(scorer.removeprefix(PREFIX))}"
    if _is_ceiling(scorer):
        return f"Ceiling: {scorer.removeprefix(CEILING)}"
    return f"Baseline: {scorer}" if scorer in BASELINES else f"Scorer: {scorer}"


def _other_metrics(whole: pd.DataFrame, headline: str) -> tuple[MetricLine, ...]:
    hidden = [headline, headline + ABOVE, *VALIDITY]
    shown = whole[~whole["metric"].isin(hidden) & ~whole["metric"].str.startswith(_RECALL)]
    lines = []
    for metric, rows in shown.groupby("metric", sort=False):
        by_scorer = {row.name: row for row in _scorers(rows)}
        model = by_scorer.pop(MODEL_NAME, None)
        lines.append(MetricLine(str(metric), model, by_scorer))
    return tuple(lines)


def _recalls(whole: pd.DataFrame) -> tuple[Row, ...]:
    """``recall_<label>`` rows of the model, by label."""
    mine = whole[whole["scorer"].isin(MODELS) & whole["metric"].str.startswith(_RECALL)]
    return tuple(row.named(row.name.removeprefix(_RECALL)) for row in to_rows(mine, "metric"))


def _validity(whole: pd.DataFrame) -> tuple[Row, ...]:
    rows = {row.name: row for row in to_rows(whole[whole["scorer"].isin(MODELS)], "metric")}
    return tuple(rows[metric] for metric in VALIDITY if metric in rows)


def _with_nulls(rows: Iterable[Row], tops: Mapping[str, float]) -> tuple[Row, ...]:
    """The model's row with the upper end of its nulls."""
    return tuple(replace(row, nulls=tops.get("")) if row.name == MODEL_NAME else row for row in rows)


def _facet(mine: pd.DataFrame, headline: str, facet: str, nulls: pd.DataFrame) -> FacetTable:
    here = mine[mine["facet"] == facet]
    shown = here[here["metric"] == headline]
    tops = top_of_nulls(nulls[nulls["facet"] == facet])
    named = to_rows(shown, "group", country=facet == "country")
    rows = [
        replace(row, nulls=tops.get(str(group))) for row, group in zip(named, shown["group"], strict=True)
    ]
    groups = sorted(rows, key=lambda row: (row.value is None, -(row.value or 0.0), row.name))
    return FacetTable(facet, facet_title(facet), tuple(groups), _summary(here, headline, facet))


def _summary(here: pd.DataFrame, headline: str, facet: str) -> tuple[Row, ...]:
    one = facet_title(facet).lower()
    many = _PLURALS.get(facet, f"{one} groups")
    labels = {"macro": f"Mean over {many}", "gap": f"Gap between {many}", "worst": f"Worst-served {one}"}
    found = {
        suffix: list(
            to_rows(here[here["metric"] == f"{headline}_{suffix}"], "group", country=facet == "country")
        )
        for suffix in labels
    }
    worst = [row.named(f"{labels['worst']}: {row.name}") for row in found.pop("worst")]
    return (*(row.named(labels[suffix]) for suffix, rows in found.items() for row in rows), *worst)


def facet_title(facet: str) -> str:
    """A facet's name for people."""
    known = {"country": "Country", "zone": "Cultural zone", "language": "Language", "order": "Label order"}
    return known.get(facet) or shorten(metric_title(facet[:1].upper() + facet[1:]), 80)
