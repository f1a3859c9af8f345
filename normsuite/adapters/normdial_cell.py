"""NormDial's one free-text cell: a preamble, turns with a label each, at times an explanation.

Language models wrote the cells and people cleaned them, so that nothing in them is certain but this: a label
word right before a bar ends a turn, and what follows the bar is the reason. Preamble and explanation are
known by their headings; lines such as ``Ann: guest`` below ``Actor of the Norm:`` look like turns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

OPTIONS: Final = ("adhered", "violated", "not relevant")

LABELS: Final[dict[str, int | None]] = {
    "adhered": 0,
    "violated": 1,
    "not relevant": 2,
    "irrelevant": 2,
    "not relevnat": 2,  # a typo of the files
    # What a turn is that does not keep a norm, or does not break one, the files do not say: it may do the
    # opposite, or have nothing to do with it.
    "not adhered": None,
    "not violated": None,
}
"""What each label word of the files means: an index into ``OPTIONS``, None where it may be one or another."""

_BY_LENGTH: Final = sorted(LABELS, key=len, reverse=True)
_WORDS: Final = "|".join(r"\s+".join(label.split()) for label in _BY_LENGTH)
_LABELLED: Final = re.compile(rf"(?P<head>.*?)(?<![A-Za-z])(?P<label>(?ai:{_WORDS}))\s*\|(?P<reason>.*)")
_EARLIER_LABEL: Final = re.compile(
    rf"(?<![A-Za-z])(?:{'|'.join(label.title() for label in _BY_LENGTH)}|Not relevant)$"
)
_HEADING: Final = re.compile(
    r"(?i:(?P<preamble>Norm Action|Actor of the Norm)|(?P<turns>Dialogue)|(?P<explanation>Explanation))"
    r"\s*[:：]\s*(?P<rest>.*)"
)
_SPEAKER: Final = re.compile(r"(?P<speaker>[^:：]{1,60})[:：](?!\d)(?P<text>.*)")
_LINE_BREAK: Final = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Turn:
    """One line of a dialogue.

    Attributes:
        speaker: who speaks; None for a stage direction.
        text: what is said or done, without its label.
        said: the label as written; empty where the line has none that is known.
        barred: whether the line has a bar, which ends a label.
        reason: what follows the bar.
    """

    speaker: str | None
    text: str
    said: str = ""
    barred: bool = False
    reason: str = ""

    @property
    def label(self) -> int | None:
        """Index into ``OPTIONS``; None without a label, or with one that may mean several."""
        return LABELS.get(" ".join(self.said.casefold().split()))


def parse_cell(cell: str, *, bracketed: bool) -> list[Turn]:
    """The turns of one cell, labelled or not, in order; any text can be parsed.

    Args:
        cell: the cell of ``Labeled_Dialogue``.
        bracketed: whether turns are written ``(speaker: text): label | reason`` (the Chinese files) rather
            than ``speaker: text label | reason`` (the American).
    """
    turns: list[Turn] = []
    section, named = "turns", False
    for line in map(str.strip, _LINE_BREAK.split(cell)):
        heading = _HEADING.fullmatch(line)
        if heading:
            section = next(name for name in ("preamble", "turns", "explanation") if heading[name])
            named = bool(heading["rest"])
            line = heading["rest"] if section == "turns" else ""
        elif not line and section == "preamble" and named:
            section = "turns"  # a blank line ends the list of actors
        if not line:
            continue
        turn = _turn(line, bracketed)
        if turn.said or section == "turns" or (section == "preamble" and turn.barred):
            section = "turns"
            turns.append(turn)
        else:
            named = True
    return turns


def _turn(line: str, bracketed: bool) -> Turn:
    """One line as a turn; the label is the last label word before the first bar that follows one."""
    found = _LABELLED.fullmatch(line)
    if found:
        head, said, reason = found["head"], found["label"], found["reason"]
    else:
        head, _, reason = line.partition("|")
        said = ""
    speaker, text = _split_speaker(_without_label(head), bracketed)
    return Turn(speaker, text, said, "|" in line, reason.strip())


def _without_label(head: str) -> str:
    """What comes before the label, without any further labels at its end."""
    head = head.rstrip()
    while earlier := _EARLIER_LABEL.search(head):
        head = head[: earlier.start()].rstrip()
    return head


def _split_speaker(head: str, bracketed: bool) -> tuple[str | None, str]:
    """Speaker and text; no speaker where the line is a stage direction."""
    said = head
    if bracketed:
        head = said = head.rstrip(":： ")
        if head[:1] in ("(", "（") and head[-1:] in (")", "）"):
            said = head[1:-1].strip()
    found = _SPEAKER.fullmatch(said)
    # A colon inside a bracket that is still open belongs to the direction: "(aside: they wait)".
    if found is None or not found["speaker"].strip() or _opens(found["speaker"]):
        return None, head.strip()
    return found["speaker"].strip(), found["text"].strip()


def _opens(text: str) -> bool:
    """Whether a bracket is opened and not closed."""
    return sum(map(text.count, "([（【")) > sum(map(text.count, ")]）】"))
