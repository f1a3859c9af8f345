"""The numbers that are exported: the headline metric of each task, overall and by culture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.aggregate.groups import CULTURES
from normsuite.leaderboard.submission import Submission, TaskFacts
from normsuite.leaderboard.thresholds import of_models
from normsuite.metrics import METRICS

_BOUNDS: Final[dict[str, tuple[float | str, float | str]]] = {
    **dict.fromkeys(("log_loss", "calibrated_log_loss", "mae", "rating_mae"), (0, "Infinity")),
    **dict.fromkeys(("pearson", "spearman"), (-1, 1)),
    "brier": (0, 2),
    "mean_score": ("-Infinity", "Infinity"),
}
"""Between what a metric lies, where that is not 0 to 1."""


@dataclass(frozen=True)
class Headline:
    """One number of one model.

    Attributes:
        task: the task's name.
        about: the task.
        scorer: how the model was read.
        facet, group: the culture ("country", "ITA"); empty for the number over all items.
        n, clusters: items and independent units behind it.
        value: the number.
        low, high: its 95 % interval; None where it has none.
        chance: what guessing would score; None where that is nothing to speak of.
    """

    task: str
    about: TaskFacts
    scorer: str
    facet: str
    group: str
    n: int
    clusters: int
    value: float
    low: float | None
    high: float | None
    chance: float | None

    @property
    def metric(self) -> str:
        """The metric's name."""
        return self.about.headline

    @property
    def id(self) -> str:
        """A name that is the same for every model: ``normad-rule.accuracy.country.ITA``."""
        return ".".join(part for part in (self.task, self.metric, self.facet, self.group) if part)

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""
        return METRICS[self.metric].higher_is_better

    @property
    def bounds(self) -> tuple[float | str, float | str]:
        """The least and the most that the metric can be; ``Infinity`` for no bound."""
        return _BOUNDS.get(self.metric, (0, 1))

    def notes(self, submission: Submission) -> str:
        """What a reader must know beside the number, on one line."""
        parts = [f"{self.n} items in {self.clusters} clusters"]
        if self.low is not None and self.high is not None:
            parts.insert(0, f"95 % interval {self.low:.4f} to {self.high:.4f} (cluster bootstrap)")
        if self.chance is not None:
            parts.append(f"chance {self.chance:.4f}")
        if self.about.type == "direction":
            parts.append("read off embeddings, not answered")
        parts.append(f"normsuite {submission.manifest.run.normsuite}, task version {self.about.version}")
        parts += [f"partial: {reason}" for reason in submission.manifest.partial]
        return "; ".join(parts)


def headlines(submission: Submission, *, cultures: bool) -> list[Headline]:
    """A model's headline numbers in the order of its tasks; empty for baselines alone, which are no model.

    Args:
        submission: whose.
        cultures: those of countries, zones and languages too, but for those of fewer than ``FEW_CLUSTERS``
            clusters: elsewhere nobody would see that these must not be ranked.

    Raises:
        InputError: its results cannot be read.
    """
    return list(_headlines(submission, ("", *CULTURES) if cultures else ("",)))


def _headlines(submission: Submission, facets: tuple[str, ...]) -> Iterator[Headline]:
    rows = of_models(submission.results()).to_pylist()
    for task, about in submission.tasks.items():
        for facet in facets:
            for row in rows:
                if (row["task"], row["metric"], row["facet"]) != (task, about.headline, facet):
                    continue
                if row["value"] is not None and (not facet or row["clusters"] >= FEW_CLUSTERS):
                    yield Headline(
                        task,
                        about,
                        *(row[name] for name in ("scorer", "facet", "group", "n", "clusters", "value")),
                        *(row[name] for name in ("ci_low", "ci_high", "chance")),
                    )
