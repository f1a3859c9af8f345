"""Which columns hold texts, answers and topics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from normsuite.tables.hints import are_verdicts, hints, scale_of, words_of
from normsuite.tables.profile import Column
from normsuite.tables.proposal import Choice, Proposal
from normsuite.tasks import LETTERS


def find_roles(plan: Proposal) -> None:
    """Propose options, votes, label, rating, turns, texts and topics."""
    for step in (_options, _votes, _label, _rating, _turns, _texts, _topics):
        step(plan)


def _options(plan: Proposal) -> None:
    """Several columns called a, b, c or option1, option2; or a column of lists."""
    if "options" in plan.choices or plan.choices.get("rating"):
        return
    series: dict[str, list[Column]] = {}
    for column in plan.free(lambda column: column.kind in ("text", "number")):
        named = re.fullmatch(r"(?:(\w+?) ?)?([a-j]|\d{1,2})", words_of(column.name))
        if named and not re.fullmatch(r"c\d+", column.name):
            stem = named[1] or ""
            if not stem or hints(stem, "options"):
                series.setdefault(stem, []).append(column)
    for columns in series.values():
        if 2 <= len(columns) <= len(LETTERS):
            plan.choices["options"] = Choice(
                ", ".join(column.name for column in columns), "a series of columns"
            )
            return
    lists = plan.free(lambda column: column.kind == "list" and hints(column.name, "options"))
    for column in lists:
        if all(isinstance(part, str) for cell in column.parts for part in cell):
            plan.choices["options"] = Choice(column.name, "lists of texts")
            _parsed(plan, column)
            return


def _parsed(plan: Proposal, column: Column) -> None:
    if column.parse:
        plan.extra.setdefault("parse", {})[column.name] = column.parse


def _votes(plan: Proposal) -> None:
    """Mappings of numbers, lists of numbers or labels, or several columns of counts."""
    if plan.choices.get("rating"):
        return
    if plan.source("votes"):
        for name in plan.source("votes").split(","):
            column = plan.columns.get(name.strip())
            if column is not None:
                _parsed(plan, column)
        return
    for column in (
        [] if "votes" in plan.choices else plan.free(lambda column: column.kind in ("list", "mapping"))
    ):
        if "label" in plan.choices and not hints(column.name, "votes"):
            continue
        leaves = list(_numbers_or_labels(column))
        if leaves and all(isinstance(leaf, int | float) for leaf in leaves):
            plan.choices["votes"] = Choice(column.name, "numbers for each answer")
        elif leaves and hints(column.name, "votes") and len(set(map(str, leaves))) <= len(LETTERS):
            plan.choices["votes"] = Choice(column.name, "lists of people's labels")
        else:
            continue
        _parsed(plan, column)
        return
    counts = [] if "votes" in plan.choices else plan.free(_is_count)
    if len(counts) >= 2 and "label" not in plan.choices:
        plan.choices["votes"] = Choice(", ".join(column.name for column in counts), "columns of counts")


def _numbers_or_labels(column: Column) -> Iterator[Any]:
    for cell in column.parts:
        yield from cell.values() if isinstance(cell, dict) else cell if isinstance(cell, list) else ()


def _is_count(column: Column) -> bool:
    words = words_of(column.name).split()
    if column.kind == "number" and column.low >= 0 and are_verdicts((column.name,)):
        return True
    return (
        column.kind == "number"
        and column.low >= 0
        and len(words) > 1
        and any(hints(word, "count") for word in (words[0], words[-1]))
    )


def _label(plan: Proposal) -> None:
    """The column of few values whose name or values say that it is a verdict."""
    if {"label", "rating"} & set(plan.choices) or plan.source("votes"):
        return
    if plan.source("options"):
        named = plan.free(lambda column: hints(column.name, "label") and column.kind in ("text", "number"))
        if len(named) == 1:
            plan.choices["label"] = Choice(named[0].name, "its name, beside the options")
            return
    few = plan.free(lambda column: column.few and not column.is_countries and not column.is_splits)
    rated = plan.free(lambda column: column.kind == "number" and hints(column.name, "rating"))
    ranked: list[tuple[str, Callable[[Column], bool]]] = [
        ("its name, and few values", lambda column: hints(column.name, "label")),
        ("its values are verdicts", lambda column: are_verdicts(column.values)),
        (
            "the only column of few values",
            lambda column: column.kind == "text" and not rated and not _says_who_or_where(column),
        ),
    ]
    for why, test in ranked:
        named = [column for column in few if test(column)]
        if len(named) == 1:
            shown = ", ".join(named[0].values[:4])
            plan.choices["label"] = Choice(named[0].name, f"{why}: {shown}")
            return
        if named and why != ranked[-1][0]:
            plan.open["label"] = f"is it {' or '.join(column.name for column in named)}?"
            return


def _says_who_or_where(column: Column) -> bool:
    """Whether a column is called like a facet rather than like an answer."""
    return any(
        hints(column.name, at) for at in ("topic", "country", "language", "split", "speaker", "cluster")
    )


def _rating(plan: Proposal) -> None:
    """A number on a scale, where there is no label and no votes."""
    if any(plan.source(name) for name in ("label", "votes", "options")):
        return
    name = plan.source("rating")
    if not name:
        found = plan.free(
            lambda column: column.kind == "number" and hints(column.name, "rating") and column.distinct > 2
        )
        if len(found) != 1 or "rating" in plan.choices or not scale_of(found[0].low, found[0].high):
            return
        name = found[0].name
        low, high = scale_of(found[0].low, found[0].high) or (0, 0)
        plan.choices["rating"] = Choice(name, f"numbers from {found[0].low:g} to {found[0].high:g}")
        plan.choices.setdefault(
            "scale", Choice(f"{low:g} to {high:g}", "the narrowest usual scale that holds them")
        )
        plan.open.pop("label", None)
    elif "scale" not in plan.choices:
        column = plan.columns.get(name)
        scale = scale_of(column.low, column.high) if column is not None else None
        if scale is None:
            plan.open["scale"] = "from which number to which does the rating's scale go (as in 1 to 7)?"
        else:
            plan.choices["scale"] = Choice(
                f"{scale[0]:g} to {scale[1]:g}", "the narrowest usual scale that holds it"
            )


def _turns(plan: Proposal) -> None:
    """What was said before a turn, or a whole dialogue."""
    each = plan.extra.get("each", ())
    before = f"{each[0].rsplit('.', 1)[-1]}_before" if each else ""
    if "turns" not in plan.choices:
        if before:
            plan.choices["turns"] = Choice(before, "the elements before")
        else:
            lists = plan.free(lambda column: column.kind == "list")
            spoken = [column for column in lists if "text" in _turn_keys(column)]
            if spoken:
                plan.choices["turns"] = Choice(spoken[0].name, "lists of turns")
    column = plan.columns.get(plan.source("turns"))
    if column is not None:
        _parsed(plan, column)
        plan.extra["turn_keys"] = _turn_keys(column)


def _turn_keys(column: Column) -> dict[str, str]:
    """Which keys of a list's elements hold the text and the speaker."""
    elements = [part for cell in column.parts if isinstance(cell, list) for part in cell]
    keys = list(dict.fromkeys(key for part in elements if isinstance(part, dict) for key in part))
    found: dict[str, str] = {}
    for role, at in (("text", "utterance"), ("speaker", "speaker")):
        named = [key for key in keys if hints(key, at) and key not in found.values()]
        if named:
            found[role] = named[0]
    return found


