"""EgoNormia: two layouts, four views, and golds that survive shuffling."""

from __future__ import annotations

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
from normsuite.adapters.build import load
from normsuite.adapters.egonormia import ADAPTER, NONE, read
from normsuite.adapters.egonormia_file import read_scenarios
from normsuite.errors import InputError
from normsuite.schema import check_items

DATA = Path(__file__).parents[1] / "data" / "egonormia"
VIDEO = "0b1c2d3e-4f50-4a61-8b72-93a4b5c6d7e8"


def scenario(**changes: Any) -> dict[str, Any]:
    letters = list("abcde")
    return {
        "id": f"{VIDEO}_1-00",
        "behaviors": letters,
        "justifications": [letter.upper() for letter in letters],
        "correct": 2,
        "sensibles": [4, 2],
        "taxonomy": {str(at): ["Safety"] for at in range(5)},
        "desc": "A hall.",
    } | changes


def written(folder: Path, *scenarios: dict[str, Any]) -> Path:
    path = folder / "final_data.json"
    path.write_text(json.dumps({one["id"]: one for one in scenarios}))
    return path


def as_rows(text: str) -> list[dict[str, Any]]:
    """The hub's rows of the repository's object."""
    names = {"correct": "correct_idx", "sensibles": "sensible_idx", "desc": "description"}
    return [{names.get(key, key): value for key, value in one.items()} for one in json.loads(text).values()]


def without_source(items: pa.Table) -> list[dict[str, Any]]:
    return items.drop_columns("source").to_pylist()


TEXT_VIEWS = [view for view in ADAPTER.views if not view.endswith("-frames")]


@pytest.mark.parametrize("view", TEXT_VIEWS)
def test_the_published_robot_scenarios(shared_data: Path, view: str) -> None:
    adapted = read(shared_data / "egonormia", view)
    check_items(adapted.items)
    refuse_invalid(adapted)
    assert adapted.items.num_rows == (22 if view == "both" else 11)
    assert pc.count_distinct(adapted.items["cluster"]).as_py() == 11
    assert set(adapted.files) == {"ood_robot.json", "id2high.json"}
    (note,) = adapted.set_aside.to_pylist()
    assert (note["row"], note["field"], note["value"]) == (9, "correct", "0")
    assert "the item is kept" in note["reason"]


def test_published_ids_name_their_video(shared_data: Path, tmp_path: Path) -> None:
    ids = json.loads((shared_data / "egonormia" / "id2high.json").read_text())
    written(tmp_path, *(scenario(id=name) for name in ids))
    (tmp_path / "id2high.json").write_text(json.dumps(ids))
    items = read(tmp_path).items
    assert (items.num_rows, pc.count_distinct(items["cluster"]).as_py()) == (1823, 1066)
    activities = [dict(row)["activity"][0] for row in items["categories"].to_pylist()]
    assert activities.count("Professional") == 715


def test_both_layouts_are_the_same_items(tmp_path: Path) -> None:
    rows = as_rows((DATA / "final_data.json").read_text())
    for name in ("parquet", "json", "jsonl"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "id2high.json").write_text((DATA / "id2high.json").read_text())
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "parquet" / "train-00000-of-00001.parquet")
    (tmp_path / "json" / "train.json").write_text(json.dumps(rows))
    (tmp_path / "jsonl" / "train.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    for view in TEXT_VIEWS:
        expected = read(DATA, view)
        for name in ("parquet", "json", "jsonl"):
            found = read(tmp_path / name, view)
            assert without_source(found.items) == without_source(expected.items)
            assert found.set_aside["reason"] == expected.set_aside["reason"]


def test_rows_in_parquet_may_be_given_as_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(as_rows((DATA / "final_data.json").read_text())), path)
    assert load("egonormia", path).items.num_rows == 8
    path.write_bytes(b"PAR1" + bytes(20))
    with pytest.raises(InputError, match="not a readable Parquet file"):
        load("egonormia", path)
    with pytest.raises(InputError, match="not a readable Parquet file"):
        read_scenarios(path)


def test_an_empty_act_is_none_of_these_wherever_it_stands() -> None:
    for item in read(DATA, "action").items.to_pylist():
        assert item["options"].count(NONE) == 1
        best = "none of these" if item["options"][item["gold"]] == NONE else "an act"
        assert dict(item["categories"])["best"] == [best]
    places = {item["options"].index(NONE) for item in read(DATA).items.to_pylist()}
    assert places == {1, 2, 3, 4}


def test_fields_of_one_scenario(tmp_path: Path) -> None:
    written(tmp_path, scenario(taxonomy={"2": ["Privacy", "Safety", "Privacy"], "0": []}))
    (action,) = read(tmp_path, "action").items.to_pylist()
    assert (action["id"], action["kind"]) == (f"egonormia:{VIDEO}_1-00:action", "choice")
    assert (action["situation"], action["behavior"], action["gold"]) == ("A hall.", None, 2)
    assert (action["cluster"], action["family"], action["explanation"]) == (VIDEO, None, "C")
    assert dict(action["categories"])["norm"] == ["Privacy", "Safety"]
    assert (action["country"], action["language"], action["split"]) == (None, "en", "test")
    (reason,) = read(tmp_path, "justification").items.to_pylist()
    assert (reason["behavior"], reason["options"], reason["gold"]) == ("c", list("ABCDE"), 2)
    (sensible,) = read(tmp_path, "sensible").items.to_pylist()
    assert (sensible["kind"], sensible["gold"], sensible["gold_set"]) == ("multilabel", None, [2, 4])


