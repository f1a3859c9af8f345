"""`normsuite leaderboard build` and `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from normsuite.cli.include import Include

_SUBMISSIONS = Path("leaderboard/submissions")


def build(
    out: Annotated[Path, typer.Option(help="The site's folder.")],
    submissions: Annotated[Path, typer.Option(help="The folder of all submissions.")] = _SUBMISSIONS,
    include: Include = None,
) -> None:
    """Make the static site of all submissions, or bring it up to date."""
    from normsuite.cli.console import item_progress
    from normsuite.leaderboard.site import build_site

    with item_progress() as progress:
        built = build_site(submissions, out, lambda done, total: progress("reading submissions", done, total))
    typer.echo(
        f"site: {out} ({built.submissions:,} submission(s), {built.read:,} read anew; "
        f"{built.files:,} files, {built.written:,} written)"
    )
    typer.echo(f"open {out / 'index.html'}, or `normsuite leaderboard serve {out}`")


def serve(
    folder: Annotated[Path, typer.Argument(help="A site's folder.")] = Path("site"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="On loopback; 0 is any that is free.")] = 8000,
) -> None:
    """Show a site on this machine alone, until Ctrl-C."""
    from normsuite.leaderboard.site.serve import LOOPBACK, site_server

    with site_server(folder, port) as server:
        typer.echo(f"http://{LOOPBACK}:{server.server_port}/ (Ctrl-C ends it)")
        server.serve_forever()


def add_to(app: typer.Typer) -> None:
    """Make these commands of ``normsuite leaderboard``."""
    app.command("build")(build)
    app.command("serve")(serve)
