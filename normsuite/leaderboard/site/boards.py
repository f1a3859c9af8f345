"""Who stands where: one board for each task, and one ranking over the tasks that most models have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from normsuite.aggregate.ranks import Standing, ranks, standing
from normsuite.leaderboard.site.entries import Entry, TaskLine
from normsuite.metrics import METRICS
from normsuite.metrics.rows import Floats

TRACKS: Final = {
    False: ("answers", "What models answer"),
    True: ("directions", "Where their embeddings point"),
}
"""Key and title of each ranking, by whether its tasks are read off embeddings: no model is in both."""


@dataclass(frozen=True)
class TaskBoard:
    """One task.

    Attributes:
        name: of the task.
        line: as the ranked submissions say it was asked.
        edition: of the values that are compared; empty where none can be resampled.
        members: the ranked entries, M of them, by their place among all entries.
        values: [M] finite.
        ranked: ranks over the data [M] and in every replicate [M, R], equals sharing their mean.
        standing: where the members stand.
        others: entries with results of another edition: other items, another version, too few of them.
    """

    name: str
    line: TaskLine
    edition: str
    members: tuple[int, ...]
    values: Floats
    ranked: tuple[Floats, Floats]
    standing: Standing
    others: tuple[int, ...]

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""
        metric = METRICS.get(self.line.headline)
        return metric is None or metric.higher_is_better


@dataclass(frozen=True)
class Track:
    """One ranking.

    Attributes:
        key, title: see ``TRACKS``.
        boards: its tasks, by name.
        panel: names of the tasks that are ranked over.
        members: entries with all tasks of the panel, M of them.
        standing: where they stand by their mean rank.
        others: entries that lack a task of the panel, which are shown apart.
    """

    key: str
    title: str
    boards: Mapping[str, TaskBoard]
    panel: tuple[str, ...]
    members: tuple[int, ...]
    standing: Standing
    others: tuple[int, ...]


def task_boards(entries: Sequence[Entry]) -> dict[str, TaskBoard]:
    """The board of every task that some entry has, by name."""
    names = sorted({name for entry in entries for name in entry.tasks})
    return {name: _task_board(name, entries) for name in names}


def _task_board(name: str, entries: Sequence[Entry]) -> TaskBoard:
    having = [at for at, entry in enumerate(entries) if name in entry.measured]
    telling = [entry for entry in entries if name in entry.tasks]
    samples = {at: entries[at].samples[name] for at in having if name in entries[at].samples}
    told = {at: sample for at, sample in samples.items() if np.isfinite(sample.value)}
    edition = _main_edition(name, entries, {at: sample.edition for at, sample in told.items()})
    members = tuple(at for at, sample in told.items() if sample.edition == edition)
    line = (entries[members[0]] if members else telling[0]).tasks[name]
    values = np.array([told[at].value for at in members])
    metric = METRICS.get(line.headline)
    higher = metric is None or metric.higher_is_better
    if members:
        drawn = np.stack([told[at].replicates for at in members])
        ranked = ranks(values, higher), ranks(drawn, higher)
    else:
        ranked = np.zeros(0), np.zeros((0, 1))
    others = tuple(at for at in having if at not in set(members))
    return TaskBoard(name, line, edition, members, values, ranked, _standing([ranked]), others)


def _main_edition(name: str, entries: Sequence[Entry], editions: Mapping[int, str]) -> str:
    """The edition that most entries have; of equals the one of the newest version of the task."""
    counts = Counter(editions.values())
    versions = {edition: entries[at].tasks[name].version for at, edition in editions.items()}
    return max(counts, key=lambda edition: (counts[edition], versions[edition], edition), default="")


def tracks(entries: Sequence[Entry], boards: Mapping[str, TaskBoard]) -> list[Track]:
    """The rankings that have a task, the one with more entries first."""
    found = []
    for direction, (key, title) in TRACKS.items():
        own = {name: board for name, board in boards.items() if board.line.direction == direction}
        if own:
            found.append(_track(key, title, own))
    return sorted(found, key=lambda track: -len(track.members) - len(track.others))


def _track(key: str, title: str, boards: Mapping[str, TaskBoard]) -> Track:
    everyone = sorted({at for board in boards.values() for at in (*board.members, *board.others)})
    having = {name: set(board.members) for name, board in boards.items()}
    panel, members = choose_panel(having)
    ranked = [_among(boards[name], members) for name in panel]
    others = tuple(at for at in everyone if at not in set(members))
    return Track(key, title, boards, panel, members, _standing(ranked), others)


def choose_panel(having: Mapping[str, set[int]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The tasks to rank over, and the models that have them all.

    Tasks are taken in order of how many models have them, as many as leave at least half of all models with
    every one of them: what few have measured does not decide who is ranked, and nothing is imputed.

    Args:
        having: for each task the models that have it.
    """
    everyone = set[int]().union(*having.values())
    ordered = sorted(having, key=lambda name: (-len(having[name]), name))
    panel, complete = ordered[:1], set(having[ordered[0]]) if ordered else set()
    for name in ordered[1:]:
        still = complete & having[name]
        if not still or 2 * len(still) < len(everyone):
            break
        panel, complete = [*panel, name], still
    return tuple(sorted(panel)), tuple(sorted(complete))


def _among(board: TaskBoard, members: Sequence[int]) -> tuple[Floats, Floats]:
    """Ranks of a task among some of its members, in their order: whom they are ranked with decides ranks."""
    if tuple(members) == board.members:
        return board.ranked
    place = {at: row for row, at in enumerate(board.members)}
    rows = [place[at] for at in members]
    over_data, drawn = (ranks(ranked[rows], higher_is_better=False) for ranked in board.ranked)
    return over_data, drawn


def _standing(ranked: Sequence[tuple[Floats, Floats]]) -> Standing:
    if not ranked or not len(ranked[0][0]):
        none = np.zeros(0, np.int64)
        return Standing(none, none, none, np.zeros(0))
    return standing(ranked)
