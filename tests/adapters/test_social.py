"""SOCIAL: options of varying number, skills as clusters, and what no question can be made of."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_social import FAULTY, ROWS, SCHEMA, write

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.base import Adapted
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "social"
NAME = "test-00000-of-00001.parquet"
READ = get_adapter("social").read


@pytest.fixture
def adapted(tmp_path: Path) -> Adapted:
    return READ(write(tmp_path / NAME, [*ROWS, *FAULTY]).parent, "")


def test_the_file_for_the_tests_of_every_task_holds_these_rows() -> None:
    assert pq.read_table(RAW / NAME).to_pylist() == ROWS


def test_a_question_keeps_its_own_options_and_the_place_of_its_answer(adapted: Adapted) -> None:
    check_items(adapted.items)
    item = adapted.items.to_pylist()[2]
    assert (item["id"], item["kind"], item["split"], item["language"]) == ("social:3", "choice", "test", "en")
    assert item["situation"] == "There are 6 plums for 3 friends. What is a fair share?"
    assert item["options"] == ["1 plum each", "2 plums each", "6 plums for one"]
    assert (item["gold"], item["country"]) == (1, None)
    assert dict(item["categories"]) == {
        "subject": ["social-studies"],
        "grade": ["grade-1"],
        "skill": ["sharing"],
    }
    assert item["source"] == {
        "row": 3,
        "label": "1",
        "culture": None,
        "split": "test",
        "file": NAME,
    }


def test_options_differ_in_number_and_lose_the_space_around_them(adapted: Adapted) -> None:
    options = adapted.items["options"].to_pylist()
    assert {len(own) for own in options} == {2, 3, 4, 7}
    assert options[6][0] == "Monday"
    assert adapted.items["situation"][6].as_py() == "Which day was a market day in the poem?"


def test_questions_of_one_skill_of_one_subject_are_one_cluster(adapted: Adapted) -> None:
    clusters = adapted.items["cluster"].to_pylist()
    assert clusters[0] == clusters[1] == "social-studies: taking turns"
    assert len(set(clusters)) == 8


def test_an_unstated_grade_is_no_facet(adapted: Adapted) -> None:
    assert "grade" not in dict(adapted.items["categories"][11].as_py())


def test_what_cannot_be_asked_is_set_aside_with_its_row(adapted: Adapted) -> None:
    told = [
        (row["row"], row["field"], row["value"], row["reason"], row["invalid"])
        for row in adapted.set_aside.to_pylist()
    ]
    assert told == [
        (13, "choices", " | ".join(ROWS[12]["choices"]), "has more than 10 options", False),
        (14, "answer_idx", "2", "is not the place of an option", True),
        (15, "choices", "glad", "is not two options or more", True),
        (16, "choices", "glad |  ", "holds an empty option", True),
        (17, "question", " ", "is empty", True),
    ]
    with pytest.raises(InputError, match="row 14"):
        refuse_invalid(adapted)


def test_a_missing_answer_is_not_the_first_option(tmp_path: Path) -> None:
    adapted = READ(write(tmp_path / NAME, [ROWS[0] | {"answer_idx": None}, ROWS[1]]), "")
    assert adapted.items.num_rows == 1
    assert adapted.set_aside["field"].to_pylist() == ["answer_idx"]


def test_large_lists_and_narrow_numbers_are_the_same_data(tmp_path: Path) -> None:
    other = pa.schema(
        [
            field.with_type(
                {"choices": pa.large_list(pa.large_string()), "answer_idx": pa.int8()}.get(
                    field.name, pa.large_string()
                )
            )
            for field in SCHEMA
        ]
    )
    usual = READ(write(tmp_path / "a" / NAME), "")
    assert READ(write(tmp_path / "b" / NAME, ROWS, other), "").items.equals(usual.items)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a readable Parquet file"),
        (b"PAR1 and nothing else", "is not a readable Parquet file"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        READ(tmp_path, "")
    assert "\n" not in str(caught.value)


def test_another_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path / NAME, [{"question": "?"}], pa.schema([("question", pa.string())]))
    with pytest.raises(InputError, match=r"missing column\(s\) 'choices', 'answer_idx'"):
        READ(tmp_path, "")
    wrong = pa.schema([*[field for field in SCHEMA if field.name != "choices"], ("choices", pa.int64())])
    write(tmp_path / NAME, [ROWS[0] | {"choices": 1}], wrong)
    with pytest.raises(InputError, match="int64"):
        READ(tmp_path, "")
