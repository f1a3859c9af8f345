"""Processes with an engine each: same bytes as one, whatever is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from made_jobs import SETTINGS, FailingSpec, tables
from watched import group_of, wait_for

from normsuite.engines.vllm import VllmSpec
from normsuite.errors import InputError
from normsuite.evaluate import evaluate
from normsuite.progress import silent
from normsuite.workers import missing_parts
from normsuite.workers.processes import ProcessWorkers, environments

HANGING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from made_jobs import FailingSpec
from normsuite.evaluate import Settings, evaluate
from normsuite.questions import prepare
from normsuite.tasks import resolve_tasks
from normsuite.workers.processes import ProcessWorkers

if __name__ == "__main__":
    questions = prepare(resolve_tasks("mini-rules"), {}, limit=9)
    spec, out, settings = FailingSpec("hangs"), Path(sys.argv[1]), Settings(part=2)
    evaluate(spec, questions, out, settings=settings, workers=ProcessWorkers(2))
"""


def test_a_killed_worker_costs_nothing_but_time(tiny, questions, reference, tmp_path: Path) -> None:
    killed, told = [], []

    def progress(stage: str, done: int, total: int, tokens: int = 0) -> None:
        told.append((stage, done, total))
        if stage in ("mini-framed", "mini-rules", "mini-stories") and done and not killed:
            victim = multiprocessing.active_children()[0]
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            killed.append(victim.pid)

    run = evaluate(
        tiny, questions, tmp_path / "run", settings=SETTINGS, workers=ProcessWorkers(2), progress=progress
    )
    assert killed and not multiprocessing.active_children()
    assert tables(run) == tables(reference)
    assert run.manifest["hash"] == reference.manifest["hash"]
    assert ("loading the model", 0, 2) in told and ("loading the model", 1, 2) in told
    for question in questions:
        assert (question.task.name, question.items.num_rows, question.items.num_rows) in told


def test_a_part_whose_process_is_killed_again_and_again_ends_the_run_in_a_line(job) -> None:
    made = job(FailingSpec("killed"))
    with pytest.raises(InputError, match=r"lost 3 times at the same part \(mini-\w+, part 0\).*SIGKILL"):
        ProcessWorkers(1).predict(made, missing_parts(made), silent)
    tried = (made.run.path / "engine.0.log").read_text().split()
    assert len(set(tried)) == 3
    assert not multiprocessing.active_children()


def test_a_users_mistake_in_a_worker_is_the_same_mistake_here(job) -> None:
    made = job(FailingSpec("mistake"))
    with pytest.raises(InputError) as caught:
        ProcessWorkers(1).predict(made, missing_parts(made), silent)
    assert str(caught.value) == "weights.safetensors: the weights are torn; fetch them again"
    assert (caught.value.file, caught.value.fix) == ("weights.safetensors", "fetch them again")
    assert not multiprocessing.active_children()


def test_a_fault_in_a_worker_shows_where_it_happened(job) -> None:
    made = job(FailingSpec("fault"))
    with pytest.raises(RuntimeError, match=r"(?s)made_jobs.py.*KeyError: 'a fault of ours'"):
        ProcessWorkers(1).predict(made, missing_parts(made)[:1], silent)


def test_when_the_run_is_killed_so_are_its_workers_and_what_they_started(tmp_path: Path) -> None:
    script, out = tmp_path / "script.py", tmp_path / "run"
    script.write_text(HANGING)
    run = subprocess.Popen(
        [sys.executable, str(script), str(out), str(Path(__file__).parent)],
        stderr=subprocess.PIPE,
        text=True,
    )
    workers = [started(out / "engine.0.log"), started(out / "engine.1.log")]
    run.kill()
    error = run.communicate(timeout=30)[1]
    wait_for(lambda: not any(group_of(worker) for worker in workers), 10)
    assert "Traceback" not in error


def test_ctrl_c_ends_the_workers_and_what_they_started(job, capfd: pytest.CaptureFixture[str]) -> None:
    made = job(FailingSpec("hangs"))

    def press() -> int:
        worker = started(made.run.path / "engine.0.log")
        os.kill(os.getpid(), signal.SIGINT)
        return worker

    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(press)
        with pytest.raises(KeyboardInterrupt):
            ProcessWorkers(1).predict(made, missing_parts(made), silent)
    wait_for(lambda: not group_of(pressed.result()), 10)
    assert "Traceback" not in capfd.readouterr().err


def started(log: Path) -> int:
    """The worker that says so in its log, once it and its `sleep` are there."""
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    worker = int(log.read_text())
    wait_for(lambda: len(group_of(worker)) == 2, 10)
    return worker


def test_each_process_has_devices_of_its_own(job, tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,GPU-6,7")
    made = job(tiny)
    manifest = {**made.run.manifest, "engine": {"device": "cuda"}}
    single = replace(made, run=replace(made.run, manifest=manifest))
    spread = replace(
        single,
        spec=VllmSpec(tiny.checkpoint, options=(("tensor_parallel_size", 2), ("pipeline_parallel_size", 1))),
    )
    assert [own["CUDA_VISIBLE_DEVICES"] for own in environments(single, 4)] == ["4", "5", "GPU-6", "7"]
    assert [own["CUDA_VISIBLE_DEVICES"] for own in environments(spread, 2)] == ["4,5", "GPU-6,7"]
    with pytest.raises(InputError, match=r"3 processes with 2 .* need 6, and 4 are here; give 2"):
        environments(spread, 3)
    with pytest.raises(
        InputError, match=r"^field '--device': every process has devices of its own; give cuda"
    ):
        environments(replace(single, spec=replace(tiny, device="cuda:1")), 2)


def test_processes_without_devices_share_the_cores(job, tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    made = job(tiny)
    alone, several = environments(made, 1), environments(made, 10_000)
    assert int(alone[0]["OMP_NUM_THREADS"]) >= 1
    assert {own["OMP_NUM_THREADS"] for own in several} == {"1"}
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert environments(made, 2)[1]["OMP_NUM_THREADS"] == "3"
