"""From a run to a submission: what it claims is recomputed first; no machine and no data text goes in."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from normsuite.adapters.reading import sha256
from normsuite.aggregate import apart
from normsuite.errors import InputError
from normsuite.leaderboard.clusters import cluster_sums
from normsuite.leaderboard.evidence import check_predictions
from normsuite.leaderboard.known import data_problems, has_labels, task_problems
from normsuite.leaderboard.names import fault, is_slug
from normsuite.leaderboard.recompute import differences, of_task, recomputed
from normsuite.leaderboard.redact import without_texts
from normsuite.leaderboard.submission import (
    CLUSTERS,
    MANIFEST,
    RESULTS,
    Elsewhere,
    Manifest,
    SettingsFacts,
    Submission,
    TaskFacts,
    manifest_text,
    nulls_name,
    predictions_name,
    slug_of,
)
from normsuite.leaderboard.tables import write_rows
from normsuite.leaderboard.thresholds import shortcomings
from normsuite.runs import Run, open_run, work_hash

_PREDICTION_KEYS: Final = ("scorer", "prompt", "order", "item")
_KEYS: Final = {
    "results": ["task", "scorer", "metric", "facet", "group"],
    "clusters": ["task", "scorer", "facet", "group", "cluster"],
    "predictions": ["task", *_PREDICTION_KEYS],
    "nulls": ["null", "draw"],
}
_PRIVATE: Final = re.compile(
    r"(^|_)(key|keys|token|secret|password|auth|user|host|home|address|path|dir|url)($|_)", re.IGNORECASE
)
_PLACE: Final = re.compile(r"://|\\|^[~/.]|@|^[A-Za-z]:")
"""What looks like an address, a path or a person."""


@dataclass(frozen=True)
class Named:
    """What the submitter says of the model where the run cannot tell, or tells otherwise.

    Attributes:
        org: who stands for it; empty takes the owner of a hub id.
        name: its name on the board; empty takes the run's.
        revision: the folder's name; empty takes the hub's commit, else the beginning of the model's digest.
    """

    org: str = ""
    name: str = ""
    revision: str = ""


def add(
    run_path: Path,
    to: Path,
    named: Named | None = None,
    *,
    partial: bool = False,
    replace: bool = False,
    elsewhere: tuple[str, Path] | None = None,
) -> Submission:
    """Write a finished run as a submission.

    Args:
        run_path: the run's folder.
        to: the folder of all submissions.
        named: how model, organisation and revision are called.
        partial: let a sample pass, or readings below the thresholds; the board says so.
        replace: put it in place of one of the same name.
        elsewhere: the address where predictions will be, and the one file to write for it; None puts them
            into the submission.

    Raises:
        InputError: the run is unfinished, changed or of unknown tasks; its numbers do not recompute; it is
            partial and that was not allowed; a name will not do; it is there already.
    """
    run = open_run(run_path)
    results = run.results()
    _check_hash(run)
    facts = _facts(run, named or Named())
    tables = _tables(run, facts, results)
    facts["partial"] = shortcomings(results, facts["tasks"], facts["settings"]["limit"])
    if facts["partial"] and not partial:
        what = f"is partial: {'; '.join(facts['partial'])}"
        raise InputError(what, file=run_path, fix="submit it as such with --partial")
    if elsewhere is not None:
        url, file = elsewhere
        whole = [table for name, table in tables.items() if name.startswith("predictions/")]
        write_rows(pa.concat_tables(whole), file, _KEYS["predictions"])
        facts["predictions"] = Elsewhere(url=url, sha256=sha256(file)).model_dump()
        tables = {name: table for name, table in tables.items() if "/" not in name}
    return _write(to, (named or Named()).revision, facts, tables, replace=replace)


def _check_hash(run: Run) -> None:
    """The manifest must still name the work that was begun."""
    work = {key: value for key, value in run.manifest.items() if key not in ("schema", "hash", "created")}
    if work_hash(work) != run.manifest.get("hash"):
        raise InputError("was changed after the run", file=run.path / "manifest.json", field="hash")


def _facts(run: Run, named: Named) -> dict[str, Any]:
    """The manifest but for partial, files and predictions that lie elsewhere."""
    told = run.manifest
    model: Mapping[str, Any] = told["model"]
    owner, _, own_name = str(model["name"]).rpartition("/")
    org, name = named.org or owner, named.name or own_name
    if not org:
        raise InputError("the run does not tell whose model it is", file=run.path, fix="name --org")
    version = {"version": f"transformers {told['packages']['transformers']}"}
    return {
        "schema": 1,
        "org": org,
        "model": {**model, "name": name},
        "run": {"hash": told["hash"], "created": told["created"], "normsuite": told["normsuite"]},
        "engine": {
            **(version if told["engine"].get("engine") == "transformers" else {}),
            **_portable(told["engine"]),
        },
        "settings": {key: told[key] for key in ("limit", "seed", "replicates", "part")},
        "tasks": {name: _task_facts(about) for name, about in told["tasks"].items()},
        "data": told["data"],
        "predictions": "included",
    }


def _task_facts(about: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: about.get(name) for name in TaskFacts.model_fields}
    return {**own, "type": about.get("type", "prompted")}


def _portable(told: Mapping[str, Any]) -> dict[str, Any]:
    """An engine's description without what tells of a machine, an account or a person."""
    found: dict[str, Any] = {}
    for name, value in told.items():
        if isinstance(value, Mapping):
            value = _portable(value)
        if not _PRIVATE.search(name) and not fault(name) and _is_portable(value):
            found[name] = value
    return found


