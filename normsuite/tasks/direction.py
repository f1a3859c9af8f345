"""Tasks that are read off embeddings: where items lie along a direction that was fitted on seeds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from normsuite.tasks.declared import DataSpec, Declared, Frozen, Name, inconsistent

Poles = dict[str, str]
Families = Annotated[tuple[Name, ...], Field(min_length=1)]


class Step(Frozen):
    """An estimator or a transformer of ``normsuite.directions`` by its name, with its parameters.

    Attributes:
        name: as in ``directions.catalogue``.
        options: its constructor's parameters that differ from their defaults.
    """

    name: Name
    options: dict[str, Any] = Field(default_factory=dict)


class SeedSource(Frozen):
    """Texts with a known pole, on which a direction is fitted: a list of words, or rows of a data set.

    Attributes:
        words: a list of word poles that ships with normsuite, or a YAML file.
        data: a data set's rows; ``split`` and ``train`` are not used here.
        splits: which of its splits.
        poles: the option that stands for each pole; empty reads valence or rating.
        texts: families of wordings, folders of ``prompts/``.
        average: take the mean embedding over a seed's wordings as one row (MoRT), instead of a row for each.
        limit: at most this many clusters of them, a sample that is the same each time.
    """

    words: str | None = None
    data: DataSpec | None = None
    splits: tuple[Literal["train", "dev", "test"], ...] = ("train",)
    poles: Poles = Field(default_factory=dict)
    texts: Families
    average: bool = True
    limit: int | None = Field(None, ge=2)

    @model_validator(mode="after")
    def _one_origin(self) -> SeedSource:
        if (self.words is None) == (self.data is None):
            raise inconsistent("words", "seeds are either `words` or `data`")
        if self.words is not None and self.poles:
            raise inconsistent("poles", "a list of words has its own poles")
        _check_poles(self.poles)
        return self


class ReadingSpec(Frozen):
    """Where in a model the embedding of a text is read.

    Attributes:
        position: ``model`` (a sentence encoder's own pooling), ``last`` token, ``mean`` of all tokens,
            ``behavior`` (mean of the behaviour's tokens); ``auto`` is ``model`` for a sentence encoder, else
            ``behavior`` where every text holds one, else ``mean``.
        layer: which layer, negative from the end; ``auto`` is the last of an encoder, and for a decoder the
            one whose direction does best on held-out seeds.
        after_letters: read the end of wordings that show options. Directions found there carry the
            identifier of an answer rather than its meaning, so this is refused unless asked for.
        combine: what becomes of a row's embeddings in its wordings: their ``mean``, or the ``difference``,
            the second less the first of exactly two. An offset tells how two texts of one row differ
            (Aires et al. 2019, "Norm conflict identification using vector space offsets").
    """

    position: Literal["auto", "model", "last", "mean", "behavior"] = "auto"
    layer: int | Literal["auto"] = "auto"
    after_letters: bool = False
    combine: Literal["mean", "difference"] = "mean"


class DirectionTask(Declared):
    """One direction task, as its YAML file declares it; its name begins with ``direction-``.

    Attributes:
        type: ``direction``.
        texts: families of wordings in which an item is read; its embedding is the mean over all of them.
        poles: of items with labels, the option that stands for each pole; items of other options are not
            asked about. Empty reads the sign of ``valence``.
        seeds: what the direction is fitted on.
        estimator: which direction.
        preprocessing: what is done to embeddings before.
        per: fit one direction for each value of this column of seeds and items.
        reading: where embeddings are read.
        control: what the literature found this reading to be, if not a measurement: said in every report.
    """

    type: Literal["direction"]
    texts: Families
    poles: Poles = Field(default_factory=dict)
    seeds: Annotated[tuple[SeedSource, ...], Field(min_length=1)]
    estimator: Step
    preprocessing: tuple[Step, ...] = ()
    per: Literal["language"] | None = None
    reading: ReadingSpec = ReadingSpec()
    control: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> DirectionTask:
        if not self.name.startswith("direction-"):
            raise inconsistent("name", f"{self.name!r} must begin with 'direction-'")
        if self.headline not in ("pearson", "spearman", "auroc"):
            raise inconsistent("headline", f"{self.headline!r} is not one of pearson, spearman, auroc")
        if self.data.calibrate:
            raise inconsistent("data.calibrate", "a direction has no probabilities to calibrate")
        if self.per and any(source.data is None for source in self.seeds):
            raise inconsistent("per", "a list of words has no languages: give seeds from `data`")
        if self.reading.combine == "difference":
            _check_two_texts(self.texts, self.seeds)
        _check_poles(self.poles)
        return self


def _check_two_texts(texts: Families, seeds: tuple[SeedSource, ...]) -> None:
    """An offset needs two texts of every item and every seed."""
    what = "`combine: difference` takes exactly two families of one wording each"
    if len(texts) != 2:
        raise inconsistent("texts", what)
    for source in seeds:
        if source.words is not None or len(source.texts) != 2 or not source.average:
            raise inconsistent("seeds", f"{what}, of `data`, averaged into one row")


def _check_poles(poles: Poles) -> None:
    if poles and (set(poles) != {"positive", "negative"} or len(set(poles.values())) < 2):
        raise inconsistent("poles", "name a `positive` and a `negative` option, which differ")
