"""A fitted direction on disk: a folder that says what it was fitted on, and that can hold nothing to run.

- ``direction.safetensors``: the vector, its offset and its scale.
- ``direction.json``: of which model they are, how texts are read, and on what was fitted, with digests.
- ``local.json``: where the model lies on this machine; the one file that is not to be published.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic_core import from_json
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from normsuite.errors import InputError
from normsuite.prompts import Wording, compile_wording
from normsuite.scorers.direction.about import SCHEMA, About, WordingText
from normsuite.scorers.direction.pipeline import Axis

TENSORS: Final = "direction.safetensors"
ABOUT: Final = "direction.json"
LOCAL: Final = "local.json"

_FILES: Final = (TENSORS, ABOUT, LOCAL)
_NAMES: Final = ("offset", "scale", "vector")
_MOST_BYTES: Final = 16 << 20  # of one file; a vector of a million dimensions has 8 MB
_PICKLES: Final = (b"\x80", b"PK\x03\x04")  # a pickle, and the archive of pickles that torch writes
_NOTE: Final = "Where the model lies on this machine. Of use here alone: do not publish this file."


@dataclass(frozen=True)
class Place:
    """Where a model was found on this machine: a folder or a hub id, and the hub's commit."""

    model: str
    revision: str = ""


@dataclass(frozen=True)
class Saved:
    """A direction as its folder holds it.

    Attributes:
        axis: what it does to an embedding.
        about: everything else that is known of it.
        wordings: in which a text is read, compiled.
        place: where the model was; None where the folder does not say.
    """

    axis: Axis
    about: About
    wordings: tuple[Wording, ...]
    place: Place | None


def check_target(folder: Path) -> None:
    """See that a direction may be put here: nothing is here, or a direction that it replaces.

    Raises:
        InputError: something else is here.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir():
        raise InputError("is a file, not a folder", file=folder, fix="choose another --out")
    found = sorted(entry.name for entry in folder.iterdir())
    other = [name for name in found if name not in _FILES]
    if other or (found and ABOUT not in found):
        what = f"is no folder of a direction: it holds {(other or found)[0]!r}"
        raise InputError(what, file=folder, fix="choose another --out")


def save(folder: Path, axis: Axis, about: About, place: Place) -> None:
    """Write a direction whole and rename it into place; a direction that is there is replaced.

    Raises:
        InputError: something else is there, or the folder cannot be written.
    """
    tensors = safetensors.save(
        {
            "vector": np.ascontiguousarray(axis.vector, np.float64),
            "offset": np.array([axis.offset], np.float64),
            "scale": np.array([axis.scale], np.float64),
        }
    )
    about = about.model_copy(update={"tensors_sha256": hashlib.sha256(tensors).hexdigest()})
    content = {
        TENSORS: tensors,
        ABOUT: _json(about.model_dump(mode="json", by_alias=True)),
        LOCAL: _json({"note": _NOTE, "model": place.model, "revision": place.revision}),
    }
    try:
        target = folder.resolve()  # what a link points to is replaced, not the link
        check_target(target)
        _put(target, content)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=folder) from None


def load(folder: Path) -> Saved:
    """Read a direction and check every part of it: it may be a stranger's.

    Raises:
        InputError: no such folder or file, a file that is no safetensors (a pickle, say), tensors that are
            none of a direction, a newer schema, parts that do not belong together.
    """
    if not folder.is_dir():
        raise InputError("no such folder of a direction", file=folder)
    about = _read_about(folder / ABOUT)
    path = folder / TENSORS
    content = _bytes(path)
    vector, offset, scale = _tensors(content, path)
    if hashlib.sha256(content).hexdigest() != about.tensors_sha256:
        raise InputError(f"is not the file that {ABOUT} is about: its digest is another", file=path)
    if len(vector) != about.dimensions:
        what = f"has {len(vector)} dimensions, and {ABOUT} says {about.dimensions}"
        raise InputError(what, file=path)
    wordings = tuple(_wording(wording, folder / ABOUT) for wording in about.wordings)
    return Saved(Axis(vector, offset, scale, about.unit_rows), about, wordings, _read_place(folder / LOCAL))


def finite(value: Any) -> Any:
    """A value of JSON's types with null for every number that is none."""
    if isinstance(value, dict):
        return {str(name): finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _put(target: Path, content: dict[str, bytes]) -> None:
    """Files as a new folder that takes the place of an older one; an error leaves the older one there."""
    new, old = (target.with_name(f".{target.name}.{os.getpid()}.{kind}") for kind in ("new", "old"))
    try:
        new.mkdir(parents=True)
        for name, data in content.items():
            with (new / name).open("wb") as sink:
                sink.write(data)
                sink.flush()
                os.fsync(sink.fileno())
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InputError: there is none, or it is far too large.
    """
    if not path.is_file():  # a pipe or a device would keep the reader waiting
        raise InputError("is no file" if path.exists() else "no such file", file=path)
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None
    if len(content) > _MOST_BYTES:
        raise InputError(f"has more than {_MOST_BYTES >> 20} MiB: no direction has", file=path)
    return content


def _tensors(content: bytes, path: Path) -> tuple[NDArray[np.float64], float, float]:
    """Vector, offset and scale."""
    if content.startswith(_PICKLES):
        raise InputError("is a pickle, which is never loaded", file=path, fix="fit the direction again")
    try:
        tensors = safetensors.load(content)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"is no safetensors file ({reason})", file=path) from None
    told = {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
    vector = tensors.get("vector")
    one, double = (1,), np.dtype(np.float64)
    if (
        vector is None
        or vector.ndim != 1
        or told != {"vector": (double, vector.shape), "offset": (double, one), "scale": (double, one)}
    ):
        raise InputError(f"holds no direction: {', '.join(_NAMES)} in float64 are expected", file=path)
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()) or tensors["scale"][0] <= 0:
        raise InputError("holds what is no number, or a scale that is not above 0", file=path)
    return vector, float(tensors["offset"][0]), float(tensors["scale"][0])


def _read_about(path: Path) -> About:
    content = _bytes(path)
    try:
        told = from_json(content)
    except ValueError as error:
        raise InputError(f"is not readable JSON ({error})", file=path) from None
    schema = told.get("schema") if isinstance(told, dict) else None
    if isinstance(schema, int) and schema != SCHEMA:
        fix = "use the normsuite version that wrote it"
        raise InputError(f"has schema {schema}, this is {SCHEMA}", file=path, fix=fix)
    try:
        return About.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise InputError(f"does not describe a direction: {first['msg']}", file=path, field=field) from None


def _wording(stored: WordingText, path: Path) -> Wording:
    """A stored wording, compiled in the sandbox that all wordings run in."""
    wording = compile_wording(Path(f"{stored.name}.jinja"), stored.text)
    if wording.sha256 != stored.sha256:
        raise InputError(f"the wording {stored.name!r} is another than its digest says", file=path)
    return wording


def _read_place(path: Path) -> Place | None:
    """Where the model was; a folder from elsewhere need not say."""
    if not path.is_file():
        return None
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(_bytes(path))
    if not (isinstance(found, dict) and isinstance(found.get("model"), str)):
        raise InputError("does not say where the model is", file=path, fix="delete it and give --model")
    return Place(found["model"], str(found.get("revision", "")))
