"""One small run of each type, and fresh copies of what it submits."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.evaluate import evaluate
from normsuite.leaderboard.add import Named, add
from normsuite.questions import prepare
from normsuite.runs import Run
from normsuite.tasks import resolve_tasks
from normsuite.work import Settings

SETTINGS = Settings(replicates=100)


def make_run(
    tasks: str, out: Path, settings: Settings = SETTINGS, raw: Mapping[str, Path] = MappingProxyType({})
) -> Run:
    spec = TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu")
    questions = prepare(resolve_tasks(tasks), raw, limit=settings.limit)
    return evaluate(spec, questions, out, settings=settings)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run("mini-rules", tmp_path_factory.mktemp("board") / "answers")


@pytest.fixture(scope="session")
def direction_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run("direction-mini-stories", tmp_path_factory.mktemp("board") / "directions")


@pytest.fixture(scope="session")
def made(run: Run, direction_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two submissions that are in order."""
    root = tmp_path_factory.mktemp("submissions")
    add(run.path, root, Named("acme"))
    add(direction_run.path, root, Named("acme", revision="directions"))
    return root


@pytest.fixture
def board(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "submissions"))


@pytest.fixture
def answers(board: Path) -> Path:
    """The submission of what the model answers, in that copy."""
    return next(path for path in (board / "acme__normsuite-tiny").iterdir() if path.name != "directions")


def rewrite(folder: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a table of a submission, and its digest in the manifest, as a forger would."""
    file = folder / name
    table = change(pq.read_table(file, partitioning=None))
    pq.write_table(table, file)
    seal(folder, name)


def seal(folder: Path, name: str) -> None:
    """Put a file's digest into the manifest."""
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    claim(folder, lambda manifest: manifest["files"].update({name: digest}))


def claim(folder: Path, change: Callable[[dict], object]) -> None:
    """Change what a manifest says."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    change(manifest)
    file.write_text(json.dumps(manifest))


def set_cell(table: pa.Table, row: int, column: str, value: object) -> pa.Table:
    """The table with one cell changed."""
    values = table[column].to_pylist()
    values[row] = value
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(column), pa.array(values, table.schema.field(column).type))
