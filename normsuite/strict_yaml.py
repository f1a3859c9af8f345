"""YAML as it was meant: what its reader would pass over in silence is refused, with the line at fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from normsuite.errors import InputError

QUOTE: Final = "put it in quotes"  # YAML reads a bare yes, no, on, off or 3 as something else than text
_MOST_CHARACTERS: Final = 64 << 10
_MOST_NESTED: Final = 64
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C, wherever PyYAML has it


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """What a small file of YAML holds, and its nodes for ``line_of``.

    Raises:
        InputError: missing file, no UTF-8 text, too long, no YAML, nested too deeply, an alias, a key
            repeated or no text.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            text = stream.read(_MOST_CHARACTERS + 1)
    except FileNotFoundError:
        raise InputError("no such task file", file=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as UTF-8 text ({error})", file=path) from None
    if len(text) > _MOST_CHARACTERS:
        raise InputError(f"has more than {_MOST_CHARACTERS:,} characters: no task has", file=path)
    try:
        _refuse_traps(text, path)
        root = yaml.compose(text, Loader=_LOADER)
        _check_keys(root, path)
        return (None if root is None else yaml.SafeLoader("").construct_document(root)), root
    except (yaml.YAMLError, ValueError) as error:  # the latter: 2001-99-99
        problem = getattr(error, "problem", None) or error
        row = _line(getattr(error, "problem_mark", None))
        raise InputError(f"is not YAML: {problem}", file=path, row=row) from None


def line_of(node: yaml.Node | None, location: tuple[Any, ...]) -> int:
    """The 1-based line of the node at a path of keys and indices, or of its nearest parent."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _line(mark: Any) -> int | None:
    """The 1-based line of a mark, if there is one."""
    return mark.line + 1 if mark else None


def _refuse_traps(text: str, path: Path) -> None:
    """Aliases let a small file unfold into an endless one, and deep nesting is slow to read."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        row = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise InputError(f"holds the alias *{event.anchor}", file=path, row=row, fix="write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_NESTED:
            raise InputError(f"is nested more than {_MOST_NESTED} deep: no task is", file=path, row=row)


def _check_keys(node: yaml.Node | None, path: Path) -> None:
    """A key that is no text, or is repeated, is a mistake that YAML would hide."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            row, name = key.start_mark.line + 1, str(key.value)
            if key.tag != "tag:yaml.org,2002:str":
                raise InputError("a key that is no text", file=path, row=row, field=name, fix=QUOTE)
            if name in seen:
                raise InputError("repeated key", file=path, row=row, field=name)
            seen.add(name)
            _check_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value, path)
