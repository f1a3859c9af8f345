"""The line between a run and its vLLM engine, where the run goes."""

import os
import signal
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from watched import children_of, is_gone, wait_for

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
from normsuite.engines.vllm.link import EngineProcess
spec = VllmSpec(find_checkpoint(str(folders.tiny())), "float32")
EngineProcess(spec.start_message(), spec.environment(), Path(sys.argv[1]))
"""


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
    wait_for(lambda: all(map(is_gone, engines)))
    assert "Traceback" not in log.read_text()  # it ended at once, not when it had something to say