def _texts(plan: Proposal) -> None:
    """Texts by their names; what is left by its length."""
    each = plan.extra.get("each", ())
    inside = f"{each[0].rsplit('.', 1)[-1]}." if each else ""
    if inside and "behavior" not in plan.choices:
        said = plan.free(lambda c: c.name.startswith(inside) and hints(c.name, "utterance"))
        who = plan.free(lambda c: c.name.startswith(inside) and hints(c.name, "speaker") and c.filled == c.n)
        if said:
            source = f"{{{{ {who[0].name} }}}}: {{{{ {said[0].name} }}}}" if who else said[0].name
            plan.choices["behavior"] = Choice(source, "what the element says")

    def is_text(column: Column) -> bool:
        """A text that varies; what a turn says of itself (its speaker) is none of the item's texts."""
        varies = column.distinct > 2 and not column.few and column.length >= 8
        return column.kind == "text" and varies and not (inside and column.name.startswith(inside))

    for name in ("situation", "behavior", "norm", "explanation"):
        if name not in plan.choices:
            named = plan.free(lambda c, name=name: is_text(c) and hints(c.name, name))  # type: ignore[misc]
            if named:
                longest = max(named, key=lambda column: column.length)
                plan.choices[name] = Choice(longest.name, "its name")
    if not any(plan.source(name) for name in ("situation", "behavior")):
        left = sorted(plan.free(lambda c: is_text(c) and c.length >= 15), key=lambda c: -c.length)
        for name, column in zip(("situation", "behavior"), left, strict=False):
            if name not in plan.choices:
                plan.choices[name] = Choice(column.name, f"text of about {column.length:.0f} characters")


def _topics(plan: Proposal) -> None:
    """Facets: columns that are called so, and what else takes few values."""
    named = "topic" in plan.choices
    for column in plan.free(lambda column: column.kind == "text" and column.distinct > 1):
        if column.name.endswith(("_key", "_place")) or (
            plan.extra.get("each") and hints(column.name, "speaker")
        ):
            continue
        if hints(column.name, "annotator"):
            continue
        hinted = hints(column.name, "topic")
        if hinted and not named and column.distinct < column.filled:
            plan.choices["topic"] = Choice(column.name, f"{column.distinct} different values")
            named = True
        elif (
            (hinted or column.few)
            and column.distinct < column.filled
            and len(max(column.values, key=len)) <= 40
        ):
            label = words_of(column.name.rsplit(".", 1)[-1]).replace(" ", "-") or "facet"
            why = f"few values: {', '.join(column.values[:3])}"
            plan.choices.setdefault(f"category.{label}", Choice(column.name, why))
