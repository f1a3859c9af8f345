"""Scruples: votes on told conflicts, and pairs of acts whose label marks the less ethical one."""

import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normsuite.adapters import refuse_invalid
from normsuite.adapters.archives import unpack
from normsuite.adapters.scruples import ADAPTER, BINARY, OPTIONS, read
from normsuite.errors import InputError
from normsuite.schema import check_items

MADE = Path(__file__).parents[1] / "data" / "scruples"


def anecdote(name: str = "a", votes: tuple[int, ...] = (1, 3, 0, 0, 0), **others: Any) -> dict[str, Any]:
    scores = dict(zip(OPTIONS, votes, strict=True))
    right, wrong = votes[1] + votes[3], votes[0] + votes[2]
    row = {
        "id": name,
        "post_id": f"post {name}",
        "action": {"description": "singing", "pronormative_score": 3, "contranormative_score": 1},
        "title": "AITA for singing",
        "text": "I sang.",
        "post_type": "HISTORICAL",
        "label_scores": scores,
        "label": max(OPTIONS, key=lambda option: scores[option]),
        "binarized_label_scores": {"RIGHT": right, "WRONG": wrong},
        "binarized_label": "RIGHT" if right >= wrong else "WRONG",
    }
    return row | others


def dilemma(name: str = "d", votes: tuple[int, int] = (1, 4), **others: Any) -> dict[str, Any]:
    acts = [{"id": f"{name}{at}", "description": f"the {name} act {at}"} for at in (0, 1)]
    row = {"id": name, "actions": acts, "gold_annotations": list(votes)}
    return row | {"gold_label": int(votes[1] > votes[0]), "controversial": min(votes) > 0} | others


def write(folder: Path, rows: list[Any], name: str = "test.scruples-anecdotes.jsonl") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_pairs(folder: Path, rows: list[Any], split: str = "test") -> Path:
    return write(folder, rows, f"{split}.scruples-dilemmas.jsonl")


def only_item(raw: Path, view: str = "anecdotes") -> dict[str, Any]:
    adapted = read(raw, view)
    check_items(adapted.items)
    (item,) = adapted.items.to_pylist()
    return item


@pytest.mark.parametrize(
    ("view", "splits", "gaps"),
    [
        ("anecdotes", {"train": 18, "dev": 8, "test": 10}, []),
        ("anecdotes-binary", {"train": 18, "dev": 8, "test": 9}, ["has no votes but for INFO"]),
        ("dilemmas", {"train": 14, "dev": 4, "test": 8}, []),
    ],
)
def test_every_view_reads_the_official_layout(view: str, splits: dict[str, int], gaps: list[str]) -> None:
    adapted = read(MADE, view)
    check_items(adapted.items)
    refuse_invalid(adapted)
    assert Counter(adapted.items["split"].to_pylist()) == splits
    assert adapted.set_aside["reason"].to_pylist() == gaps
    assert set(adapted.items["language"].to_pylist()) == {"en"}
    assert adapted.items["country"].null_count == adapted.items.num_rows
    assert all(len(digest) == 64 for digest in adapted.files.values())
    assert len(adapted.files) == (4 if view == "dilemmas" else 3)


def test_an_anecdote_has_votes_gold_valence_and_its_act(tmp_path: Path) -> None:
    item = only_item(write(tmp_path, [anecdote(votes=(4, 2, 1, 1, 7))]))
    assert item["id"] == "scruples:a"
    assert item["kind"] == "label"
    assert item["situation"] == "AITA for singing\n\nI sang."
    assert item["behavior"] == "singing"
    assert item["options"] == list(OPTIONS)
    assert item["votes"] == [4, 2, 1, 1, 7]
    assert item["gold"] == 4
    assert item["valence"] == pytest.approx((3 - 5) / 8)
    assert item["cluster"] == "post a"
    assert item["categories"] == [("post_type", ["historical"])]
    assert item["source"] == {
        "row": 1,
        "label": "INFO",
        "culture": None,
        "split": "test",
        "file": "test.scruples-anecdotes.jsonl",
    }


def test_who_asks_for_more_is_in_neither_half(tmp_path: Path) -> None:
    item = only_item(write(tmp_path, [anecdote(votes=(4, 2, 1, 1, 7))]), "anecdotes-binary")
    assert (item["options"], item["votes"], item["gold"]) == (list(BINARY), [3, 5], 1)


def test_only_votes_for_info_leave_valence_open_and_the_binary_view(tmp_path: Path) -> None:
    path = write(tmp_path, [anecdote(votes=(0, 0, 0, 0, 6), binarized_label=None), anecdote("b")])
    assert read(path, "anecdotes").items["valence"].to_pylist()[0] is None
    adapted = read(path, "anecdotes-binary")
    refuse_invalid(adapted)
    assert adapted.items["id"].to_pylist() == ["scruples:b"]
    assert adapted.set_aside["reason"].to_pylist() == ["has no votes but for INFO"]


