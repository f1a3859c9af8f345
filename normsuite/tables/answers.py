"""What may be answered and what was: options, gold labels, votes, shares and ratings of a table's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.adapters.shares import whole
from normsuite.tables.rows import Cells, Ints, Rows, as_cells, number_of, text_of, texts
from normsuite.tables.values import Sieve, mapped, raw_cells
from normsuite.tasks import LETTERS
from normsuite.tasks.table import TableSpec
from normsuite.tasks.table_parts import Label, Options, Rating, Votes

_EMPTY: Final = -1
_UNKNOWN: Final = -2
_LEFT_OUT: Final = -3
_OUT: Final = object()  # in place of a label that the task leaves out

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Answers of n rows.

    Attributes:
        kind: of Items.
        options: [n] lists of texts.
        gold: int64 [n], index into the row's options; negative where there is none.
        sets: [n] lists of indices, for rows of which several options hold; else None.
        votes: int64 [n, k], people per option, 0 beyond a row's own options; else None.
        shares: float64 [n, k], the share of people per option in the same way; else None.
        rating: float64 [n]; NaN where there is none.
        told: string [n], the answer as the file writes it.
    """

    kind: str
    options: Cells
    gold: Ints
    sets: Cells | None
    votes: Ints | None
    shares: _Floats | None
    rating: _Floats
    told: pa.Array

    def take(self, at: Ints) -> Answers:
        """The answers at some positions."""
        return replace(
            self,
            options=self.options[at],
            gold=self.gold[at],
            sets=None if self.sets is None else self.sets[at],
            votes=None if self.votes is None else self.votes[at],
            shares=None if self.shares is None else self.shares[at],
            rating=self.rating[at],
            told=self.told.take(pa.array(at)),
        )


def answers_of(rows: Rows, spec: TableSpec, sieve: Sieve) -> Answers:
    """Read the answers; rows that have none are set aside."""
    n = len(rows)
    nothing, untold = np.full(n, np.nan), pa.nulls(n, pa.string())
    if spec.rating is not None:
        rating = _ratings(rows, spec.rating, sieve)
        told, _ = texts(rows.cells(spec.rating.column, "rating.column"))
        options = _same(scale_steps(spec.rating), n)
        return Answers("rating", options, np.full(n, _EMPTY), None, None, None, rating, told)
    options, places = _options(rows, spec, sieve)
    kind = "label"
    if spec.options is not None and not spec.options.names:
        kind = "choice"
    gold, sets, told = np.full(n, _EMPTY), None, untold
    if spec.label is not None and spec.label.several:
        kind, sets = "multilabel", _sets(rows, spec.label, options, places, sieve)
    elif spec.label is not None:
        gold, told = _gold(rows, spec.label, options, places, sieve)
    votes = shares = None
    if spec.votes is not None:
        amounts = _amounts(rows, spec, spec.votes, options, sieve)
        votes, shares = (None, amounts) if spec.votes.shares else (amounts.astype(np.int64), None)
    return Answers(kind, options, gold, sets, votes, shares, nothing, told)


def scale_steps(rating: Rating) -> list[str]:
    """The whole numbers of a scale as texts, or its two ends where it has too many or none."""
    low, high = rating.onto or (rating.min, rating.max)
    whole = float(low).is_integer() and float(high).is_integer() and high - low <= 100
    return [str(step) for step in range(int(low), int(high) + 1)] if whole else [f"{low:g}", f"{high:g}"]


def _same(options: Sequence[str], n: int) -> Cells:
    return as_cells([list(options)] * n)


