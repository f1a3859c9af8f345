"""`normsuite direction transfer` and `direction feet`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli.run import Dtype, parse_raw
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.engines import EngineSpec


class FinetuneName(StrEnum):
    """What is trained by gradient descent, beside the direction."""

    head = "head"
    lora = "lora"
    none = "none"


_Tasks = Annotated[
    str, typer.Option(help="Direction tasks: names, patterns or YAML files, separated by commas.")
]
_Raw = Annotated[list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set. Repeatable.")]
_Limit = Annotated[
    int | None, typer.Option(min=1, help="Score a seeded sample of this many whole clusters of each task.")
]
_Replicates = Annotated[int, typer.Option(min=100, help="Of the cluster bootstrap.")]
_Device = Annotated[str, typer.Option(help="A torch device; auto: the first GPU.")]
_Batch = Annotated[int, typer.Option(min=1, help="Texts in one forward pass.")]
_Revision = Annotated[str | None, typer.Option(help="The hub's commit, tag or branch.")]
_DtypeOption = Annotated[Dtype, typer.Option(help="auto: bfloat16 on a GPU, float32 on a CPU.")]


def add_to(app: typer.Typer) -> None:
    """Attach the commands."""
    app.command("transfer")(transfer)
    app.command("feet")(feet)


def transfer(
    model: Annotated[str, typer.Argument(help="A checkpoint folder or a hub id.")],
    tasks: _Tasks,
    out: Annotated[
        Path, typer.Option(help="The folder for the results: a new one, or that of the same work.")
    ],
    raw: _Raw = None,
    estimator: Annotated[
        str | None, typer.Option(help="Fit all directions so, instead of as each task says.")
    ] = None,
    limit: _Limit = None,
    seed: Annotated[int, typer.Option(min=0, help="Of sample, random nulls and bootstrap.")] = 0,
    device: _Device = "auto",
    dtype: _DtypeOption = Dtype.auto,
    batch_size: _Batch = 32,
    revision: _Revision = None,
    replicates: _Replicates = 10_000,
) -> None:
    """Fit a direction on each task's seeds and test it on every task's items."""
    from normsuite import folders
    from normsuite.cli.console import item_progress
    from normsuite.questions import data_of
    from normsuite.scorers.direction import Models, build, untrained_doubles
    from normsuite.tasks import Step, resolve_tasks, used_sets
    from normsuite.transfer import (
        claim,
        describe,
        direction_questions,
        draw_matrix,
        print_matrix,
        sources_of,
        transfer_matrix,
        write_results,
    )

    chosen = resolve_tasks(tasks)
    if len(chosen) < 2:
        raise InputError("a matrix needs two tasks or more", field="--tasks")
    data = data_of(parse_raw(raw, used_sets(chosen)), chosen)
    step = Step(name=estimator) if estimator else None
    if step:
        build(step, ())
    spec = _spec(model, device, dtype, batch_size, revision)
    with item_progress() as progress:
        questions = direction_questions(chosen, data, limit=limit, seed=seed, progress=progress)
        sources = sources_of(questions, data, step)
        settings = {"limit": limit, "seed": seed, "replicates": replicates, "estimator": estimator}
        work = describe([spec], questions, settings)
        claim(out, "transfer", work)
        doubles, why_not = untrained_doubles(spec)
        models = Models(spec, doubles, why_not, folders.cache() / "embeddings")
        matrix = transfer_matrix(sources, models, replicates=replicates, seed=seed, progress=progress)
    drawings = draw_matrix(matrix.table, str(spec.model()["name"]))
    about = {"pairs": matrix.about, "notes": list(matrix.notes)}
    print_matrix(matrix.table, matrix.notes)
    _tell(write_results(out, "transfer", matrix.table, work, about, drawings))


def feet(
    model: Annotated[list[str], typer.Argument(help="Checkpoint folders or hub ids.")],
    tasks: _Tasks,
    out: Annotated[
        Path, typer.Option(help="The folder for the results: a new one, or that of the same work.")
    ],
    raw: _Raw = None,
    shots: Annotated[
        str, typer.Option(help="Numbers of seeds, of both poles together, separated by commas.")
    ] = "8,32,128",
    draws: Annotated[int, typer.Option(min=2, help="Of each number of seeds.")] = 10,
    finetune: Annotated[
        FinetuneName, typer.Option(help="head: on frozen embeddings; lora: the encoder too (needs peft).")
    ] = FinetuneName.head,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="At most; default: 200 of a head, 10 of LoRA.")
    ] = None,
    most_train: Annotated[
        int, typer.Option(min=2, help="Training rows at most, whole clusters, for all columns alike.")
    ] = 2000,
    limit: _Limit = None,
    seed: Annotated[int, typer.Option(min=0, help="Of samples, draws, training and bootstrap.")] = 0,
    device: _Device = "auto",
    dtype: _DtypeOption = Dtype.auto,
    batch_size: _Batch = 32,
    revision: _Revision = None,
    replicates: _Replicates = 10_000,
) -> None:
    """Compare frozen embeddings with few seeds and with fine-tuning, per encoder and task."""
    from normsuite import folders
    from normsuite.cli.console import item_progress
    from normsuite.questions import data_of
    from normsuite.tasks import resolve_tasks, used_sets
    from normsuite.transfer import (
        Finetune,
        Shots,
        bench_of,
        claim,
        describe,
        direction_questions,
        feet_table,
        print_feet,
        write_results,
    )

    columns = Shots(_numbers(shots), draws, Finetune(finetune.value), epochs, seed, replicates)
    if revision is not None and len(model) > 1:
        raise InputError("a revision is of one model", field="--revision", fix="name one model")
    chosen = resolve_tasks(tasks)
    data = data_of(parse_raw(raw, used_sets(chosen)), chosen)
    specs = [_spec(each, device, dtype, batch_size, revision) for each in model]
    with item_progress() as progress:
        questions = direction_questions(chosen, data, limit=limit, seed=seed, progress=progress)
        benches = [bench_of(question, data, most=most_train, seed=seed) for question in questions]
        settings = {**vars(columns), "finetune": finetune.value, "most_train": most_train, "limit": limit}
        work = describe(specs, questions, settings)
        claim(out, "feet", work)
        cache = folders.cache() / "embeddings"
        table = feet_table(specs, benches, columns, cache=cache, progress=progress)
    about = {"excluded": {bench.name: bench.excluded for bench in benches}}
    print_feet(table)
    _tell(write_results(out, "feet", table, work, about))


def _spec(model: str, device: str, dtype: Dtype, batch_size: int, revision: str | None) -> EngineSpec:
    from normsuite.cli.engines import EngineName, EngineOptions, choose_engine

    options = EngineOptions(dtype=dtype.value, device=device, batch_size=batch_size, revision=revision)
    return choose_engine(EngineName.transformers, model, options)[0]


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{text!r} is no list of numbers", field="--shots", fix="as 8,32,128") from None


def _tell(files: list[Path]) -> None:
    for file in files:
        typer.echo(f"wrote: {file}")
