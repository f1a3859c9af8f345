"""The whole way, with the shipped checkpoint on the shipped data, and what survives a ``kill -9``."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.evaluate import Settings, evaluate
from normsuite.questions import prepare
from normsuite.runs import Run, open_run
from normsuite.tasks import resolve_tasks

SETTINGS = Settings(limit=12, replicates=200)


@pytest.fixture(scope="module")
def model():
    return TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu")


@pytest.fixture(scope="module")
def run(model, tmp_path_factory) -> Run:
    questions = prepare(resolve_tasks("mini-*"), {}, limit=12)
    return evaluate(model, questions, tmp_path_factory.mktemp("runs") / "r", settings=SETTINGS)


def test_every_task_has_the_model_and_the_baselines_beside_it(run: Run) -> None:
    results = run.results().to_pandas()
    overall = results[(results.facet == "") & (results.metric == "accuracy")]
    scorers = overall.groupby("task").scorer.agg(set).to_dict()
    assert scorers == {
        task: {"labels", "majority", "random", "tfidf"}
        for task in ("mini-framed", "mini-rules", "mini-stories")
    }
    assert ((overall.ci_low <= overall.value) & (overall.value <= overall.ci_high)).all()
    assert overall.chance.tolist() == pytest.approx([1 / 3] * 12)
    assert (overall.clusters == 12).all()


def test_countries_zones_and_categories_are_groups(run: Run) -> None:
    results = run.results()
    facets = set(results["facet"].to_pylist())
    assert {"", "country", "zone", "topic", "wording", "order"} <= facets


def test_label_mass_stands_beside_every_reading_and_no_baseline(run: Run) -> None:
    results = run.results().to_pandas()
    for metric in ("label_mass", "top_is_label"):
        overall = results[(results.metric == metric) & (results.facet == "")]
        assert set(overall.scorer) == {"labels"}
        assert len(overall) == 3
        assert overall.value.between(0.5, 1).all()


def test_a_prediction_carries_no_text_of_the_data_set(run: Run) -> None:
    predictions = run.predictions("mini-stories")
    assert not {"situation", "behavior", "norm", "frame"} & set(predictions.column_names)


def test_the_manifest_names_the_work_and_nothing_of_the_machine(run: Run) -> None:
    text = (run.path / "manifest.json").read_text()
    assert str(Path.home()) not in text
    assert str(folders.tiny().parent) not in text
    assert run.manifest["model"]["name"] == "normsuite-tiny"
    assert set(run.manifest["tasks"]["mini-framed"]["prompts"]) >= {"plain"}
    assert all(len(digest) == 64 for digest in run.manifest["data"]["mini"]["files"].values())


def test_every_stage_tells_how_far_it_is(model, tmp_path: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    read: list[int] = []

    def progress(stage: str, done: int, total: int, tokens: int = 0) -> None:
        told.setdefault(stage, []).append((done, total))
        if tokens:
            read.append(tokens)

    settings = Settings(limit=24, replicates=200)
    questions = prepare(resolve_tasks("mini-rules"), {}, limit=24, progress=progress)
    evaluate(model, questions, tmp_path / "r", settings=settings, progress=progress)
    assert list(told) == [
        "reading data",
        "mini-rules: baselines",
        "loading the model",
        "mini-rules",
        "bootstrap",
    ]
    for steps in told.values():
        assert steps == sorted(steps)
        assert steps[0][0] == 0
        assert steps[-1][0] == steps[-1][1]
    assert len(told["mini-rules"]) > 3  # within the one part, not only at its ends
    assert len(told["bootstrap"]) > 4
    assert read == sorted(read)
    assert read[-1] > 50 * told["mini-rules"][-1][1]  # tokens of three wordings of each item


def test_a_finished_run_is_not_asked_again(run: Run, model) -> None:
    class Silent(TransformersSpec):
        """The engine's description without the engine: a start is a fault."""

        def start(self, log: Path | None = None):
            raise AssertionError("nothing is missing")

    before = {
        path: path.stat().st_mtime_ns
        for path in run.path.rglob("*.parquet")
        if path.name != "results.parquet"
    }
    questions = prepare(resolve_tasks("mini-*"), {}, limit=12)
    again = evaluate(Silent(model.checkpoint, device="cpu"), questions, run.path, settings=SETTINGS)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert again.results().equals(run.results())


def test_the_limit_samples_whole_clusters_by_seed() -> None:
    def chosen(seed: int) -> list[str]:
        (question,) = prepare(resolve_tasks("mini-framed"), {}, limit=5, seed=seed)
        assert len(question.items["cluster"].unique()) == 5
        return question.items["id"].to_pylist()

    assert chosen(1) == chosen(1) != chosen(2)


COMMAND = [
    *(sys.executable, "-m", "normsuite", "run", str(folders.tiny()), "--tasks", "mini-*"),
    *("--limit", "12", "--replicates", "200", "--engine", "transformers"),
]


def test_kill_9_loses_at_most_the_part_in_flight_and_the_results_are_the_same(
    run: Run, model, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    process = subprocess.Popen(
        [*COMMAND, "--out", str(broken)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    first_part = run.part_path("mini-framed", "labels", 0).name
    deadline = time.monotonic() + 120
    while not (broken / "predictions" / first_part).exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (broken / "results.parquet").exists()
    survived = {path.name: path.read_bytes() for path in (broken / "predictions").glob("*.parquet")}
    assert first_part in survived
    for path in (broken / "predictions").glob("[!.]*.parquet"):
        pq.read_table(path)

    questions = prepare(resolve_tasks("mini-*"), {}, limit=12)
    evaluate(model, questions, broken, settings=SETTINGS)
    for name, content in survived.items():
        assert (broken / "predictions" / name).read_bytes() == content
    for name in ("results.parquet", "results.json"):
        assert (broken / name).read_bytes() == (run.path / name).read_bytes()
    tasks = open_run(broken).predictions("mini-stories")
    assert pc.count_distinct(tasks["item"]).as_py() * 6 == tasks.num_rows


def test_a_mistake_in_the_last_task_is_told_before_the_first_is_asked(model, tmp_path: Path) -> None:
    (good,) = prepare(resolve_tasks("mini-rules"), {}, limit=3)
    alike = dict(zip(good.task.labels, ("no", "No", "Yes"), strict=True))
    wrong = replace(good, task=good.task.model_copy(update={"name": "mini-wrong", "labels": alike}))
    with pytest.raises(InputError, match="not distinct"):
        evaluate(model, [good, wrong], tmp_path / "r", settings=SETTINGS)
    assert not list((tmp_path / "r" / "predictions").glob("*.labels.*"))
