"""`normsuite compare`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from normsuite.errors import InputError


class AdjustName(StrEnum):
    """How p-values pay for each other."""

    holm = "holm"
    bh = "bh"
    none = "none"


class Format(StrEnum):
    """What the comparison is written as."""

    markdown = "markdown"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders of two models or more on the same tasks.")],
    baseline: Annotated[
        Path | None, typer.Option(help="The run that the others are compared with; default: the first.")
    ] = None,
    metrics: Annotated[
        str, typer.Option(help="Names, separated by commas, beside each task's headline metric.")
    ] = "",
    adjust: Annotated[
        AdjustName, typer.Option(help="p-values, over all groups of a facet and all runs.")
    ] = AdjustName.holm,
    replicates: Annotated[int, typer.Option(min=2000, help="Of the cluster bootstrap.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of its draws.")] = 0,
    form: Annotated[
        Format | None, typer.Option("--format", help="Instead of tables for the terminal.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file for --format; default: standard output.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that works from disk.")] = None,
) -> None:
    """Compare models on the same items: where does one serve people better or worse than another."""
    from normsuite import compare as room
    from normsuite.cli.console import item_progress

    if out is not None and form is None:
        raise InputError("--out needs a format", field="--out", fix=f"add --format {'|'.join(Format)}")
    if form is Format.parquet and out is None:
        raise InputError("Parquet is not for the terminal", field="--format", fix="name a file with --out")
    with item_progress() as progress:
        found = room.compare(
            _in_order(runs, baseline),
            metrics=[name for name in metrics.split(",") if name],
            adjust=adjust.value,
            replicates=replicates,
            seed=seed,
            progress=progress,
        )
    page = None if html is None else room.write_page(found, html)
    if form is None:
        room.print_comparison(found)
    else:
        content = room.write(found, form.value, out)
        if out is None:
            sys.stdout.buffer.write(content)
        else:
            typer.echo(f"wrote: {out}")
    if page is not None:
        typer.echo(f"page: {page}", err=form is not None and out is None)


def _in_order(runs: list[Path], baseline: Path | None) -> list[Path]:
    """The runs, the baseline first."""
    if baseline is None:
        return runs
    return [baseline, *(path for path in runs if path.resolve() != baseline.resolve())]
