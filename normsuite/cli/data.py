"""`normsuite data`: list, get, build, push, check and describe data sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from normsuite.adapters import Adapted

_ITEMS = "A Parquet file of Items, or a folder that `data build` wrote."

app = typer.Typer(help="Norm data sets: list, download, normalise, check, describe.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the data sets, their licences, and whether each is on this machine."""
    from rich.console import Console
    from rich.table import Column, Table

    from normsuite.adapters import get_adapter, known_adapters
    from normsuite.adapters.homes import cached

    table = Table(Column("name", no_wrap=True), "data set", "licence", "views", "here")
    for name in known_adapters():
        adapter = get_adapter(name)
        here = "shipped" if name == "mini" else "downloaded" if cached(adapter) else "no"
        views = ", ".join(adapter.views) if len(adapter.views) > 1 else ""
        table.add_row(name, adapter.title, adapter.home.licence, views, here)
    Console().print(table)


@app.command()
def get(name: Annotated[str, typer.Argument(help="The data set, see `data list`.")]) -> None:
    """Download a data set from its home, at a pinned revision, into the user cache."""
    from normsuite.adapters import get_adapter
    from normsuite.adapters.homes import downloads
    from normsuite.adapters.homes import get as download
    from normsuite.cli.console import byte_progress

    if name == "mini":
        typer.echo("mini ships with normsuite; there is nothing to download")
        return
    adapter = get_adapter(name)
    with byte_progress() as progress:
        folder = download(adapter, progress=progress)
    typer.echo(f"{name}: {folder}")
    for record in downloads(adapter):
        commit = f" at commit {record.commit}" if record.commit else ""
        typer.echo(f"  {record.url}{commit}, sha256 {record.sha256}")


@app.command()
def build(
    name: Annotated[
        str,
        typer.Argument(help="The data set, see `data list`; or a task file (.yaml) with a table of its own."),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="X.parquet: one file, with a card and the rows set aside beside it. Any other name: a "
            "folder that `datasets` loads, with card and Croissant metadata."
        ),
    ],
    raw: Annotated[Path | None, typer.Option(help="A local copy of the raw file or folder.")] = None,
    view: Annotated[str, typer.Option(help="The judgement to take of each row; default: the first.")] = "",
    licence: Annotated[
        str, typer.Option(help="Of a data set of your own in a folder, such as cc-by-4.0: its card names it.")
    ] = "",
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Set rows that break the format aside instead of refusing the file."
        ),
    ] = False,
) -> None:
    """Normalise a data set into Items, with a card of counts and the rows set aside."""
    from normsuite.adapters.build import build as build_file
    from normsuite.errors import InputError
    from normsuite.publishing import TASK_FILES, check_place, read_source, write_folder

    if out.suffix == ".parquet":
        if name.endswith(TASK_FILES) or licence:
            what = "a task's table, and a licence, go into a folder"
            raise InputError(what, file=out, field="--out", fix="leave the .parquet out")
        adapted, built = build_file(name, raw, out, view, keep_going=keep_going)
        places = {"items": built.items, "card": built.card, "set aside": built.set_aside}
    else:
        check_place(out, raw)
        source = read_source(name, raw, view, licence=licence, keep_going=keep_going)
        adapted, name, folder = source.adapted, source.name, write_folder(source, out)
        places = {"items": out, "card": folder.card, "set aside": folder.set_aside}
        if not source.licence.text:
            typer.echo("warning: no licence is named, so nobody may use it; see --licence", err=True)
    _tell(name, adapted, places)


def _tell(name: str, adapted: Adapted, places: Mapping[str, Path]) -> None:
    """What was built, where it lies, and whether others may have it."""
    from normsuite.adapters import get_adapter, known_adapters
    from normsuite.adapters.describe import reasons

    release = f" ({adapted.version})" if adapted.version else ""
    typer.echo(f"{name}{release}: {adapted.items.num_rows:,} items -> {places['items']}")
    typer.echo(f"card -> {places['card']}")
    typer.echo(f"{adapted.set_aside.num_rows:,} row(s) set aside -> {places['set aside']}")
    for field, reason, n in reasons(adapted.set_aside)[:10]:
        typer.echo(f"  {n:,} x {field}: {reason}")
    home = get_adapter(name).home if name in known_adapters() else None
    if home and home.share != "yes":
        only = "for your own use, not to be passed on" if home.share == "no" else "not for commercial use"
        typer.echo(f"warning: {only} (licence: {home.licence})", err=True)


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(help="A folder that `data build` wrote.")],
    to: Annotated[str, typer.Option(help="OWNER/NAME at the Hugging Face hub; made if it is not there.")],
    private: Annotated[bool, typer.Option("--private", help="Only its owner may see it.")] = False,
    revision: Annotated[
        str, typer.Option(help="A branch; made if it is not there. Default: the main one.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")
    ] = False,
) -> None:
    """Push a built data set to the Hugging Face hub, unless it may not be passed on."""
    from normsuite.publishing import plan_push
    from normsuite.publishing import push as send

    plan = plan_push(folder, to, private=private, branch=revision)
    if dry_run:
        branch = f", branch {plan.branch}" if plan.branch else ""
        typer.echo(f"would go to {plan.repo} ({'private' if plan.private else 'public'}{branch}):")
        for name in plan.files:
            typer.echo(f"  {name}  {(folder / name).stat().st_size:,} bytes")
        return
    pushed = send(plan)
    typer.echo(f"{folder} -> {pushed.url} at commit {pushed.commit}")


@app.command()
def check(path: Annotated[Path, typer.Argument(help=_ITEMS)]) -> None:
    """Check Items against the schema; the first fault is named with row and field."""
    from normsuite.adapters.build import read_items

    items = read_items(path)
    typer.echo(f"{path}: {items.num_rows:,} items, in order")


@app.command()
def stats(path: Annotated[Path, typer.Argument(help=_ITEMS)]) -> None:
    """Count Items by split, label, country, zone and category."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from normsuite.adapters.build import read_items
    from normsuite.adapters.describe import printable, statistics

    console = Console()
    for title, counts in statistics(read_items(path)).items():
        table = Table(escape(printable(title)), "items", title_justify="left")
        table.columns[1].justify = "right"
        for value, n in counts[:60]:
            table.add_row(escape(printable(value)), f"{n:,}")
        if len(counts) > 60:
            table.add_row(f"… {len(counts) - 60:,} more", "")
        console.print(table)
