"""From the options of `run` to an engine's spec and the workers that use it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import typer

from normsuite.errors import InputError

if TYPE_CHECKING:
    from normsuite.engines import EngineSpec
    from normsuite.engines.vllm import VllmSpec
    from normsuite.workers import Workers


class EngineName(StrEnum):
    """What runs a checkpoint."""

    auto = "auto"
    vllm = "vllm"
    transformers = "transformers"
    openai = "openai"
    ray = "ray"


@dataclass(frozen=True)
class EngineOptions:
    """The options of `run` that are about the engine, as given."""

    dtype: str = "auto"
    device: str = "auto"
    batch_size: int = 32
    revision: str | None = None
    chat: bool | None = None
    engine_options: tuple[str, ...] = ()
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    data_parallel: int = 1
    reproducible: bool = False
    fallback: bool = False
    base_url: str | None = None
    tokenizer: str | None = None
    concurrency: int = 32
    patience: float = 300
    address: str | None = None
    workers: int = 1


_VLLM: Final = {
    "dtype",
    "revision",
    "chat",
    "engine_options",
    "tensor_parallel",
    "pipeline_parallel",
    "reproducible",
}
_USED: Final = {
    EngineName.vllm: _VLLM | {"data_parallel", "fallback"},
    EngineName.transformers: {"dtype", "device", "batch_size", "revision", "chat", "data_parallel"},
    EngineName.openai: {"base_url", "tokenizer", "chat", "concurrency", "patience", "revision"},
    EngineName.ray: _VLLM | {"address", "workers"},
}
"""Which options an engine listens to; others are refused, so that none is given in vain."""


def choose_engine(name: EngineName, model: str, options: EngineOptions) -> tuple[EngineSpec, Workers | None]:
    """The spec of an engine and who uses it (None: this process).

    Raises:
        InputError: no such checkpoint, an option that the engine does not have, a package that is missing.
    """
    if name is EngineName.auto:
        name = EngineName.vllm if find_spec("vllm") else EngineName.transformers
    _refuse_unused(name, options)
    if name is EngineName.openai:
        return _openai(model, options), None
    if name is EngineName.ray:
        from normsuite.workers.ray import RayWorkers

        return _vllm(model, options), RayWorkers(options.address, options.workers)
    spec = (
        _transformers(model, options)
        if name is EngineName.transformers
        else _vllm_or_fallback(model, options)
    )
    if options.data_parallel > 1:
        from normsuite.workers.processes import ProcessWorkers

        return spec, ProcessWorkers(options.data_parallel)
    return spec, None


def _refuse_unused(name: EngineName, options: EngineOptions) -> None:
    for option in fields(options):
        given = getattr(options, option.name) != option.default
        if given and option.name not in _USED[name]:
            flag = (
                "--engine-option" if option.name == "engine_options" else f"--{option.name.replace('_', '-')}"
            )
            users = " or ".join(other.value for other, used in _USED.items() if option.name in used)
            raise InputError(
                f"the engine {name.value} has no such option",
                field=flag,
                fix=f"it belongs to --engine {users}",
            )


def _transformers(model: str, options: EngineOptions) -> EngineSpec:
    from normsuite.engines import find_checkpoint
    from normsuite.engines.transformers import TransformersSpec

    checkpoint = find_checkpoint(model, options.revision)
    return TransformersSpec(checkpoint, options.dtype, options.device, options.batch_size, options.chat)


def _vllm(model: str, options: EngineOptions) -> VllmSpec:
    from normsuite.engines import find_checkpoint
    from normsuite.engines.vllm import VllmSpec, parse_options

    arguments = parse_options(options.engine_options)
    for kind in ("tensor_parallel", "pipeline_parallel"):
        size, name = getattr(options, kind), f"{kind}_size"
        if size > 1 and name in arguments:
            flag = f"--{kind.replace('_', '-')}"
            raise InputError(f"{name!r} is given twice", field="--engine-option", fix=f"give {flag} alone")
        if size > 1:
            arguments[name] = size
    checkpoint = find_checkpoint(model, options.revision)
    return VllmSpec(checkpoint, options.dtype, options.chat, tuple(arguments.items()), options.reproducible)


def _vllm_or_fallback(model: str, options: EngineOptions) -> EngineSpec:
    spec = _vllm(model, options)
    if not options.fallback:
        return spec
    reason = spec.unsupported()
    if reason is None:
        return spec
    typer.echo(f"vLLM cannot run this model ({reason}): going on with transformers", err=True)
    return _transformers(model, options)


def _openai(model: str, options: EngineOptions) -> EngineSpec:
    from normsuite.engines import find_checkpoint
    from normsuite.engines.openai import OpenaiSpec

    if not options.base_url:
        raise InputError("the engine openai needs a server's address", field="--base-url")
    tokenizer = find_checkpoint(options.tokenizer, options.revision) if options.tokenizer else None
    return OpenaiSpec(model, options.base_url, tokenizer, options.chat, options.concurrency, options.patience)
