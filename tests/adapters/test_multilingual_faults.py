"""The multilingual moral direction: what breaks the format is refused, and every row is accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_multilingual import ACTIONS, ENGLISH, TRANSLATED, Raw, item, texts

from normsuite.adapters import refuse_invalid
from normsuite.adapters.multilingual import read
from normsuite.adapters.multilingual_questions import TRANSLATIONS
from normsuite.errors import InputError
from normsuite.schema import check_items

# What breaks the format

ENGLISH_FAULTS = {
    "another stem": (["Must I kill?", "", ""], 1, "question", "is not one of the ten questions"),
    "no question": (["Is it ok to kill", "", ""], 1, "question", "is not one of the ten questions"),
    "no action": (["Is it ok to ?", "", ""], 1, "question", "is not one of the ten questions"),
    "a stem alone": (["May I?", "", ""], 1, "question", "is not one of the ten questions"),
    "another width": (["Is it ok to kill?", "", "", ""], 1, "columns", "has 4 column"),
    "a question twice": (["Should I kill?", "", ""], 2, "question", "asks what an earlier row asks"),
}


@pytest.mark.parametrize("case", ENGLISH_FAULTS)
def test_an_english_row_that_breaks_the_format_is_refused(tmp_path: Path, case: str) -> None:
    row, at, field, reason = ENGLISH_FAULTS[case]
    raw = Raw(["kill"])
    raw.rows[0] = row
    adapted = read(raw.write(tmp_path, votes=None))
    with pytest.raises(InputError, match=reason) as caught:
        refuse_invalid(adapted)
    assert (caught.value.file, caught.value.row, caught.value.field) == (ENGLISH, at, field)
    assert "en" not in adapted.items["language"].to_pylist()
    assert adapted.set_aside.filter(pc.equal(adapted.set_aside["file"], ENGLISH)).num_rows >= 10


TRANSLATED_FAULTS = {
    "two texts": (["¿?", "sí"], "is not a question, its yes and its no"),
    "a null": (["¿?", None, "no"], "is not a question, its yes and its no"),
    "one text": ("¿?", "is not a question, its yes and its no"),
}


@pytest.mark.parametrize("case", TRANSLATED_FAULTS)
def test_a_translated_entry_that_breaks_the_format_is_refused(tmp_path: Path, case: str) -> None:
    entry, reason = TRANSLATED_FAULTS[case]
    raw = Raw(["kill"])
    raw.tree["cs"]["kill"][9] = entry
    adapted = read(raw.write(tmp_path, votes=None))
    with pytest.raises(InputError, match=reason) as caught:
        refuse_invalid(adapted)
    assert (caught.value.file, caught.value.row, caught.value.field) == (TRANSLATED, 20, "question")
    assert json.dumps(entry, ensure_ascii=False) in str(adapted.set_aside["value"].to_pylist())
    assert "cs" not in adapted.items["language"].to_pylist()


def test_more_than_ten_questions_are_refused_and_the_ten_kept(tmp_path: Path) -> None:
    raw = Raw(["kill"])
    raw.tree["ar"]["kill"].append(["eleventh?", "yes", "no"])
    adapted = read(raw.write(tmp_path, votes=None))
    with pytest.raises(InputError, match="row 11, field 'question': 'eleventh\\?' is not one of the ten"):
        refuse_invalid(adapted)
    assert len(texts(item(adapted, "seed:ar:kill"))) == 10


@pytest.mark.parametrize("entries", [[], None, "kill?", {}])
def test_an_action_without_a_list_of_questions_is_refused(tmp_path: Path, entries: object) -> None:
    raw = Raw(["kill"])
    raw.tree["ar"]["kill"] = entries
    with pytest.raises(InputError, match="is not a question, its yes and its no"):
        refuse_invalid(read(raw.write(tmp_path, votes=None)))


def test_two_keys_of_one_action_are_refused(tmp_path: Path) -> None:
    raw = Raw(["kill"])
    raw.tree["zh"]["kill "] = raw.tree["zh"]["kill"]
    with pytest.raises(InputError, match="asks what an earlier row asks"):
        refuse_invalid(read(raw.write(tmp_path, votes=None)))


def test_a_translation_of_no_action_is_refused(tmp_path: Path) -> None:
    raw = Raw(["kill"])
    raw.tree["zh"][" "] = raw.tree["zh"].pop("kill")
    with pytest.raises(InputError, match="field 'action': '' is empty"):
        refuse_invalid(read(raw.write(tmp_path, votes=None)))


NO_TRANSLATIONS = {
    "nothing": ("", "is empty"),
    "no JSON": ("{", "is no JSON text"),
    "half a pair": ('{"ar": "\\ud800"}', "is no JSON text"),
    "too deep": ("[" * 100_000, "is no JSON text"),
    "a list": ("[]", "holds no languages; expected ar, cs, de, zh"),
    "another language": (
        '{"ar": {}, "cs": {}, "de": {}, "fr": {}}',
        "holds 'ar', 'cs', 'de', 'fr'; expected",
    ),
    "a language twice": ('{"ar": {}, "ar": {}}', "field 'ar': is there twice"),
    "no actions": ('{"ar": {}, "cs": {}, "de": {}, "zh": {}}', "field 'ar': holds no actions"),
    "a mark": ("\ufeff{}", "begins with a byte-order mark"),
}


@pytest.mark.parametrize("case", NO_TRANSLATIONS)
def test_a_file_that_is_something_else_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    text, what = NO_TRANSLATIONS[case]
    (Raw(["kill"]).write(tmp_path) / TRANSLATED).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert what in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.file == str(tmp_path / TRANSLATED)


@pytest.mark.parametrize("name", [ENGLISH, TRANSLATED])
def test_a_folder_that_lacks_a_file_is_refused(tmp_path: Path, name: str) -> None:
    (Raw().write(tmp_path) / name).unlink()
    with pytest.raises(InputError, match=f"holds no {name}"):
        read(tmp_path)


def test_a_single_file_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a file, not a folder"):
        read(Raw().write(tmp_path) / ENGLISH)


# All rows are accounted for

DAMAGE = st.sampled_from(["", " \u00a0", "What?", "May I kill?", None, 3, ["a", "b"]])


@settings(max_examples=60)
@given(
    english=st.dictionaries(st.integers(0, 39), DAMAGE, max_size=8),
    translated=st.dictionaries(
        st.tuples(st.sampled_from(TRANSLATIONS), st.sampled_from(ACTIONS[:4]), st.integers(0, 9)),
        DAMAGE,
        max_size=8,
    ),
    rated=st.sets(st.sampled_from(ACTIONS[:4])),
)
def test_every_row_is_part_of_an_item_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory,
    english: dict[int, Any],
    translated: dict[tuple[str, str, int], Any],
    rated: set[str],
) -> None:
    raw = Raw(ACTIONS[:4])
    for row, damage in english.items():
        raw.rows[row] = [*raw.rows[row], "x"] if not isinstance(damage, str) else [damage, "no", "yes"]
    for (language, action, template), damage in translated.items():
        entry = raw.tree[language][action]
        entry[template] = [damage, "yes", "no"] if isinstance(damage, str) else damage
    votes = "".join(f"{action},1,2\n" for action in sorted(rated))
    adapted = read(raw.write(tmp_path_factory.mktemp("raw"), f"Action,Yes,No\n{votes}" if votes else None))
    check_items(adapted.items)
    assert pc.all(pc.equal(pc.list_value_length(adapted.items["turns"]), 10)).as_py() is not False
    whole = pa.table(adapted.items.select(["language", "behavior"])).group_by(["language", "behavior"])
    questions = adapted.set_aside.filter(pc.is_in(adapted.set_aside["file"], pa.array([ENGLISH, TRANSLATED])))
    assert whole.aggregate([]).num_rows * 10 + questions.num_rows == 5 * 40
    assert questions.group_by(["file", "row"]).aggregate([]).num_rows == questions.num_rows
