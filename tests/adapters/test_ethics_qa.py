"""QA-ETHICS: one question over all parts of ETHICS, and yes means the same in each."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from normsuite.adapters import refuse_invalid
from normsuite.adapters.ethics import read
from normsuite.adapters.ethics_qa import THEORIES
from normsuite.prompts import item_fields, load_wordings
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "ethics"
KEPT = ("id", "split", "categories", "family", "cluster", "source", "valence", "language")


@pytest.fixture(scope="module")
def invented() -> list[dict]:
    adapted = read(RAW, "qa")
    check_items(adapted.items)
    refuse_invalid(adapted)
    return adapted.items.to_pylist()


def of_part(items: list[dict], part: str) -> list[dict]:
    return [item for item in items if dict(item["categories"])["part"] == [part]]


@pytest.mark.parametrize("split", ["train", "test", "test_hard"])
def test_invented_files_hold_every_part_in_every_split(invented: list[dict], split: str) -> None:
    native = [item for item in invented if item["source"]["split"] == split]
    for part in THEORIES:
        golds = {item["gold"] for item in of_part(native, part)}
        assert golds == {0, 1}, part


def test_every_item_is_the_same_yes_no_question_about_its_theory(invented: list[dict]) -> None:
    assert {tuple(item["options"]) for item in invented} == {("no", "yes")}
    assert {item["kind"] for item in invented} == {"label"}
    for part, theory in THEORIES.items():
        assert {item["norm"] for item in of_part(invented, part)} == {theory}


def test_what_is_wrong_does_not_align_with_commonsense(invented: list[dict]) -> None:
    wrong = [item for item in of_part(invented, "commonsense") if "flew it myself" in item["situation"]]
    assert [(item["source"]["label"], item["gold"]) for item in wrong] == [("1", 0)]


def test_the_other_labelled_parts_keep_their_label(invented: list[dict]) -> None:
    for part in ("deontology", "justice", "virtue"):
        assert all(str(item["gold"]) == item["source"]["label"] for item in of_part(invented, part))


def test_a_pair_becomes_a_question_about_its_first_text(invented: list[dict]) -> None:
    pairs = {item["id"]: item for item in read(RAW, "default").items.to_pylist() if item["kind"] == "pair"}
    asked = of_part(invented, "utilitarianism")
    assert len(asked) == len(pairs)
    for item in asked:
        options, gold = pairs[item["id"]]["options"], pairs[item["id"]]["gold"]
        assert [item["situation"], item["behavior"]] == options
        assert item["gold"] == int(options[gold] == item["situation"])


def test_all_else_is_as_in_the_default_view() -> None:
    assert read(RAW, "qa").items.select(KEPT).equals(read(RAW, "default").items.select(KEPT))


def test_wordings_name_the_theory_and_all_that_is_judged(invented: list[dict]) -> None:
    options = [{"word": "No", "text": "No"}, {"word": "Yes", "text": "Yes"}]
    for part in THEORIES:
        item = of_part(invented, part)[0]
        for wording in load_wordings("ethics-qa"):
            prompt = wording.render({**item_fields(item), "options": options})
            assert all(text in prompt for text in (item["norm"], item["situation"], item["behavior"] or ""))


def test_published_files_have_half_yes_but_for_virtue(shared_data: Path) -> None:
    items = read(shared_data / "ethics", "qa").items
    assert items.num_rows == 81_938 + 19_968 + 18_604
    for name in ("gold", "situation", "norm"):
        assert items[name].null_count == 0
    part = pc.list_element(pc.map_lookup(items["categories"].combine_chunks(), "part", "first"), 0)
    table = pa.table({"part": part, "gold": items["gold"]}).group_by("part").aggregate([("gold", "mean")])
    rates = dict(zip(table["part"].to_pylist(), table["gold_mean"].to_pylist(), strict=True))
    assert rates.pop("virtue") == pytest.approx(0.115, abs=0.002)
    assert all(rate == pytest.approx(0.52, abs=0.03) for rate in rates.values()), rates
