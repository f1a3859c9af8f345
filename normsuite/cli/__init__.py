"""The command line. Each command imports what it needs when it runs, so that `--help` answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import normsuite
from normsuite.cli import compare, data, direction, leaderboard, report, run, site, task, transfer
from normsuite.errors import InputError

_INTERRUPTED = 130

app = typer.Typer(
    name="normsuite",
    help="How well does a language model reason about social norms, for whom it fails, and how sure we are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.add_typer(task.app, name="task")
transfer.add_to(direction.app)
app.add_typer(direction.app, name="direction")
site.add_to(leaderboard.app)
app.add_typer(leaderboard.app, name="leaderboard")
app.command("demo")(run.demo)
app.command("run")(run.run)
app.command("report")(report.report)
app.command("compare")(compare.compare)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"normsuite {normsuite.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from normsuite import places

    places.include_nothing()


def main() -> None:
    """Run the command line: exit code 2 and one line for a user's mistake, 130 for Ctrl-C."""
    try:
        app()
    except InputError as error:
        typer.echo(f"normsuite: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as ending:
        # Inside a command typer turns Ctrl-C into the exit code that shells give it.
        if isinstance(ending, SystemExit) and ending.code != _INTERRUPTED:
            raise
        typer.echo("normsuite: stopped; the same command continues where it was", err=True)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        sys.exit(0)
