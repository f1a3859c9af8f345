"""One engine in this process."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_jobs import SETTINGS, tables

from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.evaluate import evaluate
from normsuite.runs import open_run
from normsuite.workers import LocalWorkers, missing_parts
from normsuite.workers.local import LOG

CLOSED = threading.Event()


@dataclass(frozen=True)
class WideSpec(TransformersSpec):
    """The real engine, asked by three threads at once; it may break after some reads."""

    reads: int = 1000

    def start(self, log: Path | None = None):
        assert log is not None and log.name == LOG
        engine, spec, asked = super().start(log), self, []
        read_labels, close = engine.read_labels, engine.close

        class Wide(type(engine)):
            parts_in_flight = 3

            def read_labels(self, *arguments, **named):
                asked.append(threading.current_thread().name)
                if len(asked) > spec.reads:
                    raise InputError("the engine broke")
                return read_labels(*arguments, **named)

            def close(self) -> None:
                CLOSED.set()
                close()

        engine.__class__ = Wide
        return engine


def test_parts_asked_at_once_are_those_asked_one_by_one(tiny, questions, reference, tmp_path: Path) -> None:
    CLOSED.clear()
    wide = WideSpec(tiny.checkpoint, "float32", "cpu")
    run = evaluate(wide, questions, tmp_path / "run", settings=SETTINGS)
    assert tables(run) == tables(reference)
    assert CLOSED.is_set()


def test_an_engine_that_breaks_ends_the_run_in_a_line_and_keeps_what_is_finished(
    tiny, questions, reference, tmp_path: Path
) -> None:
    CLOSED.clear()
    breaking = WideSpec(tiny.checkpoint, "float32", "cpu", reads=4)
    with pytest.raises(InputError, match=r"^the engine broke$"):
        evaluate(breaking, questions, tmp_path / "run", settings=SETTINGS)
    assert CLOSED.is_set()
    kept = tables(open_run(tmp_path / "run"))
    assert any(".labels." in name for name in kept)
    assert kept == {name: tables(reference)[name] for name in kept}
    assert tables(evaluate(tiny, questions, tmp_path / "run", settings=SETTINGS)) == tables(reference)


def test_nothing_is_described_that_does_not_run(job, tiny) -> None:
    told = LocalWorkers().describe(None)
    assert told["engine"] == {}
    assert {"numpy", "torch", "transformers"} <= set(told["packages"])
    assert missing_parts(job(tiny))
