"""WVS, Pew and a survey of one's own: scores, shares, countries, and what no item can be made of."""

from pathlib import Path

import pytest

from normsuite import cultures
from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.base import Adapted
from normsuite.adapters.wvs_norms import _OTHERS, RICH_WEST, VIEWS
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "wvs-norms"
READ = get_adapter("wvs-norms").read
WVS = "country,question,mcm_score,universal_mcm_score,wvs_score\n"
PEW = "country,question,mcm_score,universal_mcm_score,pew_rating,pew_score\n"


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults(adapted: Adapted) -> list[tuple[int, str, str, bool]]:
    return [
        (row["row"], row["field"], row["reason"], row["invalid"]) for row in adapted.set_aside.to_pylist()
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_makes_sound_items(view: str) -> None:
    adapted = READ(RAW, view)
    check_items(adapted.items)
    refuse_invalid(adapted)
    assert len(set(adapted.items["cluster"].to_pylist())) > 1


def test_the_mean_answer_is_a_rating_of_the_topic_in_the_country() -> None:
    item = READ(RAW, "score").items.to_pylist()[7]
    assert item["id"] == "wvs-norms:wvs:United States of America:singing late, loudly or out of tune"
    assert (item["kind"], item["rating"], item["scale_min"], item["scale_max"]) == (
        "rating",
        -0.12,
        -1.0,
        1.0,
    )
    assert (item["behavior"], item["valence"]) == ("singing late, loudly or out of tune", -0.12)
    assert (item["country"], item["source"]["culture"]) == ("USA", "United States of America")
    assert dict(item["categories"]) == {"topic": [item["behavior"]], "rich west": ["yes"]}


def test_what_was_not_asked_somewhere_is_counted_and_not_invalid() -> None:
    adapted = READ(RAW, "score")
    empty = "is empty: it was not asked there"
    assert faults(adapted) == [(11, "wvs_score", empty, False), (12, "wvs_score", empty, False)]


def test_tables_with_a_models_scores_call_the_question_a_topic(tmp_path: Path) -> None:
    text = "country,topic,gpt3_score,wvs_score\nKenya,humming,0.1,0.5\n"
    items = READ(write(tmp_path, "wvs_w7_mcm.csv", text), "score").items
    assert items["behavior"].to_pylist() == ["humming"]
    write(tmp_path, "wvs_w7_mcm.csv", "country,topic,question,wvs_score\nKenya,humming,humming,0.5\n")
    with pytest.raises(InputError, match="2 of the columns question and topic"):
        READ(tmp_path, "score")


def test_pew_is_read_as_a_rating_and_as_shares() -> None:
    rated, divided = (READ(RAW, view).items.to_pylist()[3] for view in ("pew", "pew-shares"))
    assert (rated["kind"], rated["rating"], rated["country"]) == ("rating", 0.27, "GBR")
    assert (divided["kind"], divided["gold"]) == ("label", 1)
    assert rated["votes"] is divided["votes"] is None
    assert rated["shares"] == divided["shares"] == pytest.approx([0, 0.7 / 0.97, 0.27 / 0.97])
    assert divided["options"] == ["morally unacceptable", "not a moral issue", "morally acceptable"]


def test_countries_nobody_classified_have_no_such_facet() -> None:
    items = READ(RAW, "pew").items.to_pylist()
    facet = {item["source"]["culture"]: dict(item["categories"]).get("rich west") for item in items}
    assert facet == {"United States": ["yes"], "Britain": None, "Palestinian territories": None}
    assert not RICH_WEST & _OTHERS
    assert len(RICH_WEST | _OTHERS) == 55
    assert all(cultures.country(code) == code for code in RICH_WEST | _OTHERS)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("Kenya,humming,0,0,1.5", "wvs_score", "lies outside -1 to 1"),
        (",humming,0,0,0.5", "country", "is empty"),
        ("Kenya, ,0,0,0.5", "question", "is empty"),
        ("Mali,humming,0,0,0.5", "question", "is an earlier row's, of that country"),
    ],
)
def test_a_row_of_the_wvs_table_that_is_no_item(tmp_path: Path, row: str, field: str, reason: str) -> None:
    adapted = READ(write(tmp_path, "wvs_w7_mcm.csv", f"{WVS}Mali,humming,0,0,0.5\n{row}\n"), "score")
    assert adapted.items.num_rows == 1
    assert faults(adapted) == [(2, field, reason, True)]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "is no Python literal"),
        ("__import__('os')", "is no Python literal"),
        ("[0.5, 0.5]", "is no dictionary of shares"),
        ("{}", "has other answers than morally unacceptable, not a moral issue, morally acceptable"),
        (
            "{'Depends on situation': 1.0}",
            "has other answers than morally unacceptable, not a moral issue, morally acceptable",
        ),
        ("{'Morally acceptable': -0.1}", "holds what is no share"),
        ("{'Morally acceptable': 0}", "gives nobody's answer"),
    ],
)
def test_a_cell_of_shares_that_is_none(tmp_path: Path, cell: str, reason: str) -> None:
    good = "Kenya,humming,0,0,{'Morally acceptable': 1.0},1.0"
    text = f'{PEW}{good}\nKenya,whistling,0,0,"{cell}",0.5\n'
    adapted = READ(write(tmp_path, "pew_mcm.csv", text), "pew-shares")
    assert adapted.items.num_rows == 1
    assert faults(adapted) == [(2, "pew_rating", reason, True)]


