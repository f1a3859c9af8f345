"""The small run that every kind of workers must give alike, and a real Ray cluster on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from made_jobs import SETTINGS

from normsuite import folders
from normsuite.engines import EngineSpec, find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.evaluate import describe_work, evaluate
from normsuite.questions import Question, prepare
from normsuite.runs import Run, start_run
from normsuite.tasks import resolve_tasks
from normsuite.workers import Job, LocalWorkers


@pytest.fixture(scope="session")
def tiny() -> TransformersSpec:
    return TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu")


@pytest.fixture(scope="session")
def questions() -> list[Question]:
    return prepare(resolve_tasks("mini-*"), {}, limit=SETTINGS.limit)


@pytest.fixture(scope="session")
def reference(
    tiny: TransformersSpec, questions: Sequence[Question], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The run as one undisturbed process makes it."""
    return evaluate(tiny, questions, tmp_path_factory.mktemp("reference") / "run", settings=SETTINGS)


@pytest.fixture
def job(questions: Sequence[Question], tmp_path: Path) -> Callable[[EngineSpec], Job]:
    """A job that has a run folder, and nothing done yet."""

    def make(spec: EngineSpec) -> Job:
        work = describe_work(spec, questions, SETTINGS, LocalWorkers())
        return Job(start_run(tmp_path / "run", work), spec, questions, SETTINGS.seed, SETTINGS.part)

    return make


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Any]:
    """A Ray cluster of its own processes, with room for two workers."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed here (it has no build for this platform or Python)")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))  # its workers import `made_jobs`
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    yield cluster
    cluster.shutdown()
