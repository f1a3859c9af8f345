"""The first three wordings of a new task, from the fields that its items have: for people to mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from normsuite.errors import InputError

_WORDS: Final = "Options: {{ options | map(attribute='word') | join(', ') }}"
_LETTERS: Final = "{% for shown in options %}\n{{ shown.word }}) {{ shown.text }}\n{% endfor %}"
_REPLY: Final = {
    "label": "Reply with one option only.",
    "choice": "Reply with one letter only.",
    "multilabel": "Reply with one option only.",
}


@dataclass(frozen=True)
class Asked:
    """What a wording can ask about.

    Attributes:
        kind: of the items.
        fields: those that every item has, of situation, behavior, norm, turns.
        sometimes: those that some items have.
        country: whether items have countries.
        question: whether the situation is itself a question.
        ends: the words for the ends of a rating's scale, by number.
    """

    kind: str
    fields: Sequence[str]
    sometimes: Sequence[str]
    country: bool
    question: bool
    ends: Mapping[str, str]


def first_wordings(asked: Asked) -> dict[str, str]:
    """Three wordings of one question, by name.

    Raises:
        InputError: a word for an end of the scale would be read as Jinja.
    """
    for word in asked.ends.values():
        if "{" in word or "}" in word:
            raise InputError(f"{word!r} holds a brace", field="--label", fix="use plain words")
    told = {"norm": "Rule", "situation": "Question" if asked.question else "Situation", "behavior": "Action"}
    friend = {
        "norm": "People there say",
        "situation": "What they ask" if asked.question else "What is going on",
        "behavior": "What is done or said then",
    }
    if "turns" in (*asked.fields, *asked.sometimes):
        told["behavior"], friend["behavior"] = "Said last", "Then somebody says"
    reply = _reply(asked)
    plain = [*_country(asked, "Country: {{ country }}"), *_body(asked, told)]
    brief = [*_country(asked, "In {{ country }}:"), *_body(asked, {})]
    open_to = [*_country(asked, "It happens in {{ country }}."), *_body(asked, friend)]
    question = _question(asked)
    return {
        "plain": _text([*plain, *([f"Question: {question} {reply}"] if question else [reply])], asked),
        "brief": _text([f"{question} {reply}".strip(), *brief], asked),
        "friend": _text(
            [
                "A friend tells you this and wants an honest answer.",
                *open_to,
                f"Your friend asks: {question or 'What would most people say?'} {reply}",
            ],
            asked,
        ),
    }


def _text(lines: Sequence[str], asked: Asked) -> str:
    options = {"label": [_WORDS], "multilabel": [_WORDS], "choice": [_LETTERS]}.get(asked.kind, [])
    return "\n".join([*lines, *options, "Answer:"]) + "\n"


def _question(asked: Asked) -> str:
    """The question; empty where the situation asks it."""
    if asked.kind == "multilabel":
        return "Does this hold of it: {{ option }}?"
    if asked.question and "behavior" not in asked.fields:
        return "" if asked.kind != "rating" else "What would most people say?"
    if asked.kind == "choice":
        return "Which of these is right?"
    what = "this action" if "behavior" in asked.fields and "turns" not in asked.fields else "this"
    if "turns" in (*asked.fields, *asked.sometimes) and "behavior" in asked.fields:
        what = "what is said last"
    light = "In the light of the rule, how" if "norm" in asked.fields else "How"
    return f"{light} would most people judge {what}?"


def _reply(asked: Asked) -> str:
    if asked.kind != "rating":
        return _REPLY[asked.kind]
    (low, worst), (high, best) = asked.ends.items()
    return f"Reply with one number only, from {low} ({worst}) to {high} ({best})."


def _country(asked: Asked, line: str) -> list[str]:
    return ["{% if 'country' in context and country %}", line, "{% endif %}"] if asked.country else []


def _body(asked: Asked, titles: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for field in ("norm", "situation", "turns", "behavior"):
        if field not in (*asked.fields, *asked.sometimes):
            continue
        shown = _turns(titles) if field == "turns" else [_line(titles.get(field, ""), field)]
        lines += ["{% if " + field + " %}", *shown, "{% endif %}"] if field in asked.sometimes else shown
    return lines


def _line(title: str, field: str) -> str:
    return f"{title}: {{{{ {field} }}}}" if title else f"{{{{ {field} }}}}"


def _turns(titles: Mapping[str, str]) -> list[str]:
    return [
        *(["What was said before:"] if titles else []),
        "{% for turn in turns %}",
        "{% if turn.speaker %}{{ turn.speaker }}: {% endif %}{{ turn.text }}",
        "{% endfor %}",
    ]
