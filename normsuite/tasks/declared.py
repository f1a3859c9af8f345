"""What every task declares: its name, its data, its metrics."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from normsuite.tasks.frozen import Frozen, inconsistent
from normsuite.tasks.table import TableSpec

__all__ = ["DataSpec", "Declared", "Family", "Frozen", "Name", "inconsistent"]

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Family = Annotated[str, Field(pattern=r"^(\./)?[a-z0-9]+(-[a-z0-9]+)*$", max_length=82)]
"""A folder of wordings that ships with normsuite, or with ``./`` one beside the task's file."""


class DataSpec(Frozen):
    """Which rows of which data set a task asks about.

    Attributes:
        set: the data set's name.
        table: of a data set of the user's own, files and how their columns become Items.
        view: the judgement taken from each raw row (see the data set's card); empty is its first.
        split: the split that is scored.
        train: the split that baselines are fitted on.
        calibrate: the split whose predictions fit the temperature of ``calibrated_log_loss``; a sample of its
            clusters is asked about too, and scored in no metric.
        where: facet or column, and the value it must have (for a facet: be among).
    """

    set: Name
    table: TableSpec | None = None
    view: str = ""
    split: Literal["train", "dev", "test"] = "test"
    train: Literal["train", "dev"] = "train"
    calibrate: Literal["train", "dev"] | None = None
    where: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _scored_rows_calibrate_nothing(self) -> Self:
        if self.calibrate == self.split:
            raise inconsistent(
                "calibrate", "a temperature that is fitted on the scored split is no test of it"
            )
        return self

    @model_validator(mode="after")
    def _table_has_one_view(self) -> Self:
        if self.table is not None and self.view:
            raise inconsistent("view", "a table has no views")
        return self


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
    _folder: Path | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _headline_is_computed(self) -> Self:
        if self.headline not in self.metrics:
            raise inconsistent("headline", f"{self.headline!r} is not among the metrics")
        return self

    @model_validator(mode="after")
    def _temperature_is_fitted_where_it_is_used(self) -> Self:
        if ("calibrated_log_loss" in self.metrics) != (self.data.calibrate is not None):
            what = "the metric `calibrated_log_loss` and the split that fits its temperature need each other"
            raise inconsistent("data.calibrate", what)
        return self

    @property
    def folder(self) -> Path | None:
        """Where the task's file lies: its own data and prompts are looked for there."""
        return self._folder

    def placed(self, folder: Path) -> Self:
        """The same task, from a file in this folder; the place is no part of its digest."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    @property
    def sha256(self) -> str:
        """Digest of everything the task declares: two tasks are the same work when it is equal."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
