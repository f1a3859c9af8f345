"""What a task's page says beside numbers: what is asked, in which words, of which data, with an example.

An example quotes the data set. It is shown only where the data set may be passed on to anyone, and is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

from normsuite import places
from normsuite.adapters import get_adapter, known_adapters
from normsuite.adapters.homes import cached
from normsuite.errors import InputError
from normsuite.prompts import load_wordings
from normsuite.questions import data_of, load_families, prepare_direction, prepare_prompted
from normsuite.scorers.requests import example_prompts
from normsuite.tasks import AnyTask, Task, used_sets

_SHIPPED: Final = "mini"
_LONGEST: Final = 6_000
"""Characters of an example: some data sets tell long stories."""


@dataclass(frozen=True)
class TaskText:
    """What is known of a task here.

    Attributes:
        description: what a score means and what it does not.
        wordings: (name, template).
        card: the data card, as HTML.
        licence: of the data.
        example: (wording, text as it is asked) of one item; empty where none may be shown.
        no_example: why, one sentence.
    """

    description: Markup
    wordings: tuple[tuple[str, str], ...]
    card: Markup
    licence: str
    example: tuple[tuple[str, str], ...]
    no_example: str


def task_text(task: AnyTask) -> TaskText:
    """Everything a task's page says of it.

    Raises:
        InputError: its wordings cannot be read.
    """
    example, reason = _example(task)
    known = task.data.set in known_adapters()
    return TaskText(
        description=Markup(_reader().renderInline(task.description)),  # noqa: S704 - HTML in it is escaped
        wordings=tuple(_wordings(task)),
        card=_card(task.data.set),
        licence=get_adapter(task.data.set).home.licence if known else "",
        example=example,
        no_example=reason,
    )


def _wordings(task: AnyTask) -> list[tuple[str, str]]:
    if not isinstance(task, Task):
        return [(wording.name, wording.text) for wording in load_families(task.texts)]
    return [(wording.name, wording.text) for wording in load_wordings(task.prompts, beside=task.folder)]


def _reader() -> MarkdownIt:
    """Markdown without HTML and without pictures, which would be fetched; links lead nowhere but to pages."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _card(dataset: str) -> Markup:
    """The data set's card; its headings stand below the page's own, and nothing in it is fetched or run."""
    path = places.find_all("data_cards").get(dataset)
    if path is None:
        return Markup()
    reader = _reader()
    tokens = reader.parse(path.read_text(encoding="utf-8"))
    for at, token in enumerate(tokens):
        if token.type == "th_open" and not tokens[at + 1].content:
            token.tag = tokens[at + 2].tag = "td"  # a heading that says nothing is none
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + 2)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704 - HTML in it is escaped


def _example(task: AnyTask) -> tuple[tuple[tuple[str, str], ...], str]:
    """An example's texts, or why there is none."""
    sets = sorted(used_sets([task]))
    if not all(_may_be_shown(name) for name in sets):
        return (), "The data may not be passed on to everybody, so no item of it is shown."
    if not all(name == _SHIPPED or cached(get_adapter(name)) for name in sets):
        return (), "The data were not at hand when this page was made."
    try:
        texts = _texts(task)
    except InputError:
        return (), "No item could be shown."
    return tuple((name, text[:_LONGEST]) for name, text in texts), ""


def _may_be_shown(dataset: str) -> bool:
    return dataset in known_adapters() and (dataset == _SHIPPED or get_adapter(dataset).home.share == "yes")


def _texts(task: AnyTask) -> Sequence[tuple[str, str]]:
    data = data_of({}, [task])
    if isinstance(task, Task):
        question = prepare_prompted(task, data, limit=1)
        return example_prompts(task, question.wordings, question.items)
    direction = prepare_direction(task, data, limit=1)
    names = [wording.name for wording in direction.wordings]
    return [(name, text.text) for name, text in zip(names, direction.parts[0].texts[0], strict=True)]
