"""vLLM's own engine arguments, passed through: NAME=VALUE, checked by name, recorded as given."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import yaml

from normsuite.errors import InputError

_OURS: Final = {
    "model": "the checkpoint is the command's argument",
    "tokenizer": "the checkpoint's own is used",
    "revision": "use --revision",
    "dtype": "use --dtype",
    "trust_remote_code": "custom code of a checkpoint is never run",
    "skip_tokenizer_init": "it is needed",
    "runner": "it is chosen by what is asked",
    "convert": "it is chosen by what is asked",
    "pooler_config": "it is chosen by what is asked",
    "data_parallel_size": "use --data-parallel, or --engine ray",
    "logprobs_mode": "log-probabilities are always those of the model",
}
"""Arguments that have one place already, or would change what a number means."""

_SAFE_FORMATS: Final = ("safetensors", "fastsafetensors", "instanttensor", "runai_streamer", "dummy")


def parse_options(pairs: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` options as a dictionary; a value is read as (safe) YAML, hence also as JSON.

    Raises:
        InputError: not of that form, given twice, or not for a user to set.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not (name and equals and text):
            raise InputError(f"{pair!r} is not NAME=VALUE", field="--engine-option")
        if name in found:
            raise InputError(f"{name!r} is given twice", field="--engine-option")
        if name in _OURS:
            raise InputError(f"{name!r} cannot be set: {_OURS[name]}", field="--engine-option")
        try:
            found[name] = yaml.safe_load(text)
        except yaml.YAMLError:
            raise InputError(
                f"the value of {name!r} is not readable: {text!r}", field="--engine-option"
            ) from None
        if name == "load_format" and found[name] not in _SAFE_FORMATS:
            fix = f"choose one of {', '.join(_SAFE_FORMATS)}"
            raise InputError(f"load_format {text!r} may load pickles", field="--engine-option", fix=fix)
    return found


def check_names(options: Sequence[str]) -> None:
    """Refuse what the installed vLLM has no engine argument for. Imports vLLM: for the engine's process.

    Raises:
        InputError: no such argument; the nearest names are suggested.
    """
    from vllm import EngineArgs

    known = [field.name for field in fields(EngineArgs)]
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3)
            fix = f"did you mean {' or '.join(near)}?" if near else "see `vllm serve --help=all`"
            raise InputError(f"vLLM has no engine argument {name!r}", field="--engine-option", fix=fix)
