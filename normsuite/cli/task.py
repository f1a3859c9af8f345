"""`normsuite task`: list, show, check and make tasks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli import check, new
from normsuite.cli.include import Include

if TYPE_CHECKING:
    from normsuite.questions import Data
    from normsuite.tasks import AnyTask

app = typer.Typer(help="Tasks: list, show, check, and make new ones from a table.", no_args_is_help=True)
app.command("new")(new.new)
app.command("check")(check.check)


@app.command("list")
def list_(
    pattern: Annotated[str, typer.Argument(help="Names or patterns, separated by commas.")] = "*",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON document instead of a table.")
    ] = False,
    include: Include = None,
) -> None:
    """List the tasks: what each asks, of which data, and whether the data is here."""
    import json

    from rich.console import Console
    from rich.table import Column, Table

    from normsuite.catalogue import entries

    found = entries(pattern)
    if as_json:
        typer.echo(json.dumps({"schema": 1, "tasks": [entry.as_dict() for entry in found]}, indent=1))
        return
    right = [Column(name, justify="right") for name in ("rows", "countries")]
    table = Table(
        Column("task", no_wrap=True), "asks", "metric", right[0], "languages", right[1], "licence", "data"
    )
    for entry in found:
        rows = f"{entry.rows:,}" if entry.rows is not None else "?"
        countries = "some" if entry.countries is None else str(entry.countries or "-")
        languages = " ".join(entry.languages)
        data = entry.status if entry.origin == "normsuite" else f"{entry.status} ({entry.origin})"
        table.add_row(
            entry.task, entry.title, entry.headline, rows, languages, countries, entry.licence, data
        )
    Console().print(table)
    typer.echo(
        "rows and countries are of the whole data set, as published; `normsuite data get NAME` downloads one"
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A task's name, or a YAML file.")],
    raw: Annotated[list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set.")] = None,
    include: Include = None,
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
    from normsuite.scorers.requests import example_prompts
    from normsuite.tasks import Task

    if isinstance(task, Task):
        question = prepare_prompted(task, data)
        return example_prompts(task, question.wordings, question.items)
    direction = prepare_direction(task, data)
    names = [wording.name for wording in direction.wordings]
    return [(name, text.text) for name, text in zip(names, direction.parts[0].texts[0], strict=True)]


class Framework(StrEnum):
    """Where a task can be exported to."""

    lm_eval = "lm-eval"
    inspect = "inspect"


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A task's name, or a YAML file.")],
    to: Annotated[Framework, typer.Option(help="The framework.")],
    out: Annotated[Path, typer.Option(help="The folder to write; nothing in it is overwritten.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="lm-eval: the checkpoint that will be asked; its tokenizer decides how labels are read."
        ),
    ] = None,
    raw: Annotated[list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="A seeded sample of this many whole clusters.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and the label orders.")] = 0,
    include: Include = None,
) -> None:
    """Write a task for another framework, with the very prompts that a run asks."""
    from normsuite.cli.run import parse_raw
    from normsuite.engines import find_checkpoint
    from normsuite.engines.tokens import load_encoder
    from normsuite.errors import InputError
    from normsuite.exports import inspect, lm_eval
    from normsuite.questions import Question, prepare
    from normsuite.tasks import resolve_tasks, used_sets

    tasks = resolve_tasks(name)
    if len(tasks) > 1:
        raise InputError(f"{name!r} names {len(tasks)} tasks", fix="export one at a time")
    (question,) = prepare(tasks, parse_raw(raw, used_sets(tasks)), limit=limit, seed=seed)
    if not isinstance(question, Question):
        raise InputError(f"the task {tasks[0].name!r} is read off embeddings: it has no prompts to export")
    if to is Framework.lm_eval:
        encoder = load_encoder(find_checkpoint(model)) if model else None
        files = lm_eval.export(question, out, seed, encoder)
    else:
        files = inspect.export(question, out, seed)
    for path in files:
        typer.echo(str(path))
