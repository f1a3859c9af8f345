"""What names and values of columns hint at: word lists for ``task new`` to propose and people to check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

NAMES: Final[Mapping[str, str]] = {
    "situation": "situations?|stor(y|ies)|context|scenarios?|setting|scene|vignettes?|anecdotes?|dialogue|"
    "conversation|questions?|prompt|text|post|description|premise|case",
    "behavior": "behaviou?rs?|acts?|actions?|utterances?|reply|replies|statements?|sentences?|deeds?|message",
    "norm": "norms?|rules?|rot|principles?|custom",
    "explanation": "explanations?|reasons?|rationales?|why|justification|comment",
    "label": "labels?|gold|verdicts?|judg(e?)ments?|answers?|target|class|acceptab\\w*|moral\\w*|decision|"
    "correct|truth",
    "rating": "ratings?|scores?|mean|likert|avg|average|degree",
    "votes": "votes?|counts?|annotations?|annotators?|responses?|judg(e?)ments|ratings|answers|selections?|"
    "shares?|distribution",
    "options": "options?|choices?|alternatives?|answers?|candidates?",
    "topic": "topics?|categor(y|ies)|domains?|themes?|subjects?|genres?|areas?|types?|foundations?|sections?|"
    "skills?|grades?|zones?",
    "country": "countr(y|ies)|nations?|nationality|cultures?|place|region",
    "language": "languages?|lang|locale|tongue",
    "split": "splits?|set|fold|partition|subset",
    "cluster": "clusters?|groups?|famil(y|ies)",
    "id": "id|ids|uid|uuid|qid|index|key|identifier",
    "annotator": "annotators?|workers?|raters?|coders?|participants?|respondents?|judges?",
    "count": "n|num|number|count|counts|votes?|share|shares|pct|percent",
    "speaker": "speakers?|who|name|role|author|from",
    "utterance": "text|utterance|content|message|says|said|line|turn|value",
}
"""Words of a column's name, by what they hint at."""

VERDICTS: Final = frozenset(
    {"acceptable", "adhered", "adheres", "agree", "allowed", "always", "appropriate", "bad", "both"}
    | {"breaks", "broken", "depends", "disagree", "ethical", "expected", "fair", "false", "fine"}
    | {"forbidden", "good", "harmful", "harmless", "illegal", "immoral", "impolite", "inappropriate"}
    | {"inoffensive", "irrelevant", "is", "it", "keeps", "kept", "legal", "may", "moral", "mostly"}
    | {"must", "negative", "neither", "neutral", "never", "no", "normal", "not", "offensive", "ok"}
    | {"okay", "polite", "positive", "relevant", "right", "rude", "should", "sometimes", "somewhat"}
    | {"taboo", "true", "unacceptable", "unethical", "unexpected", "unfair", "unsure", "very"}
    | {"violated", "violates", "wrong", "yes"}
)
"""Words that verdicts are made of."""

SCALES: Final = (
    (0, 1),
    (-1, 1),
    (1, 3),
    (1, 4),
    (1, 5),
    (-2, 2),
    (0, 4),
    (1, 6),
    (1, 7),
    (-3, 3),
    (1, 9),
    (0, 10),
)
"""Usual scales of ratings, the narrow ones first."""


def hints(name: str, at: str) -> bool:
    """Whether a column's name has a word that hints at something."""
    return _pattern(at).search(words_of(name.rsplit(".", 1)[-1])) is not None


def words_of(name: str) -> str:
    """A column's name as lower-case words: "storyText" and "story_text" are "story text"."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9']+", " ", parted.lower()).strip()


def _pattern(at: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^| )(?:{NAMES[at]})(?: |$)")


def are_verdicts(values: tuple[str, ...]) -> bool:
    """Whether all values are made of words that verdicts are made of."""
    return bool(values) and all(
        words and set(words) <= VERDICTS for value in values for words in [words_of(value).split()]
    )


def needs_a_word(option: str) -> bool:
    """Whether an option says nothing by itself: a number, a single letter, a truth value."""
    return re.fullmatch(r"[-+]?\d+(\.\d+)?|\w|true|false", option.strip(), re.IGNORECASE) is not None


def scale_of(low: float, high: float) -> tuple[float, float] | None:
    """The narrowest usual scale that holds both."""
    return next(((a, b) for a, b in SCALES if a <= low and high <= b), None)
