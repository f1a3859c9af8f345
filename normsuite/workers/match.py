"""Whether another machine would do the same work: it sees the run folder, has the same model and packages."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import normsuite
from normsuite.engines import Checkpoint, EngineSpec, find_checkpoint
from normsuite.errors import InputError
from normsuite.runs import MANIFEST, open_run, work_hash
from normsuite.workers.local import describe_here
from normsuite.workers.parts import Job


def absolute(spec: EngineSpec) -> EngineSpec:
    """The spec with a checkpoint path that does not depend on where a process was started."""
    checkpoint = _checkpoint(spec)
    if checkpoint is None:
        return spec
    return _with_checkpoint(spec, replace(checkpoint, path=checkpoint.path.resolve()))


def matched(job: Job) -> Job:
    """The job as this machine can do it.

    Raises:
        InputError: it does not see the run folder, or has another model, other packages or another engine.
    """
    host, wanted = socket.gethostname(), job.run.manifest
    fix = "choose an --out that every machine of the cluster sees at the same path"
    try:
        seen = open_run(job.run.path).manifest.get("hash")
    except InputError as error:
        what = f"the worker on {host} does not see the run folder ({error.what})"
        raise InputError(what, file=job.run.path, fix=fix) from None
    if seen != wanted["hash"]:
        raise InputError(
            f"the worker on {host} sees another run there", file=job.run.path / MANIFEST, fix=fix
        )
    spec = spec_here(job.spec)
    here = {"normsuite": normsuite.__version__, **describe_here(spec)}
    if work_hash(here) != work_hash({name: wanted[name] for name in here}):
        raise InputError(
            f"the worker on {host} would do other work: {_difference(wanted, here)}",
            fix="install the same versions, and the same devices, on every machine of the cluster",
        )
    return replace(job, spec=spec)


def spec_here(spec: EngineSpec) -> EngineSpec:
    """The spec with the checkpoint as this machine finds it: the same folder, or a download of its own.

    Raises:
        InputError: it is not here, or another one is.
    """
    wanted = _checkpoint(spec)
    if wanted is None:
        return spec
    fix = "put the same checkpoint at the same path on every machine of the cluster"
    if not wanted.path.is_dir() and not wanted.revision:
        raise InputError(
            f"the worker on {socket.gethostname()} has no such checkpoint", file=wanted.path, fix=fix
        )
    found = (
        find_checkpoint(str(wanted.path))
        if wanted.path.is_dir()
        else find_checkpoint(wanted.name, wanted.revision)
    )
    if found.sha256 != wanted.sha256:
        what = f"the worker on {socket.gethostname()} has another checkpoint there"
        raise InputError(what, file=found.path, fix=fix)
    return _with_checkpoint(spec, replace(wanted, path=found.path))


def _checkpoint(spec: EngineSpec) -> Checkpoint | None:
    """The checkpoint that a spec loads; those that ask a server have none."""
    checkpoint = getattr(spec, "checkpoint", None)
    return checkpoint if isinstance(checkpoint, Checkpoint) else None


def _with_checkpoint(spec: EngineSpec, checkpoint: Checkpoint) -> EngineSpec:
    return cast(EngineSpec, replace(cast(Any, spec), checkpoint=checkpoint))


def _difference(wanted: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """What differs, for people."""
    told = []
    for part, mine in here.items():
        theirs = wanted[part]
        if not isinstance(mine, Mapping):
            mine, theirs = {part: mine}, {part: theirs}
        names = [
            name
            for name in {**theirs, **mine}
            if work_hash({"": mine.get(name)}) != work_hash({"": theirs.get(name)})
        ]
        told += [f"{name} {mine.get(name)} instead of {theirs.get(name)}" for name in names]
    return ", ".join(told)
