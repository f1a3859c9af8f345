"""Finding and reading task files."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from normsuite import places
from normsuite.errors import InputError
from normsuite.strict_yaml import QUOTE, line_of, read_yaml
from normsuite.tasks.direction import DirectionTask
from normsuite.tasks.prompted import Task

AnyTask = Task | DirectionTask

_MESSAGES: Final = {
    "extra_forbidden": "unknown key",
    "model_type": "is no mapping of keys to values",
    "string_pattern_mismatch": "must be lower-case letters and digits, joined by hyphens",
}  # for some of pydantic's complaints, by their type


def available_tasks() -> list[str]:
    """Names of the tasks that ship with normsuite, come with a package or are included.

    Raises:
        InputError: a name is there twice.
    """
    return list(places.find_all("tasks"))


def resolve_tasks(names: str) -> list[AnyTask]:
    """Tasks from a comma-separated list of names, patterns (``ethics-*``) and paths of YAML files.

    Raises:
        InputError: a name matches nothing, a file is not a valid task, a task is named twice.
    """
    paths: list[Path] = []
    known = places.find_all("tasks")
    for name in (part.strip() for part in names.split(",")):
        if name.endswith((".yaml", ".yml")):
            paths.append(Path(name))
            continue
        matched = fnmatch.filter(known, name)
        if not matched:
            raise InputError(f"no task is called {name!r}", fix="see `normsuite task list`")
        paths += [known[match] for match in matched]
    tasks = [load_task(path) for path in dict.fromkeys(paths)]
    seen: set[str] = set()
    for task in tasks:
        if task.name in seen:
            raise InputError(f"the task {task.name!r} is given twice")
        seen.add(task.name)
    return tasks


def load_task(path: Path) -> AnyTask:
    """Read and validate one task file.

    Raises:
        InputError: missing file, no YAML, unknown or missing keys, wrong values; with the line at fault.
    """
    content, root = read_yaml(path)
    try:
        return _type_of(content).model_validate(content).placed(path.parent)
    except ValidationError as error:
        raise validation_error(error, root, path) from None


def validation_error(error: ValidationError, root: yaml.Node | None, path: Path) -> InputError:
    """The first of pydantic's complaints, with the line it is about."""
    first = error.errors(include_url=False)[0]
    location = first["loc"]
    named = first.get("ctx", {}).get("field")
    if named and (not location or location[-1] != named):
        location = (*location, *named.split("."))
    message = _MESSAGES.get(first["type"], first["msg"])
    fix = QUOTE if first["type"] == "string_type" else None
    field = ".".join(str(part) for part in location) or None
    return InputError(message, file=path, row=line_of(root, location), field=field, fix=fix)


def _type_of(content: Any) -> type[Task] | type[DirectionTask]:
    """Prompted, unless the file says ``type: direction``."""
    return DirectionTask if isinstance(content, dict) and content.get("type") == "direction" else Task


def prompted_only(tasks: Sequence[AnyTask]) -> list[Task]:
    """The tasks that are read off answers."""
    return [task for task in tasks if isinstance(task, Task)]


def used_sets(tasks: Sequence[AnyTask]) -> set[str]:
    """The data sets that tasks take items or seeds from."""
    seeds = {
        source.data.set
        for task in tasks
        if isinstance(task, DirectionTask)
        for source in task.seeds
        if source.data is not None
    }
    return {task.data.set for task in tasks} | seeds
