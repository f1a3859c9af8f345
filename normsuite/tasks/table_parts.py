"""The parts of a task file's ``data.table``: where each value of an Item comes from in a table's rows.

A value is a column's name, a Jinja expression over the row (it holds ``{{``), or a mapping that names one
source: ``column``, ``expression``, ``file``, ``folder`` or ``constant``.
"""

from __future__ import annotations

import codecs
import math
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from normsuite.tasks.frozen import Frozen, inconsistent

Column = Annotated[str, Field(min_length=1)]
TEXTS: Final = ("situation", "behavior", "norm", "explanation")
"""Fields of Items that a table may fill with a text."""
_SOURCES: Final = ("column", "expression", "file", "folder", "constant")


def is_expression(text: str) -> bool:
    """Whether a value is a Jinja expression rather than a column's name."""
    return "{{" in text or "{%" in text


def from_column(value: Any) -> Any:
    """A bare text is a column's name or an expression."""
    if not isinstance(value, str):
        return value
    return {"expression" if is_expression(value) else "column": value}


def from_constant(value: Any) -> Any:
    """A bare text is the value itself."""
    return {"constant": value} if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class From(Frozen):
    """Where a value of each row comes from; exactly one source.

    Attributes:
        column: a column; in nested records a path such as ``meta.country``.
        expression: a sandboxed Jinja template over the row's columns.
        file: the file's name with ``{}`` in place of the value and ``*`` for anything ("norms_{}.csv").
        folder: name of a folder above the file: 0 holds it, 1 is the next one up.
        constant: the same for every row.
        map: other spellings; null makes the value empty.
    """

    column: Column | None = None
    expression: str | None = None
    file: Annotated[str, Field(max_length=200, pattern=r"^[^{}]*\{\}[^{}]*$")] | None = None
    folder: Annotated[int, Field(ge=0, le=20)] | None = None
    constant: str | None = None
    map: dict[str, str | None] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> From:
        if len(self.sources) != self._wanted:
            raise inconsistent("column", f"name one of {', '.join(_SOURCES)}")
        return self

    @property
    def sources(self) -> list[str]:
        """The sources that are named."""
        return [name for name in _SOURCES if getattr(self, name) is not None]

    @property
    def _wanted(self) -> int:
        return 1


Value = Annotated[From, BeforeValidator(from_column)]
Constant = Annotated[From, BeforeValidator(from_constant)]
Columns = Annotated[tuple[Column, ...], BeforeValidator(_as_list)]


def _known_encoding(name: str) -> str:
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        known = None
    if known is None or not known._is_text_encoding:  # "hex" and "zip" are codecs too
        raise inconsistent("encoding", f"{name!r} is no encoding of text")
    return name


class Format(Frozen):
    """How the files are written.

    Attributes:
        type: read off the file's name where it is not said.
        encoding: of text files; a byte-order mark is dropped in any case.
        header: whether the first row names the columns.
        columns: their names where no header does; ``c1``, ``c2``, … if not said.
        delimiter: of CSV; a comma, in .tsv a tab.
        quoting: whether ``"`` encloses cells; if not, it is a character like any other.
        sheet: of .xlsx; the first if not said.
        missing: further words that stand for an empty cell.
    """

    type: Literal["csv", "tsv", "json", "jsonl", "parquet", "xlsx"] | None = None
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8"
    header: bool = True
    columns: tuple[Column, ...] = ()
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n\x00-\x08]$')] | None = None
    quoting: bool = True
    sheet: str | None = None
    missing: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> Format:
        if len(set(self.columns)) < len(self.columns):
            raise inconsistent("columns", "name each column once")
        if self.columns and self.header:
            raise inconsistent("columns", "say `header: false`, or rename in `fields`")
        return self


class Separated(Frozen):
    """A cell of several values with something between them."""

    separator: str = Field(min_length=1, max_length=20)


Way = Literal["json", "python"] | Separated
"""How a cell that is text holds a list or a mapping."""


class Melt(Frozen):
    """One row for each of several columns ("wide" tables).

    Attributes:
        columns: those that become rows; empty is all but ``keep``.
        keep: those that stay columns.
        name: the new column that holds the old one's name.
        value: the new column that holds its cell.
    """

    columns: tuple[Column, ...] = ()
    keep: tuple[Column, ...] = ()
    name: Column
    value: Column

    @model_validator(mode="after")
    def _one_side(self) -> Melt:
        if bool(self.columns) == bool(self.keep):
            raise inconsistent("columns", "name either the `columns` that become rows or those to `keep`")
        return self


class Turns(Frozen):
    """A column of lists as the turns of a dialogue.

    Attributes:
        column: the list; after ``each: X`` the earlier elements are in ``X_before``.
        text: key of an element's text; none where elements are texts.
        speaker: key of who speaks.
    """

    column: Column
    text: str | None = None
    speaker: str | None = None


