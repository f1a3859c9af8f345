"""What the site takes from one submission: plain strings, the results it shows, and values to rank by.

An entry is all that pages are made of. Its texts are a stranger's, whatever ``check`` says of them: they are
shown as text, and whatever becomes part of a path or an address goes through ``page_name`` or ``safe_link``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.leaderboard.submission import Manifest, Submission, TaskFacts
from normsuite.metrics.rows import Floats
from normsuite.report.tables import MODELS

READINGS: Final = ("wording", "order")
"""Facets of how an item was put: no culture and no category."""
SUMMARIES: Final = ("_worst", "_gap", "_macro")
"""What is said of a facet's groups together, behind the name of the headline metric."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,119}")
_LINK: Final = re.compile(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~/%+-]*)?")
_JOIN: Final = "\x1f"


@dataclass(frozen=True)
class Sample:
    """One model's headline metric on one task, in every replicate of the joint bootstrap.

    Attributes:
        edition: names task, metric and clusters; only values of one edition can be compared.
        value: over the data; NaN where undefined.
        replicates: [R], rounded so that equals are equal.
    """

    edition: str
    value: float
    replicates: Floats


@dataclass(frozen=True)
class TaskLine:
    """One task as one submission says it was asked."""

    title: str
    dataset: str
    version: int
    sha256: str
    headline: str
    direction: bool
    items: int
    clusters: int


@dataclass(frozen=True)
class Entry:
    """One submission as pages show it.

    Attributes:
        name: ``org/model``.
        revision: the folder's name.
        created: when its run began, as it says; the beginning of time where it says nothing that is a time.
        digest: of the files that were read; another digest is another submission.
        facts: its manifest.
        tasks: by name.
        measured: names of the tasks of which the results hold a model's headline metric; baselines are none.
        results: rows in ``schema.RESULT_SCHEMA`` that pages show.
        samples: by task, as far as the metric can be resampled.
    """

    name: str
    revision: str
    created: datetime
    digest: str
    facts: Mapping[str, Any]
    tasks: Mapping[str, TaskLine]
    measured: frozenset[str]
    results: pa.Table
    samples: Mapping[str, Sample]

    @property
    def page(self) -> str:
        """The name of its page, without folder and ending; no two submissions have one."""
        return page_name(f"{self.name.replace('/', '__')}@{self.revision}")


def page_name(text: str) -> str:
    """``text`` where it is a plain name, else what is plain of it and a digest: it is never a path."""
    if _NAME.fullmatch(text) and not text.endswith("."):
        return text
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text)[:40].strip("-")
    return f"{plain or 'x'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def safe_link(text: str) -> str:
    """``text`` where it is a plain https address, else nothing."""
    return text if len(text) <= 300 and _LINK.fullmatch(text) else ""


def moment(text: str) -> datetime:
    """A time of ISO 8601 in UTC; one without a zone is taken for UTC, and what is none for 1970."""
    try:
        told = datetime.fromisoformat(text)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime(1970, 1, 1, tzinfo=UTC)


def make_entry(
    submission: Submission, digest: str, results: pa.Table, samples: Mapping[str, Sample]
) -> Entry:
    """An entry from a submission that was read.

    Args:
        submission: its folder and manifest.
        digest: of its files.
        results: see ``shown_results``.
        samples: by task.
    """
    manifest = submission.manifest
    tasks = task_lines(manifest)
    return Entry(
        name=submission.name,
        revision=submission.revision,
        created=moment(manifest.run.created),
        digest=digest,
        facts=manifest.model_dump(by_alias=True),
        tasks=tasks,
        measured=_measured(results, tasks),
        results=results,
        samples=samples,
    )


def task_lines(manifest: Manifest) -> dict[str, TaskLine]:
    """The tasks of a manifest."""
    return {name: _line(told) for name, told in sorted(manifest.tasks.items())}


def _line(told: TaskFacts) -> TaskLine:
    direction = told.type == "direction"
    return TaskLine(
        told.title,
        told.dataset,
        told.version,
        told.sha256,
        told.headline,
        direction,
        told.items,
        told.clusters,
    )


def shown_results(results: pa.Table, tasks: Mapping[str, TaskLine]) -> pa.Table:
    """The results that pages show: all metrics overall, and the model's headline metric in every group.

    Args:
        results: in ``schema.RESULT_SCHEMA``.
        tasks: of the manifest; results of other tasks are left out.
    """
    headlines = [f"{name}{_JOIN}{line.headline}" for name, line in tasks.items()]
    wanted = pa.array([f"{one}{end}" for one in headlines for end in ("", *SUMMARIES)], pa.string())
    named = pc.binary_join_element_wise(results["task"], results["metric"], _JOIN)
    grouped = pc.and_(pc.is_in(named, wanted), pc.is_in(results["scorer"], pa.array(MODELS)))
    grouped = pc.and_(grouped, pc.invert(pc.is_in(results["facet"], pa.array(READINGS))))
    known = pc.is_in(results["task"], pa.array(list(tasks), pa.string()))
    return results.filter(pc.and_(known, pc.or_(pc.equal(results["facet"], ""), grouped))).combine_chunks()


def _measured(results: pa.Table, tasks: Mapping[str, TaskLine]) -> frozenset[str]:
    own = pc.and_(pc.equal(results["facet"], ""), pc.is_in(results["scorer"], pa.array(MODELS)))
    rows = results.filter(own)
    named = zip(rows["task"].to_pylist(), rows["metric"].to_pylist(), strict=True)
    return frozenset(task for task, metric in named if metric == tasks[task].headline)