def _is_portable(value: Any) -> bool:
    if isinstance(value, str):
        return not _PLACE.search(value) and not fault(value)
    if isinstance(value, list | tuple):
        return all(_is_portable(one) for one in value)
    return True


def _tables(run: Run, facts: Mapping[str, Any], results: pa.Table) -> dict[str, pa.Table]:
    """Every table of the submission by its path; each task is recomputed on the way.

    Raises:
        InputError: a task is unknown here or its numbers do not recompute.
    """
    tables, clusters, numbers = dict[str, pa.Table](), [], []
    settings = SettingsFacts(**facts["settings"])
    for name, about in facts["tasks"].items():
        task = _valid_task(about, run, name)
        problem = next(task_problems(name, task), None)
        if problem:
            raise InputError(problem, file=run.path, fix="run it again with this normsuite")
        whole, told = run.predictions(name), of_task(results, name)
        nulls = run.nulls(name) if task.type == "direction" else None
        problem = next(differences(told, recomputed(task, whole, nulls, settings)), None)
        if problem:
            raise InputError(
                f"does not recompute: {problem}", file=run.path, fix="repeat its `normsuite run`"
            )
        shared = without_texts(whole, labels=has_labels(name))
        order = pc.sort_indices(shared, [(key, "ascending") for key in _PREDICTION_KEYS])
        shared = shared.take(order)
        check_predictions(shared, name)
        tables[predictions_name(name)] = shared
        if nulls is not None:
            nulls = tables[nulls_name(name)] = _ordered(nulls, order)
        # Under other names clusters are drawn in another order, which moves intervals a little.
        renamed = not shared["cluster"].equals(whole["cluster"].take(order))
        numbers.append(recomputed(task, shared, nulls, settings) if renamed else told)
        clusters.append(cluster_sums(*apart(shared, task.calibrate), task.headline))
    return {**tables, RESULTS: pa.concat_tables(numbers), CLUSTERS: pa.concat_tables(clusters)}


def _valid_task(about: Mapping[str, Any], run: Run, name: str) -> TaskFacts:
    try:
        return TaskFacts(**about)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(first["msg"], file=run.path, field=f"tasks.{name}") from None


def _ordered(nulls: pa.Table, order: pa.Array) -> pa.Table:
    """Nulls with their scores in another order."""
    scores = [pc.take(row.values, order) for row in nulls["scores"]]
    lengths = [0, *(len(row) for row in scores)]
    offsets = pa.array(np.cumsum(lengths), pa.int32())
    column = pa.ListArray.from_arrays(offsets, pa.concat_arrays(scores))
    return nulls.set_column(nulls.schema.get_field_index("scores"), nulls.schema.field("scores"), column)


def _write(
    to: Path, revision: str, facts: dict[str, Any], tables: Mapping[str, pa.Table], *, replace: bool
) -> Submission:
    """Write a folder beside its place and rename it: it is there whole, or not at all."""
    manifest = _manifest({**facts, "files": {}})
    problem = next(data_problems(manifest), None)
    if problem:
        raise InputError(problem)
    revision = revision or _revision(manifest)
    if not is_slug(revision):
        raise InputError(f"{revision!r} cannot name a folder", field="--revision")
    place = to / slug_of(manifest) / revision
    if place.exists() and not replace:
        raise InputError("is there already", file=place, fix="use --replace, or another --revision")
    beside = place.with_name(f".{revision}.{os.getpid()}.tmp")
    with ExitStack() as leftovers:
        leftovers.callback(shutil.rmtree, beside, ignore_errors=True)
        for name, table in tables.items():
            keys = _KEYS[name.split("/", maxsplit=1)[0].removesuffix(".parquet")]
            write_rows(table, beside / name, keys)
        files = {name: sha256(beside / name) for name in sorted(tables)}
        manifest = _manifest({**facts, "files": files})
        try:
            (beside / MANIFEST).write_text(manifest_text(manifest), encoding="utf-8")
            if place.exists():
                shutil.rmtree(place)
            beside.rename(place)
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror or error}", file=place) from None
    return Submission(place, manifest)


def _manifest(facts: Mapping[str, Any]) -> Manifest:
    try:
        return Manifest.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(first["msg"].removeprefix("Value error, "), field=field) from None


def _revision(manifest: Manifest) -> str:
    """A folder's name that tells the work: the hub's commit, the model's digest, or the run's hash."""
    return manifest.model.revision or manifest.model.sha256[:12] or manifest.run.hash[:12]
