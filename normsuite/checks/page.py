"""All checks of a task, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normsuite.adapters import get_adapter, known_adapters
from normsuite.adapters.homes import cached
from normsuite.checks import (
    artefacts,
    cells,
    clusters,
    cultures,
    duplicates,
    giveaways,
    labels,
    leakage,
    lengths,
    tokens,
)
from normsuite.checks.asking import put_into_words
from normsuite.checks.estimates import count
from normsuite.checks.findings import Checked, Finding, worst_first
from normsuite.checks.subject import Subject, subject_of
from normsuite.checks.tokens import Tokenizer
from normsuite.errors import InputError
from normsuite.metrics import METRICS, SPREADS
from normsuite.prompts import MIN_WORDINGS, load_wordings
from normsuite.questions import AnyQuestion, check_direction, load_families
from normsuite.tables import tables_of
from normsuite.tasks import AnyTask, DirectionTask, Task, used_sets


@dataclass(frozen=True)
class Model:
    """What is known of the model that is to be asked.

    Attributes:
        tokenizer: its tokenizer.
        context: the most tokens of a request, where it is not the model's own.
    """

    tokenizer: Tokenizer | None = None
    context: int | None = None


def is_here(task: AnyTask, raw: Mapping[str, Path]) -> bool:
    """Whether all of a task's data is on this machine; a name that nobody knows counts, and fails later."""
    tables = tables_of([task])
    adapters = known_adapters()
    return all(
        name in raw
        or name in tables
        or name == "mini"
        or name not in adapters
        or cached(get_adapter(name)) is not None
        for name in used_sets([task])
    )


def check_declaration(task: AnyTask) -> list[Finding]:
    """What needs no data: metrics, wordings, words and estimators exist.

    Raises:
        InputError: one of them does not.
    """
    unknown = set(task.metrics) - {*METRICS, *SPREADS, "recall"}
    if unknown:
        raise InputError(f"no metric {min(unknown)!r}", file=task.name, field="metrics")
    if isinstance(task, Task):
        return _wordings(task, len(load_wordings(task.prompts, beside=task.folder)))
    check_direction(task)
    return _wordings(task, len(load_families(task.texts)))


def _wordings(task: AnyTask, n: int) -> list[Finding]:
    """Too few of them; an offset takes two, by definition."""
    offset = isinstance(task, DirectionTask) and task.reading.combine == "difference"
    if offset or n >= MIN_WORDINGS:
        return []
    told = f"{n} wording{'' if n == 1 else 's'}, fewer than {MIN_WORDINGS}"
    message = f"{told}: what a score owes to the words cannot be told"
    return [Finding("wordings", "note", message, n, None, None, "add wordings that say the same")]


def check_without_data(task: AnyTask, model: Model) -> Checked:
    """What can be said of a task whose data is not on this machine.

    Raises:
        InputError: as ``check_declaration``.
    """
    found = check_declaration(task)
    if model.tokenizer is not None:
        found += tokens.check(task, None, model.tokenizer)
    names = ", ".join(sorted(used_sets([task])))
    message = f"the data ({names}) is not on this machine, so only what needs none was checked"
    fix = "run `normsuite data get`, or give a copy with --raw"
    found.append(Finding("data", "note", message, None, None, None, fix))
    return Checked(task.name, worst_first(found))


def check_question(question: AnyQuestion, model: Model) -> Checked:
    """Everything about a task and its data, which were loaded and so are what they should be."""
    found = _wordings(question.task, len(question.wordings))
    subject = subject_of(question)
    prompts = put_into_words(subject)
    if model.tokenizer is not None:
        found += tokens.check(subject.task, prompts, model.tokenizer)
    found += labels.check(subject)
    found += clusters.check(subject)
    found += duplicates.check(subject)
    found += leakage.check(subject)
    found += giveaways.check(subject)
    found += artefacts.check(subject)
    found += lengths.check(subject.task, prompts, model.tokenizer, model.context)
    found += cultures.check(subject)
    found += cells.check(subject, prompts)
    return Checked(subject.task.name, worst_first(found), _counts(subject))


def _counts(subject: Subject) -> dict[str, Any]:
    return {
        "items": subject.items.num_rows,
        "clusters": count(subject.items["cluster"]),
        "set_aside": subject.set_aside.num_rows,
        "splits": labels.split_counts(subject),
    }
