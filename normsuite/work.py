"""What a run's manifest says of the work: everything that can move a number, and nothing of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import normsuite
from normsuite.adapters import Adapted, get_adapter, known_adapters
from normsuite.engines import EngineSpec
from normsuite.questions import AnyQuestion, DirectionQuestion, Question
from normsuite.workers import Workers

_NO_MODEL: Final = {"name": "baselines", "revision": "", "sha256": "", "context_length": 0}


@dataclass(frozen=True)
class Settings:
    """What a run may vary.

    Attributes:
        limit: evaluate this many clusters of each task, a seeded sample; None is all.
        seed: of the sample, the label-order design, the random baseline and the bootstrap.
        replicates: of the cluster bootstrap.
        part: most items of a part of the predictions: what a crash can lose.
    """

    limit: int | None = None
    seed: int = 0
    replicates: int = 10_000
    part: int = 1024


def describe_work(
    spec: EngineSpec | None,
    questions: Sequence[AnyQuestion],
    settings: Settings,
    workers: Workers,
) -> dict[str, Any]:
    """Everything that can move a number; its hash names the run. No path, host or user goes in.

    Args:
        spec: the model and its engine; None for the baselines alone.
        questions: what is asked.
        settings: sample, seeds, replicates and size of parts.
        workers: who asks the model.
    """
    return {
        "normsuite": normsuite.__version__,
        "model": dict(spec.model()) if spec else _NO_MODEL,
        **workers.describe(spec),
        **asdict(settings),
        "tasks": {question.task.name: _describe_task(question) for question in questions},
        "data": _describe_sets(questions),
    }


def _describe_sets(questions: Sequence[AnyQuestion]) -> dict[str, dict[str, Any]]:
    """Each data set once, with the files of every view that was read: one may show pictures, another not."""
    found: dict[str, dict[str, Any]] = {}
    for question in questions:
        for name, adapted in _data_sets(question).items():
            about = _describe_data(name, adapted)
            earlier = found.get(name, about)["files"]
            found[name] = about | {"files": earlier | about["files"]}
    return found


def _describe_task(question: AnyQuestion) -> dict[str, Any]:
    task, items = question.task, question.items
    about = {
        "title": task.title,
        "description": task.description,
        "version": task.version,
        "sha256": task.sha256,
        "prompts": {wording.name: wording.sha256 for wording in question.wordings},
        "dataset": task.data.set,
        "view": task.data.view,
        "metrics": list(task.metrics),
        "headline": task.headline,
        "items": items.num_rows,
        "clusters": len(items["cluster"].unique()),
        "train_items": question.train.num_rows,
        "calibrate": task.data.calibrate,
        "set_aside": question.adapted.set_aside.num_rows,
    }
    if isinstance(question, Question):
        about["calibration_items"] = question.calibration.num_rows
        if question.agents:
            about["agents"] = question.agents.describe()
    if isinstance(question, DirectionQuestion):
        about |= {"type": "direction", "control": question.task.control, "seeds": _describe_seeds(question)}
    return about


def _describe_seeds(question: DirectionQuestion) -> list[dict[str, Any]]:
    """What each part's direction is fitted on."""
    return [
        {"part": part.name, "source": seeds.name, "n": len(seeds), "sha256": seeds.sha256()}
        for part in question.parts
        for seeds in part.seeds
    ]


def _data_sets(question: AnyQuestion) -> dict[str, Adapted]:
    """The data sets that a question takes rows from."""
    own = {question.task.data.set: question.adapted}
    return own | dict(question.seed_data) if isinstance(question, DirectionQuestion) else own


def _describe_data(name: str, adapted: Adapted) -> dict[str, Any]:
    adapter = get_adapter(name) if name in known_adapters() else None
    return {
        "title": adapter.title if adapter else name,
        "version": adapted.version,
        "revision": adapter.home.revision if adapter else "",
        "licence": adapter.home.licence if adapter else "",
        "files": dict(adapted.files),
    }
