"""NormVio-RT's annotations: what each written label means, and what most of three people say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ANNOTATORS: Final = 3
ENOUGH: Final = 2

CATEGORIES: Final = {
    "HIB": "harassment",
    "Excessive & Repetitive": "repetition",
    "Incivility": "incivility",
    "Mentioning other broadcasters": "other-broadcasters",
    "Specific Language Only": "language",
    "Advertisements": "advertising",
    "Backseating & Tall order": "backseating",
    "Discrimination": "discrimination",
    "Begging": "begging",
    "NSFW": "nsfw",
    "Controversial Topic": "controversy",
    "Privacy": "privacy",
    "Self-Destructive": "self-harm",
    "Illegal": "illegality",
    "Spoiler": "spoiler",
}
"""The 15 rules as the files write them, in the order of their number, and the option each becomes."""

OPTIONS: Final = tuple(CATEGORIES.values())
UNDECIDED: Final = ("판단불가", "판단 불가")
"""'Cannot be judged', in both spellings: the authors take such a list for incivility."""
ERRORS: Final = ("data_error", "date_error")
TARGETS: Final[dict[str, str | None]] = {
    "Broadcaster": "broadcaster",
    "Others in broadcast": "others in the broadcast",
    "Others outside of bradcast": "others outside the broadcast",
    **dict.fromkeys(UNDECIDED, "undecided"),
    "13. Mentioning other broadcasters": None,  # a rule that strayed among the targets
}
"""Whom harassment is aimed at, as the files write it; None where a target is none."""

_INDEX: Final = {written: at for at, written in enumerate(CATEGORIES)}


class FormatError(Exception):
    """An annotation that is not as published.

    Attributes:
        field: the key at fault.
        value: what is there.
    """

    def __init__(self, what: str, field: str, value: str) -> None:
        super().__init__(what)
        self.field, self.value = field, value


@dataclass(frozen=True)
class Judgement:
    """What three people say about a message at one stage of context.

    Attributes:
        votes: int [15], people per rule.
        written: the three lists as written.
        target: whom harassment is aimed at, if most say harassment and agree about that.
        unknown_targets: targets that we do not know.
    """

    votes: NDArray[np.int32]
    written: str
    target: str | None
    unknown_targets: tuple[str, ...]

    @property
    def majority(self) -> list[int]:
        """The rules that most people name."""
        return [int(at) for at in np.flatnonzero(self.votes >= ENOUGH)]


def has_error(annotations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether anyone marked the message as an error of the data, at any stage."""
    lists = (person.get(f"step_{stage}") for person in annotations for stage in (1, 2, 3))
    return any(word in labels for labels in lists if isinstance(labels, list) for word in ERRORS)


def judge(annotations: Sequence[Mapping[str, Any]], stage: int) -> Judgement:
    """The judgement of three annotators at a stage.

    Args:
        annotations: the three, as parsed.
        stage: 1, 2 or 3.

    Raises:
        FormatError: another number of annotators, a list that is none, a label that is not one of the 15.
    """
    if len(annotations) != ANNOTATORS:
        raise FormatError(f"is not {ANNOTATORS} annotators", "labels", str(len(annotations)))
    named = [_rules(person.get(f"step_{stage}"), f"step_{stage}") for person in annotations]
    votes = np.bincount([at for rules in named for at in rules], minlength=len(OPTIONS)).astype(np.int32)
    written = " | ".join(", ".join(person[f"step_{stage}"]) for person in annotations)
    lists = [_strings(person.get(f"target_{stage}")) for person in annotations]
    unknown = dict.fromkeys(word for words in lists for word in words if word not in TARGETS)
    target = _most(words for words in lists) if votes[0] >= ENOUGH else None
    return Judgement(votes, written, target, tuple(unknown))


def _rules(labels: Any, field: str) -> set[int]:
    """The rules that one person names."""
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise FormatError("is no list of labels", field, str(labels))
    if any(label in UNDECIDED for label in labels):
        return {_INDEX["Incivility"]}
    for label in labels:
        if label not in _INDEX:
            raise FormatError("is not one of the 15 rules", field, label)
    return {_INDEX[label] for label in labels}


def _strings(words: Any) -> list[str]:
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


def _most(lists: Iterable[list[str]]) -> str | None:
    """The target that most people name first, if any."""
    known = ([TARGETS[word] for word in words if TARGETS.get(word)] for words in lists)
    first = Counter(words[0] for words in known if words)
    target, people = first.most_common(1)[0] if first else (None, 0)
    return target if people >= ENOUGH else None