def test_a_tie_keeps_the_label_of_the_file(tmp_path: Path) -> None:
    assert only_item(write(tmp_path, [anecdote(votes=(3, 3, 0, 0, 0), label="OTHER")]))["gold"] == 1


def test_texts_stay_as_they_are_but_for_white_space_at_the_ends(tmp_path: Path) -> None:
    row = anecdote(title=" AITA 😂 ", text="\u200bEDIT: wow\n\nno\u200b \n", action=None)
    item = only_item(write(tmp_path, [row]))
    assert item["situation"] == "AITA 😂\n\n\u200bEDIT: wow\n\nno\u200b"
    assert item["behavior"] is None
    bare = only_item(write(tmp_path, [anecdote(text="", action={"description": " "})]))
    assert (bare["situation"], bare["behavior"]) == ("AITA for singing", None)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"id": 3}, "id", "is no text"),
        ({"id": ""}, "id", "is empty"),
        ({"title": None}, "title", "is no text"),
        ({"title": " ", "text": ""}, "text", "is empty"),
        ({"post_type": "MADE UP"}, "post_type", "is not one of HISTORICAL, HYPOTHETICAL"),
        ({"action": {"text": "singing"}}, "action", "has no description"),
        ({"label_scores": {"AUTHOR": 1}}, "label_scores", "does not count the votes for AUTHOR"),
        ({"label_scores": dict.fromkeys(OPTIONS, "1")}, "label_scores", "is no number of people"),
        ({"label_scores": dict.fromkeys(OPTIONS, True)}, "label_scores", "is no number of people"),
        ({"label_scores": dict.fromkeys(OPTIONS, 2**31)}, "label_scores", "is no number of people"),
        ({"label": "YTA"}, "label", "is not one of AUTHOR"),
        ({"binarized_label_scores": {"RIGHT": 9, "WRONG": 0}}, "binarized_label_scores", "not the sums"),
    ],
)
def test_an_anecdote_that_breaks_the_format_is_set_aside_and_refused(tmp_path, change, field, reason) -> None:
    adapted = read(write(tmp_path, [anecdote("good"), anecdote() | change]), "anecdotes")
    assert adapted.items.num_rows == 1
    (row,) = adapted.set_aside.to_pylist()
    assert (row["row"], row["field"], row["invalid"]) == (2, field, True)
    assert reason in row["reason"]
    with pytest.raises(InputError, match="row 2"):
        refuse_invalid(adapted)


@pytest.mark.parametrize(
    ("row", "view", "reason"),
    [
        (anecdote(votes=(0,) * 5, label="INFO"), "anecdotes", "is without a vote"),
        (anecdote(label="AUTHOR"), "anecdotes", "is not what most people voted for"),
        (anecdote(binarized_label="WRONG"), "anecdotes-binary", "is not what most people voted for"),
        (dilemma(votes=(0, 0)), "dilemmas", "is without a vote"),
        (dilemma(gold_label=0), "dilemmas", "is not what most people voted for"),
    ],
)
def test_known_gaps_are_counted_and_not_refused(tmp_path: Path, row, view: str, reason: str) -> None:
    path = (write_pairs if view == "dilemmas" else write)(tmp_path, [row])
    adapted = read(path, view)
    refuse_invalid(adapted)
    assert adapted.items.num_rows == 0
    assert adapted.set_aside["reason"].to_pylist() == [reason]


def test_an_id_may_stand_once_in_all_files(tmp_path: Path) -> None:
    write(tmp_path, [anecdote()], "train.scruples-anecdotes.jsonl")
    write(tmp_path, [anecdote()], "test.scruples-anecdotes.jsonl")
    adapted = read(tmp_path, "anecdotes")
    assert adapted.items["split"].to_pylist() == ["train"]
    assert adapted.set_aside["reason"].to_pylist() == ["is an earlier row's id"]


def test_the_gold_of_a_dilemma_is_the_less_ethical_act_wherever_it_stands(tmp_path: Path) -> None:
    rows = [dilemma(f"d{at}", (1, 4) if at % 2 else (5, 0)) for at in range(40)]
    items = read(write_pairs(tmp_path, rows), "dilemmas").items
    check_items(items)
    swapped = 0
    for row, item in zip(rows, items.to_pylist(), strict=True):
        worse = row["actions"][row["gold_label"]]["description"]
        assert item["kind"] == "pair"
        assert item["options"][item["gold"]] == worse
        assert item["votes"][item["gold"]] == max(row["gold_annotations"])
        assert item["source"]["label"] == str(row["gold_label"])
        swapped += item["options"][0] != row["actions"][0]["description"]
    assert 8 < swapped < 32
    again = read(write_pairs(tmp_path, rows[::-1]), "dilemmas").items
    assert again["options"].to_pylist()[::-1] == items["options"].to_pylist()


def test_the_extra_training_pairs_stand_apart() -> None:
    items = read(MADE, "dilemmas").items.to_pylist()
    subsets = {item["source"]["split"]: dict(item["categories"])["subset"] for item in items}
    assert subsets == {"train": ["main"], "train-extra": ["extra"], "dev": ["main"], "test": ["main"]}
    assert {item["split"] for item in items if item["source"]["split"] == "train-extra"} == {"train"}


