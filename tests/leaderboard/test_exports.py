"""What others read accepts what is exported, and tells the same numbers."""

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from huggingface_hub import EvalResultEntry, ModelCard, RepoCard

from normsuite.leaderboard import Submission, find_submissions, read_submission
from normsuite.leaderboard.exports import (
    headlines,
    write_eval_results,
    write_every_eval_ever,
    write_model_index,
    write_space,
)
from normsuite.runs import Run

HOW = (
    "needs the package every-eval-ever 0.3.0 (Python 3.12), or its unpacked wheel named by EVERY_EVAL_EVER: "
    "pip download --no-deps --python-version 3.12 --only-binary=:all: every-eval-ever==0.3.0"
)


@pytest.fixture
def submissions(made: Path) -> list[Submission]:
    return [read_submission(folder) for folder in find_submissions(made)]


@pytest.fixture
def validator(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """The format's own validator."""
    if os.environ.get("EVERY_EVAL_EVER"):
        monkeypatch.syspath_prepend(os.environ["EVERY_EVAL_EVER"])
    if importlib.util.find_spec("every_eval_ever") is None:
        pytest.skip(HOW)
    yield pytest.importorskip("every_eval_ever.validator.validate", reason=HOW)
    for name in [name for name in sys.modules if name.startswith("every_eval_ever")]:
        del sys.modules[name]


def test_a_headline_tells_the_numbers_of_the_results(submissions: list[Submission], run: Run) -> None:
    [line] = headlines(submissions[0], cultures=False)
    assert (line.id, line.scorer) == ("mini-rules.accuracy", "labels")
    rows = run.results().to_pylist()
    [row] = [
        row for row in rows if (row["scorer"], row["metric"], row["facet"]) == ("labels", "accuracy", "")
    ]
    assert (line.value, line.low, line.high) == (row["value"], row["ci_low"], row["ci_high"])
    assert (line.n, line.clusters, line.chance) == (row["n"], row["clusters"], row["chance"])


def test_cultures_of_few_clusters_are_not_exported(submissions: list[Submission]) -> None:
    lines = [line for submission in submissions for line in headlines(submission, cultures=True)]
    assert {line.facet for line in lines} >= {"", "zone"}
    assert all(line.clusters >= 10 for line in lines if line.facet)


def test_eval_results_are_entries_of_the_hub(submissions: list[Submission], tmp_path: Path) -> None:
    file = write_eval_results(submissions[0], tmp_path, benchmark="acme/norms", source="https://example.org")
    assert (
        file == tmp_path / submissions[0].slug / submissions[0].revision / ".eval_results" / "normsuite.yaml"
    )
    [entry] = yaml.safe_load(file.read_text())
    told = EvalResultEntry(
        dataset_id=entry["dataset"]["id"],
        task_id=entry["dataset"]["task_id"],
        value=entry["value"],
        date=entry["date"],
        source_url=entry["source"]["url"],
        source_name=entry["source"]["name"],
        notes=entry["notes"],
    )
    line = headlines(submissions[0], cultures=False)[0]
    assert (told.task_id, told.value) == ("mini-rules.accuracy", line.value)
    assert f"95 % interval {line.low:.4f} to {line.high:.4f}" in told.notes


def test_a_model_index_is_read_back_as_it_was_told(submissions: list[Submission], tmp_path: Path) -> None:
    for submission in submissions:
        file = write_model_index(submission, tmp_path)
        card = ModelCard.load(file, ignore_metadata_errors=False)
        lines = headlines(submission, cultures=True)
        assert [result.metric_value for result in card.data.eval_results] == [line.value for line in lines]
        assert card.data.eval_results[0].dataset_config == lines[0].task


def test_every_eval_ever_is_the_same_file_each_time(submissions: list[Submission], tmp_path: Path) -> None:
    for submission in submissions:
        file = write_every_eval_ever(submission, tmp_path)
        assert write_every_eval_ever(submission, tmp_path) == file
        record = json.loads(file.read_text())
        ids = [result["evaluation_result_id"] for result in record["evaluation_results"]]
        assert len(set(ids)) == len(ids) == len(headlines(submission, cultures=True))
    assert len(list(tmp_path.rglob("*.json"))) == 2


def test_every_eval_ever_passes_its_own_validator(
    submissions: list[Submission], tmp_path: Path, validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for submission in submissions:
        file = write_every_eval_ever(submission, Path())
        report = validator.validate_file(file)
        assert (report.valid, report.errors, report.warnings) == (True, [], [])


def test_a_space_has_a_readme_that_the_hub_reads(tmp_path: Path) -> None:
    card = RepoCard.load(write_space(tmp_path, title="Norms"))
    assert card.data.to_dict() | {"sdk": "static", "app_file": "index.html"} == card.data.to_dict()
    assert card.data.to_dict()["title"] == "Norms"
