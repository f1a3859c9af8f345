"""The MoRT user study: votes, ratings and the stems that were asked."""

from pathlib import Path

import pyarrow.compute as pc
import pytest

from normsuite.adapters import refuse_invalid
from normsuite.adapters.mort import ADAPTER, read
from normsuite.errors import InputError
from normsuite.schema import check_items

VOTES = "userStudy_yes_no_regional.csv"
STEMS = "userStudy_action_template_regional.csv"


def test_published_file(shared_data: Path) -> None:
    adapted = read(shared_data / "mort_user_study", "default")
    check_items(adapted.items)
    refuse_invalid(adapted)
    rating = adapted.items["rating"]
    assert adapted.items.num_rows == 113
    assert pc.mean(rating).as_py() == pytest.approx(0.540, abs=0.0005)
    assert pc.sum(pc.greater(rating, 0.5)).as_py() == 61
    assert pc.sum(pc.equal(rating, 0)).as_py() == 11
    assert pc.sum(pc.equal(rating, 1)).as_py() == 7
    assert pc.count_distinct(adapted.items["cluster"]).as_py() == 25
    assert adapted.items["situation"].null_count == 0
    assert pc.all(pc.equal(adapted.items["situation"], pc.utf8_trim(adapted.items["situation"], " "))).as_py()
    assert adapted.set_aside["value"].to_pylist() == [
        "lie to my boyfriend",
        "lie to my girlfriend",
        "pursue money",
    ]
    pinned = {file.path: file.sha256 for file in ADAPTER.home.files}
    assert adapted.files == pinned


def test_votes_become_a_rating_under_the_stem_that_was_asked(tmp_path: Path) -> None:
    (tmp_path / VOTES).write_text("Action,Yes,No\nwhistle a tune,3,1\nwhistle,2,2")
    (tmp_path / STEMS).write_text("action,question\nwhistle a tune, Is it ok to\nhum,May I")
    adapted = read(tmp_path, "default")
    check_items(adapted.items)
    tune, bare = adapted.items.to_pylist()
    assert (tune["situation"], tune["behavior"], tune["options"]) == (
        "Is it ok to",
        "whistle a tune",
        ["No", "Yes"],
    )
    assert (tune["votes"], tune["rating"], tune["valence"]) == ([1, 3], 0.75, 0.5)
    assert (tune["country"], tune["language"], tune["split"]) == (None, "en", "test")
    assert dict(tune["categories"]) == {"verb": ["whistle"], "stem": ["Is it ok to"]}
    assert (bare["situation"], dict(bare["categories"])) == (None, {"verb": ["whistle"]})
    assert tune["cluster"] == tune["family"] == bare["cluster"] == "whistle"
    assert adapted.set_aside.to_pylist()[0]["value"] == "hum"


def test_without_the_file_of_stems_the_situation_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("Action,Yes,No\nhum,3,1\n")
    adapted = read(path, "default")
    assert adapted.items["situation"].to_pylist() == [None]
    assert list(adapted.files) == ["votes.csv"]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("hum,0,0", "Yes", "is no rating"),
        ("hum,-1,3", "Yes", "is no number of people"),
        ("hum,1,", "No", "is no number of people"),
        (" ,1,1", "Action", "is empty"),
        ("hum,1,1,1", "columns", "has 4 column"),
    ],
)
def test_rows_that_break_the_format_are_refused(tmp_path: Path, row: str, field: str, reason: str) -> None:
    (tmp_path / VOTES).write_text(f"Action,Yes,No\nsing,1,1\n{row}\n")
    adapted = read(tmp_path, "default")
    assert adapted.items["behavior"].to_pylist() == ["sing"]
    with pytest.raises(InputError, match=reason) as caught:
        refuse_invalid(adapted)
    assert (caught.value.row, caught.value.field) == (2, field)


def test_a_stem_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / VOTES).write_text("Action,Yes,No\nhum,1,1\n")
    (tmp_path / STEMS).write_text("action,question\nhum,May I\nhum,Should I\n")
    with pytest.raises(InputError, match=r"row 2, field 'action': 'hum' is there twice"):
        read(tmp_path, "default")


@pytest.mark.parametrize("text", ["", "Action,Yes,No\n", "action,Yes,No\nhum,1,1", "Action,Yes,No\nhum,x,1"])
def test_files_that_are_something_else_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / VOTES).write_text(text)
    with pytest.raises(InputError):
        read(tmp_path, "default")


def test_an_action_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("Action,Yes,No\nlie,2,27\nsmile,29,0\n lie,20,9\n")
    adapted = read(path)
    assert adapted.items["behavior"].to_pylist() == ["lie", "smile"]
    (row,) = adapted.set_aside.to_pylist()
    assert (row["row"], row["field"], row["invalid"]) == (3, "Action", True)
    assert row["reason"] == "is an earlier row's action"
