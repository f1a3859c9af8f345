"""Prompts: one sandboxed Jinja file per wording; the files of a folder are a paraphrase set.

A wording sees the item's fields by their schema names, and:

- ``options``: the answers in the order shown, each with ``word`` (what the model is to answer) and ``text``
- ``option``: the one option that a yes-no wording asks about
- ``country``: the country's common name, or none; ``given``: frame values by name
- ``clauses``: the frame in words, one clause for each constraint
- ``context``: what the task lets the wording tell
- ``chosen``: what the model chose for the item before in the same family, under the same wording (scorer
  ``chain``), or none
- ``notes``: what earlier steps brought, by name (scorer ``agents``), or none

A wording is text, fields, conditions, loops and a few filters. It can neither call nor define anything, so
that what it prints, and how much of it, is bounded by the item.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from normsuite import folders, places
from normsuite.cultures import country_name
from normsuite.errors import InputError

MIN_WORDINGS: Final = 3
MOST_CHARACTERS: Final = 1_000_000
_DEEPEST_LOOP: Final = 2
_WHOSE: Final = {"PERSON": "the person's ", "OTHER": "the other person's ", "ENV": ""}
_FIELDS: Final = frozenset(
    {"id", "situation", "behavior", "norm", "frame", "clauses", "given", "turns", "country", "language"}
    | {"context", "options", "option", "chosen", "notes"}
)
"""The names a wording may use."""
_FILTERS: Final = frozenset(
    {"capitalize", "count", "d", "default", "first", "int", "join", "last", "length", "list", "lower", "map"}
    | {"reject", "rejectattr", "reverse", "select", "selectattr", "sort", "string", "title", "trim", "unique"}
    | {"upper"}
)
"""The filters a wording may use: none makes much of little, and ``join`` is bounded."""
_GRAMMAR: Final = (
    *(nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple, nodes.CondExpr, nodes.Compare),
    *(nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Filter, nodes.Keyword, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.FloorDiv, nodes.Neg),
)
"""The parts of Jinja's language a wording may use; above all no call, no macro, no assignment, no product."""


class Empty(jinja2.Undefined):
    """A null field: false where a wording tests it, an error where one would print "None"."""

    __slots__ = ()
    __iter__ = __len__ = __str__ = jinja2.Undefined._fail_with_undefined_error


def _refuse_none(value: object) -> object:
    """The same for a null inside a field, such as a turn without a speaker."""
    if value is None:
        raise jinja2.UndefinedError("a part of this item is empty")
    return value


def _join(values: Iterable[object], separator: object = "") -> str:
    """``join``, which is the one filter that multiplies lengths."""
    words, between = [str(_refuse_none(value)) for value in values], str(separator)
    if sum(map(len, words)) + len(between) * len(words) > MOST_CHARACTERS:
        raise OverflowError(f"makes more than {MOST_CHARACTERS:,} characters")
    return between.join(words)


def sandbox() -> ImmutableSandboxedEnvironment:
    """Jinja without anything that calls, defines, or makes much of little."""
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        finalize=_refuse_none,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # plain text for a model, never HTML
    )
    environment.globals.clear()
    for name in set(environment.filters) - _FILTERS:
        del environment.filters[name]
    environment.filters["join"] = _join
    return environment


_ENVIRONMENT: Final = sandbox()


@dataclass(frozen=True)
class Option:
    """One answer as a wording shows it."""

    word: str
    text: str


@dataclass(frozen=True)
class Wording:
    """One prompt template.

    Attributes:
        name: the file's stem.
        path: the file.
        text: what it says.
        sha256: digest of its text.
        template: compiled, sandboxed.
    """

    name: str
    path: Path
    text: str
    sha256: str
    template: jinja2.Template

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as text: a compiled template cannot."""
        return compile_wording, (self.path, self.text)

    def render(self, fields: Mapping[str, Any]) -> str:
        """The prompt for one item.

        Args:
            fields: as ``item_fields`` gives them, plus ``options`` (and ``option``).

        Raises:
            InputError: the template uses what does not exist, is empty, or must not be reached, or makes more
                than ``MOST_CHARACTERS``.
        """
        filled = {
            name: Empty(f"the field {name!r} is empty", name=name) if value is None else value
            for name, value in fields.items()
        }
        try:
            return bounded(self.template.generate(filled))
        except SecurityError as error:
            what = f"reaches for what it must not: {error}"
            raise InputError(what, file=self.path, row=_line_of(error)) from None
        except jinja2.UndefinedError as error:
            what = f"{error.message}, item {fields.get('id')!r}"
            raise InputError(what, file=self.path, row=_line_of(error)) from None
        except Exception as error:
            # A stranger's template can fail in any way Python can; every one is the template's fault.
            what = f"cannot be rendered ({type(error).__name__}: {error}), item {fields.get('id')!r}"
            raise InputError(what, file=self.path, row=_line_of(error)) from None


def bounded(parts: Iterable[str]) -> str:
    """The parts as one text, given up as soon as it is too long.

    Raises:
        OverflowError: it is longer than ``MOST_CHARACTERS``.
    """
    kept, size = [], 0
    for part in parts:
        size += len(part)
        if size > MOST_CHARACTERS:
            raise OverflowError(f"makes more than {MOST_CHARACTERS:,} characters")
        kept.append(part)
    return "".join(kept)


def _line_of(error: Exception) -> int | None:
    """The template's line that failed: Jinja rewrites its frames to point there."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"
    ]
    return lines[-1] if lines else None


