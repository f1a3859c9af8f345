"""`normsuite task check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli.include import Include

if TYPE_CHECKING:
    from normsuite.checks import Checked, Model


def check(
    name: Annotated[str, typer.Argument(help="Names, patterns or YAML files, separated by commas.")] = "*",
    model: Annotated[
        Path | None,
        typer.Option(
            help="A checkpoint whose tokenizer must tell the labels apart and whose context must do."
        ),
    ] = None,
    context: Annotated[
        int | None,
        typer.Option(min=1, help="Most tokens of a request; without --model lengths are estimated."),
    ] = None,
    raw: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set. Repeatable.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Look at a seeded sample of this many whole clusters.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is found as JSON.")] = False,
    include: Include = None,
) -> None:
    """Check tasks, their wordings and their data; exit code 1 where there is a problem."""
    from normsuite.checks import Model, load_tokenizer

    found = _check_all(name, Model(load_tokenizer(model) if model else None, context), raw, limit)
    if as_json:
        import json

        from normsuite.checks import document

        typer.echo(json.dumps(document(found), ensure_ascii=False, indent=2))
    else:
        _tell(found)
    if any(one.problems for one in found):
        raise typer.Exit(1)


def _check_all(name: str, model: Model, raw: list[str] | None, limit: int | None) -> list[Checked]:
    from normsuite.checks import check_question, check_without_data, is_here
    from normsuite.cli.console import item_progress
    from normsuite.cli.run import parse_raw
    from normsuite.questions import data_of, prepare_direction, prepare_prompted
    from normsuite.tasks import Task, resolve_tasks, used_sets

    tasks = resolve_tasks(name)
    copies = parse_raw(raw, used_sets(tasks))
    data = data_of(copies, tasks)
    found = []
    with item_progress() as progress:
        for done, task in enumerate(tasks):
            progress("checking", done, len(tasks))
            if not is_here(task, copies):
                found.append(check_without_data(task, model))
                continue
            question = (
                prepare_prompted(task, data, limit=limit)
                if isinstance(task, Task)
                else prepare_direction(task, data, limit=limit)
            )
            found.append(check_question(question, model))
        progress("checking", len(tasks), len(tasks))
    return found


def _tell(found: list[Checked]) -> None:
    """One line for each finding, worst first, and the sum of it."""
    from normsuite.adapters.describe import printable
    from normsuite.checks import SEVERITIES

    for one in found:
        typer.echo(f"{one.task}: {_described(one)}" if one.counts else f"{one.task}:")
        for finding in one.findings:
            typer.echo(f"  {finding.severity:<8} {finding.check}: {printable(finding.sentence)}")
    totals = {
        severity: sum(finding.severity == severity for one in found for finding in one.findings)
        for severity in SEVERITIES
    }
    told = ", ".join(f"{n:,} {severity}{'' if n == 1 else 's'}" for severity, n in totals.items() if n)
    in_order = sum(not one.problems for one in found)
    typer.echo(f"{in_order:,} of {len(found):,} task(s) in order{f'; {told}' if told else ''}")


def _described(one: Checked) -> str:
    """What the data holds, split by split."""
    from normsuite.adapters.describe import printable

    parts = []
    for split, counts in one.counts["splits"].items():
        golds = sorted(counts["gold"].items(), key=lambda pair: -pair[1])
        total = sum(counts["gold"].values())
        shares = ", ".join(f"{label} {n / total:.0%}" for label, n in golds[:6])
        more = ", …" if len(golds) > 6 else ""
        size = f"{counts['items']:,} items in {counts['clusters']:,} clusters"
        parts.append(f"{split} {size}{f' ({shares}{more})' if shares else ''}")
    return printable("; ".join(parts))
