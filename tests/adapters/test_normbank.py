"""NormBank: the constraint grammar, workers as votes, and rows that break the format."""

import csv

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.normbank_frames import parse_frames
from normsuite.errors import InputError
from normsuite.schema import check_items

HEADER = ["setting", "behavior", "setting-behavior", "constraints", "constraints_given", "constraint_predict"]
HEADER += ["norm", "label", "split"]
LABELS = {"taboo": "0", "normal": "1", "expected": "2", "okay": "1"}
READ = get_adapter("normbank").read


def row(constraints="[PERSON]'s role is 'guest'", norm="normal", **cells):
    usual = {
        "setting": "tea room",
        "behavior": "hum a tune",
        "constraints_given": " [AND] ",
        "split": "train",
    }
    usual |= {"constraints": constraints, "constraint_predict": constraints.split(" [AND] ")[-1]}
    usual |= {"norm": norm, "label": LABELS.get(norm, "0")} | cells
    return {"setting-behavior": f"{usual['setting']} [BEHAVIOR] {usual['behavior']}"} | usual


@pytest.fixture
def write(tmp_path):
    def write_(*rows, header=HEADER):
        path = tmp_path / "NormBank.csv"
        with path.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.DictWriter(sink, header, restval="0")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_


def frame_of(text):
    return [tuple(part.values()) for part in parse_frames(pa.array([text])).constraints[0].as_py()]


def test_a_row_becomes_an_item(write):
    adapted = READ(write(row("[PERSON]'s role is 'guest' [AND] country is 'japan'", "taboo")), "")
    check_items(adapted.items)
    item = adapted.items.to_pylist()[0]
    assert (item["situation"], item["behavior"]) == ("tea room", "hum a tune")
    assert (item["options"], item["gold"], item["votes"]) == (["taboo", "normal", "expected"], 0, [1, 0, 0])
    assert (item["valence"], item["country"], item["zone"]) == (-1.0, "JPN", "Confucian")
    assert item["family"] == item["cluster"] == "tea room [BEHAVIOR] hum a tune"
    assert dict(item["categories"]) == {
        "setting": ["tea room"],
        "constraint": ["role", "country"],
        "subject": ["PERSON", "ENV"],
    }
    assert item["source"] == {
        "row": 1,
        "label": "taboo",
        "culture": "japan",
        "split": "train",
        "file": "NormBank.csv",
    }


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("", []),
        ("[OTHER]'s age bracket is less than or equal to '12'",
         [("OTHER", "age bracket", "is less than or equal to", "12")]),
        ("time of day is not 'noon'", [("ENV", "time of day", "is not", "noon")]),
        ("[PERSON]'s age bracket is over '21'", [("PERSON", "age bracket", "is over", "21")]),
        ("[PERSON]'s behavior is 'sing 'happy birthday' aloud'",
         [("PERSON", "behavior", "is", "sing 'happy birthday' aloud")]),
        ("sign on the door has 'members only'", [("ENV", "sign on the door", "has", "members only")]),
        ("noise level exceeds '3'", [("ENV", "noise level", "exceeds", "3")]),
        ("country is 'côte d'ivoire' [AND] season is 'winter'",
         [("ENV", "country", "is", "côte d'ivoire"), ("ENV", "season", "is", "winter")]),
    ],
)  # fmt: skip
def test_the_constraint_grammar(text, frame):
    assert frame_of(text) == frame


words = st.text("abcdefg' ", min_size=1, max_size=12).filter(lambda t: t.strip(" '") == t)
names = st.sampled_from(["role", "age bracket", "time of day", "kind of gift"])
relations = st.sampled_from(["is", "is not", "is greater than", "is over", "has"])
constraint = st.tuples(st.sampled_from(["PERSON", "OTHER", "ENV"]), names, relations, words)


@settings(deadline=None)
@given(st.lists(constraint, min_size=1, max_size=4))
def test_frames_written_in_the_grammar_are_read_back(parts):
    subjects = {"PERSON": "[PERSON]'s ", "OTHER": "[OTHER]'s ", "ENV": ""}
    text = " [AND] ".join(
        f"{subjects[who]}{name} {relation} '{value}'" for who, name, relation, value in parts
    )
    assert frame_of(text) == parts


