"""A submission: one folder that tells what one model scored, how it was asked, and lets anyone recompute it.

``<submissions>/<org>__<model>/<revision>/`` holds ``manifest.json``, ``results.parquet`` (all rows of the
run's results), ``clusters.parquet`` (what resamples the headline metrics without predictions) and, where they
are included, ``predictions/<task>.parquet`` and for direction tasks ``nulls/<task>.parquet``. Nothing in it
tells of the machine that made it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from normsuite.errors import InputError
from normsuite.leaderboard.names import Digest, Organisation, Slug, Text
from normsuite.leaderboard.tables import read_rows
from normsuite.schema import NULL_SCHEMA, PREDICTION_SCHEMA, RESULT_SCHEMA, SCHEMA_VERSION

MANIFEST: Final = "manifest.json"
RESULTS: Final = "results.parquet"
CLUSTERS: Final = "clusters.parquet"
PREDICTIONS: Final = "predictions"
NULLS: Final = "nulls"
MOST_MANIFEST_BYTES: Final = 2**20

CLUSTER_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("scorer", pa.string(), nullable=False),
        pa.field("facet", pa.string(), nullable=False),  # "" is overall
        pa.field("group", pa.string(), nullable=False),
        pa.field("cluster", pa.string(), nullable=False),
        # Of a metric of sums: its addends, added up. Of one on ranks: gold, prediction of each scored row.
        pa.field("sums", pa.list_(pa.float64()), nullable=False),
    ],
    metadata={b"normsuite.table": b"clusters", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)
"""One row is one cluster of a task in one group: resampling these resamples the headline metric."""

Count = Annotated[int, Field(ge=0, lt=2**53)]
Scalar = Text | bool | int | float | None
Told = Scalar | list[Scalar]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ModelFacts(_Part):
    """Which model: its name on the board, and the digest of its weights, configuration and tokenizer.

    Attributes:
        name: the model's name, without the organisation's.
        revision: the hub's commit, or empty.
        sha256: empty where nobody could see the files (a server, the baselines).
        context_length: most tokens of a request; 0 where unknown.
    """

    name: Slug
    revision: Text
    sha256: Digest | Literal[""]
    context_length: Count


class RunFacts(_Part):
    """Which run: the hash of its manifest, when it was begun (ISO 8601), and by which normsuite."""

    hash: Digest
    created: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$")]
    normsuite: Text


class SettingsFacts(_Part):
    """What the run was told to vary; as ``normsuite.work.Settings``."""

    limit: Annotated[int, Field(ge=1)] | None
    seed: Count
    replicates: Annotated[int, Field(ge=100, le=100_000)]
    part: Count


class TaskFacts(_Part):
    """One task as it was asked; as in a run's manifest.

    Attributes:
        type: read off answers (``prompted``) or off embeddings (``direction``).
        calibrate: the split that told a temperature, and is in no other number.
    """

    type: Literal["prompted", "direction"]
    title: Text
    dataset: Text
    version: Count
    sha256: Digest
    prompts: dict[Text, Digest]
    metrics: list[Text]
    headline: Text
    items: Count
    clusters: Count
    calibrate: Literal["train", "dev"] | None


class DataFacts(_Part):
    """One data set that was read: which version and files of it, under which licence."""

    title: Text
    version: Text
    revision: Text
    licence: Text
    files: dict[Text, Text]


class Elsewhere(_Part):
    """Predictions that are kept at an address, and the digest of what lies there."""

    url: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~/%+-]*)?$", max_length=300)]
    sha256: Digest


class Manifest(_Part):
    """What ``manifest.json`` holds.

    Attributes:
        format: of submissions (``schema`` in the file).
        org: who stands for the model.
        model, run, settings, tasks, data: see their classes; tasks and data by name.
        engine: what the model ran on, without anything of a machine.
        partial: why the numbers are no full measurement, reason by reason; empty where they are.
        files: the digest of every other file, by its path below the folder.
        predictions: ``included``, or where they are.
    """

    format: Annotated[int, Field(alias="schema", ge=1, le=1)]
    org: Organisation
    model: ModelFacts
    run: RunFacts
    engine: dict[Text, Told | dict[Text, Told]]
    settings: SettingsFacts
    tasks: Annotated[dict[Slug, TaskFacts], Field(min_length=1)]
    data: dict[Text, DataFacts]
    partial: list[Text]
    files: dict[Text, Digest]
    predictions: Literal["included"] | Elsewhere


@dataclass(frozen=True)
class Submission:
    """A submission's folder and its manifest; tables are read when they are asked for.

    Attributes:
        folder: where it lies.
        manifest: what it says of itself.
    """

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """``org/model``."""
        return f"{self.manifest.org}/{self.manifest.model.name}"

    @property
    def slug(self) -> str:
        """``org__model``, the folder of all its revisions."""
        return slug_of(self.manifest)

    @property
    def revision(self) -> str:
        """The folder's name: a commit, the beginning of a digest, or what the submitter chose."""
        return self.folder.name

    @property
    def tasks(self) -> Mapping[str, TaskFacts]:
        """What was asked, by name."""
        return self.manifest.tasks

    @property
    def included(self) -> bool:
        """Whether predictions lie in the folder."""
        return self.manifest.predictions == "included"

    def results(self) -> pa.Table:
        """All results, in ``schema.RESULT_SCHEMA``.

        Raises:
            InputError: the file is missing, too large, damaged or another table; so for all that follow.
        """
        return read_rows(self.folder / RESULTS, RESULT_SCHEMA)

    def clusters(self) -> pa.Table:
        """What resamples the headline metrics, in ``CLUSTER_SCHEMA``."""
        return read_rows(self.folder / CLUSTERS, CLUSTER_SCHEMA)

    def predictions(self, task: str) -> pa.Table:
        """A task's predictions, in ``schema.PREDICTION_SCHEMA``; only where they are ``included``."""
        return read_rows(self.folder / predictions_name(task), PREDICTION_SCHEMA)

    def nulls(self, task: str) -> pa.Table:
        """A direction task's nulls, in ``schema.NULL_SCHEMA``, scores in the order of the predictions."""
        return read_rows(self.folder / nulls_name(task), NULL_SCHEMA)


