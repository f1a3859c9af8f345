"""Word norms: ratings on the scale that a file's name stands for, asked for from 1 to 7."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import made_word_norms as made
import pyarrow.compute as pc
import pytest

from normsuite import folders
from normsuite.adapters import Adapted, refuse_invalid
from normsuite.adapters.word_norms import ADAPTER, read
from normsuite.errors import InputError
from normsuite.prompts import item_fields, load_wordings
from normsuite.schema import check_items

DATA = Path(__file__).parents[1] / "data" / "word-norms"


def item(adapted: Adapted, native: str) -> dict[str, Any]:
    (row,) = adapted.items.filter(pc.equal(adapted.items["id"], f"word-norms:{native}")).to_pylist()
    return row


def aside(adapted: Adapted) -> set[tuple[int, str, str]]:
    return {(row["row"], row["field"], row["reason"]) for row in adapted.set_aside.to_pylist()}


@pytest.mark.parametrize("view", ADAPTER.views)
def test_every_view_reads_its_file(view: str) -> None:
    adapted = read(DATA, view)
    check_items(adapted.items)
    refuse_invalid(adapted)
    assert {*adapted.items["kind"].to_pylist()} == {"rating"}
    assert {(row["scale_min"], row["scale_max"]) for row in adapted.items.to_pylist()} == {(1.0, 7.0)}
    assert adapted.items["country"].null_count == adapted.items.num_rows
    facets = {name for row in adapted.items["categories"].to_pylist() for name, _ in row}
    assert facets == {"feature", "source", "sense"}


def test_a_rating_is_moved_to_the_scale_that_is_asked_for_and_kept_as_written() -> None:
    lamp = item(read(DATA, "familiarity-mrc"), "familiarity:mrc:lamp")
    assert lamp["rating"] == pytest.approx(5.6) and lamp["source"]["label"] == "560"
    assert lamp["source"]["file"] == made.JOINT and lamp["language"] == "en"
    glasgow = item(read(DATA, "familiarity-glasgow"), "familiarity:glasgow:lamp")
    assert glasgow["rating"] == pytest.approx(5.9) and glasgow["source"]["label"] == "5.9"


def test_the_scale_is_told_by_the_files_name(tmp_path: Path) -> None:
    """The column FAM_MRC runs from 100 to 700 in one file and from 1 to 7 in the other."""
    made.inner(tmp_path)
    inner = read(tmp_path, "familiarity-mrc")
    lamp = item(inner, "familiarity:mrc:lamp")
    assert lamp["rating"] == pytest.approx(5.6) and lamp["source"]["label"] == "5.6"
    assert inner.version == f"{made.INNER}, {len(made.BOTH)} words"
    made.joint(tmp_path)
    assert [*read(tmp_path, "familiarity-mrc").files] == [made.JOINT]


def test_a_file_on_the_other_scale_is_refused(tmp_path: Path) -> None:
    shutil.move(made.inner(tmp_path), tmp_path / made.JOINT)
    line = (
        r"row 1, field 'FAM_MRC': '5.6' lies outside the scale of MRC in this file, 100 to 700 \(and 15 more"
    )
    with pytest.raises(InputError, match=line):
        refuse_invalid(read(tmp_path, "familiarity-mrc"))


def test_a_file_under_another_name_tells_no_scale(tmp_path: Path) -> None:
    other = tmp_path / "norms.xlsx"
    shutil.copyfile(DATA / made.JOINT, other)
    with pytest.raises(
        InputError, match="its name tells no scale of ratings; keep the published name: Glasgow"
    ):
        read(other, "familiarity-mrc")


def test_a_sense_is_kept_apart_from_its_word() -> None:
    adapted = read(DATA, "familiarity-glasgow")
    seal = item(adapted, "familiarity:glasgow:seal (animal)")
    assert (seal["behavior"], seal["situation"], seal["cluster"]) == ("seal", "animal", "seal")
    assert dict(seal["categories"])["sense"] == ["named"]
    match = item(adapted, "familiarity:glasgow:match(game)")
    assert (match["behavior"], match["situation"]) == ("match", "game")
    plain = item(adapted, "familiarity:glasgow:seal")
    assert (plain["situation"], plain["cluster"], dict(plain["categories"])["sense"]) == (
        None,
        "seal",
        ["not named"],
    )
    assert item(adapted, "familiarity:glasgow:router")["behavior"] == "router"


def test_what_is_no_rating_is_set_aside_with_its_reason() -> None:
    n = len(made.BOTH)
    told = aside(read(DATA, "familiarity-glasgow"))
    assert told == {
        (n + 8, "Word", "is an earlier row's word"),
        (n + 9, "Word", "is no text: the spreadsheet holds something else"),
        (n + 10, "FAM_Glas", "has no rating"),
    }
    empty = Counter(reason for _, _, reason in aside(read(DATA, "familiarity-mrc")))
    assert empty == {
        "has no rating": len(made.GLASGOW_ONLY) - 1,
        "is no text: the spreadsheet holds something else": 1,
    }


def test_published_splits_are_taken_and_a_sense_goes_with_its_word(tmp_path: Path) -> None:
    adapted = read(DATA, "familiarity-glasgow")
    assert {*adapted.files} == {made.JOINT, made.TRAIN, made.TEST}
    split = dict(zip(adapted.items["id"].to_pylist(), adapted.items["split"].to_pylist(), strict=True))
    assert split["word-norms:familiarity:glasgow:window"] == "train"
    assert split["word-norms:familiarity:glasgow:bread"] == "test"
    assert split["word-norms:familiarity:glasgow:selfie"] == "test"
    made.joint(tmp_path)
    made.splits(tmp_path, {made.TRAIN: [("seal", 4.0, 433)], made.TEST: [("lamp", 5.9, 560)]})
    items = read(tmp_path).items
    train = items.filter(pc.equal(items["split"], "train"))["id"].to_pylist()
    assert train == [f"word-norms:familiarity:glasgow:{w}" for w in ("seal", "seal (animal)", "seal (close)")]
    made.splits(tmp_path, {made.TRAIN: made.BOTH, made.TEST: made.BOTH})
    with pytest.raises(InputError, match=f"'lamp' is in {made.TRAIN} too"):
        read(tmp_path)


def test_german_sources_have_scales_of_their_own() -> None:
    adapted = read(DATA, "familiarity-german")
    ratings = [
        item(adapted, f"familiarity:{source}:Brot")["rating"] for source in ("schröder-2011", "linguapix")
    ]
    assert ratings == pytest.approx([7.0, 6.94])
    clusters = {row["cluster"] for row in adapted.items.to_pylist() if row["behavior"] == "Brot"}
    assert clusters == {"Brot"}
    sources = Counter(dict(row)["source"][0] for row in adapted.items["categories"].to_pylist())
    assert sources == {"Schröder 2011": 5, "Schroeder 2015": 5, "LinguaPix": 6, "Xu 2024": 7}
    assert adapted.set_aside.num_rows == 4 * len(made.GERMAN_ROWS) - adapted.items.num_rows


def test_the_files_of_the_tests_are_those_that_the_helper_writes(tmp_path: Path) -> None:
    made.write_all(tmp_path)
    for view in ADAPTER.views:
        assert read(tmp_path, view).items.equals(read(DATA, view).items)


@pytest.mark.parametrize(
    ("family", "view"),
    [("word-familiarity", v) for v in ADAPTER.views[:3]] + [("word-iconicity", v) for v in ADAPTER.views[3:]],
)
def test_a_wording_asks_in_the_words_language_for_a_number_of_the_scale(family: str, view: str) -> None:
    rows = read(DATA, view).items.to_pylist()
    ending = {"en": "Answer:", "de": "Antwort:", "es": "Respuesta:"}[rows[0]["language"]]
    wordings = load_wordings(family, folders.prompts())
    for wording in wordings:
        asked = [wording.render(item_fields(row) | {"options": []}) for row in rows]
        assert len({*asked}) == len({(row["behavior"], row["situation"]) for row in rows})
        for text, row in zip(asked, rows, strict=True):
            assert text.endswith(ending) and row["behavior"] in text and "1" in text and "7" in text
            assert row["situation"] is None or row["situation"] in text
