"""GlobalOpinionQA: shares, groups by their many names, and what no item can be made of."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.base import Adapted
from normsuite.adapters.global_opinion import answers_nothing
from normsuite.adapters.opinion_places import parse_group
from normsuite.adapters.shares import plurality, whole
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "global-opinion"
READ = get_adapter("global-opinion").read
HEADER = ["question", "selections", "options", "source"]


def write(folder: Path, *rows: list[str]) -> Path:
    with (folder / "global_opinions.csv").open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows([HEADER, *rows])
    return folder


def faults(adapted: Adapted) -> list[tuple[int, str, str, str, bool]]:
    told = adapted.set_aside.to_pylist()
    return [(row["row"], row["field"], row["value"], row["reason"], row["invalid"]) for row in told]


@pytest.fixture(scope="module")
def adapted() -> Adapted:
    return READ(RAW, "all-options")


def test_a_question_becomes_one_item_for_each_group(adapted: Adapted) -> None:
    check_items(adapted.items)
    refuse_invalid(adapted)
    first = adapted.items.to_pylist()[0]
    assert (first["id"], first["kind"], first["split"]) == ("global-opinion:1:Britain", "choice", "test")
    assert (first["country"], first["zone"], first["language"]) == ("GBR", "English Speaking", "en")
    assert first["options"] == ["A lot", "Some", "Not at all", "DK/Refused"]
    assert (first["votes"], first["gold"]) == (None, 0)
    assert first["shares"] == pytest.approx([0.5, 0.3, 0.15, 0.05])
    assert first["frame"] == [
        {"subject": "ENV", "name": "country", "relation": "is", "value": "United Kingdom"}
    ]
    assert dict(first["categories"]) == {"survey": ["GAS"], "sample": ["national"]}
    assert (first["source"]["row"], first["source"]["culture"]) == (1, "Britain")


def test_spellings_of_one_country_have_one_code(adapted: Adapted) -> None:
    names = [source["culture"] for source in adapted.items["source"].to_pylist()]
    country = dict(zip(names, adapted.items["country"].to_pylist(), strict=True))
    assert country["Britain"] == country["Great Britain"] == "GBR"
    assert country["Czech Rep."] == country["Czechia"] == "CZE"
    assert country["India (Old national sample)"] == country["India (Current national sample)"] == "IND"
    others = ("Palest. ter.", "S. Korea", "S. Africa", "Taiwan ROC", "Macau SAR", "Bosnia Herzegovina")
    assert [country.get(name) for name in others] == ["PSE", "KOR", "ZAF", "TWN", "MAC", None]


def test_samples_of_one_country_stay_apart() -> None:
    assert parse_group("India (Old national sample)") == parse_group("India (Old national sample) ")
    assert parse_group("China (Non-national sample)").sample == "non-national"
    assert parse_group("China (Non-national sample)").country == "CHN"
    assert parse_group("Bosnia Herzegovina").country == "BIH"
    assert parse_group("India (Old national sample)").sample == "old national"
    assert parse_group("Kenya").sample == "national"
    assert parse_group("Kenya (Another sample)").country is None


def test_a_part_of_a_country_is_kept_without_one(adapted: Adapted) -> None:
    (item,) = [item for item in adapted.items.to_pylist() if item["source"]["culture"] == "Northern Ireland"]
    assert (item["country"], item["zone"]) == (None, None)
    assert item["frame"][0]["value"] == "Northern Ireland"
    assert (3, "selections", "Northern Ireland") in [fault[:3] for fault in faults(adapted)]


def test_shares_that_do_not_sum_to_one_are_kept_and_noted(adapted: Adapted) -> None:
    by_culture = {item["source"]["culture"]: item for item in adapted.items.to_pylist()}
    assert by_culture["Kenya"]["shares"] == pytest.approx([0.625, 0.375])
    assert by_culture["Japan"]["shares"] == [0.5, 0.5]
    assert by_culture["Japan"]["gold"] is by_culture["Brazil"]["gold"] is None
    notes = [fault[2:4] for fault in faults(adapted) if "sum to" in fault[3]]
    kept = "the item is kept, its shares divided by their sum"
    assert notes == [
        ("Kenya", f"has shares that sum to 0.8; {kept}"),
        ("Japan", f"has shares that sum to 100; {kept}"),
    ]


def test_one_question_is_one_cluster_wherever_it_stands(adapted: Adapted) -> None:
    clusters = adapted.items["cluster"].to_pylist()
    assert clusters[0] == clusters[-1]
    assert len(set(clusters)) == 5
    assert "market" not in clusters[0]


def test_more_options_than_letters_are_set_aside_and_counted(adapted: Adapted) -> None:
    assert (4, "has 12 options, more than 10", False) in [
        (row, reason, invalid) for row, _, _, reason, invalid in faults(adapted)
    ]


def test_without_the_options_that_answer_nothing_a_scale_fits_the_letters() -> None:
    adapted = READ(RAW, "substantive")
    check_items(adapted.items)
    by_culture = {item["source"]["culture"]: item for item in adapted.items.to_pylist()}
    scale = by_culture["Bosnia Herzegovina"]
    assert scale["options"] == ["Never justifiable", *"23456789", "Always justifiable"]
    assert sum(scale["shares"]) == pytest.approx(1)
    assert scale["shares"][0] == pytest.approx(0.3 / 0.95)
    assert by_culture["Britain"]["options"] == ["A lot", "Some", "Not at all"]
    assert by_culture["Palest. ter."]["options"] == ["Yes", "No"]
    assert by_culture["Mexico"]["options"] == ["1.0", "2.0", "None of these"]


def test_nobody_is_an_answer_only_by_the_table() -> None:
    assert answers_nothing(" Don\u2019t Know ") and answers_nothing("DK/Refused")
    assert not answers_nothing("Neither") and not answers_nothing("None of these")


GOOD = ["Tea?", "{'Kenya': [0.5, 0.5]}", "['Yes', 'No']", "GAS"]


@pytest.mark.parametrize(
    ("at", "cell", "field", "reason"),
    [
        (0, " ", "question", "is empty"),
        (1, "", "selections", "is no Python literal"),
        (1, "defaultdict(<class 'list'>, {'Kenya': [nan, 1.0]})", "selections", "is no Python literal"),
        (1, "[0.5, 0.5]", "selections", "is no dictionary by names"),
        (1, "{'Kenya': [0.5]}", "selections", "has not one share for each of 2 options"),
        (1, "{'Kenya': [0.5, -0.5]}", "selections", "holds what is no share"),
        (1, "{'Kenya': [1e308, 1e308]}", "selections", "holds what is no share"),
        (1, f"{{'Kenya': [1, {10**309}]}}", "selections", "holds what is no share"),
        (1, "{'Kenya': [0.5, 'half']}", "selections", "holds what is no share"),
        (1, "{'Kenya': [0.5, True]}", "selections", "holds what is no share"),
        (1, "{'Kenya': [0, 0.0]}", "selections", "gives nobody's answer"),
        (2, "__import__('os')", "options", "is no Python literal"),
        (2, "{'Yes': 'No'}", "options", "is no list of texts and numbers"),
        (2, "['Yes', '']", "options", "holds an empty option"),
        (2, "['Yes']", "options", "has fewer than two options that answer"),
    ],
)
def test_what_is_no_item_is_set_aside_with_its_reason(
    tmp_path: Path, at: int, cell: str, field: str, reason: str
) -> None:
    bad = [cell if place == at else usual for place, usual in enumerate(GOOD)]
    adapted = READ(write(tmp_path, GOOD, bad), "all-options")
    assert adapted.items.num_rows == 1
    assert [fault[:2] + fault[3:4] for fault in faults(adapted)] == [(2, field, reason)]


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "global_opinions.csv").write_text("question,answers\nTea?,1\n")
    with pytest.raises(InputError, match=r"missing column\(s\) 'selections'"):
        READ(tmp_path, "")


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1e200), min_size=1, max_size=10).filter(any))
def test_shares_keep_their_proportions_and_sum_to_one(told: list[float]) -> None:
    shares = whole(told)
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert all(0 <= share <= 1 for share in shares)
    assert shares == pytest.approx([share / sum(told) for share in told])


@settings(max_examples=30)
@given(st.dictionaries(st.text(min_size=1), st.lists(st.integers(-1, 3), max_size=3), max_size=3))
def test_any_dictionary_of_lists_is_read_or_set_aside(chosen: dict[str, list[int]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        row = ["Tea?", repr(chosen).replace("\0", " "), json.dumps(["Yes", "No"]), "GAS"]
        adapted = READ(write(Path(folder), GOOD, row), "all-options")
    check_items(adapted.items)


def test_a_tie_has_no_plurality() -> None:
    assert plurality([1, 3, 2]) == 1
    assert plurality([3, 3, 2]) is None
