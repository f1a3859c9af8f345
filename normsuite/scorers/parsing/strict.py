"""The strict parser, the leaderboard's: an answer counts only where it cannot be meant otherwise.

An answer is one of the words that were asked for (or the option's own text), alone, or at the beginning with
a reason after it, or at the end behind "the answer is". Whatever names another option in the place of an
answer too, or declines, or says something else, is no answer: it is counted as unparsed or refused, and never
becomes a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from normsuite.scorers.parsing.base import Asked, Parsed, unparsed
from normsuite.scorers.parsing.numbers import strict_number
from normsuite.scorers.parsing.refusals import is_refusal

_LONGEST: Final = 20_000
"""Characters of an answer that are looked at: a model that cannot stop has not answered."""
_MARKUP: Final = re.compile(r"[*_`#]+|\\boxed\{|\\text\{|(?<=\w)\}")
_SPACE: Final = re.compile(r"\s+")
_CLAIM: Final = re.compile(
    r"\b(?:(?:final |my |the |correct |best )*(?:answer|choice|option)(?: is| would be|\s*[:=])+)\s*:?\s*",
    re.IGNORECASE,
)
_OPENING: Final = re.compile(r"^(?:(?:option|answer|choice)\b\s*[:=]?\s*)?[(\[\"'“‘「]?\s*", re.IGNORECASE)
_CLOSING: Final = re.compile(
    r"""^[)\]"'”’」]*(?:
        $ | \n | [)\]:](?=\s) | [.,;:!。，；：！](?=\s|$) | [。，；：！] | \s*\|  # a stop, a bracket, a bar
      | \s*[-–—]+\s | \s+because\b )""",
    re.VERBOSE | re.IGNORECASE,
)
_NEGATION: Final = re.compile(
    r"^\s*(?:is|are|was|would be|isn't|cannot be)\s+(?:not|wrong|incorrect|false)\b", re.IGNORECASE
)
_CLAUSE: Final = re.compile(
    r"(?:[.!?]\s+|[。！？]|\n\s*|[,;，；]\s*(?:(?:or|and|maybe|perhaps)\b\s*)*)(?=\S)", re.IGNORECASE
)
_NOTHING: Final = frozenset({"none", "none of them", "none of these", "nothing"})


def strict(text: str, asked: Asked) -> Parsed:
    """Read an answer strictly.

    Args:
        text: what the model wrote, thinking taken off.
        asked: the options as shown, or a scale.
    """
    if asked.scale is not None:
        return strict_number(text, asked)
    if len(text) > _LONGEST:
        return unparsed("does not come to an end")
    plain = _MARKUP.sub("", text).strip()
    if not plain:
        return unparsed("is empty")
    if asked.several:
        return _several(plain, asked)
    whole = _exactly(plain, asked)
    if whole is not None:
        return Parsed((whole,))
    if is_refusal(plain):
        return Parsed(status="refused", detail=_shortened(plain))
    claims = set(_claims(plain, asked))
    others = claims | set(_contradictions(plain, asked)) if claims else claims
    if len(others) == 1:
        return Parsed((others.pop(),))
    return unparsed(("names several answers: " if others else "names no answer: ") + _shortened(plain))


def _claims(text: str, asked: Asked) -> Iterator[int]:
    """Options that stand in the place of an answer: at the beginning, or behind "the answer is"."""
    starts = [0, *(match.end() for match in _CLAIM.finditer(text))]
    for start in starts:
        found = _leading(text[start:], asked)
        if found is not None:
            yield found


def _contradictions(text: str, asked: Asked) -> Iterator[int]:
    """Options that could be answers too: at the beginning of a later clause, or marked as in a list."""
    for match in _CLAUSE.finditer(text):
        found = _leading(text[match.end() :], asked)
        if found is not None:
            yield found
    for at, option in enumerate(asked.shown):
        if len(option.word) <= 2 and re.search(rf"(?<!\w){re.escape(option.word)}\)", text, re.IGNORECASE):
            yield at


def _leading(text: str, asked: Asked) -> int | None:
    """The option that a text begins with, set off from what follows; the longest word wins."""
    opened = _OPENING.match(text)
    rest = text[opened.end() :] if opened else text
    said = [(spoken, at) for at, option in enumerate(asked.shown) for spoken in {option.word, option.text}]
    for spoken, at in sorted(said, key=lambda pair: -len(pair[0])):
        if rest[: len(spoken)].casefold() != spoken.casefold():
            continue
        after = rest[len(spoken) :]
        # A bare letter is also a word: "A friend would …" is no answer, "A" alone, "A)" and "A. Yes" are.
        pronoun = spoken == "I" and after.startswith(",")
        if pronoun or _NEGATION.match(after) or not _CLOSING.match(after):
            return None
        return at
    return None


def _exactly(text: str, asked: Asked) -> int | None:
    """The option that the whole text is, up to case, brackets and the last stop."""
    bare = _bare(text)
    found = {at for at, option in enumerate(asked.shown) if bare in (_bare(option.word), _bare(option.text))}
    found |= {at for at, option in enumerate(asked.shown) if bare == _bare(f"{option.word} {option.text}")}
    return found.pop() if len(found) == 1 else None


def _bare(text: str) -> str:
    spaced = re.sub(r"[()\[\].:,;!\"'“”‘’「」。，]+", " ", text)
    words = _SPACE.sub(" ", spaced).strip().casefold()
    return re.sub(r"^(?:the answer is|answer|option) (?=\S)", "", words)


def _several(text: str, asked: Asked) -> Parsed:
    """A list of the words asked for and nothing else, or a word that says there is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    last = _CLAIM.sub("", lines[-1], count=1)
    if _bare(last) in _NOTHING or last.strip() == "[]":
        return Parsed(())
    if is_refusal(text):
        return Parsed(status="refused", detail=_shortened(text))
    listed = re.split(r"\s*(?:,|;|、|\band\b|&)\s*|\s+", last.strip(" .[](){}"))
    positions = {_bare(option.word): at for at, option in enumerate(asked.shown)}
    named = [positions.get(_bare(part), -1) for part in listed if _bare(part)]
    if not named or -1 in named or len(set(named)) < len(named):
        return unparsed("is no list of options: " + _shortened(text))
    return Parsed(tuple(sorted(named)))


def _shortened(text: str) -> str:
    line = _SPACE.sub(" ", text)
    return repr(line if len(line) <= 60 else line[:57] + "...")
