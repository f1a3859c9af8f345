"""What people are shown of a comparison, and in which order: in the terminal, Markdown and the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from normsuite import cultures
from normsuite.aggregate import FEW_CLUSTERS, POWER, SIZE, Counts
from normsuite.compare.comparison import Comparison, TaskComparison
from normsuite.compare.matching import Side
from normsuite.metrics import METRICS
from normsuite.report.tables import facet_title
from normsuite.report.text import FEW_MARK, NOTHING, count, metric_title, visible
from normsuite.schema import RESERVED_FACETS

_ADJUSTMENTS: Final = {
    "holm": "adjusted by Holm's method",
    "bh": "adjusted by Benjamini and Hochberg's method",
    "none": "not adjusted",
}

_COLUMNS: Final = {
    "baseline": "baseline_value",
    "value": "other_value",
    "gain": "difference",
    "low": "ci_low",
    "high": "ci_high",
    "detectable": "detectable",
    "p": "p_adjusted",
}
"""Where a line's numbers stand in the table."""


@dataclass(frozen=True)
class Line:
    """One difference, ready to be set.

    Attributes:
        name: of the group or the metric.
        other: letter of the run that is compared with the baseline.
        n, clusters: items that both were scored on, and their independent units.
        unscored: items that one of them or both left unscored.
        baseline, value: of the baseline and of the other run.
        gain: value - baseline.
        low, high: its 95 % interval.
        detectable: true difference that would have been found.
        p: adjusted.
        verdict: of the other run; empty where the adjusted p says nothing.
    """

    name: str
    other: str
    n: int
    clusters: int
    unscored: int
    baseline: float | None
    value: float | None
    gain: float | None
    low: float | None
    high: float | None
    detectable: float | None
    p: float | None
    verdict: str

    @property
    def few(self) -> bool:
        """Whether too few clusters stand behind it for it to be tested or ranked."""
        return self.clusters < FEW_CLUSTERS

    @property
    def told(self) -> str:
        """The verdict in words, as "B better"."""
        return f"{self.other} {self.verdict}" if self.verdict else ""


@dataclass(frozen=True)
class Block:
    """The headline metric of one other run in all groups of a facet.

    Attributes:
        facet: its name in the tables.
        title: of the facet, for people.
        other: the other run.
        ranked: groups, where it serves people best against the baseline first.
        unranked: groups of few clusters, and without a difference, by name.
        summary: one sentence.
    """

    facet: str
    title: str
    other: Side
    ranked: tuple[Line, ...]
    unranked: tuple[Line, ...]
    summary: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """All groups."""
        return (*self.ranked, *self.unranked)


@dataclass(frozen=True)
class TaskView:
    """One task.

    Attributes:
        name, title: of the task.
        metric: name of the headline metric for people.
        notes: what is paired and what is not, one sentence each.
        overall: every metric of every other run over all items; the headline metric first.
        blocks: country, zone and language first, then the categories.
    """

    name: str
    title: str
    metric: str
    notes: tuple[str, ...]
    overall: tuple[Line, ...]
    blocks: tuple[Block, ...]


def task_views(comparison: Comparison) -> tuple[TaskView, ...]:
    """All tasks of a comparison."""
    return tuple(_task(comparison, task) for task in comparison.tasks)


def legend(comparison: Comparison) -> tuple[str, ...]:
    """How the numbers are to be read, one sentence each."""
    replicates = f"{count(comparison.replicates)} replicates, seed {comparison.seed}"
    return (
        "Differences are those of the same items: the other run minus A. Intervals: 95 %, cluster bootstrap "
        f"with the same clusters drawn for both runs ({replicates}).",
        "p: two-sided, clusters' signs flipped for means, the bootstrap for other metrics; "
        f"{_ADJUSTMENTS[comparison.adjust]}{_family(comparison)}. Better and worse: p < {SIZE:g}.",
        f"Detectable: true difference that would be found {POWER * 100:.0f} % of the time, at p < {SIZE:g} "
        "before adjustment: 2.80 standard errors, more where clusters are few. A smaller one may be there.",
        f"{FEW_MARK} fewer than {FEW_CLUSTERS} clusters: shown, neither tested nor ranked.",
    )


def _family(comparison: Comparison) -> str:
    if comparison.adjust == "none":
        return ""
    runs = " and all runs" if len(comparison.sides) > 2 else ""
    return f" over all groups of a facet{runs}"


def remarks(comparison: Comparison) -> tuple[str, ...]:
    """What is to be known of the comparison as a whole: tasks that were left out, too few replicates."""
    found = [
        f"Not compared, for A or all others lack it: {visible(name)} (only {letters})."
        for name, letters in comparison.alone
    ]
    smallest = 1 / (comparison.replicates + 1)
    for task in comparison.tasks:
        tests = _largest_family(task)
        if comparison.adjust == "holm" and tests * smallest >= SIZE:
            found.append(
                f"{visible(task.name)}: {count(comparison.replicates)} replicates cannot make p small enough "
                f"for {tests} tests at once; repeat with more --replicates."
            )
    return tuple(found)


def _largest_family(task: TaskComparison) -> int:
    frame = task.table.to_pandas()
    return int(frame.groupby(["metric", "facet"])["p"].count().max())


