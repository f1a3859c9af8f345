"""A first mapping of a table's columns to Items, each with its reason; what cannot be told stays open.

People see the reasons and may say otherwise: nothing here is applied unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from normsuite import cultures
from normsuite.errors import InputError
from normsuite.tables.draft import name_answers
from normsuite.tables.hints import hints
from normsuite.tables.places import find_places
from normsuite.tables.profile import Column, profile, profiles
from normsuite.tables.proposal import FIELDS, NOTHING, Choice, Proposal
from normsuite.tables.reshape import shaped
from normsuite.tables.roles import find_roles
from normsuite.tables.sniff import Found
from normsuite.tasks.table_parts import Melt, Way, is_expression

_LISTED: Final = ("options", "votes", "group", "each", "melt")


def propose(found: Found, given: Mapping[str, str]) -> Proposal:
    """Look at a table's columns and propose a mapping.

    Args:
        found: the table.
        given: what a person says: a column, an expression, ``folder:0``, ``file:PATTERN``, ``=CONSTANT``, or
            ``-`` for nothing; several columns with commas.

    Raises:
        InputError: ``given`` names what is no field or no column.
    """
    given = {_field(name): value for name, value in given.items()}
    plan = _shaped(found, given)
    for name, value in given.items():
        _check_columns(plan, name, value)
        plan.choices[name] = Choice(value, "as you say")
    find_places(plan)
    find_roles(plan)
    if not any(plan.source(name) for name in ("situation", "behavior", "turns")):
        plan.open["situation"] = "which column tells what is judged?"
    if not any(plan.source(name) for name in ("label", "votes", "rating")) and "label" not in plan.open:
        plan.open["label"] = "which column holds the answer?"
    name_answers(plan)
    return plan


def _field(name: str) -> str:
    """A field's name as spelled here."""
    name = {"behaviour": "behavior", "category": "topic"}.get(name, name)
    if name not in FIELDS and not re.fullmatch(r"category\.[^.]+", name):
        raise InputError(f"no field {name!r}", field="--map", fix=f"use {', '.join(FIELDS)}, category.NAME")
    return name


def _check_columns(plan: Proposal, name: str, value: str) -> None:
    if value == NOTHING or name in ("answers", "first", "scale", "melt", "each") or is_expression(value):
        return
    if value.startswith(("folder:", "file:", "=")):
        return
    for column in value.split(",") if name in _LISTED or name == "votes" else [value]:
        plan.rows.cells(column.strip(), name)


def _shaped(found: Found, given: Mapping[str, str]) -> Proposal:
    """Wide columns and lists as rows, where they are such."""
    rows, columns = found.rows, profiles(found.rows)
    plan = Proposal(found, rows, columns)
    each, melt, why = given.get("each", ""), given.get("melt", ""), "as you say"
    if not each and not melt:
        wide = [name for name in rows.columns if cultures.country(name)]
        lists = [column for column in columns.values() if _is_dialogue(column)]
        if len(wide) >= 2:
            melt, why = ",".join(wide), "columns that are called like countries"
        elif len(lists) == 1:
            each, why = lists[0].name, "a list whose elements have a label of their own"
    plan.extra["before"] = columns
    if melt and melt != NOTHING:
        wide = [name.strip() for name in melt.split(",")]
        for name in wide:
            rows.cells(name, "melt")
        names = "country" if all(cultures.country(name) for name in wide) else "column"
        first = profile(wide[0], rows.cells(wide[0], "melt"))
        kind = "votes" if first.kind in ("list", "mapping") else "answer"
        plan.extra["melt"] = Melt(columns=tuple(wide), name=names, value=kind)
        if first.parse:
            plan.extra["parse"] = {kind: first.parse}
        plan.choices["melt"] = Choice(", ".join(wide), why)
    elif each and each != NOTHING:
        plan.extra["each"] = (each,)
        if each in columns and columns[each].parse:
            plan.extra["parse"] = {each: columns[each].parse}
        plan.choices["each"] = Choice(each, why)
    parse: dict[str, Way] = plan.extra.get("parse", {})
    plan.rows, _ = shaped(rows, parse, plan.extra.get("melt"), plan.extra.get("each", ()))
    plan.columns = profiles(plan.rows)
    return plan


def _is_dialogue(column: Column) -> bool:
    """Whether a column holds lists of mappings with a text and a label."""
    elements = [part for cell in column.parts if isinstance(cell, list) for part in cell]
    if column.kind != "list" or not elements or not all(isinstance(part, dict) for part in elements):
        return False
    keys = dict.fromkeys(key for part in elements for key in part)
    return any(hints(key, "utterance") for key in keys) and any(hints(key, "label") for key in keys)
