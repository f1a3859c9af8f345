"""The manifest as tables for people, and the command that rebuilds a run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

Section = tuple[str, tuple[tuple[str, str], ...]]

_RUN_KEYS = ("hash", "created", "normsuite", "seed", "limit", "replicates", "part", "schema")


def mapping(value: object) -> dict[str, Any]:
    """A part of the manifest as a mapping; empty where it is missing or something else."""
    return value if isinstance(value, dict) else {}


def sections(manifest: Mapping[str, Any]) -> tuple[Section, ...]:
    """Every entry of the manifest as (title, rows of key and value), whatever keys it has."""
    parts: list[tuple[str, Any]] = [
        ("Run", {key: manifest[key] for key in _RUN_KEYS if key in manifest}),
        ("Model", manifest.get("model")),
        ("Engine", manifest.get("engine")),
        *((f"Task {name}", entry) for name, entry in mapping(manifest.get("tasks")).items()),
        *((f"Data set {name}", entry) for name, entry in mapping(manifest.get("data")).items()),
        ("Packages", manifest.get("packages")),
    ]
    named = {*_RUN_KEYS, "model", "engine", "tasks", "data", "packages"}
    parts.append(("Other", {key: value for key, value in manifest.items() if key not in named}))
    filled = ((title, tuple(_leaves(entry))) for title, entry in parts)
    return tuple((title, rows) for title, rows in filled if rows)


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested mappings as "a › b" keys; lists of plain values on one line."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path} › {key}" if path else str(key))
    elif isinstance(value, list | tuple):
        yield path, ", ".join(str(inner) for inner in value)
    elif path:
        yield path, "none" if value is None or value == {} else str(value)


def rebuild_command(manifest: Mapping[str, Any]) -> str:
    """The ``normsuite run`` line that repeats the work, as far as the manifest tells."""
    model, engine = mapping(manifest.get("model")), mapping(manifest.get("engine"))
    words = ["normsuite", "run", str(model.get("name", "MODEL"))]
    words += ["--tasks", ",".join(str(name) for name in mapping(manifest.get("tasks"))) or "TASKS"]
    options = {option: manifest.get(option) for option in ("limit", "seed", "replicates", "part")}
    options["revision"] = model.get("revision") or None
    options |= {"engine": engine.get("engine"), "dtype": engine.get("dtype")}
    options["batch-size"] = engine.get("batch_size")
    if engine.get("engine") == "transformers":
        options["device"] = engine.get("device")
    if engine.get("engine") == "openai":
        options |= {"base-url": "URL", "tokenizer": mapping(engine.get("tokenizer")).get("name")}
    for option, value in options.items():
        if value is not None:
            words += [f"--{option}", str(value)]
    for name, value in mapping(engine.get("options")).items():
        told = value if isinstance(value, str) else json.dumps(value)
        words += ["--engine-option", f"{name}={told}"]
    if engine.get("reproducible"):
        words.append("--reproducible")
    if isinstance(engine.get("chat_template"), bool):
        words.append("--chat" if engine["chat_template"] else "--no-chat")
    return shlex.join([*words, "--out", "RUN"])


def sample_line(manifest: Mapping[str, Any]) -> str:
    """How the items were limited; empty if they were not."""
    limit = manifest.get("limit")
    return f"a seeded sample of {limit} clusters per task" if limit else ""


def engine_line(manifest: Mapping[str, Any]) -> str:
    """What the model ran on, on one line."""
    parts = dict(_leaves(manifest.get("engine")))
    named = (
        f"{key.replace(' › ', ' ').replace('_', ' ')} {value}"
        for key, value in parts.items()
        if key != "engine"
    )
    return ", ".join(filter(None, [parts.get("engine"), *named]))


def data_line(manifest: Mapping[str, Any]) -> str:
    """The data sets with their versions, on one line."""
    entries = mapping(manifest.get("data")).items()
    versions = ((name, mapping(entry).get("version")) for name, entry in entries)
    return ", ".join(f"{name} ({version})" if version else str(name) for name, version in versions)