def test_act_and_reason_are_one_family_in_this_order_and_the_best_act_is_not_told(tmp_path: Path) -> None:
    written(tmp_path, scenario(), scenario(id="clip-1"))
    items = read(tmp_path, "both").items
    questions = [dict(row)["question"][0] for row in items["categories"].to_pylist()]
    assert questions == ["action", "justification"] * 2
    assert items["family"].to_pylist() == [f"{VIDEO}_1-00"] * 2 + ["clip-1"] * 2
    assert items["behavior"].null_count == 4


def test_a_scenario_without_words_for_it_is_set_aside_and_breaks_nothing(tmp_path: Path) -> None:
    twice = scenario(id="b", justifications=["A", "B", "same", "same", "E"])
    written(tmp_path, scenario(desc=" "), twice, scenario(id="c"))
    action, reason = read(tmp_path, "action"), read(tmp_path, "justification")
    assert action.items["id"].to_pylist() == ["egonormia:b:action", "egonormia:c:action"]
    assert reason.items["id"].to_pylist() == ["egonormia:c:justification"]
    refuse_invalid(reason)
    assert reason.set_aside["row"].to_pylist() == [1, 2]


def test_frames_are_evenly_spaced_in_the_order_of_their_numbers() -> None:
    adapted = read(DATA, "action-frames")
    check_items(adapted.items)
    images = dict(zip(adapted.items["id"].to_pylist(), adapted.items["images"].to_pylist(), strict=True))
    assert len(images) == 5
    ten = images[f"egonormia:{VIDEO}_12-50:action"]
    assert [Path(name).stem for name in ten] == ["1", "2", "4", "5", "6", "7", "9", "10"]
    assert images["egonormia:robot-1:action"] == [f"frames/robot-1/{number}.png" for number in (1, 2, 3)]
    # What only the description would tell is not needed here.
    assert len(images["egonormia:robot-2:action"]) == 2
    reasons = adapted.set_aside["reason"].to_pylist()
    assert reasons.count("has no pictures in frames") == 4
    assert "pictures (16)" in adapted.files
    both = read(DATA, "both-frames").items
    assert both["images"].to_pylist()[0] == both["images"].to_pylist()[1] == ten
    assert read(DATA, "both").items["images"].null_count == 16


def test_paths_are_relative_to_what_the_user_gave(tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(DATA)
    for raw, start in ((tmp_path / "src", "frames/"), (tmp_path / "src" / "final_data.json", "frames/")):
        adapted = read(raw, "action-frames")
        assert all(name.startswith(start) for (name, *_) in adapted.items["images"].to_pylist())
        assert adapted.folder == tmp_path / "src"


@pytest.mark.parametrize("name", ["..", ".", "../other", "a/b", "a\\b", "/etc", "a\0b"])
def test_an_id_leads_nowhere_but_into_frames(tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "frames").mkdir()
    (tmp_path / "other" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    written(tmp_path, scenario(id=name))
    adapted = read(tmp_path, "action-frames")
    assert adapted.items.num_rows == 0
    assert adapted.set_aside["reason"].to_pylist() == ["has no pictures in frames"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"behaviors": list("abcd")}, "behaviors"),
        ({"justifications": ["A", "B", "C", "D", None]}, "justifications"),
        ({"correct": 5}, "correct"),
        ({"correct": True}, "correct"),
        ({"correct": "2"}, "correct"),
        ({"sensibles": [-1]}, "sensibles"),
        ({"sensibles": None}, "sensibles"),
        ({"taxonomy": {"5": []}}, "taxonomy"),
        ({"taxonomy": {"0": "Safety"}}, "taxonomy"),
        ({"taxonomy": None}, "taxonomy"),
        ({"desc": 7}, "desc"),
        ({"id": ""}, "id"),
    ],
)
def test_what_breaks_the_format_is_named(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    written(tmp_path, scenario(id="good"), scenario(**changes))
    adapted = read(tmp_path)
    assert adapted.items.num_rows == 1
    with pytest.raises(InputError) as caught:
        refuse_invalid(adapted)
    assert (caught.value.row, caught.value.field) == (2, field)


def test_an_id_twice_is_named_even_where_json_would_keep_the_last(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text(json.dumps([scenario(), scenario()]))
    assert read(tmp_path).set_aside["reason"].to_pylist() == ["is the id of row 1"]
    one = json.dumps(scenario())
    (tmp_path / "final_data.json").write_text(f'{{"x": {one}, "x": {one}}}')
    with pytest.raises(InputError, match="the key 'x' is there twice"):
        read(tmp_path)
    (tmp_path / "final_data.json").write_text(f'{{"x": {one}}}')
    assert read(tmp_path).set_aside["reason"].to_pylist() == ["is listed under the id 'x'"]


@pytest.mark.parametrize(
    "content", [b"", b"[", b"7", b"[]", b"{}", b"\xff", b'{"a": "\\ud800"}', b"[" * 99_999]
)
def test_a_file_that_is_none_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "final_data.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*scenario(), "correct_idx", "description"]), _JSON))
def test_any_scenario_is_read_or_set_aside(tmp_path_factory: pytest.TempPathFactory, changes: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "train.json"
    path.write_text(json.dumps([scenario() | changes]))
    try:
        scenarios, faults = read_scenarios(path)
    except InputError as error:
        assert "surrogates not allowed" in str(error)
    else:
        assert len(scenarios) + len(faults) == 1
