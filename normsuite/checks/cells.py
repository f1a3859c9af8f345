"""Cells: raw rows that became no item, fields that the wordings use and that are empty."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow.compute as pc

from normsuite.adapters.describe import reasons
from normsuite.checks.asking import Prompts
from normsuite.checks.findings import Finding, Severity, of_all
from normsuite.checks.shown import NAMES
from normsuite.checks.subject import Subject, first_id

CHECK: Final = "cells"
_NAMED: Final = 5  # reasons
_MUCH: Final = 0.2  # of the raw rows


def check(subject: Subject, prompts: Prompts) -> list[Finding]:
    """Rows set aside, prompts that cannot be filled, empty fields, empty options."""
    return [*_set_aside(subject), *_unfilled(subject, prompts), *_empty(subject), *_empty_options(subject)]


def _set_aside(subject: Subject) -> list[Finding]:
    """One finding for each of the commonest reasons."""
    aside = subject.set_aside
    total = aside.num_rows + subject.items.num_rows + subject.others.num_rows
    found = []
    for field, reason, n in reasons(aside)[:_NAMED]:
        same = aside.filter(pc.and_(pc.equal(aside["field"], field), pc.equal(aside["reason"], reason)))
        first = same.slice(0, 1).to_pylist()[0]
        much: Severity = "warning" if n / total >= _MUCH else "note"
        what = "row was" if n == 1 else "rows were"
        message = f"{n:,} raw {what} set aside because the field {field!r} {reason}"
        fix = "mend them, or see that the right column is read" if much == "warning" else None
        example = f"{first['file']} row {first['row']}"
        found.append(Finding(CHECK, much, message, n, n / total, example, fix))
    return found


def _unfilled(subject: Subject, prompts: Prompts) -> list[Finding]:
    """What stops a run: a wording prints a field that an item does not have."""
    found = []
    for why, ids in prompts.failed.items():
        n = len(ids)
        message = f"{of_all(n, prompts.asked, 'scored items')} cannot be put into words: {why}"
        fix = "fill the field, leave such rows out, or test for it in the wording ({% if … %})"
        found.append(Finding(CHECK, "problem", message, n, n / prompts.asked, ids[0], fix))
    return found


def _empty(subject: Subject) -> list[Finding]:
    """Shown fields that some items lack, though others have them."""
    found = []
    total = subject.items.num_rows
    for name, texts in subject.texts.items():
        blank = np.asarray(pc.equal(pc.utf8_trim_whitespace(texts), ""), bool)
        n = int(blank.sum())
        if not n or n == total:
            continue
        message = f"{NAMES[name]}, which the wordings show, is empty in {of_all(n, total, 'scored items')}"
        found.append(
            Finding(CHECK, "note", message, n, n / total, first_id(subject.items, blank), "check these rows")
        )
    return found


def _empty_options(subject: Subject) -> list[Finding]:
    if not subject.own_options:
        return []
    options = subject.items["options"].to_pylist()
    blank = np.array([any(not text.strip() for text in own) for own in options], bool)
    n = int(blank.sum())
    if not n:
        return []
    message = f"{of_all(n, len(blank), 'scored items')} have an option without text"
    fix = "fill it or leave the option out"
    return [Finding(CHECK, "problem", message, n, n / len(blank), first_id(subject.items, blank), fix)]
