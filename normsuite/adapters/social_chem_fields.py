"""The fields of Social-Chem-101: closed sets of values, the views that ask for them, what rows fail."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.rows import (
    EMPTY,
    UNKNOWN,
    Check,
    codes,
    distinct,
    encode,
    numbered,
    numerals,
    repeats,
)
from normsuite.schema import SPLITS

AREAS: Final = ("confessions", "dearabby", "rocstories", "amitheasshole")
FOUNDATIONS: Final = (
    "care-harm",
    "fairness-cheating",
    "loyalty-betrayal",
    "authority-subversion",
    "sanctity-degradation",
)
CATEGORIZATIONS: Final = ("morality-ethics", "social-norms", "advice", "description")
JUDGMENTS: Final = ("very-bad", "bad", "ok", "good", "very-good")
_AGREEMENTS: Final = ("nobody", "rare", "controversial", "most", "all")
LEGALITIES: Final = ("legal", "tolerated", "illegal")
_PRESSURES: Final = ("strong-against", "against", "discretionary", "for", "strong-for")
AGENCIES: Final = ("agency", "experience")
_HYPOTHETICALS: Final = ("explicit-no", "probable-no", "hypothetical", "probable", "explicit")
_CHARACTERS: Final = ("char-none", *(f"char-{number}" for number in range(6)))
_OTHER_SPLITS: Final = ("dev-extra", "test-extra", "analysis", "none")
AGREEMENT: Final = np.array([0, 0.15, 0.5, 0.825, 1, np.nan])
"""Middle of each bucket of people who agree (<1 %, 5-25 %, 50 %, 75-90 %, >99 %); the last: no answer."""


def _words(values: tuple[str, ...]) -> dict[str, int]:
    return {value: at for at, value in enumerate(values)}


_FIVE_FROM_MINUS_TWO: Final = {text: value + 2 for text, value in numerals(range(-2, 3)).items()}
CLOSED: Final = {
    "area": _words(AREAS),
    "m": numerals((1, 3, 5, 50)),
    "split": _words((*SPLITS, *_OTHER_SPLITS)),
    "rot-agree": numerals(range(5)),
    "rot-char-targeting": _words(_CHARACTERS),
    "rot-bad": numerals((0, 1)),
    "action-agency": _words(AGENCIES),
    "action-moral-judgment": _FIVE_FROM_MINUS_TWO,
    "action-agree": numerals(range(5)),
    "action-legal": _words(LEGALITIES),
    "action-pressure": _FIVE_FROM_MINUS_TWO,
    "action-char-involved": _words(_CHARACTERS),
    "action-hypothetical": _words(_HYPOTHETICALS),
}
"""Columns of a closed set of values, and the code of each value as the file may write it."""
USED: Final = (
    "area",
    "rot-agree",
    "action-agency",
    "action-moral-judgment",
    "action-legal",
    "action-pressure",
)
"""Those of them that items are made of; the others are checked only."""
_REQUIRED: Final = ("area", "m", "split", "rot-bad")
KEYS: Final = ("rot-id", "action", "breakdown-worker-id")
TEXTS: Final = ("rot-id", "situation-short-id", "situation", "rot")
LISTS: Final = {"rot-moral-foundations": FOUNDATIONS, "rot-categorization": CATEGORIZATIONS}


@dataclass(frozen=True)
class View:
    """One question that the data set answers.

    Attributes:
        field: the column of the answer.
        options: the answers, in the order of their codes.
        of_action: whether it is asked of the rule's action or of the rule itself.
    """

    field: str
    options: tuple[str, ...]
    of_action: bool = True

    @property
    def multilabel(self) -> bool:
        """Whether an annotator may choose several options, or none."""
        return self.field in LISTS

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name an item."""
        return ("rot-id", "action") if self.of_action else ("rot-id",)


VIEWS: Final = {
    "judgment": View("action-moral-judgment", JUDGMENTS),
    "agree": View("rot-agree", _AGREEMENTS, of_action=False),
    "legality": View("action-legal", LEGALITIES),
    "pressure": View("action-pressure", _PRESSURES),
    "foundations": View("rot-moral-foundations", FOUNDATIONS, of_action=False),
    "categorization": View("rot-categorization", CATEGORIZATIONS, of_action=False),
}