@pytest.mark.parametrize("text", ["quiet", "role is guest", "noise is '", " is 'x'", "role is 'a' [AND] "])
def test_text_outside_the_grammar_is_invalid(write, text):
    adapted = READ(write(row(), row(text)), "")
    assert adapted.items.num_rows == 1
    with pytest.raises(InputError, match=r"row 2, field 'constraints'.*does not consist of constraints"):
        refuse_invalid(adapted)


def test_duplicate_rows_become_votes(write):
    items = READ(write(row(norm="normal"), row(norm="taboo"), row(norm="normal")), "").items
    assert items["votes"].to_pylist() == [[1, 2, 0]]
    assert (items["gold"].to_pylist(), items["gold_set"].to_pylist()) == ([1], [None])
    assert items["source"][0].as_py()["row"] == 1


def test_a_tie_has_no_gold_but_the_labels_that_share_it(write):
    items = READ(write(row(norm="expected"), row(norm="taboo")), "").items
    assert (items["gold"].to_pylist(), items["gold_set"].to_pylist()) == ([None], [[0, 2]])
    assert items["valence"].to_pylist() == [None]


def test_another_frame_is_another_item_of_the_family(write):
    items = READ(write(row(), row("[PERSON]'s role is 'singer'", "expected")), "").items
    assert items["gold"].to_pylist() == [1, 2]
    assert len(set(items["family"].to_pylist())) == 1
    first, second = items["id"].to_pylist()
    assert first != second
    assert first.split("-")[0] == second.split("-")[0]


def test_ids_do_not_depend_on_the_other_rows(write):
    alone = READ(write(row("country is 'japan'")), "").items["id"].to_pylist()
    assert READ(write(row(), row("country is 'japan'")), "").items["id"].to_pylist()[1:] == alone
    assert alone == ["normbank:e25ddfb796-7dfc5c7c"]


def test_only_the_environments_country_counts(write):
    texts = [
        "country is not 'japan'",
        "[OTHER]'s country is 'japan'",
        "country is 'peru' [AND] country is 'chad'",
    ]
    assert READ(write(*map(row, texts)), "").items["country"].to_pylist() == [None, None, None]


def test_an_unknown_country_is_kept_and_noted(write):
    adapted = READ(write(row(), row("country is 'atlantis'")), "")
    assert adapted.items["country"].to_pylist() == [None, None]
    assert adapted.items["source"][1].as_py()["culture"] == "atlantis"
    note = adapted.set_aside.to_pylist()[0]
    assert (note["row"], note["value"], note["invalid"]) == (2, "atlantis", False)


def test_okay_is_normal(write):
    assert READ(write(row(norm="okay")), "").items["gold"].to_pylist() == [1]


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"norm": "unexpected"}, "field 'norm': 'unexpected' is not one of taboo, normal, expected"),
        ({"label": "2"}, "field 'label': '2' is not the number of the row's norm"),
        ({"label": "x"}, "field 'label': 'x' is not the number"),
        ({"split": "valid"}, "field 'split': 'valid' is not one of train, dev, test"),
        ({"split": "test"}, "field 'split': 'test' is another split than"),
        ({"setting-behavior": "elsewhere"}, "field 'setting-behavior': 'elsewhere' is not the row's"),
    ],
)
def test_cells_that_break_the_format_are_invalid(write, cells, fault):
    adapted = READ(write(row(), row(**cells)), "")
    assert adapted.items["votes"].to_pylist() == [[0, 1, 0]]
    with pytest.raises(InputError) as caught:
        refuse_invalid(adapted)
    assert f"row 2, {fault}" in str(caught.value)


def test_a_file_of_invalid_rows_only_has_no_items(write):
    adapted = READ(write(row(norm="good")), "")
    assert (adapted.items.num_rows, adapted.set_aside.num_rows) == (0, 1)
    check_items(adapted.items)


def test_the_extended_file_is_read_without_its_workers(write):
    header = [*HEADER, "worker_id", "num_constraints", "preset_name"]
    items = READ(write(row(worker_id="W-4711"), header=header), "").items
    assert "4711" not in str(items.to_pylist())


def test_an_unknown_column_is_refused(write):
    with pytest.raises(InputError, match="unknown column"):
        READ(write(row(), header=[*HEADER, "mood"]), "")


def test_the_authors_sample(shared_data):
    adapted = READ(shared_data / "normbank" / "NormBank_sample.csv", "")
    check_items(adapted.items)
    refuse_invalid(adapted)
    assert (adapted.items.num_rows, adapted.version) == (10, "unrecognised (10 rows)")
