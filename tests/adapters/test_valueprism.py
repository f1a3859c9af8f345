"""ValuePrism: two views, their labels and polarity, columns under several names."""

from pathlib import Path

import pytest

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.valueprism import VIEWS
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "valueprism"
READ = get_adapter("valueprism").read


def write(folder: Path, text: str, name: str = "valence_test.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_three_splits_of_sound_items(view: str) -> None:
    adapted = READ(RAW, view)
    check_items(adapted.items)
    refuse_invalid(adapted)
    assert set(adapted.items["split"].to_pylist()) == {"train", "dev", "test"}
    assert adapted.set_aside.num_rows == 0


def test_a_value_supports_opposes_or_either() -> None:
    items = [item for item in READ(RAW, "valence").items.to_pylist() if item["split"] == "test"]
    first, second, third = items[:3]
    assert first["id"] == "valueprism:valence:test:1"
    assert (first["situation"], first["norm"]) == ("Lending a bicycle to a stranger", "Generosity")
    assert first["options"] == ["opposes", "either", "supports"]
    assert [item["gold"] for item in (first, second, third)] == [2, 0, 1]
    assert [item["valence"] for item in (first, second, third)] == [1.0, -1.0, 0.0]
    assert dict(third["categories"]) == {"kind": ["right"]}
    assert first["frame"] == [{"subject": "ENV", "name": "kind", "relation": "is", "value": "value"}]
    assert first["cluster"] == second["cluster"] and "bicycle" not in first["cluster"]
    assert (items[8]["gold"], items[8]["source"]["label"]) == (2, "supports")


def test_relevance_is_yes_or_no_and_has_no_valence() -> None:
    items = READ(RAW, "relevance").items
    assert set(items["gold"].to_pylist()) == {0, 1}
    assert items["valence"].null_count == items.num_rows
    assert items["options"][0].as_py() == ["not relevant", "relevant"]


def test_a_column_of_the_label_s_own_name_goes_before_output(tmp_path: Path) -> None:
    text = "action,vrd,text,valence,output\nHum,Value,Joy,Supports,Supports because of joy\n"
    assert READ(write(tmp_path, text), "valence").items["gold"].to_pylist() == [2]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",Value,Joy,Supports", "situation", "is empty"),
        ("Hum,Value,,Supports", "text", "is empty"),
        ("Hum,Virtue,Joy,Supports", "vrd", "is not one of value, right, duty"),
        ("Hum,Value,Joy,Yes", "label", "is not one of opposes, either, supports"),
    ],
)
def test_what_breaks_the_format_is_invalid(tmp_path: Path, row: str, field: str, reason: str) -> None:
    text = f"situation,vrd,text,output\nHum,Value,Joy,Supports\n{row}\n"
    adapted = READ(write(tmp_path, text), "valence")
    assert adapted.items.num_rows == 1
    (told,) = adapted.set_aside.to_pylist()
    assert (told["row"], told["field"], told["reason"], told["invalid"]) == (2, field, reason, True)


def test_other_columns_or_no_file_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no valence/valence_test\.csv"):
        READ(tmp_path, "valence")
    with pytest.raises(InputError, match="has no column 'situation' or 'action'"):
        READ(write(tmp_path, "input,vrd,text,output\nHum,Value,Joy,Supports\n"), "valence")
    with pytest.raises(InputError, match="has no column 'valence' or 'output'"):
        READ(write(tmp_path, "action,vrd,text,label\nHum,Value,Joy,Supports\n"), "valence")
    write(tmp_path, "", "new_valence_test.csv")
    with pytest.raises(InputError, match="holds several files for test"):
        READ(tmp_path, "valence")
    with pytest.raises(InputError, match="has no view 'explanation'"):
        READ(RAW, "explanation")
