"""What is published: a data set's Items with all that is known about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from normsuite import places
from normsuite.adapters import Adapted, Adapter, get_adapter, known_adapters
from normsuite.adapters.base import Share
from normsuite.adapters.build import is_items, load
from normsuite.adapters.homes import Record, downloads
from normsuite.errors import InputError
from normsuite.publishing.licences import Licence, licence_of
from normsuite.tables import load_table, tables_of
from normsuite.tasks import load_task

TASK_FILES: Final = (".yaml", ".yml")


@dataclass(frozen=True)
class Source:
    """A data set to publish.

    Attributes:
        name: the data set's.
        title: its name for people.
        adapter: its adapter; None for a data set of the user's own.
        adapted: what was read.
        licence: what it may be used for.
        view: which judgement was taken of each row; empty where there is one only.
        downloaded: where its files came from, if ``data get`` brought them.
        card: its data card, as people wrote it; empty where nobody has.
    """

    name: str
    title: str
    adapter: Adapter | None
    adapted: Adapted
    licence: Licence
    view: str = ""
    downloaded: Sequence[Record] = ()
    card: str = ""

    @property
    def share(self) -> Share:
        """Whether others may be given it. Of a data set of one's own, one decides oneself."""
        return self.adapter.home.share if self.adapter else "yes"

    def section(self, *titles: str) -> str:
        """The text below the first of these headings of the card; empty where it has none of them."""
        parts = re.split(r"^## +(.+)$", self.card, flags=re.MULTILINE)
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        return next((found[title].strip() for title in titles if title in found), "")

    def said(self, key: str) -> str:
        """What the first table of the card says of something; empty where nobody has said it."""
        row = re.search(rf"^\| *{re.escape(key)} *\|(.+)\|\s*$", self.card, flags=re.MULTILINE)
        return row[1].strip() if row and not row[1].strip().startswith("not said") else ""


def read_source(
    name: str, raw: Path | None = None, view: str = "", *, licence: str = "", keep_going: bool = False
) -> Source:
    """Read a data set for publishing.

    Args:
        name: a data set's name, or the path of a task file (``.yaml``) that brings a table of its own.
        raw: as for ``adapters.build.load`` and ``tables.load_table``.
        view: which judgement to take of each row.
        licence: for a data set of the user's own.
        keep_going: set rows that break the format aside instead of refusing the file.

    Raises:
        InputError: it cannot be read; a licence is said that is its home's to say; its items have pictures.
    """
    if name.endswith(TASK_FILES):
        source = _of_task(Path(name), raw, view, licence, keep_going=keep_going)
    else:
        adapter = get_adapter(name) if name in known_adapters() else None
        if adapter and licence:
            what = f"the licence of {name!r} is {adapter.home.licence!r}, by its home"
            raise InputError(what, field="--licence", fix="leave it out")
        adapted = load(name, raw, view, keep_going=keep_going)
        card = places.find_all("data_cards").get(name)
        source = Source(
            name,
            adapter.title if adapter else name,
            adapter,
            adapted,
            licence_of(adapter, licence),
            _view(adapter, raw, view),
            downloads(adapter) if adapter and raw is None else (),
            card.read_text(encoding="utf-8").strip() if card else "",
        )
    images = source.adapted.items["images"]
    if images.null_count < len(images):
        what = f"items of {source.name!r} have pictures, which a folder of tables does not hold"
        fix = "build a view without pictures, or one file beside them (`--out X.parquet`)"
        raise InputError(what, field="--out", fix=fix)
    return source


def _view(adapter: Adapter | None, raw: Path | None, view: str) -> str:
    """Which of several views was taken; Items that were built do not say."""
    if adapter is None or len(adapter.views) == 1 or (raw is not None and is_items(raw)):
        return ""
    return view or adapter.views[0]


def _of_task(path: Path, raw: Path | None, view: str, licence: str, *, keep_going: bool) -> Source:
    """The table that a task file brings along; its data card lies beside the file, under the same name."""
    if view:
        raise InputError("a table of one's own has no views", field="--view", fix="leave it out")
    task = load_task(path)
    table = tables_of([task]).get(task.data.set)
    if table is None:
        fix = f"name its data set instead: `normsuite data build {task.data.set}`"
        raise InputError("has no table of its own", file=path, field="data.table", fix=fix)
    if keep_going:
        table = replace(table, spec=table.spec.model_copy(update={"keep_going": True}))
    card = path.with_suffix(".md")
    return Source(
        table.name,
        task.title,
        None,
        load_table(table, raw),
        licence_of(None, licence),
        card=card.read_text(encoding="utf-8").strip() if card.is_file() else "",
    )
