"""Where each model stands on each task, with what stands beside it: what the templates are handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from normsuite.leaderboard.site.boards import TaskBoard, Track
from normsuite.leaderboard.site.entries import Entry
from normsuite.leaderboard.site.numbers import Numbers, by, culture_facet, group_title, rows_of, scorer_title
from normsuite.leaderboard.site.task_text import TaskText
from normsuite.report.rows import Row


@dataclass(frozen=True)
class Place:
    """A model on one task's board, or beside it.

    Attributes:
        entry: which model.
        row: its headline metric; None where the results hold none.
        rank, best, last: where it stands; None where it is not ranked.
        worst: the worst-served culture: its name and its row.
    """

    entry: Entry
    row: Row | None
    rank: int | None
    best: int | None
    last: int | None
    worst: tuple[str, Row] | None


@dataclass(frozen=True)
class Site:
    """Everything that pages are made of."""

    entries: Sequence[Entry]
    boards: Mapping[str, TaskBoard]
    tracks: Sequence[Track]
    numbers: Numbers
    texts: Mapping[str, TaskText]

    @cached_property
    def own(self) -> dict[tuple[int, str], Row]:
        """The headline metric of each entry and task."""
        return _named_rows(self.numbers.own)

    @cached_property
    def worst(self) -> dict[tuple[int, str], tuple[str, Row]]:
        """The worst-served culture of each entry and task."""
        frame = self.numbers.summaries
        frame = frame[frame["metric"].astype(str).str.endswith("_worst")]
        found: dict[tuple[int, str], tuple[str, Row]] = {}
        for task, rows in by(frame, "task").items():
            facet = culture_facet(rows["facet"].unique().tolist())
            kept = rows[rows["facet"] == facet].drop_duplicates("entry")
            told = zip(kept["entry"].tolist(), kept["group"].tolist(), rows_of(kept, "group"), strict=True)
            found |= {(at, str(task)): (group_title(facet, group), row) for at, group, row in told}
        return found

    @cached_property
    def beside(self) -> dict[str, tuple[Row, ...]]:
        """For each task the baselines, nulls and the ceiling that the first ranked model came with."""
        found = {}
        for task, rows in by(self.numbers.beside, "task").items():
            ranked = rows[rows["entry"].isin(self.boards[task].members)].drop_duplicates("scorer")
            named = (row.named(scorer_title(row.name)) for row in rows_of(ranked, "scorer"))
            found[str(task)] = tuple(sorted(named, key=lambda row: row.name))
        return found

    def places(self, board: TaskBoard) -> list[Place]:
        """The ranked models of a task, best first."""
        stands = board.standing
        order = sorted(range(len(board.members)), key=lambda row: (stands.rank[row], row))
        return [self._place(board, board.members[row]) for row in order]

    def apart(self, board: TaskBoard) -> list[Place]:
        """Models with results of other items or another version, and those whose metric has no value."""
        return [self._place(board, at) for at in board.others if (at, board.name) in self.own]

    def of_model(self, at: int) -> list[tuple[TaskBoard, Place]]:
        """A model's place on the board of each of its tasks."""
        tasks = [task for task in self.entries[at].tasks if (at, task) in self.own]
        return [(self.boards[task], self._place(self.boards[task], at)) for task in tasks]

    @cached_property
    def _rows(self) -> dict[str, dict[int, int]]:
        """Where each ranked model stands in the arrays of each board."""
        return {
            name: {at: row for row, at in enumerate(board.members)} for name, board in self.boards.items()
        }

    def _place(self, board: TaskBoard, at: int) -> Place:
        key, row, stands = (at, board.name), self._rows[board.name].get(at), board.standing
        ends = (stands.rank, stands.low, stands.high)
        rank, best, last = (None if row is None else int(end[row]) for end in ends)
        return Place(self.entries[at], self.own.get(key), rank, best, last, self.worst.get(key))


def _named_rows(frame: pd.DataFrame) -> dict[tuple[int, str], Row]:
    keys = zip(frame["entry"].tolist(), frame["task"].tolist(), strict=True)
    return dict(zip(keys, rows_of(frame, "metric"), strict=True))
