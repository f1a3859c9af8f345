"""Which runs can be compared, and what is said of those that cannot."""

import json
import re

import pytest
from made_runs import about_task, judged, write_run

from normsuite.compare import compare
from normsuite.errors import InputError

FILES = {"items.jsonl": "cd" * 32}


@pytest.fixture(scope="module")
def predictions():
    return judged("task-t", {}, items=24)


@pytest.fixture
def compared(tmp_path, predictions):
    """``compared(**parts)``: a plain run against one whose manifest differs in these parts."""

    def call(task=None, **manifest):
        first = write_run(tmp_path / "first", "one", predictions)
        told = {"tasks": {"task-t": about_task("task-t", **(task or {}))}} | manifest
        return compare([first, write_run(tmp_path / "second", "two", predictions, **told)], replicates=200)

    return call


def files(**digests):
    return {"mini": {"version": "1", "files": digests}}


@pytest.mark.parametrize(
    ("task", "manifest", "said"),
    [
        ({"version": 2}, {}, "version 2 instead of 1"),
        ({"sha256": "12" * 32}, {}, "its file has sha256 121212121212… instead of efefefefefef…"),
        (
            {"prompts": {"plain": "aa" * 32, "brief": "00" * 32}},
            {},
            "prompt 'brief' has sha256 000000000000…",
        ),
        ({"prompts": {"plain": "aa" * 32}}, {}, "prompt 'brief' is in only one of them"),
        ({"view": "other"}, {}, "view of the data other instead of default"),
        ({"calibrate": "dev"}, {}, "other split that tells temperatures"),
        ({"seeds": [{"part": "", "sha256": "1"}]}, {}, "other seeds of the direction"),
        ({"agents": {"documents": {"a.txt": "1"}}}, {}, "agents' documents 'a.txt' is in only one of them"),
        (
            {},
            {"data": files(**{"items.jsonl": "00" * 32})},
            "data file 'items.jsonl' has sha256 000000000000…",
        ),
        ({}, {"data": files(**{"other.jsonl": "cd" * 32})}, "data files other.jsonl instead of items.jsonl"),
    ],
)
def test_other_work_is_refused_by_one_line_that_names_the_difference(compared, task, manifest, said):
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        compared(task, **manifest)
    for part in ("task-t", "first", "second"):
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_run_that_read_more_files_of_the_data_for_other_tasks_is_fine(compared):
    found = compared(data=files(**FILES, **{"more.jsonl": "ab" * 32}))
    assert found.tasks[0].counts[0].items == 24


def test_other_engines_seeds_and_limits_are_no_other_work(compared):
    assert compared(seed=5, limit=100, engine={"engine": "vllm"}).tasks


def test_runs_without_a_common_task_are_refused(tmp_path, predictions):
    one = write_run(tmp_path / "one", "one", predictions)
    other = write_run(tmp_path / "other", "two", judged("task-u", {}, items=24))
    with pytest.raises(InputError, match="no task in common"):
        compare([one, other])


def test_a_run_that_has_not_finished_is_refused(tmp_path, predictions):
    one = write_run(tmp_path / "one", "one", predictions)
    (one / "results.parquet").unlink()
    with pytest.raises(InputError, match="no results yet"):
        compare([one, one])


def test_baselines_alone_are_no_model(tmp_path):
    one = write_run(tmp_path / "one", "baselines", judged("task-t", {}, items=24, scorer="majority"))
    with pytest.raises(InputError, match="only baselines"):
        compare([one, one])


def test_one_run_is_no_comparison(tmp_path, predictions):
    one = write_run(tmp_path / "one", "one", predictions)
    with pytest.raises(InputError, match="name 2 to 26"):
        compare([one])


def test_items_that_disagree_are_refused_with_the_runs_folder(tmp_path, predictions):
    one = write_run(tmp_path / "one", "one", predictions)
    other = write_run(tmp_path / "other", "two", judged("task-t", {}, items=24, gold=1))
    with pytest.raises(InputError, match=r"other.*gold.*other things of the item"):
        compare([one, other])


def test_a_manifest_without_tasks_is_refused_as_one_line(tmp_path, predictions):
    one = write_run(tmp_path / "one", "one", predictions)
    (one / "manifest.json").write_text(json.dumps({"schema": 1, "tasks": ["task-t"]}))
    with pytest.raises(InputError, match="no task in common"):
        compare([one, one])
