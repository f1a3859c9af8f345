"""`normsuite task new`: a table in any usual layout becomes a task, without code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from normsuite.tables.proposal import Proposal
    from normsuite.tables.sniff import Found
    from normsuite.tables.writing import NewTask

_MOST_ROUNDS: Final = 30


def new(
    where: Annotated[
        str, typer.Argument(help="A file, a folder of files, or OWNER/NAME of a data set on the hub.")
    ],
    name: Annotated[str, typer.Option(help="Of the task and its data set: lower case, joined by hyphens.")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="FIELD=COLUMN: situation, behavior, label, votes, country, …. Repeatable."
        ),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="ANSWER=WORD: the word that stands for an answer. Repeatable.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take what is proposed; ask nothing.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to; default: the one that holds the data.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Look at a table, propose how its columns become a task, and write the task, wordings and a card."""
    from normsuite.tables.sniff import look
    from normsuite.tables.writing import new_task, write

    _check_name(name)
    given, words = _pairs(map_, "--map", "FIELD=COLUMN"), _pairs(label, "--label", "ANSWER=WORD")
    found = look(where)
    plan, spoken = _settle(found, given, words, ask=not yes)
    folder = out or _short(found.folder)
    made = new_task(name, plan, spoken, folder)
    paths = write(made, folder, force=force)
    _tell(made)
    typer.echo("written: " + ", ".join(str(path) for path in paths))
    typer.echo(f"next:\n  normsuite task check {paths[0]}")
    typer.echo(f"  normsuite run MODEL --tasks {paths[0]} --out runs/{name}")


def _check_name(name: str) -> None:
    """Before anything is read: a name that cannot be is said at once."""
    import re

    from normsuite.errors import InputError

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 80:
        fix = "use lower-case letters and digits, joined by hyphens"
        raise InputError(f"{name!r} is no name for a task", field="--name", fix=fix)


def _pairs(texts: list[str] | None, option: str, form: str) -> dict[str, str]:
    """``A=B`` options as a dictionary."""
    from normsuite.errors import InputError

    found: dict[str, str] = {}
    for text in texts or []:
        key, equals, value = text.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise InputError(f"{text!r} is not {form}", field=option)
        if key.strip() in found:
            raise InputError(f"{key.strip()!r} is given twice", field=option)
        found[key.strip()] = value.strip()
    return found


def _settle(
    found: Found, given: dict[str, str], words: dict[str, str], *, ask: bool
) -> tuple[Proposal, dict[str, str]]:
    """The mapping, and the words for its answers: proposed, and asked about as long as something is open."""
    from normsuite.errors import InputError
    from normsuite.tables.draft import words_for
    from normsuite.tables.propose import propose

    before = dict(given)
    for _ in range(_MOST_ROUNDS):
        try:
            plan = propose(found, given)
            spoken = words_for(plan, words)
        except InputError as error:
            if given == before:  # it was not an answer just given
                raise
            typer.echo(str(error))
            given = dict(before)
            continue
        before = dict(given)
        _show(plan, spoken)
        if plan.open and not ask:
            field, question = next(iter(plan.open.items()))
            raise InputError(f"cannot tell: {question}", field=field, fix=_fix(plan, field))
        said = _asked(plan, words) if plan.open else _changes() if ask else {}
        if not plan.open and not said:
            return plan, spoken
        given = {**given, **said}
    raise InputError("nothing was settled", fix="give --map and --label")


def _changes() -> dict[str, str]:
    """What a person changes in a proposal; nothing if it is taken."""
    said = typer.prompt("FIELD=COLUMN to change one, Enter to go on", default="", show_default=False)
    return _pairs([said], "FIELD=COLUMN", "FIELD=COLUMN") if said.strip() else {}


def _asked(plan: Proposal, words: dict[str, str]) -> dict[str, str]:
    """Ask what is open first: a field's column, or the words for answers, which go into ``words``."""
    field, question = next(iter(plan.open.items()))
    if field == "words":
        for answer in plan.extra["unsaid"]:
            words[answer] = str(typer.prompt(f"What does {answer!r} mean, in a word or two?"))
        return {}
    return {field: str(typer.prompt(f"{question} (columns: {', '.join(plan.columns)})"))}


def _fix(plan: Proposal, field: str) -> str:
    """What to add to the command."""
    if field == "words":
        return "say it as " + " ".join(f"--label {answer}=…" for answer in plan.extra["unsaid"][:6])
    if field in ("answers", "first", "scale"):
        example = {"answers": "answers=yes,no", "first": "first=1", "scale": "'scale=1 to 7'"}[field]
        return f"say it as --map {example}"
    return (
        f"say it as --map {field}=COLUMN, with one of {', '.join([name[:40] for name in plan.columns][:12])}"
    )


def _show(plan: Proposal, words: dict[str, str]) -> None:
    """The proposal as a table."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from normsuite.adapters.describe import printable

    table = Table(Column("field", no_wrap=True), "from", "because")
    for field, choice in plan.choices.items():
        table.add_row(field, escape(printable(choice.source)), escape(printable(choice.why)))
    files = ", ".join(plan.found.files)
    console = Console()
    console.print(f"{escape(printable(files))}: {len(plan.found.rows):,} rows", highlight=False)
    for note in plan.found.notes:
        console.print(escape(note), highlight=False)
    console.print(table)
    if words:
        shown = ", ".join(name if name == word else f"{name} as {word!r}" for name, word in words.items())
        console.print(f"answers: {escape(printable(shown))}", highlight=False)


def _tell(made: NewTask) -> None:
    """What the table holds, read as the task says."""
    from normsuite.adapters.describe import count, printable, reasons
    from normsuite.tables import unmapped_countries

    items = made.adapted.items
    splits = ", ".join(f"{split} {n:,}" for split, n in count(items["split"]))
    clusters, countries = len(items["cluster"].unique()), len(items["country"].drop_null().unique())
    told = f"{items.num_rows:,} items ({splits}) in {clusters:,} clusters"
    typer.echo(f"{told}, {countries} countries" if countries else told)
    for field, reason, n in reasons(made.adapted.set_aside)[:10]:
        typer.echo(f"  set aside: {n:,} x {printable(field)} {printable(reason)}")
    for text, n in list(unmapped_countries(items).items())[:10]:
        typer.echo(f"  no country: {printable(text)} ({n:,} items)")


def _short(folder: Path) -> Path:
    """A folder as people name it: from here, where it is below."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
