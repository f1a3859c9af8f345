"""Where tasks, prompts and data cards come from: normsuite itself, installed packages, included folders.

A package adds a folder by an entry point of the group ``normsuite.folders`` whose value is one of its
modules: ``tasks/``, ``prompts/`` and ``data_cards/`` are looked for beside that module's file. A person adds
one with ``--include``. A name that two places have is refused: which of them was meant cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from normsuite import folders
from normsuite.errors import InputError

FOLDERS: Final = "normsuite.folders"
"""Entry points that name a module whose folder holds tasks, prompts and data cards."""

Kind = Literal["tasks", "prompts", "data_cards"]
_KINDS: Final[tuple[Kind, ...]] = ("tasks", "prompts", "data_cards")
_NOUNS: Final = {"tasks": "task", "prompts": "prompt family", "data_cards": "data card"}
_PATTERNS: Final = {"tasks": "*.yaml", "prompts": "*/", "data_cards": "*.md"}

_included: list[Path] = []


@dataclass(frozen=True)
class Place:
    """One place.

    Attributes:
        name: for people: ``normsuite``, ``the package NAME`` or the folder's path.
        homes: the folder of each kind; any of them may be missing.
    """

    name: str
    homes: Mapping[Kind, Path]

    @classmethod
    def below(cls, name: str, folder: Path) -> Place:
        """A folder that holds ``tasks/``, ``prompts/`` and ``data_cards/``."""
        return cls(name, {kind: folder / kind for kind in _KINDS})

    def entries(self, kind: Kind) -> Iterator[tuple[str, Path]]:
        """(name, path) of what it has of one kind."""
        for path in sorted(self.homes[kind].glob(_PATTERNS[kind])):
            yield path.stem if path.suffix else path.name, path


def include(folder: Path) -> None:
    """Add a folder for the rest of this process.

    Raises:
        InputError: it is no folder, or holds neither tasks nor prompts nor cards.
    """
    if not folder.is_dir():
        raise InputError("is no folder", file=folder, field="--include")
    if not any((folder / kind).is_dir() for kind in _KINDS):
        raise InputError(f"holds none of {', '.join(_KINDS)}", file=folder, field="--include")
    if folder.resolve() not in [known.resolve() for known in _included]:
        _included.append(folder)


def include_nothing() -> None:
    """Forget the folders that were included: every command line begins without."""
    _included.clear()


def included() -> tuple[Path, ...]:
    """The folders that were included: another process must include them too."""
    return tuple(_included)


def all_places() -> list[Place]:
    """Every place, normsuite's own first.

    Raises:
        InputError: a package names a module that it does not have.
    """
    shipped: dict[Kind, Path] = {
        "tasks": folders.tasks(),
        "prompts": folders.prompts(),
        "data_cards": folders.data_cards(),
    }
    included = (Place.below(str(folder), folder) for folder in _included)
    return [Place("normsuite", shipped), *_packages(), *included]


def find_all(kind: Kind) -> dict[str, Path]:
    """Everything of one kind, by its name.

    Raises:
        InputError: two places have the same name, and both are told.
    """
    found: dict[str, tuple[Place, Path]] = {}
    for place in all_places():
        for name, path in place.entries(kind):
            if name in found:
                first, other = found[name]
                both = f"in {first.name} ({other}) and in {place.name} ({path})"
                what = f"the {_NOUNS[kind]} {name!r} is there twice: {both}"
                raise InputError(what, fix="rename one of them")
            found[name] = place, path
    return {name: path for name, (_, path) in sorted(found.items())}


def source_of(path: Path) -> str:
    """The name of the place that a file found by ``find_all`` is from; its folder where it is from none."""
    return next(
        (place.name for place in all_places() if path.parent in place.homes.values()), str(path.parent)
    )


@cache
def _packages() -> tuple[Place, ...]:
    return tuple(_place(entry) for entry in sorted(entry_points(group=FOLDERS), key=lambda e: e.name))


def _place(entry: EntryPoint) -> Place:
    package = entry.dist.name if entry.dist else entry.name
    try:
        module = find_spec(entry.value)
    except (ImportError, ValueError, AttributeError):
        module = None
    if module is None or module.origin is None:
        what = f"the package {package} names {entry.value!r} in {FOLDERS}, and has no such module"
        raise InputError(what, fix=f"mend or uninstall {package}")
    return Place.below(f"the package {package}", Path(module.origin).parent)
