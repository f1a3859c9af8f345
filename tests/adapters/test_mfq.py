"""The Moral Foundations Questionnaire: statements of five languages, how they point, and what catches."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from made_multilingual import SAYINGS, item, statements, write_all, write_statements

from normsuite.adapters import Adapted, refuse_invalid
from normsuite.adapters.mfq import FILE, FOUNDATIONS, LANGUAGES, foundation_of
from normsuite.adapters.multilingual import ADAPTER, read
from normsuite.errors import InputError
from normsuite.prompts import item_fields, load_wordings
from normsuite.schema import check_items

DATA = Path(__file__).parents[1] / "data" / "multilingual-moral"


def made(folder: Path, rows: list[list[str]] | None = None) -> Adapted:
    return read(write_statements(folder, rows or statements()), "mfq")


def test_a_statement_is_an_item_in_each_language(tmp_path: Path) -> None:
    adapted = made(tmp_path)
    check_items(adapted.items)
    refuse_invalid(adapted)
    german = item(adapted, "mfq:de:07")
    assert (german["norm"], german["language"], german["country"]) == ("Aussage, Nr. 7.", "de", None)
    assert (german["behavior"], german["situation"], german["options"]) == (None, None, None)
    assert (german["kind"], german["split"], german["scale_min"], german["scale_max"]) == (
        "rating",
        "test",
        0,
        5,
    )
    assert german["cluster"] == german["family"] == item(adapted, "mfq:zh:07")["cluster"] == "mfq:07"
    assert german["source"] == {"row": 8, "label": "-1", "culture": None, "split": None, "file": FILE}
    assert [*adapted.files] == [FILE]


def test_nobody_answered_but_catch_items_have_an_answer(tmp_path: Path) -> None:
    adapted = made(tmp_path)
    rated = {row["id"][-2:]: row["rating"] for row in adapted.items.to_pylist() if row["rating"] is not None}
    assert rated == {"05": 2.5, "21": 5.0}
    sums = item(adapted, "mfq:en:05")
    assert sums["valence"] is None and "foundation" not in dict(sums["categories"])
    assert dict(sums["categories"])["wording of the statement"] == ["catch item"]


def test_the_multiplier_says_how_a_statement_points(tmp_path: Path) -> None:
    adapted = made(tmp_path)
    breach, upheld = item(adapted, "mfq:cs:00"), item(adapted, "mfq:cs:02")
    assert (breach["valence"], upheld["valence"]) == (-1.0, 1.0)
    assert dict(breach["categories"])["wording of the statement"] == ["breach"]
    assert dict(upheld["categories"])["wording of the statement"] == ["upheld"]


def test_foundations_come_in_turn_and_catch_items_belong_to_none() -> None:
    order = [foundation_of(number) for number in range(32)]
    assert order[:7] == [*FOUNDATIONS, None, "harm"] and order[16:23] == [*FOUNDATIONS, None, "harm"]
    assert Counter(order) == {**dict.fromkeys(FOUNDATIONS, 6), None: 2}


def test_facets_cross_language_and_foundation(tmp_path: Path) -> None:
    facets = dict(item(made(tmp_path), "mfq:ar:01")["categories"])
    assert facets == {
        "foundation": ["fairness"],
        "language and foundation": ["ar fairness"],
        "part": ["what someone did"],
        "wording of the statement": ["breach"],
    }
    assert dict(item(made(tmp_path), "mfq:ar:16")["categories"])["part"] == ["views"]


def test_spaces_are_made_plain_and_gaps_are_set_aside(tmp_path: Path) -> None:
    adapted = made(tmp_path)
    assert item(adapted, "mfq:ar:02")["norm"] == "عبارة 2" and item(adapted, "mfq:zh:02")["norm"] == "陈述2"
    told = [
        (row["row"], row["field"], row["reason"], row["invalid"]) for row in adapted.set_aside.to_pylist()
    ]
    assert told == [(22, "ar", "has no text", False), (32, "ar", "is an earlier item's text", False)]
    assert adapted.items.num_rows == 5 * len(SAYINGS) - 2


@pytest.mark.parametrize(
    ("number", "column", "value", "line"),
    [
        (3, 0, "2", "row 4, field 'Question Number': '2' is an earlier row's number"),
        (3, 0, "32", "'32' is no number of an item, 0 to 31"),
        (3, 1, "2", "row 4, field 'Multiplier': '2' is not one of -1, 0, 1"),
        (3, 1, "0", "'0' does not fit: it is 0 of catch items, and of them alone"),
        (5, 1, "1", "row 6, field 'Multiplier': '1' does not fit"),
        (3, 1, "", "row 4, field 'Multiplier': None is not one of -1, 0, 1"),
    ],
)
def test_what_breaks_the_format_is_refused(
    tmp_path: Path, number: int, column: int, value: str, line: str
) -> None:
    rows = statements()
    rows[1 + number][column] = value
    with pytest.raises(InputError, match=line):
        refuse_invalid(made(tmp_path, rows))


def test_the_questionnaire_needs_no_other_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"holds no {FILE}"):
        read(tmp_path, "mfq")
    made(tmp_path)
    assert read(tmp_path / FILE, "mfq").items.num_rows == 158


def test_the_files_of_the_tests_are_those_that_the_helper_writes(tmp_path: Path) -> None:
    write_all(tmp_path)
    for view in ADAPTER.views:
        assert read(tmp_path, view).items.equals(read(DATA, view).items)


def test_published_file(shared_data: Path) -> None:
    adapted = read(shared_data / "multilingual_moral", "mfq")
    check_items(adapted.items)
    refuse_invalid(adapted)
    told = [(row["row"], row["field"], row["reason"]) for row in adapted.set_aside.to_pylist()]
    assert told == [(22, "ar", "has no text"), (32, "ar", "is an earlier item's text")]
    english = adapted.items.filter(pc.equal(adapted.items["language"], "en"))
    assert Counter(english["valence"].to_pylist()) == {-1.0: 14, 1.0: 16, None: 2}
    assert Counter(adapted.items["language"].to_pylist()) == {
        "en": 32,
        "de": 32,
        "cs": 32,
        "zh": 32,
        "ar": 30,
    }
    assert not any("\u00a0" in text for text in adapted.items["norm"].to_pylist())
    pinned = {file.path: file.sha256 for file in ADAPTER.home.files}
    assert adapted.files == {FILE: pinned[FILE]}


def test_a_wording_asks_in_the_statements_language(tmp_path: Path) -> None:
    adapted = made(tmp_path)
    endings = {"en": "Answer:", "de": "Antwort:", "cs": "Odpověď:", "ar": "الجواب:", "zh": "答案:"}
    wordings = load_wordings("moral-statement")
    for language in LANGUAGES:
        row: dict[str, Any] = item(adapted, f"mfq:{language}:03")
        asked = [wording.render(item_fields(row) | {"options": []}) for wording in wordings]
        assert len({*asked}) == len(asked) == 3
        for text in asked:
            assert row["norm"] in text and text.endswith(endings[language]) and "0" in text and "5" in text
