"""What every task declares: its name, its data, its metrics."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class Frozen(BaseModel):
    """A part of a task file: unknown keys are refused, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSpec(Frozen):
    """Which rows of which data set a task asks about.

    Attributes:
        set: the data set's name.
        view: the judgement taken from each raw row (see the data set's card); empty is its first.
        split: the split that is scored.
        train: the split that baselines are fitted on.
        where: facet or column, and the value it must have (for a facet: be among).
    """

    set: Name
    view: str = ""
    split: Literal["train", "dev", "test"] = "test"
    train: Literal["train", "dev"] = "train"
    where: dict[str, str] = Field(default_factory=dict)


class Declared(Frozen):
    """What a task of any type declares.

    Attributes:
        name: the file's own; other rules follow from the type.
        title: one line for people.
        description: what is asked and why it matters.
        version: raised whenever a change moves scores.
        data: which rows.
        metrics: what is computed, by the names of ``normsuite.metrics``.
        headline: the metric that stands for the task.
    """

    name: Name
    title: str
    description: str
    version: int = Field(1, ge=1)
    data: DataSpec
    metrics: tuple[str, ...]
    headline: str

    @model_validator(mode="after")
    def _headline_is_computed(self) -> Self:
        if self.headline not in self.metrics:
            raise inconsistent("headline", f"{self.headline!r} is not among the metrics")
        return self

    @property
    def sha256(self) -> str:
        """Digest of everything the task declares: two tasks are the same work when it is equal."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def inconsistent(field: str, message: str) -> PydanticCustomError:
    """What is wrong with one field in the light of the others."""
    return PydanticCustomError("inconsistent", "{message}", {"field": field, "message": message})
