"""`normsuite task check`: what it prints, its JSON, its exit codes."""

import json
import shutil
from pathlib import Path

import pytest
from made_task import rows, task_file

from normsuite import folders

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A task of which one row in seven has no behaviour to print."""
    table = rows()
    for row in table[::7]:
        row["behavior"] = ""
    return task_file(tmp_path, table)


def test_a_task_in_order(normsuite, tmp_path: Path) -> None:
    told = normsuite("task", "check", task_file(tmp_path, rows()))
    assert (told.code, told.err) == (0, "")
    first, *notes, last = told.out.splitlines()
    assert first == (
        "made-task: train 60 items in 60 clusters (fine 50%, rude 50%); "
        "test 60 items in 60 clusters (fine 50%, rude 50%)"
    )
    assert all(line.startswith("  note     ") for line in notes)
    assert last.startswith("1 of 1 task(s) in order")


def test_a_problem_is_one_sentence_and_the_exit_code(normsuite, bad: Path) -> None:
    told = normsuite("task", "check", bad)
    assert told.code == 1
    assert (
        "  problem  cells: 9 of 60 scored items (15%) cannot be put into words: the field 'behavior' is "
        "empty (brief.jinja), such as made:1: fill the field, leave such rows out, or test for it in the"
    ) in told.out
    assert told.out.splitlines()[-1].startswith("0 of 1 task(s) in order; 1 problem")


def test_json_is_one_document_with_the_same_findings(normsuite, bad: Path) -> None:
    told = normsuite("task", "check", bad, "--json")
    assert told.code == 1
    found = json.loads(told.out)
    (task,) = found.pop("tasks")
    assert found == {"schema": 1}
    assert list(task) == ["task", "findings", "counts"]
    assert task["counts"]["splits"]["test"] == {
        "items": 60,
        "clusters": 60,
        "gold": {"fine": 30, "rude": 30},
        "majority_share": 0.5,
    }
    worst = task["findings"][0]
    assert list(worst) == ["check", "severity", "message", "n", "share", "example", "fix"]
    assert (worst["check"], worst["severity"], worst["n"], worst["share"]) == ("cells", "problem", 9, 0.15)
    assert worst["example"] == "made:1"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("no-such-task",), "no task is called 'no-such-task'"),
        (("nowhere.yaml",), "nowhere.yaml"),
        (("normad-none", "--raw", "normad=/nowhere"), "no such file or folder"),
        (("mini-rules", "--raw", "nonsense"), "'nonsense' is not NAME=PATH"),
        (("mini-rules", "--model", "/nowhere"), "no such checkpoint folder"),
    ],
)
def test_bad_input_is_one_line(normsuite, arguments: tuple[str, ...], why: str) -> None:
    told = normsuite("task", "check", *arguments)
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert why in told.err


def test_without_the_data_the_rest_is_checked_and_that_is_said(normsuite) -> None:
    told = normsuite("task", "check", "ethics-*", "--model", folders.tiny())
    assert told.code == 0
    assert "the data (ethics) is not on this machine, so only what needs none was checked" in told.out
    assert "tokens: No, Yes (one token each)" in told.out
    found = json.loads(normsuite("task", "check", "ethics-justice", "--json").out)
    assert found["tasks"][0]["counts"] == {}


def test_a_models_tokenizer_and_context_are_used(normsuite, tmp_path: Path) -> None:
    path = task_file(tmp_path, rows(), labels={"rude": "incomprehensible", "fine": "okay"})
    told = normsuite("task", "check", path, "--model", folders.tiny(), "--limit", 20)
    assert "test 20 items in 20 clusters" in told.out
    assert "tokens: incomprehensible, okay (several tokens: whole-continuation log-likelihood)" in told.out
    assert "lengths: the longest prompt has " in told.out
    short = normsuite("task", "check", path, "--model", folders.tiny(), "--limit", 20, "--context", 16)
    assert short.code == 1
    assert "lengths: 60 of 60 prompts (100%) are longer than the" in short.out


def test_words_that_a_tokenizer_takes_for_one_are_a_problem(normsuite, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    model = Path(shutil.copytree(folders.tiny(), tmp_path / "model"))
    few_words = Tokenizer(models.WordLevel({"[UNK]": 0, "Answer": 1, ":": 2}, unk_token="[UNK]"))
    few_words.pre_tokenizer = pre_tokenizers.Whitespace()
    few_words.save(str(model / "tokenizer.json"))
    told = normsuite("task", "check", "ethics-justice", "--model", model)
    assert told.code == 1
    assert "problem  tokens: No, Yes: the label words 'No' and 'Yes' are not distinct" in told.out


def test_tasks_of_an_included_folder(normsuite, tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    task_file(tmp_path / "tasks", rows(test=30, train=0))
    told = normsuite("task", "check", "made-*", "--include", tmp_path)
    assert told.code == 0
    assert told.out.startswith("made-task: test 30 items")


def test_texts_from_data_cannot_write_to_the_terminal(normsuite, tmp_path: Path) -> None:
    table = rows()
    for row in table[:3]:
        row["country"] = "\x1b[31mNowhere"
    told = normsuite("task", "check", task_file(tmp_path, table))
    assert "Nowhere" in told.out
    assert "\x1b" not in told.out


def test_every_task_over_data_in_the_official_layouts(normsuite) -> None:
    raw = [f"--raw={path.name}={path}" for path in DATA.iterdir() if path.name != "tables"]
    told = normsuite("task", "check", *raw, "--limit", 8, "--context", 4096, "--json")
    assert (told.code, told.err) == (0, "")
    tasks = json.loads(told.out)["tasks"]
    assert len(tasks) >= 80
    without = [task["task"] for task in tasks if any(one["check"] == "data" for one in task["findings"])]
    assert without == []
