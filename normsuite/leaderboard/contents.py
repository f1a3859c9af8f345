"""What the tables of a submission say, held against its predictions, the data and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import apart
from normsuite.errors import InputError
from normsuite.leaderboard.clusters import cluster_sums, headline_value
from normsuite.leaderboard.evidence import check_predictions, differing_item, items_of
from normsuite.leaderboard.known import expected_items, has_labels, known_task
from normsuite.leaderboard.names import fault, shown
from normsuite.leaderboard.problems import Problem, in_short
from normsuite.leaderboard.recompute import EXACT, differences, of_task, recomputed
from normsuite.leaderboard.redact import without_texts
from normsuite.leaderboard.submission import (
    CLUSTERS,
    MANIFEST,
    RESULTS,
    Submission,
    TaskFacts,
    predictions_name,
)
from normsuite.leaderboard.thresholds import shortcomings
from normsuite.metrics import METRICS

_SHOWN_COLUMNS: Final = ("task", "scorer", "metric", "facet", "group")


class Contents:
    """Looks into submissions one after the other, and keeps what the first ones said of each task's items.

    Args:
        raw: local copies of data sets, by name.
    """

    def __init__(self, raw: Mapping[str, Path]) -> None:
        self._raw = raw
        self._items: dict[tuple[Any, ...], tuple[pa.Table, str]] = {}

    def problems(self, submission: Submission) -> Iterator[Problem]:
        """What is wrong with a submission's tables."""
        folder = submission.folder
        try:
            results, clusters = submission.results(), submission.clusters()
        except InputError as error:
            yield Problem(Path(error.file or folder), in_short(error))
            return
        for table, name in ((results, RESULTS), (clusters, CLUSTERS)):
            yield from (Problem(folder / name, what) for what in _text_problems(table, submission))
        limit = submission.manifest.settings.limit
        reasons = shortcomings(results, submission.tasks, limit)
        if reasons != list(submission.manifest.partial):
            what = f"partial is told as {submission.manifest.partial}, but is {reasons}"
            yield Problem(folder / MANIFEST, shown(what) if len(what) > 600 else what)
        for name, task in submission.tasks.items():
            known = known_task(name)
            if known is None or known.sha256 != task.sha256:
                yield Problem(
                    folder / RESULTS, f"nothing of {shown(name)} was recomputed, for it is no task here"
                )
                continue
            own, sums = of_task(results, name), of_task(clusters, name)
            if submission.included:
                yield from self._task(submission, name, task, own, sums)
            else:
                yield from (Problem(folder / RESULTS, what) for what in _headline_problems(task, own, sums))

    def _task(
        self, submission: Submission, name: str, task: TaskFacts, results: pa.Table, sums: pa.Table
    ) -> Iterator[Problem]:
        """Problems of one task whose predictions are there."""
        file = submission.folder / predictions_name(name)
        try:
            predictions = submission.predictions(name)
            check_predictions(predictions, name)
            if not without_texts(predictions, labels=has_labels(name)).equals(predictions):
                raise InputError("quotes its data, or tells why rows were not scored", file=file)
            nulls = submission.nulls(name) if task.type == "direction" else None
            found = recomputed(task, predictions, nulls, submission.manifest.settings)
            expected = cluster_sums(*apart(predictions, task.calibrate), task.headline)
        except InputError as error:
            yield Problem(Path(error.file or file), in_short(error))
            return
        except (pa.ArrowException, ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
            # A table can be of the right form and still be none that any run writes: say so, and go on.
            yield Problem(file, f"cannot be recomputed ({type(error).__name__})")
            return
        for what in differences(results, found):
            yield Problem(submission.folder / RESULTS, what)
        if not _same_sums(sums, expected):
            what = f"the sums of {name} are not those of its predictions"
            yield Problem(submission.folder / CLUSTERS, what)
        scored, _ = apart(predictions, task.calibrate)
        for told, counted in (("items", "item"), ("clusters", "cluster")):
            number = len(pc.unique(scored[counted]))
            if number != getattr(task, told):
                what = f"{name}: {told} is told as {getattr(task, told)}, but predictions are of {number}"
                yield Problem(submission.folder / MANIFEST, what)
        yield from (Problem(file, what) for what in self._item_problems(submission, name, predictions))

    def _item_problems(self, submission: Submission, name: str, predictions: pa.Table) -> Iterator[str]:
        """What predictions say of items: against the data where it is here, else other submissions."""
        own, settings = items_of(predictions), submission.manifest.settings
        try:
            data = expected_items(name, self._raw, settings.limit, settings.seed)
        except InputError as error:
            yield f"the data of {name} cannot be read here: {error}"
            return
        if data is not None:
            ids = pc.equal(own["item"], data["item"]) if len(own) == len(data) else pa.scalar(False)
            if not pc.all(ids).as_py():
                yield f"{name}: its items are not those that the task asks about"
            differing = differing_item(own, data)
            if differing:
                yield f"{name}: {differing} is not what the data says"
            return
        files = submission.manifest.data.get(submission.tasks[name].dataset)
        version = tuple(sorted(files.files.items())) if files else ()
        key = (name, submission.tasks[name].sha256, version)
        earlier = self._items.setdefault(key, (own, str(submission.folder)))
        differing = differing_item(own, earlier[0])
        if differing:
            yield f"{name}: {differing} is not what {earlier[1]} says"


def _text_problems(table: pa.Table, submission: Submission) -> Iterator[str]:
    """Names in a table that cannot be shown, and tasks that the manifest does not have."""
    for column in _SHOWN_COLUMNS:
        if column in table.column_names:
            for text in pc.unique(table[column]).to_pylist():
                wrong = fault(text)
                if wrong:
                    yield f"{column} {shown(text)!r} {wrong}"
    for task in pc.unique(table["task"]).to_pylist():
        if task not in submission.tasks:
            yield f"has rows of the task {shown(task)!r}, which the manifest does not name"


def _headline_problems(task: TaskFacts, results: pa.Table, sums: pa.Table) -> Iterator[str]:
    """Values of the headline metric that the sums of clusters do not give."""
    metric = METRICS[task.headline]
    for row in results.filter(pc.equal(results["metric"], task.headline)).to_pylist():
        mine = pc.and_(
            pc.and_(pc.equal(sums["scorer"], row["scorer"]), pc.equal(sums["facet"], row["facet"])),
            pc.equal(sums["group"], row["group"]),
        )
        own = sums["sums"].filter(mine).combine_chunks()
        if not len(own):
            continue  # of an oracle, a null or a facet that is too large
        try:
            value = headline_value(metric, own)
        except ValueError:
            yield f"the sums of {row['task']} are not of {task.headline}"
            return
        told = np.nan if row["value"] is None else row["value"]
        if not np.isclose(told, value, rtol=EXACT, atol=EXACT, equal_nan=True):
            where = ", ".join(shown(row[name]) for name in ("scorer", "facet", "group") if row[name])
            yield (
                f"{task.headline} of {row['task']} ({where}): value is told as {told!r}, "
                f"but its clusters sum to {value!r}"
            )


def _same_sums(told: pa.Table, found: pa.Table) -> bool:
    keys = [(name, "ascending") for name in ("scorer", "facet", "group", "cluster")]
    told, found = told.sort_by(keys), found.sort_by(keys)
    if not told.drop_columns("sums").equals(found.drop_columns("sums")):
        return False
    one, other = (np.asarray(pc.list_flatten(table["sums"]), float) for table in (told, found))
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=EXACT, atol=EXACT, equal_nan=True))
