"""UniMoral: people as votes, six languages, nested actions, junk columns, and nothing of who chose."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.base import Adapted
from normsuite.adapters.unimoral import _actions, _text
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "unimoral"
READ = get_adapter("unimoral").read
HEADER = ["Unnamed: 0", "Scenario_id", "Annotator_id", "Scenario", "Possible_actions", "Selected_action"]


def write(folder: Path, *rows: list[str], name: str = "Hindi_long_formatted.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows([HEADER, *rows])
    return folder


@pytest.fixture(scope="module")
def adapted() -> Adapted:
    return READ(RAW, "")


@pytest.fixture(scope="module")
def by_id(adapted: Adapted) -> dict:
    return {item["id"]: item for item in adapted.items.to_pylist()}


def test_the_people_of_a_dilemma_are_its_votes_over_both_files(adapted: Adapted, by_id: dict) -> None:
    check_items(adapted.items)
    refuse_invalid(adapted)
    item = by_id["unimoral:en:7"]
    assert (item["kind"], item["votes"], item["gold"]) == ("choice", [3, 1], 0)
    assert item["options"] == ["Take it to the owner first", "Leave it and go to work"]
    assert (item["cluster"], item["family"], item["country"]) == ("7", None, None)
    assert dict(item["categories"]) == {"length": ["long", "short"]}
    assert (item["source"]["file"], item["source"]["row"]) == ("English_long_formatted.csv", 1)


def test_a_tie_has_no_gold(by_id: dict) -> None:
    assert (by_id["unimoral:en:9"]["votes"], by_id["unimoral:en:9"]["gold"]) == ([1, 1], None)


def test_each_language_is_the_one_of_its_file(adapted: Adapted) -> None:
    assert set(adapted.items["language"].to_pylist()) == {"ar", "zh", "en", "hi", "ru", "es"}
    assert set(adapted.items["cluster"].to_pylist()) == {"7", "8", "9"}


def test_actions_are_two_however_they_are_nested(by_id: dict) -> None:
    assert by_id["unimoral:zh:7"]["options"] == ["告诉他的父母", "和孩子单独谈谈"]
    assert by_id["unimoral:zh:7"]["votes"] == [0, 2]
    assert by_id["unimoral:zh:8"]["votes"] == [2, 0]


def test_a_text_written_as_a_list_of_one_is_that_text(by_id: dict) -> None:
    assert by_id["unimoral:en:9"]["situation"] == "A class mate's poem is praised as yours. Nobody knows."


def test_another_text_under_the_same_id_is_an_item_of_the_same_cluster(by_id: dict) -> None:
    first, second = by_id["unimoral:en:8"], by_id["unimoral:en:8:2"]
    assert first["situation"] != second["situation"]
    assert first["cluster"] == second["cluster"] == "8"


def test_an_empty_choice_is_counted_and_not_invalid(adapted: Adapted) -> None:
    (row,) = adapted.set_aside.to_pylist()
    assert (row["file"], row["row"], row["field"]) == ("English_long_formatted.csv", 6, "Selected_action")
    assert not row["invalid"]


def test_nothing_of_the_annotators_is_in_the_items(adapted: Adapted) -> None:
    everything = str(adapted.items.to_pylist())
    assert "long walks" not in everything
    assert "'e1'" not in everything


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ([" ", "Tea?", "['a', 'b']", "1"], "Scenario_id", "is blank"),
        (["1", " ", "['a', 'b']", "1"], "Scenario", "is blank"),
        (["1", "Tea?", "['a']", "1"], "Possible_actions", "is not two actions"),
        (["1", "Tea?", "['a', 'b', 'c']", "1"], "Possible_actions", "is not two actions"),
        (["1", "Tea?", "['a', 'a ']", "1"], "Possible_actions", "is not two actions"),
        (["1", "Tea?", "a or b", "1"], "Possible_actions", "is not two actions"),
        (["1", "Tea?", "['a', 'b']", "3"], "Selected_action", "is not one of 1, 2"),
        (["1", "Tea?", "['a', 'b']", "both"], "Selected_action", "is not one of 1, 2"),
    ],
)
def test_what_is_no_choice_is_invalid(tmp_path: Path, cells: list[str], field: str, reason: str) -> None:
    good = ["0", "1", "x", "Milk?", "['a', 'b']", "b"]
    adapted = READ(write(tmp_path, good, ["1", cells[0], "x", *cells[1:]]), "")
    assert adapted.items["votes"].to_pylist() == [[0, 1]]
    (row,) = adapted.set_aside.to_pylist()
    assert (row["row"], row["field"], row["reason"], row["invalid"]) == (2, field, reason, True)


def test_files_may_lie_one_folder_below_and_have_the_shorter_name(tmp_path: Path) -> None:
    write(tmp_path / "Final_data", ["0", "1", "x", "Milk?", "['a', 'b']", "2"], name="Russian_short.csv")
    assert READ(tmp_path, "").items["language"].to_pylist() == ["ru"]


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds none of the files English_long_formatted\.csv"):
        READ(tmp_path, "")
    with pytest.raises(InputError, match="holds none of the files"):
        READ(tmp_path / "nowhere", "")


@given(st.text())
def test_any_text_is_a_text_and_any_cell_is_two_actions_or_none(cell: str) -> None:
    assert isinstance(_text(cell), str)
    assert _actions(cell) is None or len(_actions(cell) or ()) == 2


@given(
    st.tuples(st.text(min_size=1), st.text(min_size=1)).filter(
        lambda t: len({s.strip() for s in t} - {""}) == 2
    )
)
def test_two_actions_survive_the_way_python_writes_them(pair: tuple[str, str]) -> None:
    expected = (pair[0].strip(), pair[1].strip())
    assert _actions(repr(list(pair))) == _actions(repr([[pair[0]], [pair[1]]])) == expected
