"""Tasks: one YAML file says what is asked, of which data, in which words, and how it is scored."""

from __future__ import annotations

import fnmatch
import hashlib
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from normsuite import folders
from normsuite.errors import InputError
from normsuite.strict_yaml import QUOTE, line_of, read_yaml

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
LETTERS: Final = "ABCDEFGHIJ"
_MESSAGES: Final = {
    "extra_forbidden": "unknown key",
    "model_type": "is no mapping of keys to values",
    "string_pattern_mismatch": "must be lower-case letters and digits, joined by hyphens",
}  # for some of pydantic's complaints, by their type


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSpec(_Frozen):
    """Which rows of which data set a task asks about.

    Attributes:
        set: the data set's name.
        view: the judgement taken from each raw row (see the data set's card); empty is its first.
        split: the split that is scored.
        train: the split that baselines are fitted on.
        where: facet or column, and the value it must have (for a facet: be among).
    """

    set: Name
    view: str = ""
    split: Literal["train", "dev", "test"] = "test"
    train: Literal["train", "dev"] = "train"
    where: dict[str, str] = {}


class Task(_Frozen):
    """One task, as its YAML file declares it.

    Attributes:
        name: begins with the data set's name.
        title: one line for people.
        description: what is asked and why it matters.
        version: raised whenever a change moves scores.
        data: which rows.
        prompts: the family of wordings, a folder of ``prompts/``.
        context: what the wordings may tell beyond the item itself (its country, value or rule).
        answer: the model answers with the label's ``words``, with ``letters`` before the options as shown,
            or ``yes-no`` to each option in turn (multilabel).
        labels: the word for each option, in the data set's option order; empty where items bring their own.
        yes_no: the words of a yes-no answer, "no" first.
        metrics: what is computed, by the names of ``normsuite.metrics``.
        headline: the metric that stands for the task.
        ordinal: whether the options are ordered steps.
    """

    name: Name
    title: str
    description: str
    version: int = Field(1, ge=1)
    data: DataSpec
    prompts: Name
    context: tuple[Literal["country", "value", "rule"], ...] = ()
    answer: Literal["words", "letters", "yes-no"] = "words"
    labels: dict[str, str] = {}
    yes_no: tuple[str, str] = ("No", "Yes")
    metrics: tuple[str, ...]
    headline: str
    ordinal: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if not f"{self.name}-".startswith(f"{self.data.set}-"):
            raise _inconsistent(
                "name", f"{self.name!r} must begin with the data set's name, {self.data.set!r}"
            )
        if self.headline not in self.metrics:
            raise _inconsistent("headline", f"{self.headline!r} is not among the metrics")
        if self.answer == "words" and len(self.labels) < 2:
            raise _inconsistent("labels", "answering in words needs a word for each label")
        for field, words in (("labels", self.labels.values()), ("yes_no", self.yes_no)):
            distinct = {word.strip().lower() for word in words}
            if len(distinct) < len(words) or "" in distinct:
                raise _inconsistent(field, "label words must be distinct and not empty")
        return self

    @property
    def sha256(self) -> str:
        """Digest of everything the task declares: two tasks are the same work when it is equal."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def _inconsistent(field: str, message: str) -> PydanticCustomError:
    """What is wrong with one field in the light of the others."""
    return PydanticCustomError("inconsistent", "{message}", {"field": field, "message": message})


def available_tasks() -> list[str]:
    """Names of the tasks that ship with normsuite."""
    return sorted(path.stem for path in folders.tasks().glob("*.yaml"))


def resolve_tasks(names: str) -> list[Task]:
    """Tasks from a comma-separated list of names, patterns (``ethics-*``) and paths of YAML files.

    Raises:
        InputError: a name matches nothing, a file is not a valid task, a task is named twice.
    """
    paths: list[Path] = []
    for name in (part.strip() for part in names.split(",")):
        if name.endswith((".yaml", ".yml")):
            paths.append(Path(name))
            continue
        matched = fnmatch.filter(available_tasks(), name)
        if not matched:
            raise InputError(f"no task is called {name!r}", fix="see `normsuite task list`")
        paths += [folders.tasks() / f"{match}.yaml" for match in matched]
    tasks = [load_task(path) for path in dict.fromkeys(paths)]
    seen: set[str] = set()
    for task in tasks:
        if task.name in seen:
            raise InputError(f"the task {task.name!r} is given twice")
        seen.add(task.name)
    return tasks


def load_task(path: Path) -> Task:
    """Read and validate one task file.

    Raises:
        InputError: missing file, no YAML, unknown or missing keys, wrong values; with the line at fault.
    """
    content, root = read_yaml(path)
    try:
        return Task.model_validate(content)
    except ValidationError as error:
        raise _input_error(error, root, path) from None


def _input_error(error: ValidationError, root: yaml.Node | None, path: Path) -> InputError:
    """The first of pydantic's complaints, with the line it is about."""
    first = error.errors(include_url=False)[0]
    location = first["loc"] or tuple(filter(None, [first.get("ctx", {}).get("field")]))
    message = _MESSAGES.get(first["type"], first["msg"])
    fix = QUOTE if first["type"] == "string_type" else None
    field = ".".join(str(part) for part in location) or None
    return InputError(message, file=path, row=line_of(root, location), field=field, fix=fix)


