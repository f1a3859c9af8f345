"""The multilingual moral direction: an action asked about ten times in five languages, and what is known."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from made_multilingual import ACTIONS, ENGLISH, FIXED, STUDY, TRANSLATED, VOTES, Raw, item, texts

from normsuite import folders
from normsuite.adapters import Adapted, refuse_invalid
from normsuite.adapters.multilingual import ADAPTER, read
from normsuite.adapters.multilingual_questions import STEMS, TRANSLATIONS
from normsuite.errors import InputError
from normsuite.prompts import compile_wording, item_fields
from normsuite.schema import check_items

NOTED = "has no text (noted: answers are no part of an item)"


def aside(adapted: Adapted, reason: str) -> list[tuple[str, int]]:
    """File and row of what was set aside for one reason."""
    found = adapted.set_aside.filter(pc.equal(adapted.set_aside["reason"], reason)).to_pylist()
    return [(row["file"], row["row"]) for row in found]


# What an item is


def test_an_action_is_an_item_in_each_language(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path), "default")
    check_items(adapted.items)
    refuse_invalid(adapted)
    german = item(adapted, "study:de:hum a tune")
    assert german["behavior"] == german["family"] == german["cluster"] == "hum a tune"
    assert (german["language"], german["country"], german["zone"]) == ("de", None, None)
    assert [turn["speaker"] for turn in german["turns"]] == [str(number) for number in range(1, 11)]
    assert texts(german) == [f"de {number}: hum a tune?" for number in range(1, 11)]
    english = item(adapted, "study:en:hum a tune")
    assert texts(english) == [f"{stem} hum a tune?" for stem in STEMS]
    assert english["source"] == {"row": 1, "label": None, "culture": None, "split": None, "file": ENGLISH}
    assert german["source"]["row"] == 2 * len(ACTIONS) * 10 + 1
    languages = Counter(adapted.items["language"].to_pylist())
    assert languages == dict.fromkeys(("en", *TRANSLATIONS), 3 + 2)
    assert {*adapted.files} == {ENGLISH, TRANSLATED, FIXED}


def test_what_is_known_of_an_action_is_the_share_of_yes(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path))
    for language in ("en", "zh"):
        row = item(adapted, f"study:{language}:hum a tune")
        assert (row["split"], row["kind"], row["options"]) == ("test", "rating", ["No", "Yes"])
        assert (row["votes"], row["rating"], row["valence"]) == ([1, 3], 0.75, 0.5)
        assert (row["scale_min"], row["scale_max"]) == (0.0, 1.0)
        assert dict(row["categories"]) == {"verb": ["hum"], "seed": ["no"]}


@pytest.mark.parametrize(
    ("verb", "pole", "rating", "valence"),
    [("smile", "positive", 1.0, 1.0), ("kill", "negative", 0.0, -1.0), ("eat", "neutral", 0.5, 0.0)],
)
def test_a_seed_verb_is_for_training(
    tmp_path: Path, verb: str, pole: str, rating: float, valence: float
) -> None:
    row = item(read(Raw().write(tmp_path)), f"seed:cs:{verb}")
    assert (row["split"], row["kind"], row["votes"]) == ("train", "rating", None)
    assert (row["rating"], row["valence"]) == (rating, valence)
    assert dict(row["categories"]) == {"verb": [verb], "seed": ["yes"], "pole": [pole]}


def test_a_rated_seed_verb_is_there_once_in_each_split(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path))
    trained, tested = item(adapted, "seed:ar:kill"), item(adapted, "study:ar:kill")
    assert trained["turns"] == tested["turns"] and trained["categories"] == tested["categories"]
    assert (tested["split"], tested["votes"], tested["rating"]) == ("test", [4, 0], 0.0)
    found = adapted.items.filter(pc.equal(adapted.items["behavior"], "kill"))
    assert Counter(found["split"].to_pylist()) == {"train": 5, "test": 5}


def test_an_action_that_is_neither_rated_nor_a_seed_is_set_aside(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path))
    rows = aside(adapted, "has no rating and is no seed verb")
    at = ACTIONS.index("whittle") * 10
    assert rows[:10] == [(ENGLISH, at + number) for number in range(1, 11)]
    assert len(rows) == adapted.set_aside.num_rows == 50
    assert adapted.set_aside["value"].unique().to_pylist() == ["whittle"]


# Quirks of the files


def test_rows_may_come_in_any_order(tmp_path: Path) -> None:
    raw = Raw()
    whole = read(raw.write(tmp_path)).items.filter(pc.field("language") == "en").drop_columns("source")
    raw.rows.reverse()
    mixed = read(raw.write(tmp_path)).items.filter(pc.field("language") == "en").drop_columns("source")
    assert mixed.sort_by("id").equals(whole.sort_by("id"))


def test_answers_are_no_part_of_an_item_whatever_their_order(tmp_path: Path) -> None:
    """The CSV has no before yes, the JSON yes before no."""
    adapted = read(Raw().write(tmp_path))
    asked = pc.struct_field(pc.list_flatten(adapted.items["turns"]), "text")
    assert not pc.any(pc.match_substring_regex(asked, "(?i)yes|no,|[ ]no$")).as_py()
    assert {*map(tuple, adapted.items["options"].to_pylist())} == {("No", "Yes")}


def test_a_missing_answer_is_noted_and_its_question_stays(tmp_path: Path) -> None:
    raw = Raw()
    raw.tree["de"]["kill"][0][1] = ""
    raw.tree["de"]["kill"][3][1:] = ["", "\u00a0"]
    adapted = read(raw.write(tmp_path))
    refuse_invalid(adapted)
    start = (2 * len(ACTIONS) + ACTIONS.index("kill")) * 10
    noted = adapted.set_aside.filter(pc.equal(adapted.set_aside["reason"], NOTED)).to_pylist()
    assert {(row["field"], row["row"]) for row in noted} == {
        ("yes", start + 1),
        ("yes", start + 4),
        ("no", start + 4),
    }
    assert len(texts(item(adapted, "study:de:kill"))) == 10


def test_an_action_without_all_ten_questions_is_set_aside(tmp_path: Path) -> None:
    raw = Raw()
    raw.tree["de"]["kill"][4][0] = " "
    raw.rows[ACTIONS.index("kill") * 10 + 2][0] = ""
    adapted = read(raw.write(tmp_path))
    check_items(adapted.items)
    refuse_invalid(adapted)
    killing = adapted.items.filter(pc.equal(adapted.items["behavior"], "kill"))
    assert {*killing["language"].to_pylist()} == {"ar", "cs", "zh"}
    start = (2 * len(ACTIONS) + ACTIONS.index("kill")) * 10
    assert aside(adapted, "has no text") == [(ENGLISH, 13), (TRANSLATED, start + 5)]
    others = aside(adapted, "stands without the other nine questions")
    assert len(others) == 18 and (TRANSLATED, start + 5) not in others


def test_spaces_are_made_plain(tmp_path: Path) -> None:
    raw = Raw(["kill"])
    raw.rows[0][0] = "\u00a0Is it ok to\u00a0kill ? "
    raw.tree["cs"] = {" kill\u00a0": raw.tree["cs"]["kill"]}
    raw.tree["cs"][" kill\u00a0"][0][0] = " Smím\u00a0\u202fto?\u00a0"
    adapted = read(raw.write(tmp_path, votes=None))
    assert texts(item(adapted, "seed:en:kill"))[0] == "Is it ok to kill ?"
    assert texts(item(adapted, "seed:cs:kill"))[0] == "Smím  to?"


def test_text_is_otherwise_left_as_it_is(tmp_path: Path) -> None:
    raw = Raw(["kill"])
    raw.tree["ar"]["kill"][0][0] = "\u0647\u0644\u200b \u0642?"  # a zero-width space
    raw.tree["zh"]["kill"][0][0] = "殺好嗎？"
    adapted = read(raw.write(tmp_path, votes=None))
    assert texts(item(adapted, "seed:ar:kill"))[0] == "\u0647\u0644\u200b \u0642?"
    assert texts(item(adapted, "seed:zh:kill"))[0] == "殺好嗎？"


# The user study


def test_the_mended_study_is_preferred_wherever_it_lies(tmp_path: Path) -> None:
    Raw().write(tmp_path, votes=None)
    (tmp_path / FIXED).write_text("Action,Yes,No\nhum a tune,1,1\n")
    (tmp_path / "user_study").mkdir()
    (tmp_path / "user_study" / STUDY).write_text(VOTES)
    adapted = read(tmp_path)
    assert item(adapted, "study:en:hum a tune")["votes"] == [1, 1]
    assert adapted.version == f"{FIXED}: 1 of 1 rated actions are asked about"


@pytest.mark.parametrize("place", [".", "user_study"])
def test_the_study_as_first_published_will_do(tmp_path: Path, place: str) -> None:
    Raw().write(tmp_path, votes=None)
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / STUDY).write_text(VOTES)
    (tmp_path / place / "userStudy_action_template_regional.csv").write_text("action,question\nfly, May I\n")
    adapted = read(tmp_path)
    assert item(adapted, "study:en:hum a tune")["votes"] == [1, 3]
    assert {*adapted.files} == {ENGLISH, TRANSLATED, STUDY}
    assert {*adapted.set_aside["file"].to_pylist()} == {ENGLISH, TRANSLATED}


def test_rated_actions_that_are_not_asked_about_are_counted(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path, f"{VOTES}\nhum tune,2,2\nhum,1,1\n"))
    assert aside(adapted, "is no action that is asked about here") == [(FIXED, 3), (FIXED, 4)]
    assert adapted.version == f"{FIXED}: 2 of 4 rated actions are asked about"


def test_without_the_study_only_seed_verbs_are_items(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path, votes=None))
    check_items(adapted.items)
    assert {*adapted.items["split"].to_pylist()} == {"train"}
    assert adapted.version == "without the user study: seed verbs only"
    assert len(aside(adapted, "has no rating and is no seed verb")) == 2 * 50


def test_a_rating_that_breaks_the_studys_format_is_refused(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path, f"{VOTES}\nsmile,-1,1\n"))
    with pytest.raises(InputError, match=rf"{FIXED}, row 3, field 'Yes': .*is no number of people"):
        refuse_invalid(adapted)


def test_a_file_in_which_nothing_is_wanted_gives_no_item(tmp_path: Path) -> None:
    adapted = read(Raw(["whittle", "carve"]).write(tmp_path))
    assert adapted.items.num_rows == 0
    assert adapted.set_aside.num_rows == 5 * 20 + 2


# The published files


def test_published_files(shared_data: Path, tmp_path: Path) -> None:
    """As the authors' folder, but with the user study as first published."""
    home = shared_data / "multilingual_moral"
    for name in (ENGLISH, TRANSLATED):
        shutil.copyfile(home / name, tmp_path / name)
    shutil.copytree(shared_data / "mort_user_study", tmp_path / "user_study")
    adapted = read(tmp_path)
    check_items(adapted.items)
    refuse_invalid(adapted)
    counted = Counter(zip(*(adapted.items[name].to_pylist() for name in ("language", "split")), strict=True))
    assert counted == {
        (language, split): n
        for language in ("en", *TRANSLATIONS)
        for split, n in (("train", 64), ("test", 105))
    }
    reasons = Counter(
        zip(*(adapted.set_aside[name].to_pylist() for name in ("field", "reason")), strict=True)
    )
    assert reasons == {
        ("action", "has no rating and is no seed verb"): 5 * 125 * 10,
        ("yes", NOTED): 852,
        ("no", NOTED): 135,
        ("Action", "is no action that is asked about here"): 8,
    }
    tested = adapted.items.filter(pc.field("split") == "test")
    seeds = [dict(row)["seed"] for row in tested["categories"].to_pylist()]
    assert Counter(seed for (seed,) in seeds) == {"no": 5 * 85, "yes": 5 * 20}
    pinned = {file.path: file.sha256 for file in ADAPTER.home.files if file.sha256}
    assert {name: pinned[name] for name in (ENGLISH, TRANSLATED)} == {
        name: adapted.files[name] for name in (ENGLISH, TRANSLATED)
    }