class Constraint(Frozen):
    """One constraint of an item's frame."""

    subject: Literal["PERSON", "OTHER", "ENV"] = "ENV"
    name: Column
    relation: str = "is"
    value: Value


class Fields(Frozen):
    """What becomes the texts of an item.

    Attributes:
        situation, behavior, norm, explanation: as in Items.
        turns: of a dialogue.
        frame: constraints; a row whose value is empty goes without.
        optional: fields that may be empty; a row that lacks any other is set aside.
    """

    situation: Value | None = None
    behavior: Value | None = None
    norm: Value | None = None
    explanation: Value | None = None
    turns: Turns | None = None
    frame: tuple[Constraint, ...] = ()
    optional: tuple[Literal["situation", "behavior", "norm", "explanation", "turns"], ...] = ("explanation",)

    @model_validator(mode="after")
    def _something_to_ask_about(self) -> Fields:
        if self.situation is None and self.behavior is None and self.turns is None:
            raise inconsistent("situation", "name a column for `situation`, `behavior` or `turns`")
        return self


class Label(From):
    """The gold answer.

    Attributes:
        map: from the data's labels to the options; null leaves such rows out. Its targets in the order they
            first appear are the options, unless ``options`` says them.
        valence: −1 (forbidden) to 1 (expected) of each option.
        reads: what a cell says: the option's ``text``, its ``letter``, or its ``place``.
        first: the place of the first option.
        several: whether a cell is a list of all options that hold.
    """

    valence: dict[str, Annotated[float, Field(ge=-1, le=1)]] = Field(default_factory=dict)
    reads: Literal["text", "letter", "place"] = "text"
    first: Literal[0, 1] = 0
    several: bool = False


class Options(Frozen):
    """Answers: the same ``names`` for all rows, or each row's own from ``columns`` or lists in ``column``."""

    names: tuple[Column, ...] = ()
    columns: tuple[Column, ...] = ()
    column: Column | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Options:
        if sum(map(bool, (self.names, self.columns, self.column))) != 1:
            raise inconsistent("names", "name one of names, columns, column")
        if len({*self.names, *self.columns}) < len(self.names) + len(self.columns):
            raise inconsistent("names", "name each option once")
        if len(self.names) == 1 or len(self.columns) == 1:
            raise inconsistent("names", "one option is no choice")
        return self


class Votes(Frozen):
    """How many people gave each answer, or the share of them.

    Attributes:
        columns: the column that counts each option.
        column: a column of mappings (option to count), of counts in the options' order or of lists of labels.
        shares: cells are shares or percentages, of how many people is not known.
    """

    columns: dict[str, Column] = Field(default_factory=dict)
    column: Column | None = None
    shares: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Votes:
        if bool(self.columns) == bool(self.column):
            raise inconsistent("columns", "name one of columns, column")
        return self


class Rating(Frozen):
    """A number on a scale.

    Attributes:
        column: the number.
        min, max: the scale's ends.
        onto: the scale that a model is asked on, where it is another: ratings are moved onto it.
        polarity: 1 where the upper end is approved of, −1 where the lower one is: this makes the ``valence``.
    """

    column: Column
    min: float
    max: float
    onto: tuple[float, float] | None = None
    polarity: Literal[-1, 0, 1] = 0

    @model_validator(mode="after")
    def _is_a_scale(self) -> Rating:
        for field, (low, high) in (("max", (self.min, self.max)), ("onto", self.onto or (0, 1))):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise inconsistent(field, f"a scale from {low:g} to {high:g} is none")
        return self


class Culture(Frozen):
    """Whose norm it is. What is not known as a country or language stays empty and is counted."""

    country: Constant | None = None
    language: Constant | None = None


class Split(From):
    """Which split each row is of.

    Attributes:
        map: from the data's names to train, dev, test; null leaves such rows out. The usual names are known.
        by: deal whole clusters out instead.
        seed: of that.
        shares: the share of clusters of each split.
    """

    by: Literal["cluster"] | None = None
    seed: int = Field(0, ge=0)
    shares: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(
        default_factory=lambda: {"train": 0.3, "test": 0.7}
    )

    @property
    def _wanted(self) -> int:
        return 0 if self.by else 1

    @model_validator(mode="after")
    def _sums_to_one(self) -> Split:
        if not math.isclose(sum(self.shares.values()), 1, abs_tol=1e-6):
            raise inconsistent("shares", "must add up to 1")
        if not set(self.shares) <= {"train", "dev", "test"}:
            raise inconsistent("shares", "are of train, dev and test")
        return self
