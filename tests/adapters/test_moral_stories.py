"""Moral Stories: two actions in a shuffled order, and single actions with their labels."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import refuse_invalid
from normsuite.adapters.moral_stories import ACTION, CHOICE, read
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "moral-stories"
CONFIG = RAW / "action+norm_cls" / "norm_distance"
STORY = {
    "ID": "3AB",
    "norm": "Knock first.",
    "situation": "A door is shut.",
    "intention": "Bo wants in.",
    "moral_action": "Bo knocks.",
    "moral_consequence": "The door opens.",
    "immoral_action": "Bo kicks the door.",
    "immoral_consequence": "The door breaks.",
}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_the_moral_action_stands_on_both_sides() -> None:
    adapted = read(RAW, CHOICE)
    check_items(adapted.items)
    refuse_invalid(adapted)
    rows = adapted.items.to_pylist()
    moral = {
        line["ID"]: line["moral_action"]
        for line in map(json.loads, (RAW / "moral_stories_full.jsonl").open())
    }
    assert len(rows) == 10
    assert {row["kind"] for row in rows} == {"pair"}
    assert [row["options"][row["gold"]] for row in rows] == [moral[row["cluster"]] for row in rows]
    assert {row["gold"] for row in rows} == {0, 1}
    assert {row["split"] for row in rows} == {"test"}
    assert list(adapted.files) == ["moral_stories_full.jsonl"]


def test_a_story_is_mapped_without_its_consequences(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "full.jsonl", STORY), CHOICE).items.to_pylist()
    assert (row["id"], row["norm"], row["situation"]) == (
        "moral-stories:3AB",
        "Knock first.",
        "A door is shut.",
    )
    assert row["frame"] == [
        {"subject": "PERSON", "name": "intention", "relation": "is", "value": "Bo wants in."}
    ]
    assert sorted(row["options"]) == ["Bo kicks the door.", "Bo knocks."]
    assert "breaks" not in str(row)


def test_the_parquet_copy_with_its_own_key_is_the_same_data(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (RAW / "moral_stories_full.jsonl").open()]
    renamed = [{("guid" if key == "ID" else key): cell for key, cell in line.items()} for line in lines]
    path = tmp_path / "train-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist(renamed), path)
    ours, theirs = (read(raw, CHOICE).items.drop_columns("source") for raw in (RAW, tmp_path))
    assert theirs.equals(ours)


def test_labelled_actions_keep_the_splits_of_their_configuration() -> None:
    adapted = read(RAW, ACTION)
    check_items(adapted.items)
    refuse_invalid(adapted)
    frame = adapted.items.to_pandas()
    assert frame.groupby("split")["gold"].agg(["size", "sum"]).to_dict("index") == {
        "train": {"size": 10, "sum": 5},
        "dev": {"size": 4, "sum": 2},
        "test": {"size": 6, "sum": 3},
    }
    row = adapted.items.filter(pc.equal(adapted.items["id"], "moral-stories:action:3STORY07QX0")).to_pylist()[
        0
    ]
    assert (row["family"], row["valence"], row["situation"]) == ("3STORY07QX", -1.0, None)
    assert row["behavior"].startswith("Piet shouts")
    assert len(adapted.files) == 3


def test_without_labelled_files_both_actions_of_a_story_are_taken(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "full.jsonl", STORY), ACTION).items.to_pylist()
    assert [(row["behavior"], row["options"][row["gold"]]) for row in rows] == [
        ("Bo kicks the door.", "immoral"),
        ("Bo knocks.", "moral"),
    ]
    assert {row["family"] for row in rows} == {"3AB"}


def test_several_configurations_are_refused(tmp_path: Path) -> None:
    row = {"ID": "3AB1", "moral_action": "Bo knocks.", "label": "1"}
    for name in ("norm_distance", "lexical_bias"):
        write(tmp_path / "action_cls" / name / "test.jsonl", row)
    with pytest.raises(InputError, match="action_cls/lexical_bias, action_cls/norm_distance"):
        read(tmp_path, ACTION)
    assert read(tmp_path / "action_cls" / "norm_distance", ACTION).items.num_rows == 1


def test_a_labelled_file_must_say_its_split(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say its split"):
        read(
            write(tmp_path / "rows.jsonl", {"ID": "3AB1", "moral_action": "Bo knocks.", "label": "1"}), ACTION
        )
    with pytest.raises(InputError, match="no file with both actions"):
        read(CONFIG, CHOICE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"norm": " "}, "norm"),
        ({"intention": None}, "intention"),
        ({"immoral_action": "Bo knocks."}, "moral_action"),
        ({"ID": "3AA"}, "id"),
        ({"ID": ["3AB"]}, "ID"),
        ({"norm": {}}, "norm"),
    ],
)
def test_stories_that_break_the_format_are_refused(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    path = write(tmp_path / "full.jsonl", STORY | {"ID": "3AA"}, STORY | change)
    with pytest.raises(InputError) as caught:
        refuse_invalid(read(path, CHOICE))
    assert (caught.value.row, caught.value.field) == (2, field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": "2"}, "label"),
        ({"label": 0, "ID": "3AB0"}, "label"),
        ({"ID": "3AB0"}, "id"),
        ({"immoral_action": "Bo kicks."}, "label"),
    ],
)
def test_labels_that_do_not_fit_their_row_are_refused(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    fine = {"ID": "3AA1", "moral_action": "Bo waves.", "label": "1"}
    bad = {"ID": "3AB1", "moral_action": "Bo knocks.", "label": "1"} | change
    adapted = read(write(tmp_path / "action_cls" / "x" / "test.jsonl", fine, bad), ACTION)
    with pytest.raises(InputError) as caught:
        refuse_invalid(adapted)
    assert caught.value.field == field


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["ID", "norm"]), inner),
    max_leaves=6,
)


@given(st.lists(_JSON, max_size=5))
def test_every_line_is_read_or_set_aside(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    path = tmp_path_factory.mktemp("lines") / "full.jsonl"
    path.write_text("\n".join(map(json.dumps, [*values, STORY])))
    adapted = read(path, CHOICE)
    assert adapted.items.num_rows + adapted.set_aside.num_rows == len(values) + 1
    assert adapted.items["norm"].to_pylist() == ["Knock first."]


def test_files_that_are_no_json_lines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "full.jsonl"
    path.write_bytes(b"\xff{}")
    with pytest.raises(InputError, match="UTF-8"):
        read(path, CHOICE)
    path.write_text("[1]\n")
    with pytest.raises(InputError, match="no row that is an object"):
        read(path, CHOICE)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nowhere", CHOICE)
