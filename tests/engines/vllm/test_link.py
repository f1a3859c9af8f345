"""The line between a run and its vLLM engine, where one of several processes goes."""

import os
import signal
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.vllm import VllmSpec
from normsuite.errors import InputError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find and watch processes")

FORK = """
import os, sys, time
from multiprocessing.connection import Connection
from normsuite.engines.vllm.process import keep_from_forks
connection = Connection(int(sys.argv[1]))
keep_from_forks(connection)
fork = os.fork()
if fork:
    print(fork, flush=True)
    os._exit(0)
os.close(1)
time.sleep(600)
"""
START = """
import sys
from pathlib import Path
from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.vllm import VllmSpec
VllmSpec(find_checkpoint(str(folders.tiny())), "float32").start(Path(sys.argv[1]))
"""


def children_of(pid: int) -> list[int]:
    """The processes that any thread of a process started."""
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 60
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_engine_of_several_processes_that_loses_one_is_told_and_leaves_none(
    vllm_installed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "1")
    engine = VllmSpec(find_checkpoint(str(folders.tiny())), "float32").start(tmp_path / "engine.log")
    try:
        prompts = engine.encode(["Is it okay?\nAnswer:"])
        labels = engine.label_tokens(["Is it okay?\nAnswer:"], ["Yes", "No"])
        assert not engine.read_labels(prompts, labels).problems
        head, others = engine.pid, children_of(engine.pid)
        assert others
        (core,) = [pid for pid in others if "EngineCor" in Path(f"/proc/{pid}/comm").read_text()]
        os.kill(core, signal.SIGKILL)
        with pytest.raises(InputError, match=r"process ended \(SIGKILL\)|one of its processes ended"):
            engine.read_labels(prompts * 5000, labels)
    finally:
        engine.close()
    wait_until_gone(head, *others)


def test_a_forked_process_does_not_keep_the_line_open() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ended = subprocess.run(
            [sys.executable, "-c", FORK, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
        )
    fork = int(ended.stdout)
    try:
        assert not is_gone(fork)
        with pytest.raises(EOFError):
            Connection(ours.detach()).recv()
    finally:
        os.kill(fork, signal.SIGKILL)


def test_a_run_that_is_killed_while_its_engine_loads_leaves_none(vllm_installed, tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    run = subprocess.Popen([sys.executable, "-c", START, str(log)])
    try:
        while not (log.exists() and (engines := children_of(run.pid))):
            assert run.poll() is None
            time.sleep(0.05)
    finally:
        run.kill()
        run.wait()
    wait_until_gone(*engines)
    assert "Traceback" not in log.read_text()  # it ended at once, not when it had something to say
