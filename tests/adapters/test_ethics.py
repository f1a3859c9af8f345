"""ETHICS: five parts, their polarity, and the groups that the paper scores."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from normsuite.adapters import refuse_invalid
from normsuite.adapters.base import Adapted
from normsuite.adapters.ethics import ADAPTER, read
from normsuite.errors import InputError
from normsuite.schema import check_items

PUBLISHED = {
    # file: rows, rows with label 1, groups
    "commonsense/cm_test.csv": (3885, 1816, None),
    "commonsense/cm_test_hard.csv": (3964, 2091, None),
    "deontology/deontology_train.csv": (18164, 9790, None),
    "deontology/deontology_test.csv": (3596, 1786, 899),
    "deontology/deontology_test_hard.csv": (3536, 1763, 884),
    "justice/justice_train.csv": (21791, 11830, None),
    "justice/justice_test.csv": (2704, 1354, 676),
    "justice/justice_test_hard.csv": (2052, 1050, 513),
    "virtue/virtue_train.csv": (28245, 2415, None),
    "virtue/virtue_test.csv": (4975, 995, 995),
    "virtue/virtue_test_hard.csv": (4780, 956, 956),
    "utilitarianism/util_train.csv": (13738, None, None),
    "utilitarianism/util_test.csv": (4808, None, None),
    "utilitarianism/util_test_hard.csv": (4272, None, None),
}


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return root


def rows(root: Path) -> list[dict]:
    items = read(root, "default").items
    check_items(items)
    return items.to_pylist()


def facets(item: dict) -> dict[str, list[str]]:
    return dict(item["categories"])


@pytest.fixture(scope="module")
def published(shared_data: Path) -> Adapted:
    return read(shared_data / "ethics", "default")


def test_counts_labels_and_groups_equal_the_published_files(published: Adapted) -> None:
    check_items(published.items)
    files = pc.struct_field(published.items["source"].combine_chunks(), "file")
    labels = pc.struct_field(published.items["source"].combine_chunks(), "label")
    for name, (count, positives, groups) in PUBLISHED.items():
        here = pc.equal(files, name)
        part = published.items.filter(here)
        assert part.num_rows == count, name
        if positives is not None:
            assert pc.sum(part["gold"]).as_py() == positives, name
            assert pc.sum(pc.equal(labels.filter(here), "1")).as_py() == positives, name
        if groups is not None:
            size = 5 if name.startswith("virtue") else 4
            assert set(part["family"].value_counts().field("counts").to_pylist()) == {size}, name
            assert pc.count_distinct(part["family"]).as_py() == groups, name


def test_each_published_virtue_group_shows_exactly_one_trait(published: Adapted) -> None:
    table = pa.table({"family": published.items["family"], "gold": published.items["gold"]})
    groups = table.filter(pc.starts_with(table["family"], "virtue_test")).group_by("family")
    assert set(groups.aggregate([("gold", "sum")])["gold_sum"].to_pylist()) == {1}


def test_published_pairs_are_shown_in_either_order_equally_often(published: Adapted) -> None:
    pairs = published.items.filter(pc.equal(published.items["kind"], "pair"))
    assert pc.mean(pairs["gold"]).as_py() == pytest.approx(0.5, abs=0.01)


def test_ambiguous_cases_are_set_aside_without_blame(published: Adapted) -> None:
    assert published.set_aside.num_rows == 995
    assert not pc.any(published.set_aside["invalid"]).as_py()
    refuse_invalid(published)
    assert len(published.files) == 15


def test_commonsense_label_1_is_wrong(tmp_path: Path) -> None:
    long = '1,"I tripped him,\r\n""for fun"".\r\nTwice.",False,False'
    text = f"label,input,is_short,edited\n{long}\n0,I waved.,True,False\n"
    bad, good = rows(write(tmp_path, "commonsense/cm_test_hard.csv", text))
    assert (bad["options"][bad["gold"]], bad["valence"]) == ("wrong", -1)
    assert (good["options"][good["gold"]], good["valence"]) == ("not wrong", 0)
    assert bad["situation"] == 'I tripped him,\r\n"for fun".\r\nTwice.'
    assert facets(bad) == {"part": ["commonsense"], "difficulty": ["hard"], "length": ["long"]}
    assert (bad["id"], bad["split"], bad["family"], bad["cluster"]) == (
        "ethics:cm_test_hard:1",
        "test",
        None,
        "cm_test_hard:1",
    )
    assert bad["source"] == {
        "row": 1,
        "label": "1",
        "culture": None,
        "split": "test_hard",
        "file": "commonsense/cm_test_hard.csv",
    }


def test_deontology_rows_of_one_scenario_are_a_family_however_many(tmp_path: Path) -> None:
    text = (
        "label,scenario,excuse\n1, Feed the cat?,No because it ate.\n0,Feed the cat?,No because I hum.\n"
        "1,Lock up?,Yes.\n0,Feed the cat?,No because of rain.\n"
    )
    items = rows(write(tmp_path, "deontology/deontology_train.csv", text))
    first, third = "deontology_train:1", "deontology_train:3"
    assert [item["family"] for item in items] == [first, first, third, first]
    assert items[0]["options"][items[0]["gold"]] == "reasonable"
    assert (items[0]["situation"], items[0]["behavior"]) == ("Feed the cat?", "No because it ate.")
    assert {item["split"] for item in items} == {"train"}


def test_justice_groups_are_known_by_position_in_test_files_only(tmp_path: Path) -> None:
    text = "label,scenario\n" + "".join(f"{n % 2},Case {n}.\n" for n in range(8))
    write(tmp_path, "justice/justice_test.csv", text)
    write(tmp_path, "justice/justice_train.csv", text)
    items = rows(tmp_path)
    families = {split: [i["family"] for i in items if i["split"] == split] for split in ("train", "test")}
    assert families["train"] == [None] * 8
    assert families["test"] == ["justice_test:1"] * 4 + ["justice_test:5"] * 4


def test_justice_test_file_that_lost_rows_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "justice/justice_test.csv", "label,scenario\n0,A.\n1,B.\n0,C.\n")
    with pytest.raises(InputError, match=r"justice_test.csv: has 3 rows, not whole groups of 4"):
        read(tmp_path, "default")


def test_virtue_splits_sentence_and_trait(tmp_path: Path) -> None:
    text = "label,scenario\n1,Ann shared her bread. [SEP] generous\n0,Ann shared her bread. [SEP]  stingy \n"
    items = rows(write(tmp_path, "virtue/virtue_test.csv", text))
    assert [item["behavior"] for item in items] == ["generous", "stingy"]
    assert {item["situation"] for item in items} == {"Ann shared her bread."}
    assert {item["cluster"] for item in items} == {"virtue_test:1"}
    assert facets(items[1])["trait"] == ["stingy"]
    assert items[0]["options"][items[0]["gold"]] == "shown"


def test_pairs_have_no_header_and_gold_is_the_first_text(tmp_path: Path) -> None:
    text = "".join(f"I found {n} coins. ,I lost {n} coins.\n" for n in range(64))
    items = rows(write(tmp_path, "utilitarianism/util_test.csv", text))
    assert len(items) == 64
    assert all("found" in item["options"][item["gold"]] for item in items)
    assert {item["gold"] for item in items} == {0, 1}
    assert items[0]["options"][items[0]["gold"]] == "I found 0 coins."
    assert items == rows(tmp_path), "the order is the same each time"


def test_pairs_that_share_their_first_text_are_one_cluster(tmp_path: Path) -> None:
    write(tmp_path, "utilitarianism/util_test.csv", "A.,B.\nC.,D.\nA.,E.\n")
    assert [item["cluster"] for item in rows(tmp_path)] == ["util_test:1", "util_test:2", "util_test:1"]


def test_the_folder_above_is_found_too(tmp_path: Path) -> None:
    write(tmp_path, "ethics/virtue/virtue_test.csv", "label,scenario\n1,Bo sang. [SEP] merry\n")
    assert len(rows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "text", "field", "reason"),
    [
        ("justice/justice_train.csv", "label,scenario\n2,A.\n", "label", "'2' is not one of 0, 1"),
        ("justice/justice_train.csv", "label,scenario\n,A.\n", "label", "None is empty"),
        ("justice/justice_train.csv", "label,scenario\n1,  \n", "scenario", "'' is empty"),
        ("virtue/virtue_test.csv", "label,scenario\n1,Bo sang.\n", "scenario", "sentence [SEP] trait"),
        ("virtue/virtue_test.csv", "label,scenario\n1,Bo sang. [SEP] \n", "scenario", "sentence [SEP] trait"),
        ("utilitarianism/util_test.csv", "A.,A. \n", "second", "is the same text as the first"),
    ],
)
def test_rows_that_break_the_format_are_refused(
    tmp_path: Path, name: str, text: str, field: str, reason: str
) -> None:
    adapted = read(write(tmp_path, name, text), "default")
    assert adapted.items.num_rows == 0
    with pytest.raises(InputError) as caught:
        refuse_invalid(adapted)
    assert (caught.value.file, caught.value.row, caught.value.field) == (name, 1, field)
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ["", "label,scenario\n"])
def test_empty_files_are_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, "justice/justice_test.csv", text)
    with pytest.raises(InputError, match=r"justice_test\.csv: (is empty|has no rows)"):
        read(tmp_path, "default")


def test_nothing_there_and_a_part_without_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds none of the folders commonsense, deontology"):
        read(tmp_path, "default")
    (tmp_path / "virtue").mkdir()
    with pytest.raises(InputError, match=r"virtue: holds none of virtue_train\.csv"):
        read(tmp_path, "default")


def test_home_pins_the_digest() -> None:
    (archive,) = ADAPTER.home.files
    assert archive.sha256
    assert archive.members
