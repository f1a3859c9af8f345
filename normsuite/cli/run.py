"""`normsuite demo`, `run` and `report`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.engines import Checkpoint, Engine


class EngineName(StrEnum):
    """Engines that run a checkpoint."""

    transformers = "transformers"


class Dtype(StrEnum):
    """Number formats of the weights."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


def demo(
    out: Annotated[Path, typer.Option(help="The run folder.")] = Path("normsuite-demo"),
) -> None:
    """Evaluate the shipped checkpoint and the baselines on the shipped data, and print the report."""
    from normsuite import folders

    run(str(folders.tiny()), tasks="mini-*", out=out)


def run(
    model: Annotated[
        str, typer.Argument(help="A checkpoint folder, a hub id, or `baselines` for those alone.")
    ],
    tasks: Annotated[str, typer.Option(help="Names, patterns or YAML files, separated by commas.")],
    out: Annotated[Path, typer.Option(help="The run folder; the same command continues it.")],
    raw: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set. Repeatable.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="A seeded sample of this many whole clusters.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of sample, label orders, random baseline and bootstrap.")
    ] = 0,
    engine: Annotated[EngineName, typer.Option(help="What runs the checkpoint.")] = EngineName.transformers,
    dtype: Annotated[Dtype, typer.Option(help="auto: bfloat16 on a GPU, float32 on a CPU.")] = Dtype.auto,
    device: Annotated[str, typer.Option(help="auto: the first GPU, else the CPU.")] = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="Most prompts in one forward pass.")] = 32,
    revision: Annotated[str | None, typer.Option(help="The hub's commit, tag or branch.")] = None,
    chat: Annotated[
        bool | None, typer.Option("--chat/--no-chat", help="Chat template; default: where there is one.")
    ] = None,
    replicates: Annotated[int, typer.Option(min=100, help="Of the cluster bootstrap.")] = 10_000,
) -> None:
    """Evaluate a checkpoint on tasks, with the baselines beside it."""
    from normsuite.cli.console import item_progress
    from normsuite.evaluate import Settings, evaluate, prepare
    from normsuite.tasks import resolve_tasks

    chosen = resolve_tasks(tasks)
    copies = parse_raw(raw, {task.data.set for task in chosen})
    settings = Settings(limit, seed, replicates)
    with item_progress() as progress:
        questions = prepare(chosen, copies, settings, progress)
        loaded = None
        if model != "baselines":
            progress("loading the model", 0, 1)
            loaded = _load(model, revision, dtype.value, device, batch_size, chat)
            progress("loading the model", 1, 1)
        finished = evaluate(loaded, questions, out, settings=settings, progress=progress)
    _tell([finished.path])


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
) -> None:
    """Print the results of finished runs and write each one's report.html."""
    _tell(runs)


def _tell(runs: list[Path]) -> None:
    """Print and write the reports of runs."""
    from normsuite.cli.console import item_progress
    from normsuite.report import print_report, write_html

    for path in runs:
        print_report(path)
        with item_progress() as progress:
            progress("writing the page", 0, 1)
            page = write_html(path, path / "report.html")
            progress("writing the page", 1, 1)
        typer.echo(f"report: {page}")


def parse_raw(pairs: list[str] | None, used: set[str]) -> dict[str, Path]:
    """``NAME=PATH`` options as a dictionary.

    Raises:
        InputError: not of that form, one data set named twice, or a name that is neither among those ``used``
            nor any we know.
    """
    from normsuite.adapters import ADAPTERS

    found: dict[str, Path] = {}
    for pair in pairs or []:
        name, equals, path = pair.partition("=")
        if not (name and equals and path):
            raise InputError(f"{pair!r} is not NAME=PATH", field="--raw")
        if name in found:
            raise InputError(f"the data set {name!r} is given twice", field="--raw")
        if name not in used and name not in ADAPTERS:
            what = f"no task here is of the data set {name!r}"
            raise InputError(what, field="--raw", fix=f"name {' or '.join(sorted(used))}")
        found[name] = Path(path)
    return found


def _load(
    model: str, revision: str | None, dtype: str, device: str, batch_size: int, chat: bool | None
) -> tuple[Checkpoint, Engine]:
    from normsuite.engines import find_checkpoint

    checkpoint = find_checkpoint(model, revision)
    from normsuite.engines.transformers import TransformersEngine

    engine = TransformersEngine(checkpoint, dtype=dtype, device=device, batch_size=batch_size, chat=chat)
    return checkpoint, engine
