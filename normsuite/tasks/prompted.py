"""Tasks that are read off a model's answers: a prompt, and the probability of each label after it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from normsuite.tasks.declared import Declared, Name, inconsistent

LETTERS: Final = "ABCDEFGHIJ"


class Task(Declared):
    """One prompted task, as its YAML file declares it; its name begins with the data set's name.

    Attributes:
        prompts: the family of wordings, a folder of ``prompts/``.
        context: what the wordings may tell beyond the item itself (its country, value or rule).
        answer: the model answers with the label's ``words``, with ``letters`` before the options as shown,
            or ``yes-no`` to each option in turn (multilabel).
        labels: the word for each option, in the data set's option order; empty where items bring their own.
        yes_no: the words of a yes-no answer, "no" first.
        ordinal: whether the options are ordered steps.
    """

    prompts: Name
    context: tuple[Literal["country", "value", "rule"], ...] = ()
    answer: Literal["words", "letters", "yes-no"] = "words"
    labels: dict[str, str] = Field(default_factory=dict)
    yes_no: tuple[str, str] = ("No", "Yes")
    ordinal: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if not f"{self.name}-".startswith(f"{self.data.set}-"):
            raise inconsistent(
                "name", f"{self.name!r} must begin with the data set's name, {self.data.set!r}"
            )
        if self.answer == "words" and len(self.labels) < 2:
            raise inconsistent("labels", "answering in words needs a word for each label")
        for field, words in (("labels", self.labels.values()), ("yes_no", self.yes_no)):
            distinct = {word.strip().lower() for word in words}
            if len(distinct) < len(words) or "" in distinct:
                raise inconsistent(field, "label words must be distinct and not empty")
        return self
