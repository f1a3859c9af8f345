"""`normsuite report`: a finished run, told in the terminal, on a page and in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli.include import Include
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.tasks import AnyTask


class Format(StrEnum):
    """What a report is written as."""

    page = "page"
    markdown = "markdown"
    csv = "csv"
    parquet = "parquet"


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    format: Annotated[
        Format, typer.Option(help="page: tables here, and each run's report.html; others: files of numbers.")
    ] = Format.page,
    out: Annotated[
        Path | None, typer.Option(help="Where to; default: RUN/report.html, or this terminal.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(help="Write every plot as PNG and SVG with its numbers into this folder.")
    ] = None,
    items: Annotated[
        bool,
        typer.Option(
            "--items/--no-items",
            help="Whether the page holds single items, with prompts where the data may be passed on.",
        ),
    ] = True,
    raw: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set, for prompts. Repeatable.")
    ] = None,
    include: Include = None,
) -> None:
    """Show the results of finished runs: in the terminal, as a page that works from disk, and as files."""
    from normsuite.cli.run import parse_raw

    copies = parse_raw(raw, _data_sets(runs))
    if format is Format.page:
        if out is not None and len(runs) > 1 and not out.is_dir():
            what = "is to hold the pages of several runs"
            raise InputError(what, file=out, field="--out", fix="name a folder")
        tell(runs, copies, out=out, items=items)
    else:
        _write(runs, format, out)
    if plots is not None:
        _draw(runs, plots)


def _data_sets(runs: Sequence[Path]) -> set[str]:
    """The data sets that runs name."""
    from normsuite.runs import open_run

    return {str(name) for path in runs for name in open_run(path).manifest.get("data") or {}}


def tell(
    runs: Sequence[Path],
    raw: Mapping[str, Path],
    tasks: Sequence[AnyTask] = (),
    *,
    out: Path | None = None,
    items: bool = True,
) -> None:
    """Print runs and write each one's page; the last line names it.

    Args:
        runs: run folders.
        raw: local copies of raw data, for prompts.
        tasks: tasks at hand that may not be known by name.
        out: file or folder of the page; None is each run's folder.
        items: whether the page holds single items.
    """
    from normsuite.cli.console import item_progress
    from normsuite.report import print_report, write_html
    from normsuite.report.prompts import texts_of

    texts = texts_of(raw, tasks)
    for path in runs:
        print_report(path)
        page = out or path / "report.html"
        if out is not None and out.is_dir() and len(runs) > 1:
            page = out / f"{path.name}.html"
        with item_progress() as progress:
            written = write_html(path, page, items=items, texts=texts, progress=progress)
        typer.echo(f"report: {written}")


def _write(runs: Sequence[Path], format: Format, out: Path | None) -> None:
    """Results as text here, or as a file."""
    from normsuite.report.files import results_of, to_csv, write_results
    from normsuite.report.markdown import to_markdown
    from normsuite.runs import write_text

    if out is not None and format in (Format.csv, Format.parquet) and out.suffix != f".{format.value}":
        raise InputError(f"must end in .{format.value}", file=out, field="--out")
    if format is Format.markdown:
        told = "\n".join(map(to_markdown, runs))
        if out is None:
            typer.echo(told, nl=False)
        else:
            write_text(out, told)
    elif out is not None:
        write_results(results_of(runs), out)
    elif format is Format.csv:
        typer.echo(to_csv(results_of(runs).to_pandas()), nl=False)
    else:
        raise InputError("Parquet is no text", field="--format", fix="name a file with --out")
    if out is not None:
        typer.echo(f"report: {out}")


def _draw(runs: Sequence[Path], folder: Path) -> None:
    from normsuite.cli.console import item_progress
    from normsuite.report.files import write_plots

    with item_progress() as progress:
        written = write_plots(runs, folder, progress)
    typer.echo(f"plots: {written} in {folder}")
