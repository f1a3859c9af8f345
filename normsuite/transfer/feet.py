"""A FEET table: frozen embeddings, few seeds, and a fine-tuned head or encoder, side by side.

After Lee et al. (2024, "FEET: a framework for evaluating embedding techniques", arXiv:2411.01322). Changes
against frozen are in points, 100 times the difference of two AUROCs, never in percent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.aggregate import REPLICATES
from normsuite.directions import DirectionError
from normsuite.embeddings import Reader
from normsuite.engines import Checkpoint, EngineSpec
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.scorers.direction import Fitted, fit_direction
from normsuite.scorers.direction.reading import choose_pooling, read
from normsuite.scorers.direction.seeds import Floats, mean_over_wordings
from normsuite.transfer import head, lora
from normsuite.transfer.fewshot import few_shot
from normsuite.transfer.judging import Judge
from normsuite.transfer.tables import FEET_SCHEMA, table_of
from normsuite.transfer.training import Bench


class Finetune(StrEnum):
    """What is trained by gradient descent."""

    head = "head"
    lora = "lora"
    none = "none"


@dataclass(frozen=True)
class Shots:
    """The columns of a table.

    Attributes:
        shots: numbers of seeds, of both poles together; even.
        draws: of each.
        finetune: what is trained.
        epochs: at most; None is each trainer's own number.
        seed: of draws, training and bootstrap.
        replicates: of the cluster bootstrap.
    """

    shots: tuple[int, ...] = (8, 32, 128)
    draws: int = 10
    finetune: Finetune = Finetune.head
    epochs: int | None = None
    seed: int = 0
    replicates: int = REPLICATES

    def __post_init__(self) -> None:
        for shots in self.shots:
            if shots < 2 or shots % 2:
                what = f"{shots} seeds cannot be half of each pole"
                raise InputError(what, field="--shots", fix="give even numbers")
        if len(set(self.shots)) != len(self.shots):
            raise InputError("a number of seeds is named twice", field="--shots")


def feet_table(
    specs: Sequence[EngineSpec],
    benches: Sequence[Bench],
    columns: Shots,
    *,
    cache: Path | None = None,
    progress: Progress = silent,
) -> pa.Table:
    """Every column of every model on every task.

    Args:
        specs: the models.
        benches: training rows and items of each task, from ``bench_of``.
        columns: what is compared.
        cache: of embeddings; None keeps none.
        progress: told what is embedded and trained.

    Returns:
        Rows in ``FEET_SCHEMA``. A column that cannot be had has no value, and a note says why.

    Raises:
        InputError: a model cannot be used, one is given twice, or peft is missing.
    """
    names = model_names(specs)
    if columns.finetune is Finetune.lora:
        lora.require_peft()
    lines: list[dict[str, Any]] = []
    for spec, name in zip(specs, names, strict=True):
        with Reader(spec, cache=cache) as reader:
            read_ = [_frozen(reader, spec, bench, progress) for bench in benches]
        # The engine is gone before LoRA loads the model again.
        for bench, own in zip(benches, read_, strict=True):
            found = _lines(spec, bench, own, columns, progress)
            lines += [{"model": name, "task": bench.name, "metric": "auroc", **line} for line in found]
    return table_of(lines, FEET_SCHEMA)


def model_names(specs: Sequence[EngineSpec]) -> list[str]:
    """The models' names, with the beginning of a digest where two share one.

    Raises:
        InputError: a model is given twice.
    """
    models = [spec.model() for spec in specs]
    names, digests = ([str(model[key]) for model in models] for key in ("name", "sha256"))
    for at, digest in enumerate(digests):
        if digest in digests[:at]:
            raise InputError(f"the model {names[at]!r} is given twice")
    return [
        f"{name} ({digest[:8]})" if names.count(name) > 1 else name
        for name, digest in zip(names, digests, strict=True)
    ]


@dataclass(frozen=True)
class _Frozen:
    """A task on frozen embeddings: the direction of all training rows, and the items' vectors [n, d]."""

    fitted: Fitted | None
    items: NDArray[np.float32]
    note: str = ""


