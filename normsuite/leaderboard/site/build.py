"""The whole way from submissions to a site: read, rank, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from normsuite import places
from normsuite.leaderboard.site.boards import TaskBoard, task_boards, tracks
from normsuite.leaderboard.site.data import group_boards, model_files, ranking
from normsuite.leaderboard.site.downloads import downloads
from normsuite.leaderboard.site.entries import Entry
from normsuite.leaderboard.site.feed import feed
from normsuite.leaderboard.site.folder import SiteFolder, open_folder
from normsuite.leaderboard.site.numbers import gather, script
from normsuite.leaderboard.site.pages import pages
from normsuite.leaderboard.site.reading import read_entries
from normsuite.leaderboard.site.standings import Site
from normsuite.leaderboard.site.task_text import TaskText, task_text
from normsuite.tasks import load_task
from normsuite.web import asset

_SHARED: Final = ("theme.css", "dom.js", "theme.js", "table.js")
_ASSETS: Final = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Built:
    """What a build did.

    Attributes:
        submissions: how many there are.
        read: how many were read anew; the others had not changed.
        files: of the site.
        written: how many of them were new or differed.
    """

    submissions: int
    read: int
    files: int
    written: int


def build_site(
    submissions: Path, out: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> Built:
    """Make the site of all submissions, or bring it up to date: the same submissions give the same bytes.

    Args:
        submissions: the folder of submissions.
        out: the site's folder; it may be moved, and opened from disk or put on any host.
        progress: told how many submissions of how many are read.

    Raises:
        InputError: a submission cannot be read, or ``out`` holds something else or cannot be written.
    """
    folder = open_folder(out)
    found = read_entries(submissions, out, progress)
    write_site(folder, found.entries)
    folder.finish()
    return Built(len(found.entries), found.fresh, len(folder.files), len(folder.written))


def write_site(folder: SiteFolder, entries: Sequence[Entry]) -> None:
    """Put every file of the site in its place.

    Args:
        folder: where.
        entries: the submissions; nothing of them is trusted.

    Raises:
        InputError: a file cannot be written.
    """
    boards = task_boards(entries)
    ranked = tracks(entries, boards)
    numbers = gather(entries)
    _put_assets(folder)
    _put_data(folder, "ranking", ranking(entries, boards, ranked, numbers))
    for name, value in group_boards(boards, numbers):
        _put_data(folder, name, value)
    for name, value in model_files(entries, boards, numbers):
        _put_data(folder, name, value)
    for name, content in pages(Site(entries, boards, ranked, numbers, _texts(boards))):
        folder.put(name, content)
    for name, data in downloads(entries, boards, ranked):
        folder.put(name, data)
    folder.put("feed.xml", feed(entries))


def _put_assets(folder: SiteFolder) -> None:
    for name in _SHARED:
        folder.put(f"assets/{name}", str(asset(name)))
    for path in sorted(_ASSETS.iterdir()):
        folder.put(f"assets/{path.name}", path.read_bytes())


def _put_data(folder: SiteFolder, name: str, value: Mapping[str, object]) -> None:
    folder.put(f"data/{name}.js", script(name, value))


def _texts(boards: Mapping[str, TaskBoard]) -> dict[str, TaskText]:
    """What is known of each task; nothing of those that this normsuite does not have."""
    known = places.find_all("tasks")
    return {name: task_text(load_task(known[name])) for name in boards if name in known}
