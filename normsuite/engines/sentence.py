"""What makes a folder a sentence encoder: how it pools, as sentence-transformers writes it down.

``modules.json`` lists the steps from a text to its vector. Only the files that it names are read, and none of
them may lie outside the folder. A step that we do not run is refused: without it the vectors would be others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal

from normsuite.errors import InputError

_MODULES: Final = "modules.json"
_STEPS: Final = ("Transformer", "Pooling", "Normalize")
_MODES: Final[dict[str, Literal["mean", "cls", "last"]]] = {
    "mean": "mean",
    "cls": "cls",
    "lasttoken": "last",
}
"""By the names of sentence-transformers; it has more, which no common encoder uses."""
_FLAGS: Final = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""How older folders say the mode."""


@dataclass(frozen=True)
class SentencePooling:
    """How a sentence encoder makes one vector of a text's hidden states.

    Attributes:
        position: ``mean`` over all tokens, the first (``cls``) or the ``last``.
        normalise: to unit length.
        lower_case: texts are put into lower case before they are tokenised.
    """

    position: Literal["mean", "cls", "last"]
    normalise: bool
    lower_case: bool = False


@dataclass(frozen=True)
class SentenceFolder:
    """What ``modules.json`` and the files that it names say.

    Attributes:
        pooling: how vectors are made.
        most_tokens: of a text; None where the folder does not say.
        files: paths inside the folder, with ``/``: those read here.
    """

    pooling: SentencePooling
    most_tokens: int | None
    files: tuple[str, ...]


def read_sentence(folder: Path, name: str) -> SentenceFolder | None:
    """How a folder pools; None if it is no sentence encoder's.

    Args:
        folder: a checkpoint's.
        name: of the checkpoint, for messages.

    Raises:
        InputError: a file is not readable; a path leaves the folder; a step or a way to pool is not one that
            we run.
    """
    if not (folder / _MODULES).is_file():
        return None
    steps = _read_steps(folder, name)
    kinds = tuple(kind for kind, _ in steps)
    if kinds not in (_STEPS, _STEPS[:2]):
        raise InputError(
            f"its {_MODULES} makes vectors by {', '.join(kinds)}, of which only "
            f"{', '.join(_STEPS)} in that order can be run",
            file=name,
            fix=f"take the encoder alone: a copy of the folder without {_MODULES}",
        )
    inside, pools = steps[0][1], steps[1][1]
    if inside:
        raise InputError(f"keeps its model in {inside}", file=name, fix="give that folder, or a flat copy")
    _refuse_default_prompt(folder, name)
    files = [_MODULES, *(str(PurePosixPath(path, "config.json")) for _, path in steps[1:])]
    own = _own_settings(folder)
    pooling = SentencePooling(
        _position(_read(folder / pools / "config.json"), name),
        normalise=len(kinds) == len(_STEPS),
        lower_case=own.get("do_lower_case") is True,
    )
    most = own.get("max_seq_length")
    there = tuple(file for file in files if (folder / file).is_file())
    return SentenceFolder(pooling, most if isinstance(most, int) and most > 0 else None, there)


def _read_steps(folder: Path, name: str) -> list[tuple[str, str]]:
    """(kind, path inside the folder) of each step, in order."""
    try:
        listed = json.loads((folder / _MODULES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"is not readable JSON ({error})", file=folder / _MODULES) from None
    found = []
    for step in listed if isinstance(listed, list) else [None]:
        kind, path = (step.get("type"), step.get("path")) if isinstance(step, dict) else (None, None)
        if not (isinstance(kind, str) and isinstance(path, str)):
            raise InputError("is not a list of modules with `type` and `path`", file=folder / _MODULES)
        # A path for Windows is one that some reader would follow: it is held to the same rule.
        if any(pure.anchor or ".." in pure.parts for pure in _both(path)):
            raise InputError(f"names a path outside the folder ({path})", file=folder / _MODULES)
        package, _, last = kind.rpartition(".")
        if package.split(".")[0] != "sentence_transformers":
            raise InputError(f"needs custom code ({kind}), which is never run", file=name)
        found.append((last, path))
    return found


def _both(path: str) -> tuple[PurePosixPath, PureWindowsPath]:
    return PurePosixPath(path), PureWindowsPath(path)


def _position(settings: dict[str, Any], name: str) -> Literal["mean", "cls", "last"]:
    """The one way to pool that a folder's settings name."""
    given = settings.get("pooling_mode")
    if given is None:
        given = [mode for flag, mode in _FLAGS.items() if settings.get(flag)]
    modes = given if isinstance(given, list) else [given]
    if len(modes) != 1 or not isinstance(modes[0], str) or modes[0] not in _MODES:
        told = " and ".join(map(str, modes)) or "no way that is named"
        raise InputError(
            f"pools by {told}, of which only one of {', '.join(_MODES)} can be run",
            file=name,
            fix=f"take the encoder alone: a copy of the folder without {_MODULES}",
        )
    return _MODES[modes[0]]


def _own_settings(folder: Path) -> dict[str, Any]:
    """The first step's settings; their file's name holds the model type in older folders."""
    files = [folder / "sentence_bert_config.json", *sorted(folder.glob("sentence_*_config.json"))]
    return next((_read(file) for file in files if file.is_file()), {})


def _refuse_default_prompt(folder: Path, name: str) -> None:
    """Refuse an encoder that puts words of its own before every text: its vectors would be others."""
    file = folder / "config_sentence_transformers.json"
    settings = _read(file) if file.is_file() else {}
    prompt, prompts = settings.get("default_prompt_name"), settings.get("prompts")
    if prompt is not None and isinstance(prompts, dict) and prompts.get(prompt):
        raise InputError(
            f"puts a prompt before every text ({prompt!r}), which is not done here",
            file=name,
            fix="set `default_prompt_name` to null in its config_sentence_transformers.json",
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"is not readable JSON ({error})", file=file) from None
    if not isinstance(settings, dict):
        raise InputError("is not a JSON object", file=file)
    return settings
