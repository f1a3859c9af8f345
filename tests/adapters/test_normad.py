"""NormAd: labels, the four topics, both releases, and what is kept with a note."""

import csv

import pytest

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.normad import TOPICS
from normsuite.errors import InputError
from normsuite.schema import check_items

HEADER = ["ID", "Country", "Background", "Axis", "Subaxis", "Value", "Rule-of-Thumb", "Story", "Explanation"]
HEADER += ["Gold Label"]
READ = get_adapter("normad").read


def row(**cells):
    usual = {
        "ID": "0",
        "Country": "egypt",
        "Background": "- Guests are offered tea.\n- It is drunk slowly.",
        "Axis": "Etiquette",
        "Subaxis": "visiting",
        "Value": "Hospitality is to be honoured.",
        "Rule-of-Thumb": "Accept the first glass of tea.",
        "Story": 'Omar said "no, thank you" to the tea. Is what Omar did acceptable?',
        "Explanation": "He turned down what is offered to every guest.",
        "Gold Label": "no",
    }
    return usual | {name.replace("_", " "): value for name, value in cells.items()}


@pytest.fixture
def write(tmp_path):
    def write_(*rows, header=HEADER):
        path = tmp_path / "normad_etiquette_final_data.csv"
        with path.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.DictWriter(sink, header, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_


def test_a_row_becomes_an_item(write):
    adapted = READ(write(row()), "")
    check_items(adapted.items)
    item = adapted.items.to_pylist()[0]
    assert item["id"] == "normad:0"
    assert item["situation"] == row()["Story"]
    assert (item["norm"], item["explanation"]) == (row()["Rule-of-Thumb"], row()["Explanation"])
    assert (item["options"], item["gold"], item["valence"]) == (["yes", "no", "neutral"], 1, -1.0)
    assert (item["country"], item["zone"], item["language"]) == ("EGY", "African-Islamic", "en")
    assert item["frame"] == [
        {"subject": "ENV", "name": "country", "relation": "is", "value": "egypt"},
        {"subject": "ENV", "name": "value", "relation": "is", "value": row()["Value"]},
    ]
    assert dict(item["categories"]) == {"subaxis": ["visiting"], "topic": ["visiting"]}
    assert item["source"]["culture"] == "egypt"
    assert item["split"] == "test"


def test_valence_is_that_of_the_label(write):
    labels = ["yes", "no", "neutral"]
    rows = [row(ID=str(at), Gold_Label=label) for at, label in enumerate(labels)]
    items = READ(write(*rows), "").items
    assert items["gold"].to_pylist() == [0, 1, 2]
    assert items["valence"].to_pylist() == [1.0, -1.0, None]


def test_all_21_sub_axes_have_one_of_four_topics(write):
    raw = [(subaxis, topic) for topic, members in TOPICS.items() for subaxis in members]
    items = READ(write(*(row(ID=str(at), Subaxis=subaxis) for at, (subaxis, _) in enumerate(raw))), "").items
    assert len(raw) == 21
    assert [dict(found)["topic"] for found in items["categories"].to_pylist()] == [
        [topic] for _, topic in raw
    ]


def test_an_unknown_sub_axis_is_kept_without_a_topic_and_noted(write):
    adapted = READ(write(row(Subaxis="queueing")), "")
    assert dict(adapted.items["categories"][0].as_py()) == {"subaxis": ["queueing"]}
    note = adapted.set_aside.to_pylist()[0]
    assert (note["field"], note["value"], note["invalid"]) == ("Subaxis", "queueing", False)
    assert "kept without a topic" in note["reason"]


def test_an_unknown_country_is_kept_without_a_country_and_noted(write):
    adapted = READ(write(row(Country="atlantis")), "")
    assert adapted.items["country"].to_pylist() == [None]
    assert adapted.items["source"][0].as_py()["culture"] == "atlantis"
    assert adapted.set_aside["reason"].to_pylist() == [
        "is not a country we know; the item is kept without a country"
    ]
    refuse_invalid(adapted)


@pytest.mark.parametrize("label", ["Yes", "NO", "neither", "", " yes"])
def test_other_labels_are_invalid(write, label):
    adapted = READ(write(row(), row(ID="1", Gold_Label=label)), "")
    assert adapted.items.num_rows == 1
    with pytest.raises(InputError, match=r"row 2, field 'Gold Label'.*is not one of yes, no, neutral"):
        refuse_invalid(adapted)


def test_an_id_with_other_content_is_invalid_and_a_repeated_row_is_merged(write):
    adapted = READ(write(row(), row(), row(Story="Another story?"), row(ID="1")), "")
    assert adapted.items["id"].to_pylist() == ["normad:0", "normad:1"]
    assert adapted.set_aside.select(["row", "field", "value"]).to_pylist() == [
        {"row": 3, "field": "ID", "value": "0"}
    ]


def test_an_empty_story_is_invalid(write):
    with pytest.raises(InputError, match=r"field 'Story'.*is empty"):
        refuse_invalid(READ(write(row(Story="")), ""))


def test_items_of_one_country_and_rule_share_a_cluster(write):
    rows = [row(), row(ID="1", Story="Another?"), row(ID="2", Country="japan")]
    clusters = READ(write(*rows), "").items["cluster"].to_pylist()
    assert clusters[0] == clusters[1] != clusters[2]


@pytest.mark.parametrize(("n", "version"), [(2633, "v1 (2,633 rows)"), (2615, "v2 (2,615 rows)")])
def test_releases_are_told_by_their_rows(write, n, version):
    assert READ(write(*(row(ID=str(at)) for at in range(n))), "").version == version


def test_another_number_of_rows_is_no_release(write):
    assert READ(write(row()), "").version == "unrecognised (1 rows)"


def test_columns_of_some_dumps_are_accepted_and_others_refused(write):
    extra = [*HEADER, "Other Country", "Other Background"]
    assert READ(write(row(Other_Country="japan"), header=extra), "").items.num_rows == 1
    with pytest.raises(InputError, match="unknown column"):
        READ(write(row(), header=[*HEADER, "Mood"]), "")
    with pytest.raises(InputError, match="missing column"):
        READ(write({"ID": "1"}, header=["ID"]), "")


def test_every_country_of_the_data_set_is_known(write, shared_data):
    with (shared_data / "normad" / "country_counts_and_zones.csv").open(encoding="utf-8") as source:
        countries = list(csv.DictReader(source))
    rows = [row(ID=str(at), Country=each["country"]) for at, each in enumerate(countries)]
    adapted = READ(write(*rows), "")
    assert adapted.set_aside.num_rows == 0
    assert adapted.items["zone"].to_pylist() == [each["cultural_zone"] for each in countries]
