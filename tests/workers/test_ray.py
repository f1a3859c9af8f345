"""A real Ray cluster of two workers: same bytes as one process, whatever is killed; refusals in one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_jobs import SETTINGS, FailingSpec, ReckoningSpec, tables

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.vllm import VllmSpec
from normsuite.errors import InputError
from normsuite.evaluate import evaluate
from normsuite.progress import silent
from normsuite.workers import cluster as joining
from normsuite.workers import missing_parts
from normsuite.workers.local import describe_here
from normsuite.workers.ray import RayWorkers
from normsuite.workers.remote import RETRIES


@pytest.fixture(scope="session")
def cluster(ray_cluster) -> RayWorkers:
    return RayWorkers(ray_cluster.address, 2)


@pytest.fixture(scope="session")
def one(cluster) -> RayWorkers:
    """A single worker, where that is enough: an actor costs seconds."""
    return replace(cluster, count=1)


def seats(ray_cluster) -> list[int]:
    """The processes of the cluster's actors."""
    (raylet,) = ray_cluster.head_node.all_processes["raylet"]
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [row.split(None, 2) for row in listed.stdout.splitlines()]
    return [
        int(pid) for pid, parent, name in rows if int(parent) == raylet.process.pid and "ray::_Seat" in name
    ]


def test_a_killed_actor_costs_nothing_but_time(ray_cluster, cluster, questions, tmp_path: Path) -> None:
    spec = ReckoningSpec()
    reference = evaluate(spec, questions, tmp_path / "reference", settings=SETTINGS)
    killed, told = [], []

    def progress(stage: str, done: int, total: int, tokens: int = 0) -> None:
        told.append((stage, done, total))
        if stage in ("mini-framed", "mini-rules", "mini-stories") and done and not killed:
            killed.append(seats(ray_cluster)[0])
            os.kill(killed[0], signal.SIGKILL)

    run = evaluate(spec, questions, tmp_path / "run", settings=SETTINGS, workers=cluster, progress=progress)
    assert killed
    assert tables(run) == tables(reference)
    assert run.manifest["hash"] == reference.manifest["hash"]
    assert ("loading the model", 1, 2) in told
    for question in questions:
        assert (question.task.name, question.items.num_rows, question.items.num_rows) in told
    deadline = time.monotonic() + 20
    while seats(ray_cluster):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_part_whose_actor_is_killed_again_and_again_ends_the_run_in_a_line(one, job) -> None:
    made = job(FailingSpec("killed"))
    with pytest.raises(InputError, match=r"lost 3 times.*died unexpectedly") as caught:
        one.predict(made, missing_parts(made), silent)
    assert "\n" not in str(caught.value)
    # An actor may be lost before it was heard, with no part yet: twice at most is that not counted to a part.
    tried = (made.run.path / "engine.0.log").read_text().split()
    assert 3 <= len(set(tried)) <= 3 + RETRIES


def test_a_users_mistake_in_an_actor_is_the_same_mistake_here(one, job) -> None:
    made = job(FailingSpec("mistake"))
    with pytest.raises(InputError) as caught:
        one.predict(made, missing_parts(made), silent)
    assert str(caught.value) == "weights.safetensors: the weights are torn; fetch them again"
    assert caught.value.file == "weights.safetensors"


def test_an_engine_that_the_cluster_has_not_installed_is_said_in_a_line(
    one, job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text(
        "from made_jobs import FailingSpec\nclass OnlyHere(FailingSpec): ..."
    )
    monkeypatch.syspath_prepend(tmp_path)
    from only_here import OnlyHere

    made = job(OnlyHere("fault"))
    with pytest.raises(InputError, match=r"cannot work .*No module named 'only_here'\); install"):
        one.predict(made, missing_parts(made), silent)


def test_an_actor_that_sees_another_run_folder_is_refused(one, job) -> None:
    made = job(FailingSpec("fault"))
    other = replace(made, run=replace(made.run, manifest={**made.run.manifest, "hash": "0" * 64}))
    with pytest.raises(InputError, match="sees another run there; choose an --out that every machine"):
        one.predict(other, missing_parts(made), silent)


def test_the_work_is_named_by_a_worker_of_the_cluster_and_not_without_its_checkpoint(cluster, tiny) -> None:
    assert cluster.describe(FailingSpec("fault")) == describe_here(FailingSpec("fault"))
    lost = replace(tiny, checkpoint=replace(tiny.checkpoint, path=Path("/nowhere")))
    with pytest.raises(InputError, match=r"^/nowhere: the worker on .* has no such checkpoint"):
        cluster.describe(lost)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "nobody.invalid:6379", "nonsense"])
def test_an_address_nobody_answers_is_refused_in_a_line(address: str, tiny) -> None:
    with pytest.raises(InputError, match="no Ray cluster can be joined at") as caught:
        RayWorkers(address, 1).describe(tiny)
    assert "\n" not in str(caught.value)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_is_no_cluster_is_given_up(silent_port, tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_JOINS", 4.0)
    with pytest.raises(InputError, match="no answer within 4 s"):
        RayWorkers(f"127.0.0.1:{silent_port}", 1).describe(tiny)


def test_without_ray_it_is_said_how_to_install_it(tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="Ray is not installed; pip install 'normsuite\\[ray\\]'"):
        RayWorkers(None, 1).describe(tiny)


def test_a_vllm_engine_on_a_cluster_of_this_machine_reads_what_transformers_reads(
    vllm_installed, questions, reference, tmp_path: Path
) -> None:
    spec = VllmSpec(find_checkpoint(str(folders.tiny())), "float32")
    run = evaluate(spec, questions, tmp_path / "run", settings=SETTINGS, workers=RayWorkers(None, 1))
    assert run.manifest["engine"]["engine"] == "vllm"
    assert (run.path / "engine.0.log").exists()
    for question in questions:
        ours, expected = (by_item(each.predictions(question.task.name)) for each in (run, reference))
        assert ours["item"].equals(expected["item"])
        assert set(ours["status"].to_pylist()) == {"ok"}
        assert np.abs(flat(ours["probabilities"]) - flat(expected["probabilities"])).max() < 1e-3
        assert np.abs(flat(ours["mass"]) - flat(expected["mass"])).max() < 1e-3


def by_item(predictions: pa.Table) -> pa.Table:
    read = predictions.filter(pa.compute.equal(predictions["scorer"], "labels"))
    return read.sort_by([("item", "ascending"), ("prompt", "ascending")])


def flat(column: pa.ChunkedArray) -> np.ndarray:
    values = column.combine_chunks()
    return np.asarray(values.flatten() if isinstance(values, pa.ListArray) else values)
