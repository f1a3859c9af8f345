"""A real vLLM server, started once for all tests that ask one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from normsuite import folders

_START_S = 280


@pytest.fixture(scope="session")
def vllm_server(vllm_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a `vllm serve` of normsuite-tiny on loopback."""
    log = tmp_path_factory.mktemp("vllm-server") / "server.log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = _start(port, log)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait_until_up(url, process, log)
        yield url
    finally:
        _stop_group(process)


def _start(port: int, log: Path) -> subprocess.Popen[bytes]:
    # Not the command `vllm`: it asks for a distribution of that name, and the CPU build has another.
    options = ["--enforce-eager", "--dtype", "float32", "--max-model-len", "512"]
    options += ["--served-model-name", "normsuite-tiny", "--host", "127.0.0.1", "--port", str(port)]
    settings = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "OMP_NUM_THREADS": "1",
        "TORCH_COMPILE_DISABLE": "1",
    }
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folders.tiny())]
    with log.open("wb") as sink:
        return subprocess.Popen(
            [*command, *options],
            stdout=sink,
            stderr=sink,
            env={**os.environ, **settings},
            start_new_session=True,
        )


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/models", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"vLLM's server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    """End the server with every process that it made."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            continue