def _task(comparison: Comparison, task: TaskComparison) -> TaskView:
    rows = task.table.to_pylist()
    here = [row for row in rows if row["metric"] == task.headline and row["facet"]]
    present = list(dict.fromkeys(row["facet"] for row in here))
    present.sort(key=lambda facet: RESERVED_FACETS.index(facet) if facet in RESERVED_FACETS else 99)
    return TaskView(
        name=task.name,
        title=task.title,
        metric=titled(task.headline),
        notes=tuple(_notes(comparison, task)),
        overall=tuple(
            _line(row, titled(row["metric"]))
            for row in _headline_first(rows, task.headline)
            if not row["facet"]
        ),
        blocks=tuple(
            _block([row for row in here if (row["facet"], row["other"]) == (facet, side.letter)], facet, side)
            for facet in present
            for side in task.others
        ),
    )


def titled(metric: str) -> str:
    """A metric's name for people, saying so if less is better."""
    known = METRICS.get(metric)
    return metric_title(metric) + (" (lower is better)" if known and not known.higher_is_better else "")


def _headline_first(rows: Sequence[dict[str, Any]], headline: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["metric"] != headline)


def _notes(comparison: Comparison, task: TaskComparison) -> Iterator[str]:
    several = len(comparison.sides) > 2
    for side, counts in zip(task.others, task.counts, strict=True):
        start = f"A and {side.letter}: " if several else ""
        yield start + _paired(counts)
        yield from (start + sentence for sentence in _unpaired(counts, side.letter))
    lacking = [side.letter for side in comparison.sides[1:] if side not in task.others]
    if lacking:
        yield f"Not asked of {', '.join(lacking)}."


def _paired(counts: Counts) -> str:
    how = "by item, wording and label order"
    if counts.other_orders:
        how = (
            "by item and wording only, since the runs show the labels in other orders "
            f"(other seeds; {count(counts.other_orders)} items)"
        )
    return f"{count(counts.items)} items in {count(counts.clusters)} clusters are paired, {how}."


def _unpaired(counts: Counts, other: str) -> Iterator[str]:
    for letter, alone, unscored in (
        ("A", counts.only_baseline, counts.unscored_baseline),
        (other, counts.only_other, counts.unscored_other),
    ):
        if alone:
            yield f"{count(alone)} items have a reading that only {letter} has: left out."
        if unscored:
            alone_not = f"have a reading that {letter} alone could not be scored on"
            yield f"{count(unscored)} items {alone_not}: left out of both."
    if counts.unscored_both:
        yield f"{count(counts.unscored_both)} items have a reading that neither could be scored on: left out."


def _block(rows: Sequence[dict[str, Any]], facet: str, side: Side) -> Block:
    lines = [_line(row, _group_name(row["group"], facet)) for row in rows]
    metric = METRICS.get(rows[0]["metric"])
    sign = 1 if metric is not None and not metric.higher_is_better else -1
    ranked = [line for line in lines if line.gain is not None and not line.few]
    unranked = [line for line in lines if line.gain is None or line.few]
    return Block(
        facet=facet,
        title=facet_title(facet),
        other=side,
        ranked=tuple(sorted(ranked, key=lambda line: (sign * (line.gain or 0.0), line.name))),
        unranked=tuple(sorted(unranked, key=lambda line: line.name)),
        summary=_summary(ranked, unranked, side.letter),
    )


def _summary(ranked: Sequence[Line], unranked: Sequence[Line], letter: str) -> str:
    tested = [line for line in ranked if line.p is not None]
    if not tested:
        return f"None of the {len(unranked)} groups has {FEW_CLUSTERS} clusters, so none is tested."
    found = {
        word: sum(line.verdict == word for line in tested) for word in ("better", "worse", "higher", "lower")
    }
    told = " and ".join(f"{word} in {n}" for word, n in found.items() if n)
    sentence = f"{letter} is {told or 'told apart from A in none'} of the {len(tested)} groups tested"
    return f"{sentence}; {len(unranked)} not tested." if unranked else f"{sentence}."


def _group_name(group: str, facet: str) -> str:
    return cultures.country_name(group) if facet == "country" else group


def _line(row: dict[str, Any], name: str) -> Line:
    counts = {key: int(row[key]) for key in ("n", "clusters", "unscored")}
    told = {field: row[column] for field, column in _COLUMNS.items()}
    return Line(name=name, other=row["other"], verdict=row["verdict"], **counts, **told)


def signed(value: float | None) -> str:
    """A difference to three decimals, with its sign."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def signed_interval(low: float | None, high: float | None) -> str:
    """``[−0.012, +0.034]``; a dash where there is none."""
    bounds = signed(low), signed(high)
    return NOTHING if NOTHING in bounds else f"[{bounds[0]}, {bounds[1]}]"


def p_title(comparison: Comparison) -> str:
    """The heading of p-values: how they were adjusted."""
    return {"holm": "p (Holm)", "bh": "p (BH)", "none": "p"}[comparison.adjust]


def p_text(p: float | None) -> str:
    """A p-value to three decimals, or that it is less."""
    if p is None or not math.isfinite(p):
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"