def load_wordings(
    family: str, folder: Path | None = None, least: int = MIN_WORDINGS, beside: Path | None = None
) -> list[Wording]:
    """The wordings of a family, sorted by name.

    Args:
        family: name of the folder below ``prompts/``; with ``./`` before it, beside the task's file.
        folder: another place than all that are known (see ``places``).
        least: how many wordings the family must have; texts that are only embedded may have one.
        beside: the folder of the task's file.

    Raises:
        InputError: no such family, fewer wordings than ``least``, a template that is empty, does not compile,
            or uses a name that no item has or a part of Jinja that no wording needs.
    """
    own = beside is not None and family.startswith("./")
    root = beside if beside is not None and own else folder
    home = root / family if root else places.find_all("prompts").get(family, folders.prompts() / family)
    paths = sorted(home.glob("*.jinja"))
    if own and root and not all(path.resolve().is_relative_to(root.resolve()) for path in paths):
        raise InputError("leads out of the task file's folder", file=home)
    if len(paths) < least:
        what = f"has {len(paths)} wording(s) (*.jinja); a family needs at least {least}"
        raise InputError(what if home.is_dir() else "no such prompt family", file=home)
    return [_load(path) for path in paths]


def _load(path: Path) -> Wording:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as UTF-8 text ({error})", file=path) from None
    return compile_wording(path, text)


def compile_wording(path: Path, text: str) -> Wording:
    """A wording from the text of its file.

    Raises:
        InputError: the text is empty, does not compile, or uses what no wording may.
    """
    template = compile_template(_ENVIRONMENT, path, text, _FIELDS)
    return Wording(path.stem, path, text, hashlib.sha256(text.encode()).hexdigest(), template)


def compile_template(
    environment: ImmutableSandboxedEnvironment, path: Path, text: str, names: Collection[str]
) -> jinja2.Template:
    """A template of the small language that wordings are written in.

    Args:
        environment: from ``sandbox``.
        path: the file, for errors.
        text: what it says.
        names: the names it may use.

    Raises:
        InputError: as ``compile_wording``.
    """
    if not text.strip():
        raise InputError("is empty", file=path)
    try:
        tree = environment.parse(text)
        _refuse_other_grammar(tree, path)  # before compiling, which computes constants
        _refuse_unknown_names(tree, path, names)
        return environment.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise InputError(f"is not a Jinja template: {error.message}", file=path, row=error.lineno) from None
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise InputError(f"is nested too deeply ({type(error).__name__})", file=path) from None


def _refuse_other_grammar(tree: nodes.Node, path: Path, loops: int = 0) -> None:
    """Raise for the first part of a template that is not of the wordings' own small language."""
    for node in tree.iter_child_nodes():
        name = type(node).__name__
        if not isinstance(node, _GRAMMAR):
            what, fix = f"{name} has no place in a wording", "use fields, if, for and filters"
            raise InputError(what, file=path, row=node.lineno, fix=fix)
        if isinstance(node, nodes.Filter) and node.name == "map" and node.args:
            raise InputError("map takes attribute=... only", file=path, row=node.lineno)
        depth = loops + isinstance(node, nodes.For)
        if depth > _DEEPEST_LOOP:
            raise InputError("loops are nested too deeply", file=path, row=node.lineno)
        _refuse_other_grammar(node, path, depth)


def _refuse_unknown_names(tree: nodes.Template, path: Path, names: Collection[str]) -> None:
    """Found on loading: a branch that few items take must not fail in the middle of a run."""
    unknown = meta.find_undeclared_variables(tree) - set(names)
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            what = f"{name.name!r} is not a field of an item"
            raise InputError(what, file=path, row=name.lineno, fix=f"use {', '.join(sorted(names))}")


def item_fields(item: Mapping[str, Any], context: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a wording may use of one item (a row of Items as a dictionary)."""
    frame = item["frame"] or []
    return {
        "id": item["id"],
        "situation": item["situation"],
        "behavior": item["behavior"],
        "norm": item["norm"],
        "frame": frame,
        "clauses": [_clause(entry) for entry in frame],
        "given": {entry["name"]: entry["value"] for entry in frame},
        "turns": item["turns"] or [],
        "country": country_name(item["country"]) if item["country"] else None,
        "language": item["language"],
        "context": context,
        "chosen": None,
        "notes": None,
    }


def _clause(entry: Mapping[str, str]) -> str:
    """One constraint in words: "the other person's role is 'guest'", "country is 'japan'"."""
    return f"{_WHOSE[entry['subject']]}{entry['name']} {entry['relation']} '{entry['value']}'"