def test_an_unknown_country_is_kept_without_one(tmp_path: Path) -> None:
    adapted = READ(write(tmp_path, "wvs_w7_mcm.csv", f"{WVS}Atlantis,humming,0,0,0.5\n"), "score")
    assert adapted.items["country"].to_pylist() == [None]
    assert faults(adapted) == [
        (1, "country", "is not a country we know; the item is kept without a country", False)
    ]


def test_an_export_of_counts_keeps_people_and_the_order_of_options() -> None:
    norway, ghana, scotland, *_ = READ(RAW, "distribution").items.to_pylist()
    assert norway["options"] == ghana["options"] == ["Always", "Sometimes", "Never"]
    assert (norway["votes"], ghana["votes"], scotland["votes"]) == (
        [120, 260, 20],
        [0, 150, 150],
        [30, 0, 10],
    )
    assert norway["shares"] is None
    assert (norway["gold"], ghana["gold"]) == (1, None)
    assert (norway["country"], norway["language"], scotland["country"]) == ("NOR", "nb", None)
    assert scotland["frame"][0]["value"] == "Scotland"
    assert dict(norway["categories"]) == {"topic": ["seats"]}


def test_an_export_of_shares_tells_no_people(tmp_path: Path) -> None:
    text = "country,question,option,share\nMali,Tea?,Yes,60\nMali,Tea?,No,40\n"
    items = READ(write(tmp_path, "distribution.csv", text), "distribution").items
    assert items["shares"].to_pylist() == [[0.6, 0.4]]
    assert items["votes"].to_pylist() == [None]
    assert items["gold"].to_pylist() == [0]


@pytest.mark.parametrize(
    ("rows", "field", "reason", "invalid"),
    [
        ("Mali,Tea?,Yes,-1", "count", "is no number from 0 to a billion", True),
        ("Mali,Tea?,Yes,nan", "count", "is no number from 0 to a billion", True),
        ("Mali,Tea?,Yes,1e300", "count", "is no number from 0 to a billion", True),
        ("Mali,Tea?,,1", "option", "is empty", True),
        ("Kenya,Milk?,No,1", "option", "is there twice for this country and question", True),
        ("Mali,Tea?,Yes,1", "question", "has 1 options, not 2 to 10", False),
        ("Mali,Milk?,No,0", "question", "has nobody's answer", False),
        ("Mali,Milk?,No,0.2", "question", "has less than one person's answer", False),
        ("\n".join(f"Mali,Tea?,{n},1" for n in range(11)), "question", "has 11 options, not 2 to 10", False),
    ],
)
def test_rows_of_an_export_that_are_no_item(
    tmp_path: Path, rows: str, field: str, reason: str, invalid: bool
) -> None:
    good = "Kenya,Milk?,Yes,3\nKenya,Milk?,No,1\n"
    text = f"country,question,option,count\n{good}{rows}\n"
    adapted = READ(write(tmp_path, "distribution.csv", text), "distribution")
    assert adapted.items.num_rows == 1
    assert [fault[1:] for fault in faults(adapted)] == [(field, reason, invalid)]


def test_an_export_with_both_measures_or_none_is_refused(tmp_path: Path) -> None:
    for columns, message in (("share,count", "has 2 of"), ("weight", "has 0 of")):
        cells = ",".join("1" for _ in columns.split(","))
        write(tmp_path, "distribution.csv", f"country,question,option,{columns}\nMali,Tea?,Yes,{cells}\n")
        with pytest.raises(InputError, match=message):
            READ(tmp_path, "distribution")


def test_a_language_that_is_no_tag_is_refused(tmp_path: Path) -> None:
    text = "country,question,option,count,language\nMali,Tea?,Yes,1,French please\n"
    adapted = READ(write(tmp_path, "distribution.csv", text), "distribution")
    assert faults(adapted) == [(1, "language", "is no BCP 47 tag", True)]


def test_no_other_view() -> None:
    with pytest.raises(InputError, match="has no view 'mean'"):
        READ(RAW, "mean")
