"""`normsuite demo` and `run`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normsuite.cli.engines import EngineName, EngineOptions, choose_engine
from normsuite.cli.include import Include
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.scorers.agents import Documents
    from normsuite.tasks import AnyTask


class Dtype(StrEnum):
    """Number formats of the weights."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


def demo(
    out: Annotated[Path, typer.Option(help="The run folder.")] = Path("normsuite-demo"),
    engine: Annotated[
        EngineName, typer.Option(help="What runs the checkpoint; auto: vllm where it is installed.")
    ] = EngineName.auto,
) -> None:
    """Evaluate the shipped checkpoint and the baselines on the shipped data, and print the report."""
    from normsuite import folders

    run(str(folders.tiny()), tasks="mini-*", out=out, engine=engine)


def run(
    model: Annotated[
        str, typer.Argument(help="A checkpoint folder, a hub id, or `baselines` for those alone.")
    ],
    tasks: Annotated[str, typer.Option(help="Names, patterns or YAML files, separated by commas.")],
    out: Annotated[Path, typer.Option(help="The run folder; the same command continues it.")],
    raw: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set. Repeatable.")
    ] = None,
    documents: Annotated[
        Path | None, typer.Option(help="A folder of .txt and .md files that tasks with agents search.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="A seeded sample of this many whole clusters.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of sample, label orders, random baseline and bootstrap.")
    ] = 0,
    engine: Annotated[
        EngineName, typer.Option(help="What runs the checkpoint; auto: vllm where it is installed.")
    ] = EngineName.auto,
    dtype: Annotated[Dtype, typer.Option(help="auto: bfloat16 on a GPU, float32 on a CPU.")] = Dtype.auto,
    device: Annotated[str, typer.Option(help="transformers: a torch device; auto: the first GPU.")] = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="transformers: prompts in one forward pass.")] = 32,
    revision: Annotated[str | None, typer.Option(help="The hub's commit, tag or branch.")] = None,
    chat: Annotated[
        bool | None, typer.Option("--chat/--no-chat", help="Chat template; default: where there is one.")
    ] = None,
    engine_option: Annotated[
        list[str] | None, typer.Option(help="vllm, ray: NAME=VALUE, any engine argument of vLLM. Repeatable.")
    ] = None,
    tensor_parallel: Annotated[int, typer.Option(min=1, help="vllm, ray: devices that share a layer.")] = 1,
    pipeline_parallel: Annotated[
        int, typer.Option(min=1, help="vllm, ray: devices that share the layers.")
    ] = 1,
    data_parallel: Annotated[
        int, typer.Option(min=1, help="vllm, transformers: processes, each with a whole model.")
    ] = 1,
    reproducible: Annotated[
        bool, typer.Option(help="vllm, ray: the same bytes whatever shares a batch (slower).")
    ] = False,
    fallback: Annotated[
        bool, typer.Option(help="vllm: use transformers if vLLM does not support the model.")
    ] = False,
    base_url: Annotated[
        str | None, typer.Option(help="openai: the server's address, as http://HOST:PORT/v1.")
    ] = None,
    tokenizer: Annotated[
        str | None, typer.Option(help="openai: folder or hub id of the served model's tokenizer.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="openai: requests at once.")] = 32,
    patience: Annotated[
        float, typer.Option(min=0, help="openai: seconds to wait for a server that is gone.")
    ] = 300,
    address: Annotated[
        str | None, typer.Option(help="ray: of a cluster; default: one on this machine.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="ray: engines in the cluster.")] = 1,
    part: Annotated[
        int, typer.Option(min=1, help="Most items of a part of the predictions: what a crash can lose.")
    ] = 1024,
    replicates: Annotated[int, typer.Option(min=100, help="Of the cluster bootstrap.")] = 10_000,
    include: Include = None,
) -> None:
    """Evaluate a checkpoint on tasks, with the baselines beside it."""
    from normsuite.cli.console import item_progress
    from normsuite.cli.report import tell
    from normsuite.evaluate import evaluate
    from normsuite.questions import prepare
    from normsuite.tasks import prompted_only, resolve_tasks, used_sets
    from normsuite.work import Settings

    chosen = resolve_tasks(tasks)
    copies = parse_raw(raw, used_sets(chosen))
    settings = Settings(limit, seed, replicates, part)
    options = EngineOptions(
        dtype=dtype.value,
        device=device,
        batch_size=batch_size,
        revision=revision,
        chat=chat,
        engine_options=tuple(engine_option or ()),
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
        data_parallel=data_parallel,
        reproducible=reproducible,
        fallback=fallback,
        base_url=base_url,
        tokenizer=tokenizer,
        concurrency=concurrency,
        patience=patience,
        address=address,
        workers=workers,
    )
    with item_progress() as progress:
        texts = read_texts(documents, chosen)
        questions = prepare(chosen, copies, limit=limit, seed=seed, documents=texts, progress=progress)
        if engine is EngineName.auto and not prompted_only(chosen):
            engine = EngineName.transformers  # it reads any layer and position
        spec, who = (None, None) if model == "baselines" else choose_engine(engine, model, options)
        finished = evaluate(spec, questions, out, settings=settings, workers=who, progress=progress)
    tell([finished.path], copies, chosen)


def read_texts(folder: Path | None, tasks: Sequence[AnyTask]) -> Documents | None:
    """The documents that tasks search; that nothing is searched is said, for it moves numbers.

    Raises:
        InputError: no task searches, or the folder cannot be used.
    """
    from normsuite.scorers.agents import read_documents
    from normsuite.tasks import prompted_only

    asking = [task for task in prompted_only(tasks) if task.scorer == "agents"]
    searching = [task.name for task in asking if task.agents.retriever != "none"]
    if folder is None:
        for name in searching:
            typer.echo(f"{name}: nothing is searched; name a folder with --documents", err=True)
        return None
    if not searching:
        raise InputError("no task here searches documents", field="--documents", fix="leave it out")
    return read_documents(folder)


def parse_raw(pairs: list[str] | None, used: set[str]) -> dict[str, Path]:
    """``NAME=PATH`` options as a dictionary.

    Raises:
        InputError: not of that form, one data set named twice, or a name that is neither among those ``used``
            nor any we know.
    """
    from normsuite.adapters import known_adapters

    found: dict[str, Path] = {}
    for pair in pairs or []:
        name, equals, path = pair.partition("=")
        if not (name and equals and path):
            raise InputError(f"{pair!r} is not NAME=PATH", field="--raw")
        if name in found:
            raise InputError(f"the data set {name!r} is given twice", field="--raw")
        if name not in used and name not in known_adapters():
            what = f"no task here is of the data set {name!r}"
            raise InputError(what, field="--raw", fix=f"name {' or '.join(sorted(used))}")
        found[name] = Path(path)
    return found
