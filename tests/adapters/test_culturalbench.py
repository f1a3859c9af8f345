"""CulturalBench: one question asked as a choice of four and as four judgements."""

import csv
from pathlib import Path

import pyarrow.compute as pc
import pytest

from normsuite.adapters import refuse_invalid
from normsuite.adapters.culturalbench import EASY, HARD, read
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "culturalbench"
_OPTIONS = ",".join(f"prompt_option_{letter}" for letter in "abcd")
EASY_HEAD = f"data_idx,question_idx,prompt_question,{_OPTIONS},answer,country"
HARD_HEAD = "data_idx,question_idx,prompt_question,prompt_option,answer,country"


def test_a_question_is_a_choice_of_its_four_answers() -> None:
    adapted = read(RAW, EASY)
    check_items(adapted.items)
    refuse_invalid(adapted)
    rows = {row["id"]: row for row in adapted.items.to_pylist()}
    assert len(rows) == 9
    cup = rows["culturalbench:easy:102"]
    assert (cup["kind"], cup["options"][cup["gold"]]) == ("choice", "With both hands")
    assert (cup["country"], cup["zone"], cup["cluster"], cup["family"]) == ("KOR", "Confucian", "102", None)
    assert rows["culturalbench:easy:103"]["country"] == "HKG"
    assert rows["culturalbench:easy:104"]["options"][3] == "None"  # a word, not an empty cell


def test_a_question_without_a_fourth_answer_is_a_known_gap_and_an_unknown_place_is_noted() -> None:
    told = [(row["field"], row["value"], row["invalid"]) for row in read(RAW, EASY).set_aside.to_pylist()]
    assert told == [("country", "Land of Fables", False), ("prompt_option_d", "", False)]


def test_the_hard_view_judges_each_answer_of_a_question() -> None:
    adapted = read(RAW, HARD)
    check_items(adapted.items)
    refuse_invalid(adapted)
    frame = adapted.items.to_pandas()
    assert len(frame) == 39
    assert (frame.groupby("family")["gold"].sum() == 1).all()
    assert (frame["family"] == frame["cluster"]).all()
    easy = {row["cluster"]: row["options"][row["gold"]] for row in read(RAW, EASY).items.to_pylist()}
    right = frame[frame["gold"] == 1].set_index("family")["behavior"].to_dict()
    assert {key: right[key] for key in easy} == easy
    assert frame["id"].is_unique


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    with (RAW / "CulturalBench-Easy.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "CulturalBench-Easy.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, EASY_HEAD.split(","))
        writer.writeheader()
        writer.writerows(rows)
    assert read(tmp_path, EASY).items.equals(read(RAW, EASY).items)


@pytest.mark.parametrize("view", [EASY, HARD])
def test_the_older_set_of_the_same_name_is_refused_with_the_columns_of_this_one(
    tmp_path: Path, view: str
) -> None:
    path = tmp_path / "old.csv"
    path.write_text("question,choices,label,region\nWho?,a|b,0,here\n")
    with pytest.raises(InputError) as caught:
        read(path, view)
    assert "older set" in str(caught.value)
    assert "prompt_question" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("view", "row", "field"),
    [
        (EASY, "1,1,Who?,a,b,c,d,E,Japan", "answer"),
        (EASY, "1,1,,a,b,c,d,A,Japan", "prompt_question"),
        (EASY, "1,0,Who?,a,b,c,d,A,Japan", "question_idx"),
        (EASY, "1,1,Who?,a,b,c,d,A,", "country"),
        (HARD, "1,1,Who?,a,maybe,Japan", "answer"),
        (HARD, "1,,Who?,a,True,Japan", "question_idx"),
    ],
)
def test_rows_that_break_the_format_are_refused(tmp_path: Path, view: str, row: str, field: str) -> None:
    head, fine = (
        (EASY_HEAD, "0,0,What?,a,b,c,d,A,Japan") if view == EASY else (HARD_HEAD, "0,0,What?,a,True,Japan")
    )
    path = tmp_path / "rows.csv"
    path.write_text(f"{head}\n{fine}\n{row}\n")
    with pytest.raises(InputError) as caught:
        refuse_invalid(read(path, view))
    assert (caught.value.row, caught.value.field) == (2, field)


def test_two_equal_answers_are_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{EASY_HEAD}\n0,0,What?,a,b,c,d,A,Japan\n1,1,Who?,a,b,c,a,A,Japan\n")
    adapted = read(path, EASY)
    assert adapted.items.num_rows == 1
    assert not pc.any(adapted.set_aside["invalid"]).as_py()
