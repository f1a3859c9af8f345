"""The shipped data set: three styles become one table, and every fault names its line and key."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from normsuite import cultures, folders
from normsuite.adapters.mini import read
from normsuite.errors import InputError
from normsuite.schema import check_items

PERSON = {"subject": "PERSON", "name": "role", "relation": "is", "value": "guest"}
FIJI = {"subject": "ENV", "name": "country", "relation": "is", "value": "fiji"}


def common(style: str, number: int, label: str) -> dict:
    return {
        "id": f"{style}-001-{number}",
        "style": style,
        "family": f"{style}-001",
        "split": "test",
        "constraints": [PERSON, FIJI],
        "country": "Fiji",
        "label": label,
        "topic": "visiting",
        "reason": "Because we made it so.",
    }


def framed(label: str = "taboo") -> dict:
    return common("framed", 1, label) | {"setting": "house", "behavior": "whistle"}


def rule() -> dict:
    extra = {
        "situation": "Ana is a guest.",
        "action": "whistles",
        "rule": "Guests are quiet.",
        "foundation": "care",
    }
    return common("rules", 1, "bad") | extra


def story(label: str) -> dict:
    extra = {"story": "Bo whistled.", "value": "respect", "rule": "Guests are quiet."}
    return common("stories", 1, label) | extra | {"country": None, "constraints": [PERSON]}


def write(root: Path, **files: list) -> Path:
    for style in ("framed", "rules", "stories"):
        rows = files.get(style, [{"framed": framed(), "rules": rule(), "stories": story("no")}[style]])
        (root / f"{style}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
        )
    return root


def test_three_styles_become_one_table(tmp_path: Path) -> None:
    adapted = read(write(tmp_path), "default")
    check_items(adapted.items)
    first, second, third = adapted.items.to_pylist()
    assert (first["situation"], first["behavior"], first["norm"]) == ("house", "whistle", None)
    assert (first["options"], first["gold"], first["valence"]) == (["taboo", "normal", "expected"], 0, -1)
    assert (first["country"], first["zone"], first["language"]) == ("FJI", "West and South Asia", "en")
    assert first["frame"] == [PERSON, FIJI]
    assert (second["behavior"], second["norm"]) == ("whistles", "Guests are quiet.")
    assert (second["options"], second["gold"], second["valence"]) == (["bad", "okay", "good"], 0, -1)
    assert dict(second["categories"]) == {"style": ["rules"], "topic": ["visiting"], "foundation": ["care"]}
    assert (third["situation"], third["norm"], third["country"]) == (
        "Bo whistled.",
        "Guests are quiet.",
        None,
    )
    assert third["frame"][-1] == {"subject": "ENV", "name": "value", "relation": "is", "value": "respect"}
    assert third["explanation"] == "Because we made it so."
    assert third["family"] == third["cluster"] == "stories-001"
    assert sorted(adapted.files) == ["framed.jsonl", "rules.jsonl", "stories.jsonl"]


@pytest.mark.parametrize(("label", "gold", "valence"), [("yes", 0, 1), ("no", 1, -1), ("neutral", 2, None)])
def test_labels_of_stories(tmp_path: Path, label: str, gold: int, valence: float | None) -> None:
    item = read(write(tmp_path, stories=[story(label)]), "default").items.to_pylist()[-1]
    assert (item["gold"], item["valence"], item["source"]["label"]) == (gold, valence, label)


def test_text_may_hold_any_line_separator_of_unicode(tmp_path: Path) -> None:
    row = framed() | {"setting": "a\u2028b\u0085c"}
    write(tmp_path)
    (tmp_path / "framed.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    assert read(tmp_path / "framed.jsonl", "default").items["situation"].to_pylist() == ["a\u2028b\u0085c"]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"label": "bad"}, "label", "'bad' is not one of taboo, normal, expected"),
        ({"label": ["taboo"]}, "label", "is no text"),
        ({"split": "dev"}, "split", "'dev' is not one of train, test"),
        ({"style": "rules"}, "style", "'rules' is not 'framed'"),
        ({"country": "Atlantis"}, "country", "'Atlantis' is not a known country"),
        ({"setting": " "}, "setting", "' ' is no text"),
        ({"mood": "x"}, "mood", "is not a key of this file"),
        ({"constraints": []}, "constraints", "is no list of constraints"),
        ({"constraints": [PERSON | {"subject": "DOG"}]}, "constraints", "'DOG' is not one of"),
        ({"constraints": [{"name": "role"}]}, "constraints", "does not have the keys"),
        ({"constraints": [PERSON | {"value": 3}]}, "constraints", "no text"),
    ],
)
def test_faults_name_file_line_and_key(tmp_path: Path, change: dict, field: str, reason: str) -> None:
    write(tmp_path, framed=[framed(), framed() | change])
    with pytest.raises(InputError) as caught:
        read(tmp_path, "default")
    assert reason in str(caught.value)
    assert (caught.value.row, caught.value.field) == (2, field)
    assert str(caught.value.file).endswith("framed.jsonl")


def test_missing_keys_bad_json_and_bad_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "framed.jsonl"
    row = framed()
    del row["reason"]
    for content, reason in (
        (json.dumps(row), r"row 1, field 'reason': is missing"),
        (json.dumps(framed()) + "\n{'id': 1}\n", r"row 2: is no JSON object"),
        (json.dumps(framed()) + "\n\n", r"row 2: is no JSON object"),
        ("[1]", r"row 1: is no JSON object"),
        ("\ufeff" + json.dumps(framed()), r"row 1: is no JSON object"),
        ("[" * 100_000, r"row 1: is no JSON object"),
        ("9" * 5000, r"row 1: is no JSON object"),
        (json.dumps(framed() | {"reason": "\ud800"}), r"row 1: is no JSON object"),
        (f"{json.dumps(framed())}\n" * 2, r"row 2, field 'id': .* is the id of row 1"),
        ("", r"is empty"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=reason):
            read(tmp_path, "default")
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path, "default")
    path.unlink()
    with pytest.raises(InputError, match=r"holds no framed\.jsonl"):
        read(tmp_path, "default")


@pytest.fixture(scope="module")
def shipped() -> pa.Table:
    items = read(folders.mini(), "default").items
    check_items(items)
    return items


def test_shipped_size_countries_and_zones(shipped: pa.Table) -> None:
    styles = [dict(entry)["style"][0] for entry in shipped["categories"].to_pylist()]
    assert {style: styles.count(style) >= 160 for style in ("framed", "rules", "stories")} == {
        "framed": True,
        "rules": True,
        "stories": True,
    }
    assert pc.count_distinct(shipped["country"]).as_py() >= 30
    assert pc.count_distinct(shipped["zone"]).as_py() == 8


def test_shipped_labels_are_balanced_within_ten_percent(shipped: pa.Table) -> None:
    labels = pc.struct_field(shipped["source"].combine_chunks(), "label")
    for options in (("taboo", "normal", "expected"), ("bad", "okay", "good"), ("yes", "no", "neutral")):
        counts = [pc.sum(pc.equal(labels, option)).as_py() for option in options]
        assert max(counts) - min(counts) <= 0.1 * max(counts), dict(zip(options, counts, strict=True))


def test_shipped_families_differ_in_one_constraint_that_changes_the_label(shipped: pa.Table) -> None:
    families: dict[str, list[dict]] = {}
    for item in shipped.to_pylist():
        families.setdefault(item["family"], []).append(item)
    assert len(families) >= 80
    for name, members in families.items():
        assert len({item["split"] for item in members}) == 1, name
        assert len({item["gold"] for item in members}) == len(members), name
        slots = {tuple((c["subject"], c["name"], c["relation"]) for c in item["frame"]) for item in members}
        assert len(slots) == 1, name
        # A story's value belongs to the rule in force: it goes with the country where that is what changes.
        values = zip(
            *([c["value"] for c in item["frame"] if c["name"] != "value"] for item in members), strict=True
        )
        assert sum(len(set(column)) > 1 for column in values) == 1, name
        assert all(item["explanation"] for item in members), name


def test_shipped_countries_agree_with_the_constraints(shipped: pa.Table) -> None:
    for item in shipped.to_pylist():
        named = [c["value"] for c in item["frame"] if (c["subject"], c["name"]) == ("ENV", "country")]
        assert [cultures.country(value) for value in named] == [item["country"]] * len(named), item["id"]
        assert bool(named) == (item["country"] is not None), item["id"]
