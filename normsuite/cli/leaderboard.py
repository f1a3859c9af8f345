"""`normsuite leaderboard add`, `check` and `export`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from enum import StrEnum
from functools import partial as bind
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli.include import Include
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.leaderboard import Submission

app = typer.Typer(
    name="leaderboard",
    help="Submissions: add, check, export; a board that anyone can rebuild.",
    no_args_is_help=True,
)

SUBMISSIONS = Path("leaderboard/submissions")


class Format(StrEnum):
    """What results are written for."""

    eval_results = "eval-results"
    every_eval_ever = "every-eval-ever"
    model_index = "model-index"
    hf_space = "hf-space"


@app.command("add")
def add_run(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    to: Annotated[Path, typer.Option(help="The folder of all submissions.")] = SUBMISSIONS,
    org: Annotated[str, typer.Option(help="Who stands for the model; default: the owner of a hub id.")] = "",
    name: Annotated[str, typer.Option(help="The model's name on the board; default: the run's.")] = "",
    revision: Annotated[
        str, typer.Option(help="The folder's name; default: the hub's commit, else the model's digest.")
    ] = "",
    partial: Annotated[
        bool, typer.Option(help="Let a sample or weak readings pass; the board says so.")
    ] = False,
    replace: Annotated[bool, typer.Option(help="Put it in place of one of the same name.")] = False,
    predictions_url: Annotated[
        str, typer.Option(help="An https address for the predictions, in place of including them.")
    ] = "",
    predictions_file: Annotated[
        Path | None, typer.Option(help="With --predictions-url: the file to write and put there.")
    ] = None,
    include: Include = None,
) -> None:
    """Write a finished run as a submission, once its numbers recompute from its predictions."""
    from normsuite.leaderboard.add import Named, add

    if bool(predictions_url) != (predictions_file is not None):
        raise InputError("--predictions-url and --predictions-file go together")
    elsewhere = (predictions_url, predictions_file) if predictions_file is not None else None
    added = add(run, to, Named(org, name, revision), partial=partial, replace=replace, elsewhere=elsewhere)
    size = sum(file.stat().st_size for file in added.folder.rglob("*") if file.is_file())
    typer.echo(f"submission: {added.folder} ({added.name}, {len(added.tasks)} tasks, {size / 1000:,.0f} kB)")
    for reason in added.manifest.partial:
        typer.echo(f"  partial: {reason}")


@app.command("check")
def check_submissions(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Folders of submissions, or single submissions.")
    ] = None,
    raw: Annotated[
        list[str] | None,
        typer.Option(help="NAME=PATH: a local copy of a data set, to see what is said of its items."),
    ] = None,
    include: Include = None,
) -> None:
    """Recompute submissions and say all that is wrong with them; exit code 1 where there is a problem."""
    from normsuite.cli.console import item_progress
    from normsuite.cli.run import parse_raw
    from normsuite.leaderboard.check import check

    with item_progress() as progress:
        found = check(paths or [SUBMISSIONS], parse_raw(raw, set()), progress)
    for problem in found.problems:
        typer.echo(str(problem))
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    problems = len(found.problems)
    typer.echo(f"{found.submissions:,} submission(s) checked, {problems:,} problem(s)", err=True)
    if problems:
        raise typer.Exit(1)


@app.command("export")
def export_results(
    to: Annotated[Format, typer.Option(help="For whom.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    submissions: Annotated[Path, typer.Option(help="The folder of all submissions.")] = SUBMISSIONS,
    benchmark: Annotated[
        str, typer.Option(help="eval-results: the hub's data set that registers the tasks, OWNER/NAME.")
    ] = "",
    source: Annotated[
        str, typer.Option(help="eval-results, model-index: the board's https address, to be linked.")
    ] = "",
    first_party: Annotated[
        bool, typer.Option(help="every-eval-ever: those who made the models evaluated them.")
    ] = False,
    title: Annotated[str, typer.Option(help="hf-space: the Space's title.")] = "normsuite leaderboard",
    include: Include = None,
) -> None:
    """Write submissions in a format that others read: headline metrics, by culture where there is room."""
    from normsuite.leaderboard import exports, find_submissions, read_submission

    if to is Format.hf_space:
        _export_space(submissions, out, title)
        return
    if to is Format.eval_results and benchmark.count("/") != 1:
        raise InputError("needs the data set that registers the tasks, OWNER/NAME", field="--benchmark")
    if source and not source.startswith("https://"):
        raise InputError("is no https address", field="--source")
    writers: dict[Format, Callable[[Submission], Path | None]] = {
        Format.eval_results: bind(exports.write_eval_results, out=out, benchmark=benchmark, source=source),
        Format.model_index: bind(exports.write_model_index, out=out, source=source),
        Format.every_eval_ever: bind(exports.write_every_eval_ever, out=out, first_party=first_party),
    }
    for folder in find_submissions(submissions):
        submission = read_submission(folder)
        written = writers[to](submission)
        typer.echo(str(written) if written else f"{submission.name}: no model, nothing to export")


def _export_space(submissions: Path, out: Path, title: str) -> None:
    """The site, and the README that makes it a Space."""
    from normsuite.leaderboard.exports import write_space
    from normsuite.leaderboard.site.build import build_site
    from normsuite.leaderboard.site.reading import KEPT

    build_site(submissions, out)
    shutil.rmtree(out / KEPT, ignore_errors=True)  # it speeds the next build up, and is nothing to upload
    typer.echo(str(write_space(out, title=title)))