@dataclass(frozen=True)
class Answers:
    """What the annotators answered, as numbers.

    Attributes:
        codes: for each column of ``CLOSED``, int8 [n]: its value's code, EMPTY or UNKNOWN.
        choices: for each column of ``LISTS``, bool [n, k + 1]: the options chosen; the last column marks text
            that is not in the set.
        keys: for each column of ``KEYS``, int32 [n]: its distinct values numbered.
    """

    codes: dict[str, np.ndarray]
    choices: dict[str, np.ndarray]
    keys: dict[str, np.ndarray]

    def take(self, rows: np.ndarray) -> Answers:
        """The answers of some rows that items are made of."""
        return Answers(
            {name: self.codes[name][rows] for name in USED},
            {name: chosen[rows] for name, chosen in self.choices.items()},
            {name: self.keys[name][rows] for name in ("rot-id", "action")},
        )


def answers_in(table: pa.Table) -> Answers:
    """The answers of a table in ``social_chem_file.COLUMNS``."""
    with ThreadPoolExecutor(2) as both:  # the texts take their time
        keys = both.map(encode, (table[name] for name in KEYS))
    return Answers(
        {name: codes(table[name], values) for name, values in CLOSED.items()},
        {name: _choices(table[name], values) for name, values in LISTS.items()},
        dict(zip(KEYS, keys, strict=True)),
    )


def _choices(column: pa.ChunkedArray, values: tuple[str, ...]) -> np.ndarray:
    """The options chosen in cells such as "a|c", bool [n, k + 1]; see ``Answers``."""
    at = _words(values)
    words, cells = distinct(column)
    table = np.zeros((len(words), len(values) + 1), bool)
    for row, text in enumerate(words.to_pylist()):
        table[row, [at.get(value, len(values)) for value in text.split("|") if value]] = True
    chosen: np.ndarray = table[cells]
    return chosen


def checks(table: pa.Table, answers: Answers, view: View) -> list[Check]:
    """What sets a row aside: first what breaks the format, then what the view does not ask about."""
    rule = numbered(answers.keys["rot-id"])
    return [
        *(
            Check(name, values == UNKNOWN, f"is not one of {', '.join(dict.fromkeys(CLOSED[name]))}")
            for name, values in answers.codes.items()
        ),
        *(
            Check(name, chosen[:, -1], f"is not a |-list of {', '.join(LISTS[name])}")
            for name, chosen in answers.choices.items()
        ),
        *(Check(name, answers.codes[name] == EMPTY, "is empty") for name in _REQUIRED),
        *(Check(name, np.asarray(pc.equal(table[name], "")), "is empty") for name in TEXTS),
        *(
            Check(name, rule.differs(table[name]), "is not what the rot-id's first row says")
            for name in ("rot", "situation", "situation-short-id", "split")
        ),
        *_gaps(table, answers, view),
    ]


def _gaps(table: pa.Table, answers: Answers, view: View) -> Iterator[Check]:
    """Rows of the right format that the view does not ask about."""

    def gap(field: str, bad: np.ndarray, reason: str) -> Check:
        return Check(field, bad, reason, invalid=False)

    codes, keys = answers.codes, answers.keys
    yield gap("split", codes["split"] >= len(SPLITS), "is not one of the main splits")
    yield gap("rot-bad", codes["rot-bad"] == 1, "marks a rule that its annotator rejected")
    if not view.multilabel:
        yield gap(view.field, codes[view.field] == EMPTY, "has no answer here")
    if view.of_action:
        yield gap("action", np.asarray(pc.equal(table["action"], "")), "has no action to ask about")
    same = (*(keys[name] for name in (*view.keys, "breakdown-worker-id")), encode(table[view.field]))
    again = repeats(*same, codes["rot-bad"] - UNKNOWN)
    yield gap("rot-id", again, "is the same annotator's same answer again")
