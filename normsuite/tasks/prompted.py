"""Tasks that are read off a model's answers: a prompt, and the probability of each label after it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from normsuite.tasks.declared import Declared, Family, Frozen, inconsistent

LETTERS: Final = "ABCDEFGHIJ"
NUMBERS: Final = tuple(str(number) for number in range(1, len(LETTERS) + 1))


class Generating(Frozen):
    """How answers are generated, for the scorers that read text.

    Attributes:
        max_tokens: the most tokens of an answer, thinking included.
        temperature: 0 is greedy.
        seed: of sampling.
    """

    max_tokens: int = Field(64, ge=1, le=65536)
    temperature: float = Field(0.0, ge=0.0)
    seed: int | None = Field(None, ge=0, lt=2**63)


class AgentSettings(Frozen):
    """How the steps of the scorer ``agents`` go.

    Attributes:
        retriever: how documents are searched, where the user names a folder of them: by words (``bm25``), by
            a sentence encoder's ``embedding``, or ``none``.
        top: at most so many passages are found.
        encoder: folder or hub id of the sentence encoder, for ``embedding``.
        step_tokens: the most tokens of an answer in every step but the reasoning, thinking included.
    """

    retriever: Literal["bm25", "embedding", "none"] = "bm25"
    top: int = Field(3, ge=1, le=50)
    encoder: str = ""
    step_tokens: int = Field(48, ge=1, le=65536)

    @model_validator(mode="after")
    def _consistent(self) -> AgentSettings:
        if (self.retriever == "embedding") != bool(self.encoder):
            raise inconsistent("encoder", "goes with the retriever `embedding`, and it alone")
        return self


class Task(Declared):
    """One prompted task, as its YAML file declares it; its name begins with the data set's name.

    Attributes:
        prompts: the family of wordings, a folder of ``prompts/`` or, with ``./`` before it, beside this file.
        context: what the wordings may tell beyond the item itself (its country, value or rule).
        scorer: how the answer is read: ``labels`` by the probability of each label, ``rating`` by the
            expected value over a scale's whole numbers, ``generate`` off text that the model writes,
            ``chain`` by labels, later items of a family being told the answer to the earlier ones,
            ``agents`` off the text of several steps.
        answer: the model answers with the label's ``words``, with ``letters`` or ``numbers`` before the
            options as shown, or ``yes-no`` to each option in turn (multilabel).
        labels: the word for each option, in the data set's option order; empty where items bring their own.
        yes_no: the words of a yes-no answer, "no" first.
        ordinal: whether the options are ordered steps.
        mass_floor: ``rating`` only: a reading whose numbers have less probability together is missing, since
            their shares then tell how common a numeral is rather than what is thought of the item.
        order: options are shown in the balanced ``design`` of orders, or ``fixed`` as the data has them (only
            to reproduce what was published so).
        parsers: ``generate`` only: how text becomes an answer; each parser makes rows of its own.
        generation: for the scorers that read text.
        agents: for the scorer ``agents``.
    """

    prompts: Family
    context: tuple[Literal["country", "value", "rule"], ...] = ()
    scorer: Literal["labels", "rating", "generate", "chain", "agents"] = "labels"
    answer: Literal["words", "letters", "numbers", "yes-no"] = "words"
    labels: dict[str, str] = Field(default_factory=dict)
    yes_no: tuple[str, str] = ("No", "Yes")
    ordinal: bool = False
    mass_floor: float = Field(0.05, ge=0.0, le=1.0)
    order: Literal["design", "fixed"] = "design"
    parsers: tuple[Literal["strict", "official"], ...] = ("strict",)
    generation: Generating = Generating()
    agents: AgentSettings = AgentSettings()

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if not f"{self.name}-".startswith(f"{self.data.set}-"):
            raise inconsistent(
                "name", f"{self.name!r} must begin with the data set's name, {self.data.set!r}"
            )
        if self.answer == "words" and len(self.labels) < 2 and not self.reads_numbers:
            raise inconsistent("labels", "answering in words needs a word for each label")
        for field, words in (("labels", self.labels.values()), ("yes_no", self.yes_no)):
            distinct = {word.strip().lower() for word in words}
            if len(distinct) < len(words) or "" in distinct:
                raise inconsistent(field, "label words must be distinct and not empty")
        if len(set(self.parsers)) < len(self.parsers) or "strict" not in self.parsers:
            raise inconsistent("parsers", "name strict, and each parser once")
        if self.scorer != "generate" and self.parsers != ("strict",):
            raise inconsistent("parsers", "only the scorer generate has parsers")
        if self.scorer != "agents" and self.agents != AgentSettings():
            raise inconsistent("agents", "only the scorer agents has these")
        return self

    @property
    def reads_numbers(self) -> bool:
        """Whether the answer is a number on the item's own scale, and needs no labels."""
        writes = self.scorer == "generate" and self.answer == "words" and not self.labels
        return self.scorer == "rating" or writes
