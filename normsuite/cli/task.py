"""`normsuite task`: list, show and check tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Tasks: list, show, check.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the tasks that ship with normsuite."""
    from rich.console import Console
    from rich.table import Table

    from normsuite.tasks import available_tasks, resolve_tasks

    table = Table("task", "asks", "data", "headline")
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
    from normsuite.adapters.build import load
    from normsuite.cli.run import parse_raw
    from normsuite.errors import InputError
    from normsuite.prompts import load_wordings
    from normsuite.scorers.labels import example_prompts
    from normsuite.tasks import resolve_tasks, select

    tasks = resolve_tasks(name)
    copies = parse_raw(raw, {task.data.set for task in tasks})
    for task in tasks:
        typer.echo(f"{task.name}, version {task.version}: {task.title}\n{task.description}\n")
        wordings = load_wordings(task.prompts)
        try:
            items = load(task.data.set, copies.get(task.data.set), task.data.view).items
        except InputError as error:
            typer.echo(f"(no example: {error})\n")
            for wording in wordings:
                typer.echo(f"--- {task.prompts}/{wording.name}\n{wording.path.read_text(encoding='utf-8')}\n")
            continue
        for wording_name, prompt in example_prompts(task, wordings, select(task, items, task.data.split)):
            typer.echo(f"--- {task.prompts}/{wording_name}\n{prompt}\n")


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
    from normsuite.tasks import resolve_tasks

    tasks = resolve_tasks(name)
    for task in tasks:
        unknown = set(task.metrics) - {*METRICS, *SPREADS, "recall"}
        if unknown:
            raise InputError(f"no metric {min(unknown)!r}", file=task.name, field="metrics")
        load_wordings(task.prompts)
    if model is not None:
        _check_labels(tasks, model)
    typer.echo(f"{len(tasks)} task(s) in order")


def _check_labels(tasks: object, model: Path) -> None:
    from collections.abc import Iterable

    from normsuite.engines import find_checkpoint
    from normsuite.engines.tokens import load_encoder
    from normsuite.tasks import LETTERS, Task

    encoder = load_encoder(find_checkpoint(str(model)))
    assert isinstance(tasks, Iterable)
    for task in tasks:
        assert isinstance(task, Task)
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
