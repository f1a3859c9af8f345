"""From a proposed mapping to the ``data`` section of a task file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from normsuite.errors import InputError
from normsuite.tables.cells import parse_cell
from normsuite.tables.hints import hints, needs_a_word, words_of
from normsuite.tables.profile import Column, profile
from normsuite.tables.proposal import Proposal
from normsuite.tables.rows import text_of
from normsuite.tasks.table_parts import TEXTS, is_expression

_SHOWN: Final = 12


def kind_of(plan: Proposal) -> str:
    """The kind of the items to be: label, choice, rating or multilabel."""
    if plan.source("rating"):
        return "rating"
    if plan.extra.get("own_options"):
        return "choice"
    return "multilabel" if plan.extra.get("several") else "label"


def name_answers(plan: Proposal) -> None:
    """Find the answers: those that are the same for all rows, and how each row's own are read."""
    if plan.source("rating") or not (plan.source("label") or plan.source("votes")):
        return
    options, answers = plan.source("options"), plan.source("answers")
    if answers:
        plan.extra["names"] = [name.strip() for name in answers.split(",") if name.strip()]
    elif options:
        _read_options(plan, [name.strip() for name in options.split(",")])
    elif plan.source("votes"):
        plan.extra["names"] = _of_votes(plan)
    else:
        plan.extra["names"] = _of_labels(plan, plan.source("label"))
    names = plan.extra.get("names", ())
    if names and not 2 <= len(names) <= LABELS:
        shown = ", ".join(names[:_SHOWN])
        plan.open["label"] = f"which column holds the answer? This one has {len(names)} of them: {shown}"


LABELS: Final = 40
"""Most answers of a label that is proposed."""


def _read_options(plan: Proposal, columns: list[str]) -> None:
    """Options in columns or in lists: all rows alike, or each row's own."""
    if len(columns) == 1:
        column = profile(columns[0], plan.rows.cells(columns[0], "options"))
        if column.parse:
            plan.extra.setdefault("parse", {})[columns[0]] = column.parse
        lists = {tuple(map(str, part)) for part in column.parts if isinstance(part, list)}
        if len(lists) == 1:
            plan.extra["names"] = list(lists.pop())
            return
        plan.extra["own_options"] = {"column": columns[0]}
        most = max((len(own) for own in lists), default=0)
    else:
        plan.extra["own_options"] = {"columns": columns}
        most = len(columns)
    label = plan.source("label")
    if label and not is_expression(label):
        plan.extra["label"] = _reads(plan, profile(label, plan.rows.cells(label, "label")), most)


def _reads(plan: Proposal, label: Column, most: int) -> dict[str, Any]:
    """How a label names one of several options: by its letter, its place or its text."""
    if all(re.fullmatch(r"[(]?[A-Ja-j][).:]?", value) for value in label.values):
        return {"reads": "letter"}
    if label.kind == "number" and label.whole and label.low >= 0 and label.high <= most:
        if plan.source("first") in ("0", "1"):
            return {"reads": "place", "first": int(plan.source("first"))}
        if label.low == 0:
            return {"reads": "place", "first": 0}
        if label.high == most:
            return {"reads": "place", "first": 1}
        plan.open["first"] = f"do the numbers in {label.name!r} count the options from 0 or from 1?"
        return {"reads": "place"}
    return {}


def _of_labels(plan: Proposal, source: str) -> list[str]:
    """The different labels, numbers in their order, else the most frequent first."""
    if is_expression(source) or source.startswith(("folder:", "file:", "=")):
        from normsuite.tables.values import Sieve, values_of
        from normsuite.tasks.table_parts import From

        given = From.model_validate(as_source(source))
        cells: list[Any] = values_of(plan.rows, given, "label", Sieve(plan.rows)).to_pylist()
    else:
        column = profile(source, plan.rows.cells(source, "label"))
        cells = list(plan.rows.cells(source, "label"))
        if column.kind == "list":
            plan.extra["several"] = True
            if column.parse:
                plan.extra.setdefault("parse", {})[source] = column.parse
            lists = (parse_cell(cell, column.parse) if column.parse else cell for cell in cells)
            cells = [part for own in lists if isinstance(own, list) for part in own]
    counts = Counter(text for cell in cells if (text := _text(cell)))
    if all(re.fullmatch(r"-?\d+(\.\d+)?", text) for text in counts):
        return sorted(counts, key=float)
    return [text for text, _ in counts.most_common()]