def _frozen(reader: Reader, spec: EngineSpec, bench: Bench, progress: Progress) -> _Frozen:
    recipe = bench.question.recipe()
    pooling = choose_pooling(recipe.reading, spec, bench.passages())
    try:
        fitted = fit_direction(reader, spec, bench.sources, recipe, pooling=pooling, progress=progress)
    except DirectionError as error:
        return _Frozen(None, np.empty((0, 0), np.float32), str(error))
    way = fitted.pooling
    flat = read(reader, bench.texts, way, (way.layer,), f"{bench.name}: embedding items", progress)[:, 0]
    return _Frozen(fitted, mean_over_wordings(flat.reshape(len(bench.texts), -1, flat.shape[-1])))


def _lines(
    spec: EngineSpec, bench: Bench, own: _Frozen, columns: Shots, progress: Progress
) -> list[dict[str, Any]]:
    """The columns of one model on one task."""
    names = ["frozen", *(f"few-shot {shots}" for shots in columns.shots)]
    names += [] if columns.finetune is Finetune.none else [columns.finetune.value]
    if own.fitted is None:
        return [_empty(name, bench, own.note) for name in names]
    judge = Judge(bench, columns.replicates, columns.seed)
    scores = own.fitted.axis(own.items)
    frozen = judge.whole(scores) | {"column": "frozen", "train": len(own.fitted.rows.y), "note": ""}
    lines = [frozen, *(_few(judge, own, shots, columns, frozen) for shots in columns.shots)]
    if columns.finetune is not Finetune.none:
        try:
            lines.append(_tuned(judge, spec, own, columns, scores, progress))
        except DirectionError as error:
            lines.append(_empty(columns.finetune.value, bench, str(error)))
    return [{"draws": 1, "train": 0, "note": ""} | line for line in lines]


def _few(judge: Judge, own: _Frozen, shots: int, columns: Shots, frozen: Mapping[str, Any]) -> dict[str, Any]:
    assert own.fitted is not None
    name = f"few-shot {shots}"
    recipe = judge.bench.question.recipe()
    drawn = few_shot(own.fitted, recipe, own.items, shots, columns.draws, columns.seed)
    if not drawn.scores:
        return _empty(name, judge.bench, drawn.note)
    line = judge.draws(drawn.scores)
    change = {}
    if frozen["value"] is not None:
        ends = {"change_points": "value", "change_low": "low", "change_high": "high"}
        change = {key: 100 * (line[end] - frozen["value"]) for key, end in ends.items()}
    note = f"{drawn.failed} draws defined no direction" if drawn.failed else ""
    return {**line, **change, "column": name, "train": shots, "draws": len(drawn.scores), "note": note}


def _tuned(
    judge: Judge, spec: EngineSpec, own: _Frozen, columns: Shots, frozen: Floats, progress: Progress
) -> dict[str, Any]:
    """A fine-tuned head, or an encoder with one."""
    assert own.fitted is not None
    bench, seed = judge.bench, columns.seed
    if columns.finetune is Finetune.head:
        rows = own.fitted.rows
        rows = rows.take((rows.y == 0) | (rows.y == 1))
        epochs = columns.epochs or head.EPOCHS
        scores, trained = head.train_head(
            rows.X, rows.y, rows.groups, own.items, epochs=epochs, seed=seed, progress=progress
        )
        used = len(rows.y)
    else:
        checkpoint = getattr(spec, "checkpoint", None)
        assert isinstance(checkpoint, Checkpoint)
        scores, trained, used = lora.train_lora(
            checkpoint,
            own.fitted.pooling,
            bench.sources,
            bench.texts,
            device=getattr(spec, "device", "auto"),
            epochs=columns.epochs or lora.EPOCHS,
            seed=seed,
            progress=progress,
        )
    note = f"epoch {trained.best} of {trained.epochs}"
    line = judge.whole(scores) | judge.change(scores, frozen)
    return line | {"column": columns.finetune.value, "train": used, "note": note}


def _empty(name: str, bench: Bench, reason: str) -> dict[str, Any]:
    clusters = len(bench.items["cluster"].unique())
    about = {"column": name, "n": bench.items.num_rows, "clusters": clusters, "train": 0, "draws": 0}
    return {**about, "interval": "", "chance": 0.5, "note": reason}
