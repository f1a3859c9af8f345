"""NormVio-RT: three votes at three stages, errors and Korean labels, and no user's name anywhere."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.normvio_chat import parse_id, without_names
from normsuite.adapters.normvio_labels import CATEGORIES, OPTIONS, UNDECIDED, FormatError, judge
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "normvio-rt"
ADAPTER = get_adapter("normvio-rt")
FIRST = "1_ban_chess_with_ada_2030-01-02_rude_rook"
NAMES = ("rook", "knight", "bakerbo", "shop_9", "echo_", "flourgirl", "quiz", "d2dance", "d_fan", "zed")


@pytest.fixture(scope="module")
def views():
    read = {view: ADAPTER.read(RAW, view) for view in ADAPTER.views}
    for adapted in read.values():
        check_items(adapted.items)
        refuse_invalid(adapted)
    return read


def by_number(adapted) -> dict[str, dict]:
    return {item["id"].split(":")[1]: item for item in adapted.items.to_pylist()}


@pytest.fixture
def copied(tmp_path):
    """The first message alone, whose files a test may change."""
    (tmp_path / "data").mkdir()
    shutil.copy(RAW / "data" / f"0_{FIRST}.json", tmp_path / "data")
    shutil.copytree(RAW / "original_data" / FIRST, tmp_path / "original_data" / FIRST)
    return tmp_path


def set_aside(raw: Path) -> tuple[str, str, str | None, bool]:
    (note,) = ADAPTER.read(raw, "message").set_aside.to_pylist()
    return note["field"], note["reason"], note["value"], note["invalid"]


def person(*labels: str, target: list[str] | None = None) -> dict:
    return {"step_1": list(labels), "target_1": target}


def gold(judgement) -> list[str]:
    return [OPTIONS[at] for at in judgement.majority]


def test_there_are_fifteen_rules_and_one_question_for_each(views):
    assert len(set(OPTIONS)) == len(CATEGORIES) == 15
    assert {tuple(options) for options in views["full"].items["options"].to_pylist()} == {OPTIONS}


def test_gold_are_all_rules_that_two_of_three_name():
    judgement = judge([person("HIB", "Privacy"), person("Privacy"), person("HIB", "NSFW")], 1)
    assert gold(judgement) == ["harassment", "privacy"]
    assert [int(judgement.votes[OPTIONS.index(rule)]) for rule in ("harassment", "privacy", "nsfw")] == [
        2,
        2,
        1,
    ]


def test_a_rule_named_twice_by_one_person_is_one_vote():
    assert gold(judge([person("HIB", "HIB"), person("NSFW"), person("NSFW")], 1)) == ["nsfw"]


@pytest.mark.parametrize("written", UNDECIDED)
def test_a_list_that_cannot_be_judged_is_incivility_in_both_spellings(written):
    judgement = judge([person(written, "HIB"), person("Incivility"), person("HIB")], 1)
    assert gold(judgement) == ["incivility"]


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ((["Broadcaster"], ["Broadcaster"], ["Others in broadcast"]), "broadcaster"),
        (
            (["Others outside of bradcast"], None, ["Others outside of bradcast"]),
            "others outside the broadcast",
        ),
        ((["판단 불가"], ["판단불가"], None), "undecided"),
        ((["Broadcaster"], ["Others in broadcast"], None), None),
        ((["13. Mentioning other broadcasters", "Broadcaster"], ["Broadcaster"], None), "broadcaster"),
        ((["13. Mentioning other broadcasters"], ["13. Mentioning other broadcasters"], None), None),
    ],
)
def test_the_target_is_what_two_of_three_say_first(targets, found):
    judgement = judge([person("HIB", target=target) for target in targets], 1)
    assert (judgement.target, judgement.unknown_targets) == (found, ())


def test_only_harassment_has_a_target():
    people = [person("NSFW", target=["Broadcaster"]) for _ in range(3)]
    assert judge(people, 1).target is None


@pytest.mark.parametrize("labels", [["Rudeness"], "HIB", None, [1]])
def test_labels_outside_the_fifteen_break_the_format(labels):
    people = [{"step_1": labels}, person("HIB"), person("HIB")]
    with pytest.raises(FormatError):
        judge(people, 1)


def test_more_context_changes_what_people_say(views):
    golds = {
        view: [item["options"][at] for at in item["gold_set"]]
        for view, adapted in views.items()
        for item in [by_number(adapted)["9"]]
    }
    assert golds == {"message": ["incivility"], "chat": ["language"], "full": ["language"]}


def test_messages_without_a_majority_are_set_aside_at_that_stage_only(views):
    assert "5" not in by_number(views["message"])
    assert "5" in by_number(views["chat"])
    for adapted in views.values():
        assert "14" not in by_number(adapted)
        reasons = adapted.set_aside["reason"].to_pylist()
        assert "has no rule that two of three people name" in reasons


def test_errors_of_the_data_are_set_aside_under_either_spelling(views):
    for adapted in views.values():
        assert "13" not in by_number(adapted)
        assert (
            adapted.set_aside["reason"].to_pylist().count("an annotator marks it as an error of the data")
            == 1
        )


def test_context_grows_and_ends_before_the_message(views):
    items = {view: by_number(adapted)["1"] for view, adapted in views.items()}
    assert {item["behavior"] for item in items.values()} == {"@streamer your brain is a pawn"}
    assert (items["message"]["turns"], items["message"]["frame"]) == (None, None)
    assert [tuple(turn.values()) for turn in items["chat"]["turns"]] == [
        ("user", "gg @author"),
        ("streamer", "thanks user"),
    ]
    assert items["chat"]["frame"] is None
    assert [tuple(turn.values()) for turn in items["full"]["turns"]] == [
        ("author", "you play like a sofa"),
        ("user", "gg @author"),
        ("streamer", "thanks user"),
    ]
    assert {part["name"]: part["value"] for part in items["full"]["frame"]} == {
        "channel title": "streamer plays the club, ask @user for rules",
        "game": "Chess",
    }


def test_a_message_in_both_logs_is_shown_once(views):
    turns = by_number(views["full"])["3"]["turns"]
    assert [turn["text"] for turn in turns] == ["LALALA", "LALALA LALALA"]


def test_no_name_of_a_user_is_left(views):
    for adapted in views.values():
        everything = repr([adapted.items.to_pylist(), adapted.set_aside.to_pylist(), adapted.files]).lower()
        assert not [name for name in NAMES if name in everything]


def test_the_cluster_is_the_streamer_under_another_name(views):
    clusters = {number: item["cluster"] for number, item in by_number(views["full"]).items()}
    assert clusters["1"] == clusters["2"] != clusters["4"]
    assert len(set(clusters.values())) == 4


def test_votes_and_facets_travel_along(views):
    item = by_number(views["full"])["7"]
    assert sum(item["votes"]) == 5
    facets = dict(item["categories"])
    assert (facets["action"], facets["target"]) == (["ban"], ["others in the broadcast"])
    assert facets["streamer"] == [item["cluster"]]
    assert item["source"]["label"] == "Discrimination, HIB | HIB, Discrimination | Discrimination"


@pytest.mark.parametrize(
    ("text", "streamer", "user"),
    [
        ("1_ban_chess_with_ada_2030-01-02_rude_rook", "chess_with_ada", "rude_rook"),
        ("2_timeout_ban_ban_2030-01-02__", "ban_ban", "_"),
    ],
)
def test_ids_are_parsed_around_the_date(text, streamer, user):
    found = parse_id(text)
    assert (found.streamer, found.user, found.folder) == (streamer, user, text)


@pytest.mark.parametrize(
    "text",
    ["1_ban_a_2030-01-02_", "x_ban_a_2030-01-02_b", "1_ban_../a_2030-01-02_b", "1_mute_a_2030-01-02_b"],
)
def test_other_ids_are_none(text):
    assert parse_id(text) is None


_NAME = st.from_regex(r"[a-z][a-z0-9_]{3,12}", fullmatch=True)


@given(_NAME, _NAME, _NAME)
def test_any_name_parses_back_from_an_id(streamer, user, other):
    found = parse_id(f"7_ban_{streamer}_2030-01-02_{user}")
    assert (found.streamer, found.user) == (streamer, user)
    text = without_names(
        f"@{other} {user.upper()}, {streamer}! @{user}", {streamer: "streamer", user: "author"}
    )
    roles = {streamer: "streamer", user: "author"} if streamer != user else {user: "author"}
    assert text == f"@{roles.get(other, 'user')} {roles[user]}, {roles[streamer]}! @{roles[user]}"


def test_a_message_whose_log_is_missing_breaks_the_format(copied):
    (copied / "original_data" / FIRST / "multi_user_context.jsonl").unlink()
    assert set_aside(copied) == ("message", "multi_user_context.jsonl cannot be read", None, True)
    with pytest.raises(InputError) as caught:
        refuse_invalid(ADAPTER.read(copied, "message"))
    assert "rook" not in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"[1]\n", b"\xff", b"[" * 100_000])
def test_a_damaged_log_breaks_the_format(copied, content):
    (copied / "original_data" / FIRST / "single_user_context.jsonl").write_bytes(content)
    reason = "single_user_context.jsonl is no JSON of one object a line"
    assert set_aside(copied) == ("message", reason, None, True)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b'{"data": {"id": 1, "labels": []}}', b"\xff\xfe"]
)
def test_a_damaged_file_of_annotations_breaks_the_format(copied, content):
    (copied / "data" / f"0_{FIRST}.json").write_bytes(content)
    field, reason, value, invalid = set_aside(copied)
    assert (field, value, invalid) == ("id", None, True)
    assert "without labels" in reason


def test_an_unknown_label_breaks_the_format_and_half_a_character_is_no_crash(copied):
    path = copied / "data" / f"0_{FIRST}.json"
    tree = json.loads(path.read_text(encoding="utf-8-sig"))
    tree["data"]["labels"][0]["step_1"] = ["Rude\ud800ness"]
    path.write_text(json.dumps(tree))
    assert set_aside(copied) == ("step_1", "is not one of the 15 rules", "Rude?ness", True)


def test_an_unknown_target_is_noted_and_passed_over(copied):
    path = copied / "data" / f"0_{FIRST}.json"
    tree = json.loads(path.read_text(encoding="utf-8-sig"))
    tree["data"]["labels"][0]["target_1"] = ["A cat"]
    path.write_text(json.dumps(tree))
    assert set_aside(copied) == ("target_1", "is not a target we know; it is passed over", "A cat", False)
    assert ADAPTER.read(copied, "message").items.num_rows == 1


def test_a_folder_without_the_two_folders_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no data"):
        ADAPTER.read(tmp_path, "message")


def test_the_data_are_never_downloaded_by_us():
    assert not ADAPTER.home.files
    assert ADAPTER.home.manual