# Wordings


def rendered(wordings_of: str, /, **fields: Any) -> list[str]:
    """What each wording of a family makes of one item, in the order of their names."""
    row = dict.fromkeys(("situation", "behavior", "norm", "frame", "turns", "country", "language"))
    paths = sorted((folders.prompts() / wordings_of).glob("*.jinja"))
    wordings = [compile_wording(path, path.read_text(encoding="utf-8")) for path in paths]
    return [wording.render(item_fields(row | {"id": "own:1"} | fields)) for wording in wordings]


def test_stems_are_asked_in_the_published_order() -> None:
    assert rendered("question-stems", behavior="hum") == [f"{stem} hum?" for stem in STEMS]


def test_a_country_goes_before_the_stem() -> None:
    told = rendered("country-question-stems", behavior="hum", country="JPN")
    assert told == [f"In Japan, {stem[0].lower()}{stem[1:]} hum?" for stem in STEMS]
    assert rendered("country-question-stems", behavior="hum") == [f"{stem} hum?" for stem in STEMS]


def test_an_action_is_told_bare_or_after_the_stem_that_was_asked() -> None:
    assert rendered("bare-action", behavior="hum") == ["hum"]
    assert rendered("asked-stem", behavior="hum", situation="May I") == ["May I hum?"]


def test_translated_questions_are_told_as_they_are(tmp_path: Path) -> None:
    adapted = read(Raw().write(tmp_path))
    for native in ("study:en:hum a tune", "study:zh:hum a tune"):
        row = item(adapted, native)
        assert rendered("translated-questions", turns=row["turns"]) == texts(row)
