"""`normsuite data`: list, get, build, check and describe data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    name: Annotated[str, typer.Argument(help="The data set, see `data list`.")],
    out: Annotated[
        Path, typer.Option(help="The Parquet file to write; a .card.md and .set-aside.csv go beside it.")
    ],
    raw: Annotated[Path | None, typer.Option(help="A local copy of the raw file or folder.")] = None,
    view: Annotated[str, typer.Option(help="The judgement to take of each row; default: the first.")] = "",
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Set rows that break the format aside instead of refusing the file."
        ),
    ] = False,
) -> None:
    """Normalise a data set into Items, with a card of counts and the rows set aside."""
    from normsuite.adapters.build import build as build_items
    from normsuite.adapters.describe import reasons

    adapted, built = build_items(name, raw, out, view, keep_going=keep_going)
    release = f" ({adapted.version})" if adapted.version else ""
    typer.echo(f"{name}{release}: {adapted.items.num_rows:,} items -> {built.items}")
    typer.echo(f"card -> {built.card}")
    typer.echo(f"{adapted.set_aside.num_rows:,} row(s) set aside -> {built.set_aside}")
    for field, reason, n in reasons(adapted.set_aside)[:10]:
        typer.echo(f"  {n:,} x {field}: {reason}")


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A Parquet file of Items.")]) -> None:
    """Check a file of Items against the schema; the first fault is named with row and field."""
    from normsuite.adapters.build import read_items

    items = read_items(file)
    typer.echo(f"{file}: {items.num_rows:,} items, in order")


@app.command()
def stats(file: Annotated[Path, typer.Argument(help="A Parquet file of Items.")]) -> None:
    """Count a file of Items by split, label, country, zone and category."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from normsuite.adapters.build import read_items
    from normsuite.adapters.describe import printable, statistics

    console = Console()
    for title, counts in statistics(read_items(file)).items():
        table = Table(escape(printable(title)), "items", title_justify="left")
        table.columns[1].justify = "right"
        for value, n in counts[:60]:
            table.add_row(escape(printable(value)), f"{n:,}")
        if len(counts) > 60:
            table.add_row(f"… {len(counts) - 60:,} more", "")
        console.print(table)
