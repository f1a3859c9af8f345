"""A direction task with its data: items, seeds and training rows, and what must not be mixed."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from normsuite import folders
from normsuite.adapters import Adapted
from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.errors import InputError
from normsuite.questions import (
    DirectionQuestion,
    check_direction,
    load_families,
    load_seeds,
    prepare,
    prepare_direction,
)
from normsuite.schema import ITEM_SCHEMA, check_items, conform
from normsuite.tasks import DirectionTask, SeedSource, resolve_tasks
from normsuite.work import Settings, describe_work
from normsuite.workers import LocalWorkers

TASK = {
    "name": "direction-tea",
    "title": "Tea",
    "description": "Tea.",
    "type": "direction",
    "data": {"set": "made"},
    "texts": ["bare-action"],
    "poles": {"positive": "fine", "negative": "rude"},
    "seeds": [
        {
            "data": {"set": "made"},
            "texts": ["bare-action"],
            "poles": {"positive": "fine", "negative": "rude"},
        }
    ],
    "estimator": {"name": "difference-in-means"},
    "metrics": ["auroc"],
    "headline": "auroc",
}


def task(**changes: Any) -> DirectionTask:
    return DirectionTask.model_validate(TASK | changes)


def rows(split: str, n: int, **others: Any) -> list[dict[str, Any]]:
    """Invented habits, rude, odd and fine in turn; two of them make a cluster."""
    plain = {"dataset": "made", "split": split, "kind": "label", "options": ["rude", "odd", "fine"]}
    return [
        plain
        | {"id": f"made:{split}{at}", "gold": at % 3, "behavior": f"stir the {split} tea {at} times"}
        | {"cluster": f"{split}{at // 2}", "language": "en"}
        | others
        for at in range(n)
    ]


def made(*parts: list[dict[str, Any]]) -> Callable[[str, str], Adapted]:
    """A data set of these rows, under any name."""
    whole = [row for part in parts for row in part]
    columns = {name: [row.get(name) for row in whole] for name in ITEM_SCHEMA.names}
    items = conform(columns, ITEM_SCHEMA, len(whole))
    check_items(items)
    return lambda name, view: Adapted(items, SET_ASIDE_SCHEMA.empty_table(), files={"made.csv": "ab" * 32})


DATA = made(rows("train", 12), rows("test", 9))


def prepared(data=DATA, *, limit: int | None = None, seed: int = 0, **changes: Any) -> DirectionQuestion:
    return prepare_direction(task(**changes), data, limit=limit, seed=seed)


def facet(items: pa.Table, name: str) -> list[list[str] | None]:
    return [dict(row or []).get(name) for row in items["categories"].to_pylist()]


def test_items_become_a_choice_between_the_poles() -> None:
    question = prepared()
    assert question.items["options"].to_pylist() == [["rude", "fine"]] * 6
    assert question.items["gold"].to_pylist() == [0, 1] * 3
    assert question.items["id"].to_pylist() == [f"made:test{at}" for at in (0, 2, 3, 5, 6, 8)]
    assert question.train.num_rows == 8
    (part,) = question.parts
    assert part.name == ""
    assert [own[0].text for own in part.texts][:2] == [
        "stir the test tea 0 times",
        "stir the test tea 2 times",
    ]
    (seeds,) = part.seeds
    assert len(seeds) == 8
    assert seeds.values.tolist() == [0, 1] * 4
    assert seeds.clusters[:3] == ["train0", "train1", "train1"]


def test_without_poles_the_sign_of_valence_decides() -> None:
    data = made(rows("train", 4, valence=0.5), rows("train2", 0), rows("test", 4, valence=-1.0))
    seeds = [{"words": "verbs", "texts": ["question-stems"]}]
    question = prepared(data, poles={}, seeds=seeds)
    assert question.items["options"][0].as_py() == ["negative", "positive"]
    assert question.items["gold"].to_pylist() == [0] * 4
    assert question.train["gold"].to_pylist() == [1] * 4


def test_words_are_seeds_in_every_wording() -> None:
    question = prepared(seeds=[{"words": "verbs", "texts": ["question-stems", "bare-action"]}])
    (seeds,) = question.parts[0].seeds
    assert seeds.name == "verbs"
    assert {len(own) for own in seeds.passages} == {11}
    assert question.seed_data == {}


def test_graded_ratings_are_graded_seeds() -> None:
    scale = {"kind": "rating", "options": None, "gold": None, "scale_min": 1.0, "scale_max": 5.0}
    graded = [row | scale | {"rating": 1.0 + at} for at, row in enumerate(rows("train", 5))]
    source = SeedSource.model_validate({"data": {"set": "made"}, "texts": ["bare-action"]})
    items, seeds = load_seeds("t", source, made(graded))
    assert seeds.values.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert items.num_rows == 5


def test_a_limit_of_seeds_is_the_same_sample_whatever_the_runs_seed() -> None:
    def chosen(seed: int) -> list[str]:
        source = TASK["seeds"][0] | {"limit": 3}
        (seeds,) = prepared(seeds=[source], seed=seed).parts[0].seeds
        return list(seeds.clusters)

    assert chosen(0) == chosen(5)
    assert len(set(chosen(0))) <= 3


def test_a_limit_of_items_samples_whole_clusters_and_leaves_the_seeds() -> None:
    question = prepared(limit=2)
    assert len(question.items["cluster"].unique()) == 2
    assert question.parts[0].items.equals(question.items)
    assert len(question.parts[0].texts) == question.items.num_rows
    assert len(question.parts[0].seeds[0]) == 8
    assert question.train.num_rows == 8
    assert prepared(limit=2, seed=1).items["id"].to_pylist() != question.items["id"].to_pylist()


def test_items_that_are_seeds_by_their_words_are_a_group() -> None:
    known = rows("test", 6)
    known[0]["behavior"] = "stir the train tea 0 times"
    question = prepared(made(rows("train", 12), known))
    assert facet(question.items, "seed") == [["yes"], ["no"], ["no"], ["no"]]
    assert facet(prepared().items, "seed") == [None] * 6  # where none is one there is no group


def test_the_facets_of_items_stay_beside_it() -> None:
    known = rows("test", 6, categories=[("topic", ["tea", "home"])])
    known[0]["behavior"] = "stir the train tea 0 times"
    question = prepared(made(rows("train", 12), known))
    assert facet(question.items, "topic") == [["tea", "home"]] * 4
    check_items(question.items)


@pytest.mark.parametrize("splits", [["test"], ["train", "test"]])
def test_items_among_seeds_are_refused(splits) -> None:
    with pytest.raises(
        InputError, match="6 of the items that the task 'direction-tea' scores are among its seeds"
    ):
        prepared(seeds=[TASK["seeds"][0] | {"splits": splits}])


def per_language() -> Callable[[str, str], Adapted]:
    return made(
        *(
            [
                row | {"id": f"{row['id']}{language}", "cluster": f"{row['cluster']}{language}"}
                for row in rows(split, 6, language=language)
            ]
            for language in ("en", "de", "sw")
            for split in ("train", "test")
        )
    )


def test_every_language_has_items_training_rows_and_seeds_of_its_own() -> None:
    question = prepared(per_language(), per="language")
    assert [part.name for part in question.parts] == ["de", "en", "sw"]
    for part in question.parts:
        for table in (part.items, part.train):
            assert set(table["language"].to_pylist()) == {part.name}
        assert len(part.texts) == part.items.num_rows == 4
        assert len(part.train_texts) == part.train.num_rows == 4
        assert len(part.seeds[0]) == 4
        assert all(cluster.endswith(part.name) for cluster in part.seeds[0].clusters)


def test_items_of_no_language_are_one_line() -> None:
    data = made(rows("train", 6, language=None), rows("test", 6, language=None))
    with pytest.raises(InputError, match="no item of the task 'direction-tea' has a language"):
        prepared(data, per="language")


BAD: Mapping[str, tuple[dict[str, Any], str]] = {
    "no rows": ({"data": {"set": "made", "split": "dev"}}, "has 0 rows for the task 'direction-tea'"),
    "no such facet": ({"data": {"set": "made", "where": {"style": "x"}}}, "selects by 'style'"),
    "no such option": ({"poles": {"positive": "nice", "negative": "rude"}}, "no item has the option 'nice'"),
    "no valence": ({"poles": {}}, "has 0 rows for the task"),
    "a metric of ratings": (
        {"metrics": ["pearson"], "headline": "pearson"},
        "is not for items of kind 'label'",
    ),
    "no such metric": ({"metrics": ["auroc", "auc"]}, "no metric 'auc'"),
    "no such texts": ({"texts": ["bare-actions"]}, "no such prompt family"),
    "texts of answers": ({"texts": ["story"]}, "shows the options"),
    "texts of other items": ({"texts": ["situation"]}, "the field 'situation' is empty"),
    "no such words": (
        {"seeds": [{"words": "verbz", "texts": ["question-stems"]}]},
        "no poles are called 'verbz'",
    ),
    "no such file": (
        {"seeds": [{"words": "own.yaml", "texts": ["question-stems"]}]},
        "no such file of poles",
    ),
    "seeds without texts": ({"seeds": [TASK["seeds"][0] | {"texts": ["rule"]}]}, "no such prompt family"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_asked_is_one_line(case: str) -> None:
    changes, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        prepare_direction(task(**changes), DATA)
    assert "\n" not in str(caught.value)


def test_an_empty_data_set_is_one_line() -> None:
    with pytest.raises(InputError, match="has 0 rows"):
        prepared(made())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"estimator": {"name": "best"}}, "no such step: 'best'"),
        ({"estimator": {"name": "pca", "options": {"k": 1}}}, "'pca' has no option 'k'"),
        ({"preprocessing": [{"name": "scale"}]}, "no such step: 'scale'"),
        ({"texts": ["none"]}, "no such prompt family"),
        ({"seeds": [{"words": "verbz", "texts": ["question-stems"]}]}, "no poles are called"),
        ({"seeds": [{"words": "verbs", "texts": ["none"]}]}, "no such prompt family"),
    ],
)
def test_a_task_is_checked_without_its_data(changes, message) -> None:
    check_direction(task())
    with pytest.raises(InputError, match=message):
        check_direction(task(**changes))


def test_an_offset_is_of_two_wordings_not_of_two_families() -> None:
    texts = ["bare-action", "question-stems"]
    seeds = [TASK["seeds"][0] | {"texts": ["bare-action", "first-person"]}]
    with pytest.raises(InputError, match="are 11 wordings, and an offset is of two"):
        check_direction(task(texts=texts, seeds=seeds, reading={"combine": "difference"}))


def test_wordings_with_options_are_read_where_that_is_asked(tmp_path: Path, monkeypatch) -> None:
    """Of the items and of the seeds alike."""
    home = tmp_path / "prompts" / "letters"
    home.mkdir(parents=True)
    text = "{{ behavior }}?{% for option in options %} {{ option.word }}) {{ option.text }}{% endfor %}"
    (home / "plain.jinja").write_text(text)
    monkeypatch.setattr(folders, "prompts", lambda: tmp_path / "prompts")
    changes = {"texts": ["letters"], "seeds": [TASK["seeds"][0] | {"texts": ["letters"]}]}
    with pytest.raises(InputError, match="shows the options"):
        prepared(**changes)
    question = prepared(**changes, reading={"after_letters": True})
    assert question.parts[0].texts[0][0].text == "stir the test tea 0 times? A) rude B) fine"
    assert (
        question.parts[0].seeds[0].passages[0][0].text.startswith("stir the train tea 0 times? A) rude B) ")
    )


def test_families_follow_one_another() -> None:
    both = load_families(["bare-action", "question-stems"])
    assert len(both) == 11
    assert both[1].path.parent.name == "question-stems"


def work(question: DirectionQuestion) -> dict[str, Any]:
    return describe_work(None, [question], Settings(), LocalWorkers())


def test_the_manifest_tells_what_is_fitted_on_and_no_place_of_this_machine(tmp_path: Path) -> None:
    own = tmp_path / "own-words.yaml"
    own.write_text("positive: [help]\nnegative: [harm]\n")
    source = {"words": str(own), "texts": ["question-stems"]}
    told = work(prepared(seeds=[TASK["seeds"][0], source], control="Nothing is measured."))
    about = told["tasks"]["direction-tea"]
    assert about["type"] == "direction"
    assert about["control"] == "Nothing is measured."
    assert [(seeds["part"], seeds["source"], seeds["n"]) for seeds in about["seeds"]] == [
        ("", "made", 8),
        ("", "own-words", 2),
    ]
    assert all(len(seeds["sha256"]) == 64 for seeds in about["seeds"])
    assert str(tmp_path) not in str(told)
    assert set(told["data"]) == {"made"}


def test_the_manifest_changes_with_the_words(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    source = {"words": str(own), "texts": ["question-stems"]}
    found = []
    for harm in ("harm", "hurt"):
        own.write_text(f"positive: [help]\nnegative: [{harm}]\n")
        found.append(work(prepared(seeds=[source]))["tasks"]["direction-tea"]["seeds"][0]["sha256"])
    assert found[0] != found[1]


# What ships, on data that ships or is made here


def study(folder: Path, actions: Mapping[str, tuple[int, int]]) -> Path:
    """A made copy of the user study."""
    folder.mkdir(exist_ok=True)
    with (folder / "userStudy_yes_no_regional.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Action", "Yes", "No"])
        writer.writerows([action, *votes] for action, votes in actions.items())
    return folder


def test_the_mini_task_scores_held_out_stories(monkeypatch) -> None:
    (question,) = prepare(resolve_tasks("direction-mini-stories"), {})
    assert isinstance(question, DirectionQuestion)
    (part,) = question.parts
    seeds = {own[0].text for own in part.seeds[0].passages}
    assert not seeds & {own[0].text for own in part.texts}
    assert set(question.items["gold"].to_pylist()) == {0, 1}
    assert np.isin(part.seeds[0].values, [0, 1]).all()
    assert {own[0].text[:3] for own in part.texts} == {"In "}


def test_the_mort_tasks_mark_the_verbs_they_were_fitted_on(tmp_path: Path) -> None:
    from normsuite.poles import load_poles

    (verb,) = load_poles("verbs").positive[:1]
    raw = study(tmp_path / "study", {verb: (20, 3), "paint the fence": (25, 1), "break the fence": (2, 22)})
    tasks = "direction-user-study-mort,direction-user-study-mort-bare"
    for question in prepare(resolve_tasks(tasks), {"mort-user-study": raw}):
        assert isinstance(question, DirectionQuestion)
        assert facet(question.items, "seed") == [["yes"], ["no"], ["no"]]
        assert question.items["kind"].to_pylist() == ["rating"] * 3
        assert question.train.num_rows == 0
        assert len(question.parts[0].seeds[0]) == 64
