"""The steps of the pipeline: what each is asked with, and what is made of what the model wrote.

Each step is a family of wordings, ``prompts/agents-<step>``. They see the item, its options, and ``notes``:

- ``found``: texts of passages; ``expression`` and ``result`` of a calculation; ``reasoning``; all may be none
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from normsuite.errors import InputError
from normsuite.prompts import Option, Wording, load_wordings
from normsuite.scorers.agents.calculator import calculate
from normsuite.scorers.orders import Order
from normsuite.scorers.parsing import Asked, strict

SEARCH, CALCULATE, JUDGE, REASON = "search", "calculate", "judge", "reason"
STEPS: Final = (SEARCH, CALCULATE, JUDGE, REASON)
"""All but the last, ``choose``, whose wordings are the task's own."""

_YES_NO: Final = Asked((Option("No", "No"), Option("Yes", "Yes")))
_LABEL: Final = re.compile(
    r"^(?:search(?: words| terms)?|query|calculation|expression|answer)\s*:\s*", re.IGNORECASE
)
_QUOTES: Final = "\"'`“”‘’"


@dataclass(frozen=True)
class Notes:
    """What earlier steps brought to one question.

    Attributes:
        found: texts of passages.
        expression, result: of a calculation; empty where there is none.
        reasoning: what was thought.
    """

    found: tuple[str, ...] = ()
    expression: str = ""
    result: str = ""
    reasoning: str = ""

    def fields(self) -> dict[str, Any]:
        """As wordings see them: what is empty is none."""
        return {name: value or None for name, value in vars(self).items()}

    def only(self, name: str) -> Notes:
        """The passages alone (``found``), or the calculation alone (``result``)."""
        if name == "found":
            return Notes(found=self.found)
        return Notes(expression=self.expression, result=self.result)

    def without(self, name: str) -> Notes:
        """Without the passages (``found``), or without the calculation (``result``)."""
        if name == "found":
            return replace(self, found=())
        return replace(self, expression="", result="")


@dataclass(frozen=True)
class Case:
    """One item under one wording.

    Attributes:
        row: which prediction (item x wording) it is.
        item: the item's id.
        wording: the wording's name, in every step.
        fields: what a wording may use of the item.
        shown: the options in the order shown.
        order: which option each shown one stands for.
    """

    row: int
    item: str
    wording: str
    fields: Mapping[str, Any]
    shown: tuple[Option, ...]
    order: Order

    def render(self, wordings: Mapping[str, Wording], notes: Notes) -> str:
        """The prompt of a step, whose wordings are given by name."""
        own = {**self.fields, "options": self.shown, "notes": notes.fields()}
        return wordings[self.wording].render(own)


def load_steps(wordings: Sequence[Wording]) -> dict[str, dict[str, Wording]]:
    """The wordings of each step but the last, by step and name.

    Args:
        wordings: the last step's; every step must have a wording of each name.

    Raises:
        InputError: a family is missing or lacks a name.
    """
    steps = {}
    for step in STEPS:
        family = f"agents-{step}"
        own = {wording.name: wording for wording in load_wordings(family)}
        for wording in wordings:
            if wording.name not in own:
                what = f"has no wording {wording.name!r}, which the step choose has"
                raise InputError(what, file=family, fix="name the wordings of all steps alike")
        steps[step] = {wording.name: own[wording.name] for wording in wordings}
    return steps


def first_line(text: str) -> str:
    """The first line with anything on it, without the name of what was asked for and without quotes."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _LABEL.sub("", lines[0]).strip().strip(_QUOTES).strip() if lines else ""


def read_query(text: str, case: Case) -> str:
    """What to search for; the question itself where the model wrote nothing."""
    return first_line(text) or str(case.fields["situation"])


def read_calculation(text: str) -> tuple[str, str, str]:
    """(expression, result, why there is none) of what was written; all are empty where none was wanted."""
    expression = first_line(text)
    if not expression or expression.strip(".").casefold() == "none":
        return "", "", ""
    try:
        return expression, calculate(expression), ""
    except ValueError as error:
        return expression, "", str(error)


def is_useful(text: str) -> bool:
    """Whether the judge said yes, and nothing else."""
    return strict(text, _YES_NO).chosen == (1,)
