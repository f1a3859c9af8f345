"""Processes with an engine each: same bytes as one, whatever is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_jobs import SETTINGS, FailingSpec, tables

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
        ProcessWorkers(2).predict(made, missing_parts(made), silent)
    assert str(caught.value) == "weights.safetensors: the weights are torn; fetch them again"
    assert (caught.value.file, caught.value.fix) == ("weights.safetensors", "fetch them again")
    assert not multiprocessing.active_children()


def test_a_fault_in_a_worker_shows_where_it_happened(job) -> None:
    made = job(FailingSpec("fault"))
    with pytest.raises(RuntimeError, match=r"(?s)made_jobs.py.*KeyError: 'a fault of ours'"):
        ProcessWorkers(1).predict(made, missing_parts(made)[:1], silent)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_when_the_run_ends_so_do_its_workers_and_what_they_started(ending: signal.Signals, tmp_path) -> None:
    script, out = tmp_path / "script.py", tmp_path / "run"
    script.write_text(HANGING)
    run = subprocess.Popen(
        [sys.executable, str(script), str(out), str(Path(__file__).parent)],
        stderr=subprocess.PIPE,
        text=True,
    )
    logs = [out / "engine.0.log", out / "engine.1.log"]
    within(60, lambda: all(log.exists() and log.read_text().endswith("\n") for log in logs))
    workers = [int(log.read_text()) for log in logs]
    within(10, lambda: all(len(group(worker)) == 2 for worker in workers))  # the worker and its `sleep`
    os.kill(run.pid, ending)
    error = run.communicate(timeout=30)[1]
    assert run.returncode == -ending
    within(10, lambda: not any(group(worker) for worker in workers))
    assert error.count("Traceback") == (ending == signal.SIGINT)  # the parent's own, none of a worker


def group(leader: int) -> list[str]:
    """The processes of a group that have not ended."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat=,pid="], capture_output=True, text=True, check=True
    )
    rows = [row.split() for row in listed.stdout.splitlines()]
    return [pid for pgid, state, pid in rows if pgid == str(leader) and not state.startswith("Z")]


def within(seconds: float, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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