def _text(cell: Any) -> str | None:
    try:
        return text_of(cell)
    except ValueError:
        return None


def _of_votes(plan: Proposal) -> list[str]:
    """The answers that votes count."""
    names = [name.strip() for name in plan.source("votes").split(",")]
    if len(names) > 1:
        titles = [_counted(name) for name in names]
        plan.extra["vote_columns"] = dict(zip(titles, names, strict=True))
        plan.extra["shares"] = not all(plan.columns[name].whole for name in names if name in plan.columns)
        return titles
    column = profile(names[0], plan.rows.cells(names[0], "votes"))
    numbers: list[Any] = []
    found: Counter[str] = Counter()
    for cell in column.parts:
        if isinstance(cell, dict):
            found.update(map(str, cell))
            numbers += cell.values()
        elif isinstance(cell, list) and any(isinstance(part, str) for part in cell):
            found.update(text for part in cell if (text := _text(part)))
        elif isinstance(cell, list):
            numbers += cell
    plan.extra["shares"] = any(isinstance(number, float) and not number.is_integer() for number in numbers)
    if not found:
        plan.open["answers"] = f"which answers do the numbers in {names[0]!r} count, in their order?"
    return list(found)


def _counted(name: str) -> str:
    """What a column of counts counts: "n_ok" counts "ok"."""
    words = words_of(name).split()
    kept = [word for word in words if not hints(word, "count")]
    return " ".join(kept or words)


def words_for(plan: Proposal, given: Mapping[str, str]) -> dict[str, str]:
    """The word that stands for each answer in a prompt.

    Args:
        plan: the mapping.
        given: words as a person says, by answer.

    Raises:
        InputError: ``given`` names what is no answer.
    """
    if plan.open:
        return {}
    names = answers_to_name(plan)
    for name in given:
        if name not in names:
            fix = (
                f"the answers are {', '.join(names)}" if names else "here the answers are texts of their own"
            )
            raise InputError(f"no answer {name!r}", field="--label", fix=fix)
    if kind_of(plan) == "choice":
        return {}
    words = {name: given.get(name, name.replace("_", " ").strip()) for name in names}
    unsaid = [name for name in names if name not in given and needs_a_word(name)]
    if unsaid and kind_of(plan) != "multilabel":
        shown = ", ".join(unsaid[:_SHOWN])
        plan.open["words"] = f"what does {shown} mean?" if len(unsaid) == 1 else f"what do {shown} mean?"
        plan.extra["unsaid"] = unsaid
    return words


def answers_to_name(plan: Proposal) -> list[str]:
    """Answers that a person may put into words: options, or the ends of a scale."""
    if kind_of(plan) == "rating":
        low, high = scale_asked(plan)
        return [f"{low:g}", f"{high:g}"]
    return list(plan.extra.get("names", ()))


def scale_of_rating(plan: Proposal) -> tuple[float, float]:
    """The two ends of the rating's scale.

    Raises:
        InputError: they are not said as in "1 to 7".
    """
    said = plan.source("scale")
    ends = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(?:to|\.\.|,|:|-)\s*(-?\d+(?:\.\d+)?)\s*", said)
    if not ends or float(ends[1]) >= float(ends[2]):
        raise InputError(f"{said!r} is no scale", field="--map scale", fix="say it as `--map 'scale=1 to 7'`")
    return float(ends[1]), float(ends[2])


def scale_asked(plan: Proposal) -> tuple[float, float]:
    """The scale that a model is asked on: the rating's own, or 0 to 100 where that has few whole numbers."""
    low, high = scale_of_rating(plan)
    return (
        (low, high) if float(low).is_integer() and float(high).is_integer() and high - low > 2 else (0, 100)
    )


