"""This process: one engine, and as many parts at once as keep it busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from importlib.metadata import version
from typing import Any, Final

from normsuite.engines import EngineSpec
from normsuite.progress import Progress
from normsuite.workers.parts import Job, Part, Predictor, Tally

_PACKAGES: Final = ("numpy", "pyarrow", "scikit-learn", "scipy", "tokenizers", "torch", "transformers")
LOG: Final = "engine.log"


class LocalWorkers:
    """One engine in this process (or in a process of its own that belongs to this one)."""

    def describe(self, spec: EngineSpec | None) -> Mapping[str, Any]:
        """See ``Workers.describe``."""
        return describe_here(spec)

    def predict(self, job: Job, parts: Sequence[Part], progress: Progress) -> None:
        """See ``Workers.predict``."""
        progress("loading the model", 0, 1)
        engine = job.spec.start(job.run.path / LOG)
        try:
            progress("loading the model", 1, 1)
            predictor, tally = Predictor(job, engine), Tally(job, parts, progress)
            _predict_all(predictor, tally, parts, engine.parts_in_flight)
        finally:
            engine.close()


def _predict_all(predictor: Predictor, tally: Tally, parts: Sequence[Part], at_once: int) -> None:
    def predict(part: Part) -> None:
        predictor.predict(part, lambda share, tokens: tally.advance(part, share, tokens))

    if at_once == 1:
        for part in parts:
            predict(part)
        return
    pool = ThreadPoolExecutor(at_once, "part")
    try:
        asked = [pool.submit(predict, part) for part in parts]
        wait(asked, return_when=FIRST_EXCEPTION)
        for future in asked:
            if future.done():
                future.result()
    finally:
        # Not awaited: a thread that waits for the engine ends when the engine is closed.
        pool.shutdown(wait=False, cancel_futures=True)


def describe_here(spec: EngineSpec | None) -> dict[str, Any]:
    """The engine and the packages of this process."""
    return {
        "engine": dict(spec.describe()) if spec else {},
        "packages": {name: version(name) for name in _PACKAGES},
    }
