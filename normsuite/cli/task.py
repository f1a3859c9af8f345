"""`normsuite task`: list, show, check and make tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli import new

if TYPE_CHECKING:
    from normsuite.questions import Data
    from normsuite.tasks import AnyTask, Task

app = typer.Typer(help="Tasks: list, show, check, and make new ones from a table.", no_args_is_help=True)
app.command("new")(new.new)


@app.command("list")
def list_() -> None:
    """List the tasks that ship with normsuite."""
    from rich.console import Console
    from rich.table import Column, Table

    from normsuite.tasks import available_tasks, resolve_tasks

    table = Table(Column("task", no_wrap=True), "asks", "data", "headline")
    for name in available_tasks():
        (task,) = resolve_tasks(name)
        table.add_row(task.name, task.title, task.data.set, task.headline)
    Console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A task's name, or a YAML file.")],
    raw: Annotated[list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set.")] = None,
) -> None:
    """Show a task and its wordings, filled in for its first item where the data is on this machine."""
    from normsuite.cli.run import parse_raw
    from normsuite.errors import InputError
    from normsuite.prompts import load_wordings
    from normsuite.questions import data_of, load_families
    from normsuite.tasks import Task, resolve_tasks, used_sets

    tasks = resolve_tasks(name)
    data = data_of(parse_raw(raw, used_sets(tasks)), tasks)
    for task in tasks:
        typer.echo(f"{task.name}, version {task.version}: {task.title}\n{task.description}\n")
        families = [task.prompts.removeprefix("./")] if isinstance(task, Task) else list(task.texts)
        try:
            texts = _examples(task, data)
        except InputError as error:
            typer.echo(f"(no example: {error})\n")
            wordings = (
                load_wordings(task.prompts, beside=task.folder)
                if isinstance(task, Task)
                else load_families(task.texts)
            )
            texts = [(wording.name, wording.text) for wording in wordings]
        for wording, text in texts:
            typer.echo(f"--- {'+'.join(families)}/{wording}\n{text}\n")


def _examples(task: AnyTask, data: Data) -> list[tuple[str, str]]:
    """(wording's name, text) of the first item."""
    from normsuite.questions import prepare_direction, prepare_prompted
    from normsuite.scorers.labels import example_prompts
    from normsuite.tasks import Task

    if isinstance(task, Task):
        question = prepare_prompted(task, data)
        return example_prompts(task, question.wordings, question.items)
    direction = prepare_direction(task, data)
    names = [wording.name for wording in direction.wordings]
    return [(name, text.text) for name, text in zip(names, direction.parts[0].texts[0], strict=True)]


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A task's name or pattern, or a YAML file.")] = "*",
    model: Annotated[
        Path | None, typer.Option(help="A checkpoint whose tokenizer must tell the labels apart.")
    ] = None,
) -> None:
    """Check tasks and their prompts; with --model, also that its tokenizer tells the label words apart."""
    from normsuite.errors import InputError
    from normsuite.metrics import METRICS, SPREADS
    from normsuite.prompts import load_wordings
    from normsuite.questions import check_direction
    from normsuite.tasks import Task, prompted_only, resolve_tasks

    tasks = resolve_tasks(name)
    for task in tasks:
        unknown = set(task.metrics) - {*METRICS, *SPREADS, "recall"}
        if unknown:
            raise InputError(f"no metric {min(unknown)!r}", file=task.name, field="metrics")
        if isinstance(task, Task):
            load_wordings(task.prompts, beside=task.folder)
        else:
            check_direction(task)
    if model is not None:
        _check_labels(prompted_only(tasks), model)
    typer.echo(f"{len(tasks)} task(s) in order")


def _check_labels(tasks: Sequence[Task], model: Path) -> None:
    from normsuite.engines import find_checkpoint
    from normsuite.engines.tokens import load_encoder
    from normsuite.tasks import LETTERS

    encoder = load_encoder(find_checkpoint(str(model)))
    for task in tasks:
        words = {
            "words": tuple(task.labels.values()),
            "letters": tuple(LETTERS[: len(task.labels) or 2]),
            "yes-no": task.yes_no,
        }[task.answer]
        single = encoder.label_tokens(["Answer:"], words)
        how = "one token each" if single else "several tokens: whole-continuation log-likelihood"
        if not single:
            encoder.continuation_tokens(["Answer:"], words)
        typer.echo(f"{task.name}: {', '.join(words)} ({how})")