def _options(rows: Rows, spec: TableSpec, sieve: Sieve) -> tuple[Cells, Cells]:
    """Each row's options, and where each stood among the columns or in the list (some are empty)."""
    n = len(rows)
    if spec.named or spec.options is None:
        return _same(spec.named, n), as_cells([list(range(len(spec.named)))] * n)
    cells, field = _option_cells(rows, spec.options)
    options: list[list[str]] = []
    places: list[list[int]] = []
    wrong: dict[int, str] = {}
    for at, own in enumerate(cells):
        try:
            if not isinstance(own, list):
                raise ValueError("is no list of options (say how to `parse` it)" if own else "is empty")
            named = [(place, text) for place, cell in enumerate(own) if (text := text_of(cell))]
        except ValueError as error:
            wrong[at], named = str(error), []
        options.append([text for _, text in named])
        places.append([place for place, _ in named])
    sieve.drop_wrong(wrong, field, cells)
    sizes = np.array([len(own) for own in options])
    twice = np.array([len({text.casefold() for text in own}) < len(own) for own in options], bool)
    sieve.drop(sizes < 2, field, "has fewer than two options", as_cells(options))
    sieve.drop(sizes > len(LETTERS), field, f"has more than {len(LETTERS)} options", as_cells(options))
    sieve.drop(twice, field, "offers an answer twice", as_cells(options), invalid=True)
    return as_cells(options), as_cells(places)


def _option_cells(rows: Rows, options: Options) -> tuple[Cells, str]:
    if options.column is not None:
        return rows.cells(options.column, "options.column"), options.column
    columns = [rows.cells(name, "options.columns") for name in options.columns]
    return as_cells([list(own) for own in zip(*columns, strict=True)]), options.columns[0]


def _gold(rows: Rows, label: Label, options: Cells, places: Cells, sieve: Sieve) -> tuple[Ints, pa.Array]:
    """Index of each row's label among its options, and the label as written."""
    field = label.column or "label"
    raw, failed = raw_cells(rows, label, "label")
    sieve.drop_wrong(failed, field, raw)
    told, wrong = texts(raw)
    sieve.drop_wrong(wrong, field, raw)
    spelled = mapped(told, label.map).to_pylist()
    given = told.to_pylist()
    cells = [_OUT if old and new is None else new for old, new in zip(given, spelled, strict=True)]
    found = np.array(
        [_place(cell, label, own, stood) for cell, own, stood in zip(cells, options, places, strict=True)],
        np.int64,
    )
    sieve.drop(found == _EMPTY, field, "is empty")
    sieve.drop(found == _LEFT_OUT, field, "is not asked about", raw)
    sieve.drop(found == _UNKNOWN, field, f"is none of the options{_told(options)}", raw, invalid=True)
    return found, told


def _told(options: Cells) -> str:
    """The options by name, where all rows have the same few."""
    distinct = {tuple(own) for own in options}
    return f" ({', '.join(min(distinct))})" if len(distinct) == 1 else ""


def _place(text: object, label: Label, options: Sequence[str], places: Sequence[int]) -> int:
    """Where an answer stands among a row's options."""
    if text is _OUT:
        return _LEFT_OUT
    if not isinstance(text, str):
        return _EMPTY
    if label.reads == "text":
        return options.index(text) if text in options else _UNKNOWN
    if label.reads == "letter":
        letter = text.strip("().: ").upper()
        stood = LETTERS.find(letter) if len(letter) == 1 else _UNKNOWN
    else:
        stood = int(text) - label.first if text.isdecimal() and len(text) < 4 else _UNKNOWN
    return places.index(stood) if stood in places else _UNKNOWN


def _sets(rows: Rows, label: Label, options: Cells, places: Cells, sieve: Sieve) -> Cells:
    """Indices of all options that hold; an empty list says that none does."""
    cells, failed = raw_cells(rows, label, "label")
    field = label.column or "label"
    sieve.drop_wrong(failed, field, cells)
    found: list[list[int]] = []
    wrong: dict[int, str] = {}
    for at, (own, offered, stood) in enumerate(zip(cells, options, places, strict=True)):
        try:
            if not isinstance(own, list):
                raise ValueError("is no list of labels (say how to `parse` it)")
            spelled = [label.map.get(text, text) for part in own if (text := text_of(part))]
            at_place = {_place(text, label, offered, stood) for text in spelled if text is not None}
            if _UNKNOWN in at_place:
                raise ValueError(f"holds what is none of the options{_told(options)}")
            found.append(sorted(at_place))
        except ValueError as error:
            wrong[at] = str(error)
            found.append([])
    empty = np.array([own is None for own in cells], bool)
    sieve.drop(empty, field, "is empty")
    sieve.drop_wrong(wrong, field, cells)
    return as_cells(found)