def as_source(text: str) -> str | dict[str, Any]:
    """What a person says of where a value comes from, as a task file has it."""
    if text.startswith("folder:") and text[7:].isdecimal():
        return {"folder": int(text[7:])}
    if text.startswith("file:"):
        return {"file": text[5:]}
    if text.startswith("="):
        return {"constant": text[1:]}
    return text


def _named(text: str) -> dict[str, Any]:
    """The same where a bare text would be a constant."""
    source = as_source(text)
    if isinstance(source, dict):
        return source
    return {"expression" if is_expression(source) else "column": source}


def table_of(plan: Proposal) -> dict[str, Any]:
    """The ``table`` section, in the order in which people read it."""
    table: dict[str, Any] = {"files": list(plan.found.files)}
    if plan.found.format:
        table["format"] = dict(plan.found.format)
    if plan.found.records:
        table["records"] = plan.found.records
    if plan.extra.get("parse"):
        table["parse"] = dict(plan.extra["parse"])
    if plan.extra.get("melt"):
        table["melt"] = plan.extra["melt"].model_dump(exclude_defaults=True, mode="json")
    if plan.extra.get("each"):
        table["each"] = plan.extra["each"][0]
    if plan.source("id"):
        table["id"] = as_source(plan.source("id"))
    table["fields"] = _fields(plan)
    table |= _answers(plan)
    culture = {name: _named(plan.source(name)) for name in ("country", "language") if plan.source(name)}
    if culture:
        table["culture"] = culture
    categories = {
        name.removeprefix("category."): as_source(plan.source(name))
        for name in plan.choices
        if plan.source(name) and (name == "topic" or name.startswith("category."))
    }
    if categories:
        table["categories"] = categories
    if plan.source("group"):
        table["group"] = [name.strip() for name in plan.source("group").split(",")]
    split = plan.source("split")
    table["split"] = (
        _named(split) if split else {"by": "cluster", "seed": 0, "shares": {"train": 0.3, "test": 0.7}}
    )
    for name in ("cluster", "family"):
        if plan.source(name):
            table[name] = as_source(plan.source(name))
    return table


def _fields(plan: Proposal) -> dict[str, Any]:
    fields: dict[str, Any] = {name: as_source(plan.source(name)) for name in TEXTS if plan.source(name)}
    optional = ["explanation"] if "explanation" in fields else []
    for name in ("norm",):
        column = plan.columns.get(plan.source(name))
        if column is not None and column.filled < column.n:
            optional.append(name)
    if plan.source("turns"):
        fields["turns"] = {"column": plan.source("turns"), **plan.extra.get("turn_keys", {})}
        if plan.extra.get("each"):
            optional.append("turns")
    if optional and optional != ["explanation"]:
        fields["optional"] = optional
    return fields


def _answers(plan: Proposal) -> dict[str, Any]:
    """``label``, ``options``, ``votes`` or ``rating``."""
    kind = kind_of(plan)
    if kind == "rating":
        low, high = scale_of_rating(plan)
        asked = scale_asked(plan)
        rating: dict[str, Any] = {"column": plan.source("rating"), "min": low, "max": high}
        return {"rating": rating if asked == (low, high) else {**rating, "onto": list(asked)}}
    found: dict[str, Any] = {}
    if plan.source("label"):
        found["label"] = {**_named(plan.source("label")), **plan.extra.get("label", {})}
        if plan.extra.get("several"):
            found["label"]["several"] = True
    found["options"] = plan.extra.get("own_options") or list(plan.extra.get("names", ()))
    if plan.source("votes"):
        votes: dict[str, Any] = {"column": plan.source("votes")}
        if plan.extra.get("vote_columns"):
            votes = {"columns": plan.extra["vote_columns"]}
        if plan.extra.get("shares"):
            votes["shares"] = True
        found["votes"] = votes
    return found
