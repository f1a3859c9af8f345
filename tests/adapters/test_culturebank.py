"""CultureBank: agreement in five steps, and groups that are a country's people or have no country."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite import cultures
from normsuite.adapters import refuse_invalid
from normsuite.adapters.culturebank import STEPS, read
from normsuite.adapters.culturebank_groups import group_country
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "culturebank"
HEAD = ("cluster_id", "cultural group", "context", "actor_behavior", "topic", "agreement")
FINE = ("0", "Finnish", "in a sauna", "sit in silence", "Leisure", "0.9")


def write(tmp_path: Path, *rows: tuple[str, ...]) -> Path:
    path = tmp_path / "culturebank_reddit.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return path


def test_both_sites_are_read_and_keep_their_ids_apart() -> None:
    adapted = read(RAW)
    check_items(adapted.items)
    refuse_invalid(adapted)
    rows = {row["id"]: row for row in adapted.items.to_pylist()}
    assert len(rows) == 23
    tip = rows["culturebank:tiktok:0"]
    assert (tip["country"], tip["zone"], tip["agreement"], STEPS[tip["gold"]]) == (
        "USA",
        "English Speaking",
        1.0,
        "nearly everybody",
    )
    assert dict(tip["categories"]) == {
        "site": ["tiktok"],
        "topic": ["Food and Dining"],
        "support": ["[5, 20)"],
    }
    told = {part["name"]: part["value"] for part in tip["frame"]}
    assert told == {
        "group": "American",
        "role": "people",
        "relation": "customer and staff",
        "partner": "waiter",
        "response": "say thank you",
    }
    assert rows["culturebank:reddit:0"]["country"] == "FIN"
    assert rows["culturebank:reddit:9"]["behavior"].count("\n") == 1
    assert sorted(adapted.files) == ["culturebank_reddit.csv", "culturebank_tiktok.csv"]


def test_words_for_nothing_are_nothing() -> None:
    (queue,) = (row for row in read(RAW).items.to_pylist() if row["id"] == "culturebank:reddit:5")
    assert [part["name"] for part in queue["frame"]] == ["group", "role"]


def test_groups_without_a_country_keep_their_item_and_are_noted() -> None:
    adapted = read(RAW)
    noted = [row["value"] for row in adapted.set_aside.to_pylist() if row["field"] == "cultural group"]
    assert noted == ["Californian", "Korean", "Asian Americans", "Arab", "Texans"]
    rows = [row for row in adapted.items.to_pylist() if row["country"] is None]
    assert [row["source"]["culture"] for row in rows] == noted
    assert {row["zone"] for row in rows} == {None}


def test_a_row_without_agreement_is_a_known_gap() -> None:
    gaps = [row for row in read(RAW).set_aside.to_pylist() if row["field"] == "agreement"]
    assert [(row["row"], row["reason"], row["invalid"]) for row in gaps] == [(12, "is empty", False)]


@pytest.mark.parametrize(
    ("agreement", "step"),
    [("0", 0), ("0.19", 0), ("0.2", 1), ("0.4", 2), ("0.5999", 2), ("0.6", 3), ("0.8", 4), ("1.0", 4)],
)
def test_a_step_begins_at_its_bound(tmp_path: Path, agreement: str, step: int) -> None:
    assert read(write(tmp_path, (*FINE[:-1], agreement))).items["gold"].to_pylist() == [step]


@pytest.mark.parametrize(
    ("at", "value", "field"),
    [
        (0, "0", "cluster_id"),
        (1, " ", "cultural group"),
        (3, "", "actor_behavior"),
        (5, "1.2", "agreement"),
        (5, "nan", "agreement"),
        (5, "most", "agreement"),
    ],
)
def test_rows_that_break_the_format_are_refused(tmp_path: Path, at: int, value: str, field: str) -> None:
    row = ["1", *FINE[1:]]
    row[at] = value
    with pytest.raises(InputError) as caught:
        refuse_invalid(read(write(tmp_path, FINE, tuple(row))))
    assert (caught.value.row, caught.value.field) == (2, field)


def test_files_of_neither_site_are_refused(tmp_path: Path) -> None:
    write(tmp_path, FINE).rename(tmp_path / "customs.csv")
    for raw in (tmp_path, tmp_path / "customs.csv", tmp_path / "nowhere_reddit.csv"):
        with pytest.raises(InputError, match=r"culturebank_tiktok\.csv or culturebank_reddit\.csv"):
            read(raw)


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ("American", "USA"),
        ("americans", "USA"),
        ("American people", "USA"),
        ("The Swiss", "CHE"),
        ("U.S.", "USA"),
        ("Japan", "JPN"),
        ("South  Korean", "KOR"),
        ("Saudis", "SAU"),
        ("Korean", None),
        ("California", None),
        ("Georgia", None),
        ("Americans in Japan", None),
        ("African American", None),
        ("people", None),
        ("", None),
    ],
)
def test_a_group_is_a_countrys_whole_people_or_nothing(group: str, code: str | None) -> None:
    assert group_country(group) == code


@given(st.text(max_size=30))
def test_any_group_has_a_code_of_a_country_or_none(group: str) -> None:
    code = group_country(group)
    assert code is None or cultures.country(code) == code