def test_pairs_that_hang_together_by_their_acts_are_one_cluster(tmp_path: Path) -> None:
    pairs = {"one": "ab", "two": "cd", "three": "eb", "four": "fe"}
    rows = [
        dilemma(name, actions=[{"id": act, "description": f"the act {act}"} for act in acts])
        for name, acts in pairs.items()
    ]
    clusters = read(write_pairs(tmp_path, rows), "dilemmas").items["cluster"].to_pylist()
    assert clusters == ["a", "c", "a", "a"]


def test_controversial_is_a_facet_where_it_is_told(tmp_path: Path) -> None:
    rows = [dilemma("d", (2, 3)), dilemma("e", (0, 5)), dilemma("f")]
    del rows[2]["controversial"]
    items = read(write_pairs(tmp_path, rows), "dilemmas").items.to_pylist()
    assert [dict(item["categories"]).get("controversial") for item in items] == [["yes"], ["no"], None]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"instances": [dilemma()]}, "instances", "no documented meaning"),
        (dilemma(id=None), "id", "is no text"),
        (dilemma(actions=[{"id": "x", "description": "one"}]), "actions", "is no pair of acts"),
        (dilemma(actions=[{"id": "x", "description": "one"}, {"id": "y"}]), "actions", "is no pair of acts"),
        (dilemma(actions=[{"id": name, "description": "one"} for name in "xy"]), "actions", "against itself"),
        (dilemma(controversial="no"), "controversial", "is not one of true, false"),
        (dilemma(gold_annotations=[5]), "gold_annotations", "is no pair of numbers"),
        (dilemma(gold_annotations=[5, -1]), "gold_annotations", "is no pair of numbers"),
        (dilemma(gold_label=2), "gold_label", "is not one of 0, 1"),
        (dilemma(gold_label=True), "gold_label", "is not one of 0, 1"),
    ],
)
def test_a_dilemma_that_breaks_the_format_is_set_aside(tmp_path: Path, row, field: str, reason: str) -> None:
    adapted = read(write_pairs(tmp_path, [dilemma("good"), row]), "dilemmas")
    assert adapted.items.num_rows == 1
    (fault,) = adapted.set_aside.to_pylist()
    assert (fault["row"], fault["field"], fault["invalid"]) == (2, field, True)
    assert reason in fault["reason"]


def test_older_anecdotes_are_read_and_older_dilemmas_refused(shared_data: Path) -> None:
    fixtures = shared_data / "scruples" / "format_fixtures"
    adapted = read(fixtures, "anecdotes")
    check_items(adapted.items)
    assert Counter(adapted.items["split"].to_pylist()) == {"train": 20, "dev": 5, "test": 5}
    assert adapted.set_aside.num_rows == 0
    assert np.asarray(adapted.items["votes"].combine_chunks().flatten()).sum() == 300
    # One in five has all its votes for INFO.
    assert read(fixtures, "anecdotes-binary").items.num_rows == 24
    with pytest.raises(InputError, match="nobody says what gold_label means"):
        read(fixtures, "dilemmas")


def test_what_is_no_file_of_scruples_is_refused_with_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read(tmp_path / "none", "anecdotes")
    for raw in (tmp_path, write(tmp_path, [anecdote()], "rows.jsonl")):
        with pytest.raises(InputError, match=r"holds none of train\.scruples-anecdotes\.jsonl"):
            read(raw, "anecdotes")
    for folder in ("a", "b"):
        write(tmp_path / folder, [anecdote()])
    with pytest.raises(InputError, match="lies in several folders"):
        read(tmp_path, "anecdotes")


def test_the_archives_leave_the_files_that_are_read(tmp_path: Path) -> None:
    for file in ADAPTER.home.files:
        part = file.path.removesuffix(".tar.gz")
        archive = tmp_path / file.path
        with tarfile.open(archive, "w:gz") as tar:
            for path in sorted((MADE / part).iterdir()):
                tar.add(path, f"{part}/{path.name}")
            tar.add(__file__, f"{part}/README.md")
        into = tmp_path / "cache"
        into.mkdir(exist_ok=True)
        assert len(unpack(archive, into, file.members, 1 << 20)) == len(list((MADE / part).iterdir()))
    for view in ADAPTER.views:
        assert read(tmp_path / "cache", view).items.num_rows > 0
    assert not list((tmp_path / "cache").rglob("README.md"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 5), min_size=1, max_size=6))
def test_whatever_the_votes_every_row_is_an_item_or_set_aside(tmp_path: Path, votes) -> None:
    path = write(tmp_path, [anecdote(str(at), counts) for at, counts in enumerate(votes)])
    for view in ("anecdotes", "anecdotes-binary"):
        adapted = read(path, view)
        check_items(adapted.items)
        refuse_invalid(adapted)
        assert adapted.items.num_rows + adapted.set_aside.num_rows == len(votes)
        for item in adapted.items.to_pylist():
            assert item["votes"][item["gold"]] == max(item["votes"])
