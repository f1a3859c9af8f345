"""Fit a direction to be kept: from a recipe, or a task's own, to the folder that scores any text later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

import normsuite
from normsuite.adapters import get_adapter
from normsuite.adapters.homes import cached
from normsuite.embeddings import Passage, Reader
from normsuite.embeddings.reader import describe_vectors
from normsuite.engines import EngineSpec
from normsuite.errors import InputError
from normsuite.poles import load_poles
from normsuite.progress import Progress, silent
from normsuite.prompts import Wording, load_wordings
from normsuite.questions import data_of, load_seeds
from normsuite.scorers.direction import Recipe as Way
from normsuite.scorers.direction import Seeds, fit_direction
from normsuite.scorers.direction.about import About, ModelName, SeedCount, WordingText
from normsuite.scorers.direction.diagnosis import diagnosis
from normsuite.scorers.direction.files import finite
from normsuite.scorers.direction.fitted import Fitted
from normsuite.scorers.direction.pipeline import Axis
from normsuite.scorers.direction.reading import choose_pooling, read
from normsuite.scorers.direction.seeds import mean_over_wordings
from normsuite.scorers.direction.showing import Pole, ends, near_words
from normsuite.scoring import as_passages
from normsuite.strict_yaml import read_yaml
from normsuite.tasks import DirectionTask, ReadingSpec, SeedSource, Step, resolve_tasks, validation_error
from normsuite.tasks.declared import Frozen, Name

DEFAULT: Final = Path(normsuite.__file__).parent / "shipped" / "default_direction.yaml"

_WORDS: Final = "verbs"  # told near a direction whose seeds are no words
_APART: Final = ("seeds", "pooling")  # of the diagnosis: said elsewhere in the file


class Recipe(Frozen):
    """How a direction is made; the keys are those of a direction task.

    Attributes:
        texts: families of wordings in which a text is read that is scored.
        seeds: what the direction is fitted on.
        estimator: which direction.
        preprocessing: what is done to embeddings before.
        reading: where embeddings are read.
        offline: what is fitted instead where the seeds' data is not on this machine; what it does not say is
            as in the recipe itself.
    """

    texts: Annotated[tuple[Name, ...], Field(min_length=1)]
    seeds: Annotated[tuple[SeedSource, ...], Field(min_length=1)]
    estimator: Step
    preprocessing: tuple[Step, ...] = ()
    reading: ReadingSpec = ReadingSpec()
    offline: Recipe | None = None

    @model_validator(mode="before")
    @classmethod
    def _complete_offline(cls, told: Any) -> Any:
        if isinstance(told, dict) and isinstance(told.get("offline"), dict):
            outer = {name: value for name, value in told.items() if name != "offline"}
            return told | {"offline": outer | told["offline"]}
        return told

    def sets(self) -> set[str]:
        """The data sets that seeds come from."""
        return {source.data.set for source in self.seeds if source.data is not None}


@dataclass(frozen=True)
class Changes:
    """What is to be other than the recipe says; None leaves it.

    Attributes:
        estimator: name of another estimator, with its defaults.
        position: as ``ReadingSpec.position``.
        layer: as ``ReadingSpec.layer``.
        texts: other families of wordings.
        words: a YAML file of poles, whose words are the only seeds, read in the wordings of ``texts``.
    """

    estimator: str | None = None
    position: Literal["auto", "model", "last", "mean", "behavior"] | None = None
    layer: int | Literal["auto"] | None = None
    texts: tuple[str, ...] = ()
    words: str | None = None


def read_recipe(path: Path) -> Recipe:
    """Read and validate a recipe.

    Raises:
        InputError: missing file, no YAML, unknown or missing keys, wrong values; with the line at fault.
    """
    if not path.is_file():
        raise InputError("no such recipe", file=path)
    content, root = read_yaml(path)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise validation_error(error, root, path) from None


def recipe_of_task(name: str) -> Recipe:
    """The recipe of a direction task, by its name or its YAML file.

    Raises:
        InputError: no such task, several, one that is prompted, or one that fits a direction per language.
    """
    tasks = resolve_tasks(name)
    if len(tasks) != 1 or not isinstance(tasks[0], DirectionTask):
        raise InputError(f"{name!r} is not one task of type direction", field="--task")
    task = tasks[0]
    if task.per:
        what = f"the task {task.name!r} fits one direction for each {task.per}"
        raise InputError(what, field="--task", fix="write a --recipe for one of them")
    return Recipe(
        texts=task.texts,
        seeds=task.seeds,
        estimator=task.estimator,
        preprocessing=task.preprocessing,
        reading=task.reading,
    )


def changed(recipe: Recipe, changes: Changes) -> Recipe:
    """A recipe with some of it replaced; so is its ``offline`` part.

    Raises:
        InputError: what replaces it is not allowed there.
    """
    told = recipe.model_dump()
    if changes.estimator:
        told["estimator"] = {"name": changes.estimator}
    if changes.texts:
        told["texts"] = changes.texts
    for name in ("position", "layer"):
        if getattr(changes, name) is not None:
            told["reading"][name] = getattr(changes, name)
    if changes.words:
        told["seeds"] = [{"words": changes.words, "texts": told["texts"]}]
    told["offline"] = changed(recipe.offline, changes) if recipe.offline and not changes.words else None
    try:
        return Recipe.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(first["msg"], field=".".join(str(part) for part in first["loc"])) from None


def on_this_machine(recipe: Recipe, raw: Mapping[str, Path]) -> tuple[Recipe, str]:
    """A recipe whose seeds can be had: its ``offline`` part where its data is neither given nor downloaded.

    Args:
        recipe: what is wanted.
        raw: local copies of raw data, by data set.

    Returns:
        The recipe, and the data set whose absence made it another one; empty where it is the one wanted.
        Without an ``offline`` part it is always the one wanted: loading then says what is missing.

    Raises:
        InputError: no data set is called so.
    """
    for name in sorted(recipe.sets() - set(raw) - {"mini"}):
        if recipe.offline and cached(get_adapter(name)) is None:
            return recipe.offline, name
    return recipe, ""


def fit_kept(
    recipe: Recipe,
    spec: EngineSpec,
    raw: Mapping[str, Path],
    *,
    cache: Path | None = None,
    progress: Progress = silent,
) -> tuple[Axis, About]:
    """Fit a recipe on a model, with everything that is to be known of the direction later.

    Args:
        recipe: how.
        spec: the model and its engine.
        raw: local copies of raw data, by data set.
        cache: of embeddings; None keeps none.
        progress: told what is embedded.

    Raises:
        InputError: seeds, wordings or estimator cannot be used; ``DirectionError`` where no direction is
            defined.
    """
    if recipe.reading.after_letters:
        raise InputError(
            "a text that is scored has no options to show",
            field="reading.after_letters",
            fix="fit on wordings without options",
        )
    if recipe.reading.combine != "mean":
        what = "a text that is scored is one, and an offset is of two"
        raise InputError(what, field="reading.combine", fix="fit on the mean over wordings")
    wordings = [(family, wording) for family in recipe.texts for wording in load_wordings(family, least=1)]
    data = data_of(raw)
    sources = [load_seeds("the recipe", source, data)[1] for source in recipe.seeds]
    words = _words(recipe)
    own = as_passages(list(words), [wording for _, wording in wordings])
    flat = [
        text for texts in (own, *(source.passages for source in sources)) for one in texts for text in one
    ]
    way = Way(recipe.estimator, recipe.preprocessing, recipe.reading)
    with Reader(spec, cache=cache) as reader:
        pooling = choose_pooling(recipe.reading, spec, flat)
        fitted = fit_direction(reader, spec, sources, way, pooling=pooling, progress=progress)
        near = _read_words(reader, own, fitted, progress)
    return fitted.axis, _about(recipe, spec, wordings, sources, fitted, near, words)


def _words(recipe: Recipe) -> dict[str, Pole]:
    """The words that are told near a direction: its seeds, or well-known ones where those are no words."""
    lists = [source.words for source in recipe.seeds if source.words is not None] or [_WORDS]
    found: dict[str, Pole] = {}
    for poles in map(load_poles, lists):
        named: list[tuple[Pole, Sequence[str]]] = [
            ("positive", poles.positive),
            ("negative", poles.negative),
            ("neutral", poles.neutral),
        ]
        for pole, words in named:
            found |= dict.fromkeys(words, pole)
    return found


def _read_words(
    reader: Reader, passages: Sequence[Sequence[Passage]], fitted: Fitted, progress: Progress
) -> np.ndarray:
    """[n, d] embeddings of words, the mean over their wordings."""
    vectors = read(reader, passages, fitted.pooling, (fitted.pooling.layer,), "embedding words", progress)
    return mean_over_wordings(vectors[:, 0].reshape(len(passages), -1, vectors.shape[-1]))


def _about(
    recipe: Recipe,
    spec: EngineSpec,
    wordings: Sequence[tuple[str, Wording]],
    sources: Sequence[Seeds],
    fitted: Fitted,
    near: np.ndarray,
    words: Mapping[str, Pole],
) -> About:
    engine: Any = describe_vectors(spec, fitted.pooling)["engine"]
    told = finite(diagnosis(fitted, sources))
    return About(
        normsuite=normsuite.__version__,
        model=ModelName.model_validate(spec.model()),
        engine=engine,
        pooling=fitted.pooling,
        dimensions=len(fitted.axis.vector),
        unit_rows=fitted.axis.unit_rows,
        recipe=_without_places(recipe),
        wordings=tuple(
            WordingText(name=f"{family}/{wording.name}", text=wording.text, sha256=wording.sha256)
            for family, wording in wordings
        ),
        seeds=tuple(
            SeedCount(
                name=_name(source.name),
                texts=told_of.texts,
                n=len(source),
                positive=int((source.values == 1).sum()),
                negative=int((source.values == 0).sum()),
                sha256=source.sha256(),
            )
            for source, told_of in zip(sources, recipe.seeds, strict=True)
        ),
        diagnostics={name: value for name, value in told.items() if name not in _APART},
        poles=ends(fitted),
        words=near_words(fitted.axis, near, words),
    )


def _without_places(recipe: Recipe) -> dict[str, Any]:
    """A recipe as it is recorded: of a file of words its name alone."""
    told = recipe.model_dump(mode="json", exclude={"offline"})
    for source in told["seeds"]:
        if source["words"] is not None:
            source["words"] = _name(source["words"])
    return told


def _name(words: str) -> str:
    return Path(words).name
