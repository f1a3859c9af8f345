"""Poles: the words between which a direction is drawn, positive, negative and neutral.

A file of poles is YAML with two or three lists of words. ``shipped/poles/`` holds those known by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from normsuite.errors import InputError
from normsuite.strict_yaml import QUOTE, line_of, read_yaml

_SHIPPED: Final = Path(__file__).parent / "shipped" / "poles"
_SUFFIXES: Final = (".yaml", ".yml")
_REQUIRED: Final = ("positive", "negative")
_POLES: Final = (*_REQUIRED, "neutral")


@dataclass(frozen=True)
class Poles:
    """The words of each pole, in the file's order; no word is there twice.

    Attributes:
        positive: at least one word.
        negative: at least one word.
        neutral: words that lie between the two; may be empty.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    neutral: tuple[str, ...] = ()


def load_poles(name: str) -> Poles:
    """The poles of a shipped file, by its name ("verbs"), or of a YAML file of one's own, by its path.

    Raises:
        InputError: no such name or file, or a file that is not two or three lists of distinct words.
    """
    if name.endswith(_SUFFIXES):
        path = Path(name)
        if not path.is_file():
            raise InputError("no such file of poles", file=path)
    else:
        shipped = {file.stem: file for file in sorted(_SHIPPED.glob("*.yaml"))}
        if name not in shipped:
            fix = f"choose {' or '.join(shipped)}, or name a file that ends in .yaml"
            raise InputError(f"no poles are called {name!r}", fix=fix)
        path = shipped[name]
    lists, root = read_yaml(path)
    _check_names(lists, root, path)
    seen: set[str] = set()
    words = {pole: _words(lists.get(pole), pole, seen, root, path) for pole in _POLES}
    return Poles(**words)


def _check_names(lists: Any, root: yaml.Node | None, path: Path) -> None:
    expected = f"expected {', '.join(_REQUIRED)} and, if there are such words, neutral"
    if not isinstance(lists, dict):
        raise InputError("holds no lists of words", file=path, fix=expected)
    for name in lists:
        if name not in _POLES:
            row = line_of(root, (name,))
            raise InputError("is no pole", file=path, row=row, field=name, fix=expected)
    for name in _REQUIRED:
        if not lists.get(name):
            raise InputError("holds no words", file=path, field=name, fix=expected)


def _words(values: Any, pole: str, seen: set[str], root: yaml.Node | None, path: Path) -> tuple[str, ...]:
    """The words of one pole, trimmed; they are added to ``seen``, the words of all poles so far."""
    if values is None:
        return ()
    if not isinstance(values, list):
        raise InputError("is no list of words", file=path, row=line_of(root, (pole,)), field=pole)
    words = []
    for at, value in enumerate(values):
        row = line_of(root, (pole, at))
        if not isinstance(value, str):
            raise InputError(f"{value!r} is no text", file=path, row=row, field=pole, fix=QUOTE)
        word = " ".join(value.split())
        if not word:
            raise InputError("holds an empty word", file=path, row=row, field=pole)
        if word in seen:
            raise InputError(f"{word!r} is there twice", file=path, row=row, field=pole)
        seen.add(word)
        words.append(word)
    return tuple(words)
