"""Which columns, files or folders say whose norm it is, and which rows belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

from normsuite import cultures
from normsuite.tables.fields import SPLIT_NAMES
from normsuite.tables.hints import hints, words_of
from normsuite.tables.profile import Column
from normsuite.tables.proposal import Choice, Proposal


def find_places(plan: Proposal) -> None:
    """Propose id, cluster, split, country and language."""
    for step in (_ids, _splits, _countries, _languages):
        step(plan)


def _ids(plan: Proposal) -> None:
    """The id is unique before rows are made of columns or lists."""
    before: Mapping[str, Column] = plan.extra["before"]
    people = [
        column.name for column in before.values() if hints(column.name, "annotator") and column.distinct > 1
    ]
    for column in before.values():
        if column.kind in ("text", "number") and column.name in plan.columns:
            if "id" not in plan.choices and hints(column.name, "id") and column.distinct == column.n:
                plan.choices["id"] = Choice(column.name, f"{column.n} different values")
            elif (
                people
                and "group" not in plan.choices
                and column.name not in people
                and column.distinct < column.filled
                and hints(column.name, "id")
            ):
                why = f"{column.distinct} things, each judged in several rows (see {people[0]})"
                plan.choices["group"] = Choice(column.name, why)
            elif (
                "cluster" not in plan.choices
                and column.name not in people
                and 1 < column.distinct < column.filled
                and (hints(column.name, "cluster") or re.search(r"\w id$", words_of(column.name)))
            ):
                plan.choices["cluster"] = Choice(column.name, f"{column.distinct} groups of rows")


def _splits(plan: Proposal) -> None:
    if "split" in plan.choices:
        return
    for column in plan.free(lambda column: hints(column.name, "split") and column.is_splits):
        if _can_be_scored(column.values):
            plan.choices["split"] = Choice(column.name, f"holds {', '.join(column.values[:3])}")
            return
    named = _of_files(plan, lambda text: text.lower() in SPLIT_NAMES)
    if named and _can_be_scored(named[1].rsplit(" called ", 1)[1].split(", ")):
        plan.choices["split"] = Choice(*named)


def _can_be_scored(names: Iterable[str]) -> bool:
    """Whether splits leave something to score that nothing was fitted on."""
    splits = {SPLIT_NAMES.get(name.lower()) for name in names}
    return "test" in splits or len(splits) > 1


def _of_files(plan: Proposal, test: Callable[[str], bool]) -> tuple[str, str] | None:
    """A folder's or file's name, where it passes a test for (nearly) all files."""
    paths = [PurePosixPath(name) for name in plan.found.rows.files]
    candidates: list[tuple[str, list[str]]] = []
    for level in range(max(len(path.parts) for path in paths) - 1):
        names = [path.parts[-2 - level] for path in paths if len(path.parts) > level + 1]
        candidates.append((f"folder:{level}", names))
    suffix = paths[0].suffix
    candidates += [
        (f"file:{{}}{suffix}", [path.stem for path in paths]),
        (f"file:{{}}_*{suffix}", [path.stem.partition("_")[0] for path in paths if "_" in path.stem]),
        (f"file:{{}}-*{suffix}", [path.stem.partition("-")[0] for path in paths if "-" in path.stem]),
        (f"file:*_{{}}{suffix}", [path.stem.partition("_")[2] for path in paths if "_" in path.stem]),
    ]
    for source, names in candidates:
        known = [name for name in names if test(name)]
        if len(known) >= 0.8 * len(paths) and known:
            what = "a folder" if source.startswith("folder") else "a file"
            return source, f"{what} called {', '.join(dict.fromkeys(known[:3]))}"
    return None


def _countries(plan: Proposal) -> None:
    if "country" in plan.choices:
        return
    melt = plan.extra.get("melt")
    if melt is not None and melt.name == "country":
        plan.choices["country"] = Choice("country", "the names of the columns")
        return
    found = plan.free(lambda column: column.is_countries)
    found.sort(key=lambda column: (not hints(column.name, "country"), -column.distinct))
    if found:
        column = found[0]
        strange = [value for value in column.values if not cultures.country(value)]
        lost = f"; unknown: {', '.join(strange[:3])}" if strange else ""
        plan.choices["country"] = Choice(column.name, f"names of {column.distinct} countries{lost}")
        return
    named = _of_files(plan, lambda text: cultures.country(text) is not None)
    if named:
        plan.choices["country"] = Choice(*named)


def _languages(plan: Proposal) -> None:
    if "language" in plan.choices:
        return
    for column in plan.free(lambda column: hints(column.name, "language")):
        if column.is_languages or (column.kind == "text" and column.few and column.length > 3):
            plan.choices["language"] = Choice(column.name, f"holds {', '.join(column.values[:3])}")
            return
