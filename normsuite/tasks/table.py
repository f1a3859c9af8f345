"""How the columns of a table become Items, as a task file's ``data.table`` declares it.

``normsuite.tables`` does what is said here; ``docs/own-data.md`` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from normsuite.tasks.frozen import Frozen, inconsistent
from normsuite.tasks.table_parts import (
    Column,
    Columns,
    Culture,
    Fields,
    Format,
    Label,
    Melt,
    Options,
    Rating,
    Split,
    Value,
    Votes,
    Way,
    from_column,
    from_constant,
)


def _inside(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        parts = PurePosixPath(path)
        if not path.startswith("hf://") and (parts.is_absolute() or ".." in parts.parts or "\\" in path):
            raise inconsistent("files", f"{path!r} is not below the task file's folder")
    return paths


class TableSpec(Frozen):
    """A data set of the user's own: files, and how their columns become Items.

    Attributes:
        files: below the task file's folder (``*`` and ``**`` are allowed), or
            ``hf://datasets/owner/name@revision/path``.
        format: how they are written.
        records: in JSON, the path to the list of records; ``*`` is every entry of a mapping, whose key
            becomes the column ``key``.
        parse: columns whose cells are text for a list or mapping, and how it is written.
        melt: one row for each of several columns.
        each: one row for each element of these lists; the element takes the list's place, and ``X_before``,
            ``X_place`` (from 1) and ``X_key`` (of a mapping) are new columns.
        where: column, and the value or values that are asked about.
        keep: an expression; rows where it prints nothing, False or 0 are not asked about.
        id: the row's own; file and row if not said.
        fields: texts.
        label: gold answer.
        options: answers.
        votes: people per answer; without a label, the majority is gold.
        rating: a number instead of an answer.
        culture: country and language.
        categories: facets of every report.
        group: columns that are equal in the rows (of several annotators) that make one item.
        split: which split.
        cluster: what is resampled together; the same situation if not said, else the same row.
        family: items that are edits of one another.
        keep_going: set rows that break the format aside instead of refusing the file.
    """

    files: Annotated[
        tuple[Column, ...],
        Field(min_length=1),
        AfterValidator(_inside),
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    ]
    format: Format = Format()
    records: str = ""
    parse: dict[str, Way] = Field(default_factory=dict)
    melt: Melt | None = None
    each: Columns = ()
    where: dict[str, Columns] = Field(default_factory=dict)
    keep: str = ""
    id: Value | None = None
    fields: Fields
    label: Annotated[Label, BeforeValidator(from_column)] | None = None
    options: (
        Annotated[
            Options, BeforeValidator(lambda value: {"names": value} if isinstance(value, list) else value)
        ]
        | None
    ) = None
    votes: Votes | None = None
    rating: Rating | None = None
    culture: Culture = Culture()
    categories: dict[Column, Value] = Field(default_factory=dict)
    group: Columns = ()
    split: Annotated[Split, BeforeValidator(from_constant)] = Split(constant="test")
    cluster: Value | None = None
    family: Value | None = None
    keep_going: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> TableSpec:
        if self.rating is None and self.label is None and self.votes is None:
            raise inconsistent("label", "name a `label`, `votes` or a `rating`")
        if self.rating is not None and (self.label is not None or self.options is not None):
            raise inconsistent("rating", "a rating has no `label` and no `options`")
        if self.rating is None and self.options is None and not self.named:
            raise inconsistent("options", "name the answers: `options`, `label.map` or `votes.columns`")
        if len(self.named) == 1:
            raise inconsistent("options", "one option is no choice")
        _known(self.label.valence if self.label else (), self.named, "label.valence")
        _known(filter(None, self.label.map.values()) if self.label else (), self.named, "label.map")
        _known(self.votes.columns if self.votes else (), self.named, "votes.columns")
        several = self.label is not None and self.label.several
        if several and (self.group or self.votes):
            raise inconsistent("label.several", "goes with no `group` and no `votes`")
        if self.group and (self.votes or (self.label is None and self.rating is None)):
            raise inconsistent(
                "group", "counts the rows' labels or averages their ratings: leave `votes` out"
            )
        return self

    @property
    def named(self) -> tuple[str, ...]:
        """The answers that are the same for all rows; empty where each row has its own, or a rating."""
        if self.options is not None:
            return self.options.names
        if self.label is not None and self.label.map:
            return tuple(dict.fromkeys(name for name in self.label.map.values() if name is not None))
        return tuple(self.votes.columns) if self.votes else ()


def _known(names: Iterable[str], options: tuple[str, ...], field: str) -> None:
    unknown = [name for name in names if name not in options] if options else []
    if unknown:
        raise inconsistent(field, f"{unknown[0]!r} is none of the options {', '.join(options)}")
