"""The whole way with each engine: the same results table as the reference, within the stated tolerance."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lent import Lent

from normsuite import folders
from normsuite.engines import EngineSpec, find_checkpoint
from normsuite.engines.openai import OpenaiSpec
from normsuite.engines.transformers import TransformersSpec
from normsuite.evaluate import Settings, evaluate
from normsuite.questions import Question, prepare
from normsuite.runs import Run
from normsuite.tasks import resolve_tasks

SETTINGS = Settings(limit=30, replicates=200, part=20)
TOLERANCE = 1e-3
ROW = ["task", "scorer", "metric", "facet", "group"]


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return prepare(resolve_tasks("mini-*"), {}, limit=SETTINGS.limit)


@pytest.fixture(scope="module")
def reference(questions, tmp_path_factory) -> Run:
    spec = TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu")
    return evaluate(spec, questions, tmp_path_factory.mktemp("reference") / "run", settings=SETTINGS)


def same_results(spec: EngineSpec, questions: list[Question], reference: Run, out: Path) -> None:
    run = evaluate(spec, questions, out, settings=SETTINGS)
    assert run.manifest["hash"] != reference.manifest["hash"]
    ours, expected = (table.results().to_pandas().set_index(ROW).sort_index() for table in (run, reference))
    assert ours.index.equals(expected.index)
    for name in ("n", "clusters"):
        assert (ours[name] == expected[name]).all()
    for name in ("value", "ci_low", "ci_high", "chance"):
        np.testing.assert_allclose(ours[name], expected[name], atol=TOLERANCE, equal_nan=True)
    for task in ("mini-framed", "mini-rules", "mini-stories"):
        pd.testing.assert_series_equal(statuses(run, task), statuses(reference, task))


def statuses(run: Run, task: str) -> pd.Series:
    return run.predictions(task).to_pandas().groupby(["scorer", "status"]).size()


def test_vllm_gives_the_results_of_transformers(vllm_engine, questions, reference, tmp_path: Path) -> None:
    spec = Lent(find_checkpoint(str(folders.tiny())), "float32", engine=vllm_engine)
    same_results(spec, questions, reference, tmp_path / "run")


def test_a_server_gives_the_results_of_transformers(
    vllm_server: str, questions, reference, tmp_path: Path
) -> None:
    spec = OpenaiSpec("normsuite-tiny", vllm_server, find_checkpoint(str(folders.tiny())), None, 32, 60.0)
    same_results(spec, questions, reference, tmp_path / "run")