def _amounts(rows: Rows, spec: TableSpec, votes: Votes, options: Cells, sieve: Sieve) -> _Floats:
    """People per option, or the share of them, float64 [n, k]."""
    cells, field = _vote_cells(rows, votes)
    spellings = spec.label.map if spec.label is not None else {}
    k = max((len(own) for own in options), default=0)
    amounts = np.zeros((len(rows), k))
    wrong: dict[int, str] = {}
    for at, (cell, own) in enumerate(zip(cells, options, strict=True)):
        if cell is None or not sieve.left[at]:
            continue
        try:
            amounts[at, : len(own)] = _row_amounts(cell, own, spellings, shares=votes.shares)
        except ValueError as error:
            wrong[at] = str(error)
    sieve.drop(np.array([cell is None for cell in cells], bool), field, "is empty")
    sieve.drop_wrong(wrong, field, cells)
    sieve.drop(amounts.sum(axis=1) == 0, field, "counts nobody", cells)
    return amounts


def _vote_cells(rows: Rows, votes: Votes) -> tuple[Cells, str]:
    if votes.column is not None:
        return rows.cells(votes.column, "votes.column"), votes.column
    columns = [rows.cells(name, f"votes.columns.{option}") for option, name in votes.columns.items()]
    named = (dict(zip(votes.columns, own, strict=True)) for own in zip(*columns, strict=True))
    return as_cells(own if any(c is not None for c in own.values()) else None for own in named), next(
        iter(votes.columns.values())
    )


def _row_amounts(
    cell: Any, options: Sequence[str], spellings: Mapping[str, str | None], *, shares: bool
) -> list[float]:
    """People per option of one row, or the share of them.

    Raises:
        ValueError: the cell holds no counts of these options; to be read after it.
    """
    if isinstance(cell, dict):
        known = {
            text: number for key, number in cell.items() if (text := spellings.get(key, key)) is not None
        }
        unknown = [key for key in known if key not in options]
        if unknown:
            raise ValueError(f"counts {unknown[0]!r}, which is none of the options")
        numbers = [number_of(known.get(option)) or 0.0 for option in options]
    elif isinstance(cell, list) and any(_is_label(part) for part in cell):
        named = [spellings.get(text, text) for part in cell if (text := text_of(part))]
        unknown = [text for text in named if text is not None and text not in options]
        if unknown:
            raise ValueError(f"holds {unknown[0]!r}, which is none of the options")
        numbers = [float(named.count(option)) for option in options]
    elif isinstance(cell, list):
        if len(cell) != len(options):
            raise ValueError(f"has {len(cell)} counts for {len(options)} options")
        numbers = [number_of(part) or 0.0 for part in cell]
    else:
        raise ValueError("holds no counts (say how to `parse` it)")
    if shares:
        return whole(numbers) if any(numbers) else numbers
    if not all(number >= 0 and number.is_integer() and number < 2**31 for number in numbers):
        raise ValueError("holds what is no number of people (say `shares: true` if they are shares)")
    return numbers


def _is_label(part: Any) -> bool:
    """Whether an element of a list is a label rather than a count."""
    if not isinstance(part, str):
        return False
    try:
        number_of(part)
    except ValueError:
        return True
    return False


def _ratings(rows: Rows, rating: Rating, sieve: Sieve) -> _Floats:
    """Ratings on the scale that is asked about, float64 [n]."""
    cells = rows.cells(rating.column, "rating.column")
    found = np.full(len(rows), np.nan)
    wrong: dict[int, str] = {}
    for at, cell in enumerate(cells):
        try:
            number = number_of(cell)
            found[at] = np.nan if number is None else number
        except ValueError as error:
            wrong[at] = str(error)
    sieve.drop_wrong(wrong, rating.column, cells)
    sieve.drop(np.isnan(found), rating.column, "is empty")
    outside = (found < rating.min) | (found > rating.max)
    reason = f"lies outside {rating.min:g} to {rating.max:g}"
    sieve.drop(outside, rating.column, reason, cells, invalid=True)
    low, high = rating.onto or (rating.min, rating.max)
    return low + (found - rating.min) / (rating.max - rating.min) * (high - low)
