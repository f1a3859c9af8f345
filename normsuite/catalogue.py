"""The catalogue: every task with what is known of its data before anything is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from normsuite import places
from normsuite.adapters import Facts, get_adapter, known_adapters
from normsuite.adapters.homes import cached
from normsuite.tasks import AnyTask, resolve_tasks


@dataclass(frozen=True)
class Entry:
    """One task.

    Attributes:
        task: its name.
        title: what it asks.
        dataset: the data set that is scored.
        scorer: how answers are read; ``direction`` where none are.
        headline: the metric that stands for it.
        rows: judgements in the data set as published, all splits; None where nobody has said.
        languages: BCP 47 tags of the data set's texts.
        countries: how many countries its rows name; 0 where they name none, None where nobody has counted.
        licence: of the data.
        status: ``shipped``, ``here`` (downloaded or put in its place), ``to download``, ``by hand`` (a form,
            a gate or a person stands between) or ``own files`` (a table beside the task file).
        origin: who brings the task: normsuite, a package, or an included folder.
    """

    task: str
    title: str
    dataset: str
    scorer: str
    headline: str
    rows: int | None
    languages: tuple[str, ...]
    countries: int | None
    licence: str
    status: str
    origin: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def entries(pattern: str = "*") -> list[Entry]:
    """The tasks that a pattern names.

    Raises:
        InputError: it names none, or a task file is not valid.
    """
    paths = places.find_all("tasks")
    return [_entry(task, places.source_of(paths[task.name])) for task in _named(pattern, paths)]


def _named(pattern: str, paths: dict[str, Any]) -> Sequence[AnyTask]:
    return [task for task in resolve_tasks(pattern) if task.name in paths]


def _entry(task: AnyTask, origin: str) -> Entry:
    known = task.data.set in known_adapters()
    adapter = get_adapter(task.data.set) if known else None
    facts = adapter.facts if adapter else Facts(languages=())
    if adapter is None:
        status = "own files"
    elif task.data.set == "mini":
        status = "shipped"
    elif cached(adapter):
        status = "here"
    else:
        status = "to download" if adapter.home.files else "by hand"
    return Entry(
        task=task.name,
        title=task.title,
        dataset=task.data.set,
        scorer=getattr(task, "scorer", "direction"),
        headline=task.headline,
        rows=facts.rows,
        languages=facts.languages,
        countries=facts.countries,
        licence=adapter.home.licence if adapter else "",
        status=status,
        origin=origin,
    )
