"""Tasks: what ships is sound, and what a stranger writes is refused in one line that names the line."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite import folders
from normsuite.adapters import ADAPTERS, get_adapter, normbank
from normsuite.adapters.facets import facets
from normsuite.adapters.social_chem_fields import VIEWS
from normsuite.errors import InputError
from normsuite.metrics import METRICS
from normsuite.prompts import load_wordings
from normsuite.questions import check_direction
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.tasks import (
    Task,
    available_tasks,
    load_task,
    prompted_only,
    require_rows,
    resolve_tasks,
    sample_clusters,
    select,
    used_sets,
)

SHIPPED = available_tasks()

VALID = """\
name: mini-tea
title: Tea
description: Whether a habit with tea is polite.
data:
  set: mini
  where:
    style: framed
prompts: framed
labels:
  rude: "No"
  polite: "Yes"
metrics: [accuracy, brier]
headline: accuracy
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the valid task with one piece of it replaced."""

    def write(old: str = "", new: str = "") -> Path:
        assert old in VALID
        path = tmp_path / "task.yaml"
        path.write_text(VALID.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def refused(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_task(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value


# What ships


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_task_is_sound(name: str) -> None:
    (task,) = resolve_tasks(name)
    assert task.name == name
    assert task.title and task.description.count(". ") < 4, "a title, and a few sentences"
    assert set(task.metrics) <= {*METRICS, "recall"}
    if isinstance(task, Task):
        assert 1 <= task.description.count(". ") <= 3, "what is asked, and what a score means"
        assert len(load_wordings(task.prompts)) == 3
        assert ("mae" in task.metrics) == task.ordinal
    else:
        check_direction(task)


def test_every_data_set_has_tasks() -> None:
    assert used_sets(resolve_tasks("*")) == set(ADAPTERS)
    assert used_sets(prompted_only(resolve_tasks("*"))) == set(ADAPTERS)


@pytest.mark.parametrize("view", VIEWS)
def test_social_chem_tasks_name_the_options_of_their_view(view: str) -> None:
    (task,) = resolve_tasks(f"social-chem-101-{view}")
    assert task.data.view == view
    assert tuple(task.labels) == VIEWS[view].options
    assert (task.answer == "yes-no") == VIEWS[view].multilabel


def test_the_normbank_task_names_the_options_of_the_data() -> None:
    (task,) = resolve_tasks("normbank-norm")
    assert tuple(task.labels) == normbank.OPTIONS


@pytest.mark.parametrize("style", ["framed", "rules", "stories"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_mini_tasks_select_rows_they_have_words_for(style: str, split: str) -> None:
    (task,) = resolve_tasks(f"mini-{style}")
    items = get_adapter("mini").read(folders.mini() / f"{style}.jsonl", "").items
    assert require_rows(task, select(task, items, split)).num_rows


def test_ethics_tasks_select_rows_they_have_words_for(shared_data: Path) -> None:
    items = get_adapter("ethics").read(shared_data / "ethics", "").items
    tasks = [task for task in resolve_tasks("ethics-*") if not task.data.view]
    sizes = [require_rows(task, select(task, items, "test")).num_rows for task in tasks]
    assert len(tasks) == 5
    assert sum(sizes) == sum(split == "test" for split in items["split"].to_pylist())


def test_the_mort_task_has_words_for_the_options_of_the_data(shared_data: Path) -> None:
    (task,) = resolve_tasks("mort-user-study-rating")
    items = get_adapter("mort-user-study").read(shared_data / "mort_user_study", "").items
    assert select(task, items, "test").num_rows == 113


# Finding tasks


def test_names_patterns_and_files_are_found_in_the_order_given(write: Callable[..., Path]) -> None:
    names = [task.name for task in resolve_tasks(f"normad-country*, {write()}")]
    assert names == ["normad-country", "normad-country-value", "mini-tea"]


def test_a_task_that_two_patterns_match_is_taken_once() -> None:
    assert [task.name for task in resolve_tasks("mini-rules,mini-ru*")] == ["mini-rules"]


def test_another_file_of_the_same_name_is_refused(tmp_path: Path, write: Callable[..., Path]) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(write().read_bytes())
    with pytest.raises(InputError, match="'mini-tea' is given twice"):
        resolve_tasks(f"{write()},{copy}")


def test_an_unknown_name_says_where_the_names_are() -> None:
    with pytest.raises(InputError, match="no task is called 'mini-soup'; see `normsuite task list`"):
        resolve_tasks("mini-soup")


def test_the_digest_changes_with_what_is_declared_only(write: Callable[..., Path]) -> None:
    task = load_task(write())
    assert load_task(write("title: Tea", "# a remark\ntitle: Tea")).sha256 == task.sha256
    assert load_task(write('"No"', '"Never"')).sha256 != task.sha256


# What is refused


def test_the_valid_task_is_valid(write: Callable[..., Path]) -> None:
    task = load_task(write())
    assert task.labels == {"rude": "No", "polite": "Yes"}
    assert (task.version, task.answer, task.data.split, task.data.train) == (1, "words", "test", "train")


BAD: dict[str, tuple[str, str, int | None, str | None, str]] = {
    "unknown key": ("title: Tea", "colour: red\ntitle: Tea", 2, "colour", "unknown key"),
    "unknown nested key": ("  set: mini", "  set: mini\n  seed: 3", 6, "data.seed", "unknown key"),
    "repeated key": ("title: Tea", "title: Tea\ntitle: Coffee", 3, "title", "repeated key"),
    "repeated label": ('"Yes"', '"Yes"\n  rude: Never', 12, "rude", "repeated key"),
    "missing key": ("title: Tea\n", "", 1, "title", "Field required"),
    "name of another data set": ("mini-tea", "tea-mini", 1, "name", "must begin with the data set's name"),
    "name that only starts alike": ("mini-tea", "minitea", 1, "name", "must begin with the data set's name"),
    "name with spaces": (
        "mini-tea",
        "mini tea",
        1,
        "name",
        "lower-case letters and digits, joined by hyphens",
    ),
    "headline": ("headline: accuracy", "headline: ece", 13, "headline", "'ece' is not among the metrics"),
    "equal words": ('"Yes"', '"no "', 9, "labels", "distinct and not empty"),
    "empty word": ('"Yes"', '" "', 9, "labels", "distinct and not empty"),
    "equal yes and no": ("headline:", "yes_no: [Yep, yep]\nheadline:", 13, "yes_no", "distinct"),
    "one word": ('  polite: "Yes"\n', "", 9, "labels", "needs a word for each label"),
    "bare no as a word": ('"No"', "no", 10, "labels.rude", "put it in quotes"),
    "bare no as a label": ("rude:", "no:", 10, "no", "put it in quotes"),
    "unknown way to answer": (
        "labels:",
        "answer: shout\nlabels:",
        9,
        "answer",
        "'words', 'letters', 'numbers' or 'yes-no'",
    ),
    "version 0": ("title: Tea", "version: 0\ntitle: Tea", 2, "version", "greater than or equal to 1"),
    "a list for a word": ('"No"', "[No, Nope]", 10, "labels.rude", "valid string"),
    "no YAML": ("[accuracy, brier]", "[accuracy, brier", 13, None, "is not YAML"),
    "an object of Python's": ("title: Tea", "title: !!python/name:os.system", 2, None, "is not YAML"),
    "no date": ("title: Tea", "title: 2001-99-99", None, None, "is not YAML"),
    "nested without end": ("title: Tea", "title: &tea [*tea]", 2, None, "holds the alias *tea"),
    "unfolding without end": (
        "title: Tea",
        "a: &a [x, x]\n"
        + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghijklmnop")),
        3,
        None,
        "holds the alias *a; write it out",
    ),
    "a file of megabytes": (
        "title: Tea",
        f"title: Tea # {'x' * (1 << 20)}",
        None,
        None,
        "characters: no task has",
    ),
    "unknown context": (
        "prompts: framed",
        "prompts: framed\ncontext: [rul]",
        9,
        "context.0",
        "'country', 'value' or 'rule'",
    ),
    "nested too deeply": ("title: Tea", f"title: {'[' * 1000}", 2, None, "nest"),
    "no mapping": (VALID, "- mini\n- tea\n", 1, None, "is no mapping of keys to values"),
    "an empty file": (VALID, "", 1, None, "is no mapping of keys to values"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_faulty_file_is_refused_with_its_line(case: str, write: Callable[..., Path]) -> None:
    old, new, row, field, message = BAD[case]
    error = refused(write(old, new))
    assert (error.row, error.field) == (row, field)
    assert message in str(error)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "task.yaml").what == "no such task file"


@pytest.mark.parametrize("content", [b"name: caf\xe9", b"\xff\xfen\x00a\x00", b"name: a\x00b"])
def test_a_file_that_is_no_text_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_bytes(content)
    refused(path)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_task_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    refused(path)


# Selecting rows


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """Items with a style, from their few fields that matter here."""
    columns: dict[str, Any] = {
        "id": [f"mini:{at}" for at in range(len(rows))],
        "dataset": "mini",
        "kind": [row.get("kind", "label") for row in rows],
        "split": [row.get("split", "test") for row in rows],
        "options": [row.get("options", ["rude", "polite"]) for row in rows],
        "country": [row.get("country") for row in rows],
        "cluster": [row.get("cluster", "c") for row in rows],
    }
    if rows:
        columns["categories"] = facets({"style": pa.array([row.get("style", "framed") for row in rows])})
    return conform(columns, ITEM_SCHEMA, len(rows))


def task(**changes: Any) -> Task:
    return Task.model_validate(
        {
            "name": "mini-tea",
            "title": "Tea",
            "description": "Tea.",
            "data": {"set": "mini", "where": {"style": "framed"}},
            "prompts": "framed",
            "labels": {"rude": "No", "polite": "Yes"},
            "metrics": ["accuracy"],
            "headline": "accuracy",
        }
        | changes
    )


def test_rows_are_selected_by_split_and_facet() -> None:
    items = table([{}, {"split": "train"}, {"style": "rules", "options": ["bad", "good"]}, {}])
    assert select(task(), items, "test")["id"].to_pylist() == ["mini:0", "mini:3"]
    assert select(task(), items, "train")["id"].to_pylist() == ["mini:1"]


def test_rows_are_selected_by_column() -> None:
    items = table([{"country": "JPN"}, {"country": None}, {"country": "PER"}])
    chosen = select(task(data={"set": "mini", "where": {"country": "PER"}}), items, "test")
    assert chosen["id"].to_pylist() == ["mini:2"]


@pytest.mark.parametrize("name", ["styel", "options"])
def test_selecting_by_no_facet_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"selects by '{name}'.*its facets are style"):
        select(task(data={"set": "mini", "where": {name: "framed"}}), table([{}]), "test")


@pytest.mark.parametrize("options", [["polite", "rude"], ["rude"], ["rude", "polite", "odd"], []])
def test_items_whose_options_are_not_the_labels_are_refused(options: list[str]) -> None:
    with pytest.raises(InputError, match=r"has words for \['rude', 'polite'\], but items have the options"):
        select(task(), table([{}, {"options": options}]), "test")


@pytest.mark.parametrize(("answer", "kind"), [("words", "multilabel"), ("yes-no", "label")])
def test_an_answer_that_does_not_fit_the_items_is_refused(answer: str, kind: str) -> None:
    with pytest.raises(InputError, match=rf"answers in {answer}, but its items are (not )?multilabel"):
        select(task(answer=answer), table([{"kind": kind}]), "test")


def test_a_task_without_labels_takes_items_with_options_of_their_own() -> None:
    own = task(labels={}, answer="letters")
    items = table([{"options": ["tea", "water"]}, {"options": ["cake", "bread", "soup"]}])
    assert select(own, items, "test").num_rows == 2


@pytest.mark.parametrize("rows", [[], [{"split": "train"}], [{"style": "rules"}]])
def test_a_task_with_0_rows_is_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(
        InputError, match=r"'mini' has 0 rows for the task 'mini-tea' \(split test, style=framed\)"
    ):
        require_rows(task(), select(task(), table(rows), "test"))


# Sampling


CLUSTERS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40)


@settings(deadline=None)
@given(CLUSTERS, st.integers(1, 10), st.integers(0, 3), st.randoms(use_true_random=False))
def test_a_sample_is_whole_clusters_whatever_the_order_of_rows(
    clusters: list[str], limit: int, seed: int, random: Any
) -> None:
    items = table([{"cluster": cluster} for cluster in clusters])
    sampled = sample_clusters(items, limit, seed)
    kept = set(sampled["cluster"].to_pylist())
    assert len(kept) == min(limit, len(set(clusters)))
    assert sampled["id"].to_pylist() == [
        f"mini:{at}" for at, cluster in enumerate(clusters) if cluster in kept
    ]
    shuffled = random.sample(range(len(clusters)), len(clusters))
    assert set(sample_clusters(items.take(shuffled), limit, seed)["cluster"].to_pylist()) == kept


def test_another_seed_takes_another_sample() -> None:
    items = table([{"cluster": f"c{at}"} for at in range(50)])
    samples = [tuple(sample_clusters(items, 5, seed)["cluster"].to_pylist()) for seed in (0, 0, 1)]
    assert samples[0] == samples[1] != samples[2]


def test_a_larger_sample_holds_the_smaller() -> None:
    items = table([{"cluster": f"c{at}"} for at in range(50)])
    small, large = (set(sample_clusters(items, limit, 3)["cluster"].to_pylist()) for limit in (5, 20))
    assert small < large


def test_no_limit_takes_everything() -> None:
    items = table([{}, {"cluster": "d"}])
    assert sample_clusters(items, None, 0).equals(items)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_1_is_refused(limit: int) -> None:
    with pytest.raises(InputError, match="1 or more"):
        sample_clusters(table([{}]), limit, 0)
