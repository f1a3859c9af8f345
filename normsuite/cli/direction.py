"""`normsuite direction`: fit a direction on a model's embeddings, score texts along it, show what it is."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from normsuite.cli.engines import EngineName, EngineOptions, choose_engine
from normsuite.cli.run import Dtype, parse_raw
from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.fitting import Recipe

app = typer.Typer(help="Directions in embeddings: fit, score, show, transfer, feet.", no_args_is_help=True)

AsIs = Annotated[
    bool, typer.Option("--as-is", help="Embed a text as it stands, without the direction's wordings.")
]
Model = Annotated[
    str | None, typer.Option(help="The model it was fitted on; default: where it was found then.")
]
Device = Annotated[str, typer.Option(help="transformers: a torch device; auto: the first GPU.")]
BatchSize = Annotated[int, typer.Option(min=1, help="transformers: texts in one forward pass.")]


class Reads(StrEnum):
    """Engines that can be asked for vectors of a checkpoint."""

    transformers = "transformers"
    vllm = "vllm"


class Position(StrEnum):
    """Where in a text its embedding is read, as ``ReadingSpec.position``."""

    auto = "auto"
    model = "model"
    last = "last"
    mean = "mean"
    behavior = "behavior"


@app.command()
def fit(
    model: Annotated[str, typer.Argument(help="A checkpoint folder or a hub id.")],
    out: Annotated[Path, typer.Option(help="The folder to write; a direction that is there is replaced.")],
    task: Annotated[
        str | None, typer.Option(help="A direction task, by name or YAML file, whose seeds are fitted on.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A YAML file: texts, seeds, estimator, preprocessing, reading.")
    ] = None,
    seed_words: Annotated[
        Path | None, typer.Option(help="A YAML file of `positive` and `negative` words: the only seeds.")
    ] = None,
    raw: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH: a local copy of a data set. Repeatable.")
    ] = None,
    estimator: Annotated[
        str | None, typer.Option(help="Another estimator than the recipe's, such as lda.")
    ] = None,
    position: Annotated[
        Position | None, typer.Option(help="Where in a text it is read; default: as the recipe says.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(help="A number, negative from the last, or auto: chosen on held-out seeds.")
    ] = None,
    texts: Annotated[
        list[str] | None, typer.Option(help="A family of wordings in which texts are read. Repeatable.")
    ] = None,
    engine: Annotated[Reads, typer.Option(help="What runs the model.")] = Reads.transformers,
    dtype: Annotated[Dtype, typer.Option(help="auto: bfloat16 on a GPU, float32 on a CPU.")] = Dtype.auto,
    device: Device = "auto",
    batch_size: BatchSize = 32,
    revision: Annotated[str | None, typer.Option(help="The hub's commit, tag or branch.")] = None,
) -> None:
    """Fit a direction on seeds, and keep it in a folder that scores any text.

    Without a task or recipe it is the one that ships with normsuite.
    """
    from normsuite import folders
    from normsuite.cli.console import item_progress
    from normsuite.fitting import Changes, changed, fit_kept, on_this_machine
    from normsuite.scorers.direction.files import Place, check_target, save

    check_target(out)
    changes = Changes(
        estimator,
        None if position is None else position.value,
        _layer(layer),
        tuple(texts or ()),
        None if seed_words is None else _words_file(seed_words),
    )
    wanted = changed(_recipe(task, recipe), changes)
    copies = parse_raw(raw, wanted.sets())
    options = EngineOptions(dtype=dtype.value, device=device, batch_size=batch_size, revision=revision)
    spec, _ = choose_engine(EngineName(engine.value), model, options)
    used, missing = on_this_machine(wanted, copies)
    if missing:
        typer.echo(
            f"the data set {missing!r} is not on this machine: fitting the recipe's offline part on "
            f"{_seeds(used)} (for the other: `normsuite data get {missing}`, or --raw)",
            err=True,
        )
    with item_progress() as progress:
        axis, about = fit_kept(used, spec, copies, cache=folders.cache() / "embeddings", progress=progress)
    found = Path(model).is_dir()
    save(out, axis, about, Place(str(Path(model).resolve()) if found else model, about.model.revision))
    seeds = ", ".join(f"{source.n:,} of {source.name} ({'+'.join(source.texts)})" for source in about.seeds)
    typer.echo(f"direction: {used.estimator.name} on {seeds}, layer {about.pooling.layer} -> {out}")


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A direction, from `direction fit`.")],
    file: Annotated[Path, typer.Argument(help="UTF-8 text; each line is a text to score. -: stdin.")],
    out: Annotated[Path, typer.Option(help="The CSV to write, with columns text and score.")],
    as_is: AsIs = False,
    model: Model = None,
    device: Device = "auto",
    batch_size: BatchSize = 32,
) -> None:
    """Score each line of a file along a direction; a text that is too long for the model has no score."""
    import csv
    import io

    import numpy as np

    from normsuite.cli.console import item_progress
    from normsuite.runs import write_text
    from normsuite.scoring import load_direction

    name = "stdin" if str(file) == "-" else str(file)
    texts = _lines(file, name)
    if name != "stdin" and out.resolve() == file.resolve():
        raise InputError("is the file of texts itself", file=out, field="--out")
    with load_direction(folder, model, device, batch_size) as scorer, item_progress() as progress:
        try:
            scores = scorer(texts, as_is=as_is, progress=progress)
        except InputError as error:
            if error.row is None or error.file is not None:
                raise
            raise InputError(error.what, file=name, row=error.row, field=error.field, fix=error.fix) from None
    table = io.StringIO()
    # Every text is quoted: one may hold a comma, a quote, a carriage return, or look like a number.
    writer = csv.writer(table, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(("text", "score"))
    writer.writerows(
        (text, value if np.isfinite(value) else None)
        for text, value in zip(texts, scores.tolist(), strict=True)
    )
    write_text(out, table.getvalue())
    long = int(np.isnan(scores).sum())
    if long:
        typer.echo(f"{long:,} text(s) longer than the model's context have no score", err=True)
    typer.echo(f"{len(texts):,} texts -> {out}")


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A direction, from `direction fit`.")],
    text: Annotated[
        list[str] | None, typer.Option(help="A text whose tokens' contributions are shown. Repeatable.")
    ] = None,
    as_is: AsIs = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    model: Model = None,
    device: Device = "auto",
) -> None:
    """Show what a direction is: its model, its seeds, both poles, the nearest words, what each token adds."""
    from normsuite.cli.direction_tables import Explained, print_direction, to_json
    from normsuite.scorers.direction.files import load

    about = load(folder).about
    explained = []
    if text:
        from normsuite.scoring import load_direction

        with load_direction(folder, model, device) as scorer:
            tokens = [scorer.explain(one, as_is=as_is) for one in text]
            scores = scorer(text, as_is=as_is).tolist()
        explained = [Explained(*row) for row in zip(text, scores, tokens, strict=True)]
    if json:
        typer.echo(to_json(about, explained))
    else:
        print_direction(about, explained)


def _recipe(task: str | None, path: Path | None) -> Recipe:
    from normsuite.fitting import DEFAULT, read_recipe, recipe_of_task

    if task is not None and path is not None:
        raise InputError("a task and a recipe are given", field="--recipe", fix="give one of them")
    return recipe_of_task(task) if task is not None else read_recipe(path or DEFAULT)


def _seeds(recipe: Recipe) -> str:
    names = (source.words or (source.data.set if source.data else "") for source in recipe.seeds)
    return ", ".join(dict.fromkeys(names))


def _words_file(path: Path) -> str:
    if path.suffix not in (".yaml", ".yml"):
        raise InputError("is no YAML file", file=path, field="--seed-words", fix="name it *.yaml")
    return str(path)


def _layer(layer: str | None) -> int | Literal["auto"] | None:
    """A number, ``auto`` or nothing."""
    if layer is None:
        return None
    if layer == "auto":
        return "auto"
    try:
        return int(layer)
    except ValueError:
        raise InputError(f"{layer!r} is no layer", field="--layer", fix="give a number or auto") from None


def _lines(file: Path, name: str) -> list[str]:
    """The lines of a file; a line ends at a line feed, with or without a carriage return before it.

    Raises:
        InputError: no such file, no text in it, or a line that is empty or not UTF-8.
    """
    if name != "stdin" and not file.is_file():
        raise InputError("is no file" if file.exists() else "no such file", file=file)
    try:
        content = sys.stdin.buffer.read() if name == "stdin" else file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name) from None
    try:
        whole = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", file=name, row=row, fix="save it as UTF-8") from None
    lines = [line.removesuffix("\r") for line in whole.removesuffix("\n").split("\n")]
    if lines == [""]:
        raise InputError("holds no text", file=name)
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            raise InputError("the line is empty", file=name, row=row, fix="leave it out")
    return lines