def slug_of(manifest: Manifest) -> str:
    """The folder of all revisions of a model: organisation and name, two underscores between."""
    return f"{manifest.org}__{manifest.model.name}"


def predictions_name(task: str) -> str:
    """The path of a task's predictions below a submission's folder."""
    return f"{PREDICTIONS}/{task}.parquet"


def nulls_name(task: str) -> str:
    """The path of a direction task's nulls below a submission's folder."""
    return f"{NULLS}/{task}.parquet"


def find_submissions(root: Path) -> list[Path]:
    """The folders of all submissions below ``root``, in order of their names; links are not followed.

    Raises:
        InputError: ``root`` is no folder.
    """
    if not root.is_dir():
        raise InputError("is no folder of submissions", file=root)
    return sorted(
        folder
        for model in root.iterdir()
        if model.is_dir() and not model.is_symlink()
        for folder in model.iterdir()
        if folder.is_dir() and not folder.is_symlink() and (folder / MANIFEST).is_file()
    )


def read_submission(folder: Path) -> Submission:
    """A submission, with a manifest that keeps to its form. What it claims is ``check``'s to see.

    Raises:
        InputError: no manifest, or one that is too large, no JSON, or has wrong, unknown or missing entries.
    """
    file = folder / MANIFEST
    if file.is_symlink() or not file.is_file():
        raise InputError("is no submission (no manifest.json)", file=folder)
    if file.stat().st_size > MOST_MANIFEST_BYTES:
        raise InputError(f"has more than {MOST_MANIFEST_BYTES:,} bytes", file=file)
    try:
        return Submission(folder, Manifest.model_validate_json(file.read_bytes()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part)[:60] for part in first["loc"]) or None
        raise InputError(first["msg"].removeprefix("Value error, "), file=file, field=field) from None


def manifest_text(manifest: Manifest) -> str:
    """The content of ``manifest.json``."""
    return json.dumps(manifest.model_dump(by_alias=True), indent=1, ensure_ascii=False) + "\n"