def select(task: Task, items: pa.Table, split: str) -> pa.Table:
    """The rows of ``items`` that the task asks about, in one split.

    Raises:
        InputError: ``where`` names nothing the data has, or items and task disagree on the labels or on how
            many of them hold.
    """
    chosen = items.filter(pc.equal(items["split"], split))
    for name, wanted in task.data.where.items():
        chosen = chosen.filter(_matches(task, items, chosen, name, wanted))
    if task.labels and chosen.num_rows:
        _check_labels(task, chosen)
    several = pc.any(pc.equal(chosen["kind"], "multilabel")).as_py()
    if chosen.num_rows and several != (task.answer == "yes-no"):
        items_are = "multilabel" if several else "not multilabel"
        raise InputError(
            f"the task {task.name!r} answers in {task.answer}, but its items are {items_are}",
            fix="`answer: yes-no` is for multilabel items, and for them alone",
        )
    return chosen


def require_rows(task: Task, chosen: pa.Table) -> pa.Table:
    """``chosen`` itself, if it has any rows to score.

    Raises:
        InputError: it has none.
    """
    if not chosen.num_rows:
        where = "".join(f", {name}={value}" for name, value in task.data.where.items())
        raise InputError(
            f"the data set {task.data.set!r} has 0 rows for the task {task.name!r} "
            f"(split {task.data.split}{where})",
            fix="check --raw, or the task's `data`",
        )
    return chosen


def _matches(task: Task, items: pa.Table, chosen: pa.Table, name: str, wanted: str) -> pa.ChunkedArray:
    """Which rows of ``chosen`` have the wanted value of a column or facet."""
    if name in items.column_names and not pa.types.is_nested(items.schema.field(name).type):
        return pc.equal(chosen[name].cast(pa.string()), wanted)
    facets = pc.unique(items["categories"].combine_chunks().keys).to_pylist()
    if items.num_rows and name not in facets:
        raise InputError(
            f"the task {task.name!r} selects by {name!r}, no facet of the data set {task.data.set!r}",
            fix=f"its facets are {', '.join(sorted(facets))}",
        )
    return pa.chunked_array([_has_category(chosen["categories"], name, wanted)], pa.bool_())


def _has_category(categories: pa.ChunkedArray, facet: str, wanted: str) -> np.ndarray:
    maps = categories.combine_chunks()
    values = pc.map_lookup(maps, facet, "first")
    flat, parents = pc.list_flatten(values), np.asarray(pc.list_parent_indices(values))
    hit = np.asarray(pc.equal(flat, wanted).fill_null(False), bool)
    return np.bincount(parents[hit], minlength=len(maps)) > 0


def _check_labels(task: Task, chosen: pa.Table) -> None:
    """Every item's options must be the labels the task has words for, in the same order."""
    expected = list(task.labels)
    distinct = pc.unique(pc.binary_join(chosen["options"], "\x1f")).to_pylist()
    for options in distinct:
        if (options or "").split("\x1f") != expected:
            raise InputError(
                f"the task {task.name!r} has words for {expected}, but items have the options "
                f"{(options or '').split(chr(31))}",
                fix="name every option in the task's `labels`, in the data set's order",
            )


def sample_clusters(items: pa.Table, limit: int | None, seed: int) -> pa.Table:
    """A seeded sample of ``limit`` whole clusters; all of them if ``limit`` is None or larger.

    Clusters are the unit of resampling, so sampling rows would break the intervals.

    Raises:
        InputError: ``limit`` is below 1.
    """
    if limit is None:
        return items
    if limit < 1:
        raise InputError(f"a sample of {limit} clusters is none", fix="give a limit of 1 or more")
    names = np.sort(np.asarray(pc.unique(items["cluster"]).to_pylist(), dtype=object))
    if limit >= len(names):
        return items
    kept = np.random.default_rng(seed).permutation(len(names))[:limit]
    return items.filter(pc.is_in(items["cluster"], pa.array(names[kept], pa.string())))
