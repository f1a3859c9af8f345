"""Runs that are killed, stopped, doubled or out of space, with a real vLLM engine in its own process."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from lent import Lent
from watched import children_of, engines_of, is_gone, wait_for

from normsuite import folders
from normsuite.cli.engines import EngineName, EngineOptions, choose_engine
from normsuite.engines import find_checkpoint
from normsuite.errors import InputError
from normsuite.evaluate import Settings, describe_work, evaluate
from normsuite.questions import prepare
from normsuite.runs import work_hash
from normsuite.tasks import resolve_tasks
from normsuite.workers import LocalWorkers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find and watch processes")

SETTINGS = Settings(limit=24, replicates=200, part=8)
COMMAND = [
    *("run", str(folders.tiny()), "--tasks", "mini-*", "--limit", "24", "--replicates", "200", "--part", "8"),
    *("--engine", "vllm", "--dtype", "float32"),
]


def parts(run: Path) -> dict[str, bytes]:
    """The finished parts that the model predicted."""
    return {path.name: path.read_bytes() for path in (run / "predictions").glob("[!.]*.labels.*.parquet")}


def test_whatever_is_killed_nothing_finished_is_lost_and_the_results_are_the_same(
    vllm_engine_to_end, normsuite: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = Lent(find_checkpoint(str(folders.tiny())), "float32", engine=vllm_engine_to_end)
    questions = prepare(resolve_tasks("mini-*"), {}, limit=SETTINGS.limit)
    whole = evaluate(spec, questions, tmp_path / "whole", settings=SETTINGS).path
    broken = tmp_path / "broken"

    # The run is killed, and while it was up another is refused; its engine goes with it.
    run = subprocess.Popen(
        [sys.executable, "-m", "normsuite", *COMMAND, "--out", str(broken)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: ended(run) or engines_of(run.pid), 180)
    (engine,) = engines_of(run.pid)
    with pytest.raises(InputError, match="is in use by another run"):
        evaluate(spec, questions, broken, settings=SETTINGS)
    wait_for(lambda: ended(run) or len(parts(broken)) >= 3, 180)
    run.kill()
    run.communicate()
    wait_for(lambda: is_gone(engine))
    kept = parts(broken)
    assert 3 <= len(kept) < len(parts(whole))

    # The same command. One of the processes of its engine is killed: one line, and none of them is left.
    # Of 1, vLLM on a CPU would make three processes; of any other number it makes two.
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "2")
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(kill_core, broken, len(kept) + 3, {vllm_engine_to_end.pid})
        outcome = normsuite(*COMMAND, "--out", broken)
        processes = told.result()
    assert outcome.code == 2
    assert "process ended (SIGKILL)" in outcome.err or "one of its processes ended" in outcome.err
    assert outcome.err.count("\n") == 1
    wait_for(lambda: all(map(is_gone, processes)))
    assert len(kept) + 3 <= len(parts(broken)) < len(parts(whole))

    # Ctrl-C, and what the run has not done is done after it.
    stopped = Path(shutil.copytree(broken, tmp_path / "stopped"))
    survived = {path.name: path.stat().st_mtime_ns for path in (broken / "predictions").glob("[!.]*.parquet")}
    before = parts(broken)
    evaluate(spec, questions, broken, settings=SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        evaluate(replace(spec, ends=True), questions, stopped, settings=SETTINGS, progress=ctrl_c(stopped))
    assert is_gone(vllm_engine_to_end.pid)
    assert len(before) < len(parts(stopped)) < len(parts(whole))
    assert parts(stopped).items() <= parts(whole).items()

    now = {path.name: path.stat().st_mtime_ns for path in (broken / "predictions").glob("[!.]*.parquet")}
    assert {name: now[name] for name in survived} == survived  # nothing was scored twice
    assert {name: parts(broken)[name] for name in before} == before
    assert parts(broken) == parts(whole)
    for name in ("results.parquet", "results.json"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()


def ended(run: subprocess.Popen[bytes]) -> bool:
    """Never: if the run has ended, what it said is the failure."""
    assert run.poll() is None, run.communicate()[1]
    return False


def kill_core(run: Path, count: int, others: set[int]) -> list[int]:
    """Kill the process that holds the model of this process's new engine, once so many parts are done."""
    wait_for(lambda: len(parts(run)) >= count, 180)
    (engine,) = set(engines_of(os.getpid())) - others
    processes = children_of(engine)
    (core,) = [pid for pid in processes if "EngineCor" in Path(f"/proc/{pid}/comm").read_text()]
    os.kill(core, signal.SIGKILL)
    return [engine, *processes]


def ctrl_c(run: Path) -> Callable[..., None]:
    """Progress that ends with Ctrl-C after a further part."""
    before, pressed = len(parts(run)), []

    def progress(stage: str, done: int, total: int, tokens: int = 0) -> None:
        if len(parts(run)) > before and not pressed:
            pressed.append(stage)
            os.kill(os.getpid(), signal.SIGINT)

    return progress


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
    command = [sys.executable, "-m", "normsuite", "run", "baselines", "--tasks", "mini-rules"]

    import resource

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (24 << 10, resource.RLIM_INFINITY))

    run = [*command, "--replicates", "200", "--part", "8", "--out", str(broken)]
    told = subprocess.run(run, preexec_fn=no_room, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 2, told.stderr
    assert "cannot write: File too large" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not list((broken / "predictions").glob(".*"))
    questions, settings = prepare(resolve_tasks("mini-rules"), {}), Settings(replicates=200, part=8)
    whole = evaluate(None, questions, tmp_path / "whole", settings=settings)
    evaluate(None, questions, broken, settings=settings)
    assert (broken / "results.parquet").read_bytes() == (whole.path / "results.parquet").read_bytes()
