"""MP-ETHICS: five theories a scene, of which none may be gold."""

from pathlib import Path

import pytest

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.ealm import OPTIONS
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "ealm"
READ = get_adapter("ealm").read
TEST = "mp-ethics_test-revised.csv"
HEADER = "input,Commonsense,Deontology,Justice,Utilitarianism,Virtue"


@pytest.fixture
def write(tmp_path):
    def write_(*rows):
        (tmp_path / TEST).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        return READ(tmp_path, "default")

    return write_


def test_both_files_are_read_and_their_names_are_the_splits():
    adapted = READ(RAW, "default")
    check_items(adapted.items)
    refuse_invalid(adapted)
    items = adapted.items.to_pylist()
    assert [item["split"] for item in items] == ["train"] * 12 + ["test"] * 8
    assert {tuple(item["options"]) for item in items} == {OPTIONS}
    assert adapted.version == "unrecognised (train 12, test 8 rows)"
    assert len({item["cluster"] for item in items}) == 20


def test_a_row_names_the_theories_that_accept_it(write):
    (item,) = write("A scene. ,1,0,0,1,0").items.to_pylist()
    assert (item["situation"], item["kind"]) == ("A scene.", "multilabel")
    assert [item["options"][at] for at in item["gold_set"]] == ["commonsense", "utilitarianism"]
    assert item["source"]["label"] == "1,0,0,1,0"
    assert (item["id"], item["gold"]) == ("ealm:test:1", None)


@pytest.mark.parametrize(
    ("labels", "gold", "accepted"),
    [("0,0,0,0,0", [], "none"), ("1,1,1,1,1", [0, 1, 2, 3, 4], "all"), ("0,0,0,0,1", [4], "some")],
)
def test_an_empty_set_is_a_gold_set(write, labels, gold, accepted):
    (item,) = write(f"A scene.,{labels}").items.to_pylist()
    assert item["gold_set"] == gold
    assert dict(item["categories"]) == {"accepted": [accepted]}


@pytest.mark.parametrize(
    ("row", "field"),
    [("A scene.,2,0,0,0,0", "Commonsense"), ("A scene.,0,0,0,0,", "Virtue"), (" ,0,0,0,0,0", "input")],
)
def test_rows_that_break_the_format_are_refused(write, row, field):
    with pytest.raises(InputError) as caught:
        refuse_invalid(write("Fine.,0,0,0,0,0", row))
    assert (caught.value.file, caught.value.row, caught.value.field) == (TEST, 2, field)


def test_a_file_of_another_name_is_refused(tmp_path):
    (tmp_path / "mp.csv").write_text(HEADER)
    for raw in (tmp_path, tmp_path / "mp.csv"):
        with pytest.raises(InputError, match="is or holds no mp-ethics_train_revised"):
            READ(raw, "default")


def test_one_file_may_be_given_alone():
    assert READ(RAW / TEST, "default").items.num_rows == 8
