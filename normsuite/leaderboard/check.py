"""What stands between a stranger's submission and the board: all problems of all submissions, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import apart
from normsuite.errors import InputError
from normsuite.leaderboard.clusters import cluster_sums, headline_value
from normsuite.leaderboard.evidence import check_predictions, differing_item, items_of
from normsuite.leaderboard.known import data_problems, expected_items, known_task, task_problems
from normsuite.leaderboard.names import fault, shown
from normsuite.leaderboard.recompute import EXACT, differences, of_task, recomputed
from normsuite.leaderboard.submission import (
    CLUSTERS,
    MANIFEST,
    RESULTS,
    Submission,
    TaskFacts,
    find_submissions,
    predictions_name,
    read_submission,
    slug_of,
)
from normsuite.leaderboard.thresholds import shortcomings
from normsuite.leaderboard.tree import digest_problems, file_problems, root_problems
from normsuite.metrics import METRICS
from normsuite.progress import Progress, silent

_SHOWN_COLUMNS: Final = ("task", "scorer", "metric", "facet", "group")


@dataclass(frozen=True)
class Problem:
    """Something that keeps a submission off the board.

    Attributes:
        place: the file or folder.
        what: what is wrong with it, in one line.
    """

    place: Path
    what: str

    def __str__(self) -> str:
        return " ".join(f"{self.place}: {self.what}".split())


@dataclass
class Checked:
    """What a check found.

    Attributes:
        submissions: how many were looked at.
        problems: everything that is wrong.
        notes: what could not be looked at, and why.
    """

    submissions: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(
    paths: Sequence[Path], raw: Mapping[str, Path] | None = None, progress: Progress = silent
) -> Checked:
    """Check submissions.

    Args:
        paths: folders of submissions, or single submissions, whose neighbours are looked at for duplicates.
        raw: local copies of data sets; items of these and of ``mini`` are compared with what was predicted.
        progress: told what is done.

    Raises:
        InputError: a path is no folder, or lies where no submissions can be.
    """
    roots: dict[Path, list[Path]] = {}
    for path in paths:
        root, chosen = _resolve(path)
        roots.setdefault(root, []).extend(one for one in chosen if one not in roots.get(root, []))
    found = Checked()
    for root, chosen in roots.items():
        found.problems += [Problem(*problem) for problem in root_problems(root)]
        whole = _Board(raw or {})
        for done, folder in enumerate(chosen):
            progress("checking submissions", done, len(chosen))
            found.submissions += 1
            whole.check(folder, found)
        progress("checking submissions", len(chosen), len(chosen))
        found.problems += _duplicates(root, set(chosen))
    return found


def _resolve(path: Path) -> tuple[Path, list[Path]]:
    """The folder of all submissions that a path is or lies in, and the submissions that are meant."""
    if path.is_symlink() or not path.is_dir():
        raise InputError("is no folder", file=path, fix="name the folder of submissions, or one of them")
    if (path / MANIFEST).exists() or (path / RESULTS).exists():
        path = path.resolve() if path.name in ("", ".", "..") else path
        return path.parent.parent, [path]
    below = [
        folder
        for model in sorted(path.iterdir())
        if model.is_dir() and not model.is_symlink()
        for folder in sorted(model.iterdir())
        if folder.is_dir() and not folder.is_symlink()
    ]
    return path, below


class _Board:
    """Submissions one after the other, and what the earlier ones said of the items of each task."""

    def __init__(self, raw: Mapping[str, Path]) -> None:
        self._raw = raw
        self._items: dict[tuple[Any, ...], tuple[pa.Table, str]] = {}

    def check(self, folder: Path, found: Checked) -> None:
        """Add a submission's problems to ``found``; what hangs on something broken is not looked at."""
        files = [Problem(*problem) for problem in file_problems(folder)]
        found.problems += files
        if files:
            return
        try:
            submission = read_submission(folder)
        except InputError as error:
            found.problems.append(Problem(Path(error.file or folder), _what(error)))
            return
        named = [Problem(folder, what) for what in _name_problems(submission)]
        told = [Problem(folder / MANIFEST, what) for what in _claim_problems(submission)]
        digests = [Problem(*problem) for problem in digest_problems(submission)]
        found.problems += [*named, *told, *digests]
        # A file that is not the promised one is looked into all the same: to name the number at fault.
        found.problems += self._contents(submission, found)

    def _contents(self, submission: Submission, found: Checked) -> Iterator[Problem]:
        folder = submission.folder
        try:
            results, clusters = submission.results(), submission.clusters()
        except InputError as error:
            yield Problem(Path(error.file or folder), _what(error))
            return
        for table, name in ((results, RESULTS), (clusters, CLUSTERS)):
            yield from (Problem(folder / name, what) for what in _text_problems(table, submission))
        limit = submission.manifest.settings.limit
        reasons = shortcomings(results, submission.tasks, limit)
        if reasons != list(submission.manifest.partial):
            what = f"partial is told as {submission.manifest.partial}, but is {reasons}"
            yield Problem(folder / MANIFEST, shown(what) if len(what) > 600 else what)
        if not submission.included:
            found.notes.append(f"{folder}: predictions are elsewhere; only headline metrics were recomputed")
        for name, task in submission.tasks.items():
            known = known_task(name)
            if known is None or known.sha256 != task.sha256:
                continue  # told already
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
            nulls = submission.nulls(name) if task.type == "direction" else None
            found = recomputed(task, predictions, nulls, submission.manifest.settings)
            expected = cluster_sums(*apart(predictions, task.calibrate), task.headline)
        except InputError as error:
            yield Problem(Path(error.file or file), _what(error))
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


def _name_problems(submission: Submission) -> Iterator[str]:
    if submission.folder.parent.name != slug_of(submission.manifest):
        yield f"lies in the folder of {shown(submission.folder.parent.name)}, not of {submission.slug}"


def _claim_problems(submission: Submission) -> Iterator[str]:
    for name, task in submission.tasks.items():
        yield from task_problems(name, task)
    yield from data_problems(submission.manifest)


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


def _duplicates(root: Path, chosen: set[Path]) -> Iterator[Problem]:
    """Submissions of one model, asked the same in the same way."""
    seen: dict[tuple[Any, ...], Path] = {}
    for folder in find_submissions(root):
        try:
            manifest = read_submission(folder).manifest
        except InputError:
            continue  # told where it was checked
        model = manifest.model.sha256 or f"{manifest.org}/{manifest.model.name}"
        settings = manifest.settings.model_dump_json()
        for name, task in manifest.tasks.items():
            key = (model, str(sorted(manifest.engine.items())), settings, name, task.sha256)
            first = seen.setdefault(key, folder)
            if first != folder and (folder in chosen or first in chosen):
                yield Problem(folder, f"is the same model, asked {name} in the same way, as {first}")
                break


def _what(error: InputError) -> str:
    """An error's line without the file, which the problem names."""
    where = f"field {error.field!r}: " if error.field else ""
    row = f"row {error.row}: " if error.row else ""
    return f"{row}{where}{error.what}"
