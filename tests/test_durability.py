"""Runs that are killed, stopped, doubled or out of space, with a real vLLM engine in its own process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lent import Lent

from normsuite import folders
from normsuite.cli.engines import EngineName, EngineOptions, choose_engine
from normsuite.engines import find_checkpoint
from normsuite.evaluate import Settings, describe_work, evaluate
from normsuite.questions import prepare
from normsuite.runs import work_hash
from normsuite.tasks import resolve_tasks
from normsuite.workers import LocalWorkers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find and watch processes")

SETTINGS = Settings(replicates=200, part=8)
COMMAND = [
    *(sys.executable, "-m", "normsuite", "run", str(folders.tiny()), "--tasks", "mini-*"),
    *("--replicates", "200", "--part", "8"),
]
VLLM = ["--engine", "vllm", "--dtype", "float32"]


def parts(run: Path) -> dict[str, bytes]:
    """The finished parts that the model predicted."""
    return {path.name: path.read_bytes() for path in (run / "predictions").glob("[!.]*.labels.*.parquet")}


def start(out: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *options, "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def engines_of(run: subprocess.Popen[str]) -> list[int]:
    """The processes of the run's engine."""
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    told = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [int(pid) for pid, command in told.items() if b"engines.vllm.process" in command]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_whatever_is_killed_nothing_finished_is_lost_and_the_results_are_the_same(
    vllm_engine, tmp_path: Path
) -> None:
    spec = Lent(find_checkpoint(str(folders.tiny())), "float32", engine=vllm_engine)
    whole = evaluate(spec, prepare(resolve_tasks("mini-*"), {}), tmp_path / "whole", settings=SETTINGS).path
    broken = tmp_path / "broken"

    # The engine is killed: one line, exit code 2, finished parts kept.
    first = start(broken, *VLLM)
    wait_for(lambda: len(parts(broken)) >= 3, first)
    (engine,) = engines_of(first)
    os.kill(engine, signal.SIGKILL)
    error = first.communicate(timeout=60)[1]
    assert first.returncode == 2
    assert "process ended (SIGKILL)" in error
    assert error.count("\n") == 1
    kept = parts(broken)
    assert 3 <= len(kept) < len(parts(whole))

    # The run itself is killed while another is refused; its engine goes with it.
    second = start(broken, *VLLM)
    wait_for(lambda: bool(engines_of(second)), second)
    (engine,) = engines_of(second)
    doubled = start(broken, *VLLM)
    refusal = doubled.communicate(timeout=60)[1]
    assert doubled.returncode == 2
    assert "is in use by another run" in refusal
    wait_for(lambda: len(parts(broken)) >= len(kept) + 3, second)
    os.kill(second.pid, signal.SIGKILL)
    second.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while not is_gone(engine):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    # The same command, stopped with Ctrl-C, then finished.
    third = start(broken, *VLLM)
    before = len(parts(broken))
    wait_for(lambda: len(parts(broken)) > before, third)
    (engine,) = engines_of(third)
    third.send_signal(signal.SIGINT)
    error = third.communicate(timeout=60)[1]
    assert third.returncode == 130
    assert "the same command continues" in error
    assert is_gone(engine)
    survived = {path.name: path.stat().st_mtime_ns for path in (broken / "predictions").glob("[!.]*.parquet")}
    bytes_before = parts(broken)

    evaluate(spec, prepare(resolve_tasks("mini-*"), {}), broken, settings=SETTINGS)
    now = {path.name: path.stat().st_mtime_ns for path in (broken / "predictions").glob("[!.]*.parquet")}
    assert {name: now[name] for name in survived} == survived  # nothing was scored twice
    assert {name: parts(broken)[name] for name in bytes_before} == bytes_before
    assert parts(broken) == parts(whole)
    for name in ("results.parquet", "results.json"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        EngineOptions(dtype="bfloat16"),
        EngineOptions(dtype="float32", chat=False),
        EngineOptions(dtype="float32", engine_options=("max_num_seqs=8",)),
        EngineOptions(dtype="float32", reproducible=True),
        EngineOptions(dtype="float32", tensor_parallel=2),
    ],
)
def test_another_dtype_template_or_engine_option_is_other_work(vllm_installed, other: EngineOptions) -> None:
    questions = prepare(resolve_tasks("mini-rules"), {}, limit=3)
    hashes = set()
    for options in (EngineOptions(dtype="float32"), other):
        spec, _ = choose_engine(EngineName.vllm, str(folders.tiny()), options)
        hashes.add(work_hash(describe_work(spec, questions, SETTINGS, LocalWorkers())))
    assert len(hashes) == 2


def test_a_full_disk_is_one_line_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """No file may grow past 24 KiB: a part is larger."""
    broken = tmp_path / "broken"
    command = [*COMMAND[:4], "baselines", "--tasks", "mini-rules", "--replicates", "200", "--part", "8"]

    import resource

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (24 << 10, resource.RLIM_INFINITY))

    run = [*command, "--out", str(broken)]
    told = subprocess.run(run, preexec_fn=no_room, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 2, told.stderr
    assert "cannot write: File too large" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not list((broken / "predictions").glob(".*"))
    subprocess.run(run, check=True, capture_output=True, timeout=120)
    whole = evaluate(None, prepare(resolve_tasks("mini-rules"), {}), tmp_path / "whole", settings=SETTINGS)
    assert (broken / "results.parquet").read_bytes() == (whole.path / "results.parquet").read_bytes()
