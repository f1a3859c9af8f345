"""NormDial: what is a turn in a cell of free text, what its label means, and what is set aside."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.normdial_cell import LABELS, OPTIONS, Turn, parse_cell
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "normdial"
READ = get_adapter("normdial").read
AMERICAN = ["", "American_Norm", "American_Situation", "Labeled_Dialogue"]


@pytest.fixture(scope="module")
def invented():
    adapted = READ(RAW, "default")
    check_items(adapted.items)
    refuse_invalid(adapted)
    return adapted


@pytest.fixture
def write(tmp_path):
    """One American file of the given cells, and what becomes of it."""

    def write_(*cells, norm="Guests knock.", situation="At a door.", header=AMERICAN):
        path = tmp_path / "American" / "adherence" / "greeting" / "cleaned_dialogue.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.writer(sink)
            writer.writerow(header)
            writer.writerows([at, norm, situation, cell] for at, cell in enumerate(cells))
        return READ(tmp_path, "default")

    return write_


def american(cell: str) -> list[Turn]:
    return parse_cell(cell, bracketed=False)


def chinese(cell: str) -> list[Turn]:
    return parse_cell(cell, bracketed=True)


def shown(turns: list[Turn]) -> list[tuple]:
    return [(turn.speaker, turn.text, turn.said, turn.reason) for turn in turns]


def test_an_american_line_is_speaker_text_label_and_reason():
    assert shown(american("Ann: You came late. Violated | no greeting")) == [
        ("Ann", "You came late.", "Violated", "no greeting")
    ]


@pytest.mark.parametrize("colon", [": ", "： ", ":", "："])
@pytest.mark.parametrize("close", [")", "）"])
def test_a_chinese_line_is_bracketed_with_a_colon_of_either_width(colon, close):
    (turn,) = chinese(f"(小林{colon}谢谢{close}: Adhered | says thanks")
    assert (turn.speaker, turn.text, turn.label, turn.reason) == ("小林", "谢谢", 0, "says thanks")


def test_actor_lines_that_look_like_turns_are_none():
    cell = "Norm Action: knock\nActor of the Norm:\nAnn: guest\nBo: host\n\n"
    for heading in ("", "Dialogue:\n"):
        turns = american(f"{cell}{heading}Ann: Hello? Adhered | knocks\nBo: Come in. Not Relevant | -")
        assert [turn.text for turn in turns] == ["Hello?", "Come in."]


def test_an_actor_beside_the_heading_ends_with_the_blank_line():
    turns = american("Actor of the Norm: Ann\n\n(Ann waits.)\nAnn: Hello? Adhered | -")
    assert [turn.text for turn in turns] == ["(Ann waits.)", "Hello?"]


def test_an_explanation_at_the_end_is_no_turn():
    turns = american("Ann: Hello? Adhered | -\n\nExplanation: Ann: she knocks\nas one does | here")
    assert [turn.text for turn in turns] == ["Hello?"]


def test_a_dialogue_may_begin_beside_its_heading():
    assert shown(american("Dialogue: Ann: Hello? Adhered | -")) == [("Ann", "Hello?", "Adhered", "-")]


@pytest.mark.parametrize(
    ("line", "speaker", "text"),
    [
        ("(Ann knocks) Adhered | -", None, "(Ann knocks)"),
        ("(aside: they wait) Adhered | -", None, "(aside: they wait)"),
        ("Ann (aside): They wait. Adhered | -", "Ann (aside)", "They wait."),
        ("Ann: It is 7:30. Adhered | -", "Ann", "It is 7:30."),
        ("At 7:30 they leave. Adhered | -", None, "At 7:30 they leave."),
        ("Ann: One thing: knock. Adhered | -", "Ann", "One thing: knock."),
    ],
)
def test_a_stage_direction_has_no_speaker(line, speaker, text):
    assert [(turn.speaker, turn.text) for turn in american(line)] == [(speaker, text)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("(众人笑了): Not Relevant | -", "(众人笑了)"),
        ("[敲门声]: Not Relevant | -", "[敲门声]"),
        ("(（旁白：他们等着）): Not Relevant | -", "(（旁白：他们等着）)"),
    ],
)
def test_a_chinese_stage_direction_keeps_its_bracket(line, text):
    assert [(turn.speaker, turn.text) for turn in chinese(line)] == [(None, text)]


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("Adhered", "adhered"),
        ("Violated", "violated"),
        ("Not Relevant", "not relevant"),
        ("Not relevant", "not relevant"),
        ("Irrelevant", "not relevant"),
        ("Not Relevnat", "not relevant"),
        ("Not Adhered", None),
        ("Not Violated", None),
    ],
)
def test_each_label_of_the_files_has_one_meaning_or_none(said, meaning):
    (turn,) = american(f"Ann: Hello? {said} | -")
    assert (turn.text, turn.said) == ("Hello?", said)
    assert turn.label == (None if meaning is None else OPTIONS.index(meaning))


def test_the_last_label_before_the_bar_holds_and_none_stays_in_the_text():
    (turn,) = american("Ann: The rule Adhered to. Adhered Not Relevant | it is Violated | later")
    assert (turn.text, turn.label) == ("The rule Adhered to.", 2)
    assert turn.reason == "it is Violated | later"


def test_a_label_word_inside_a_word_is_none():
    (turn,) = american("Ann: unViolated | -")
    assert (turn.label, turn.barred) == (None, True)


_LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=40)
_WORDS = st.text(st.characters(categories=["L"], exclude_characters="|:"), min_size=1, max_size=12).filter(
    lambda word: word.lower() not in {*LABELS, "dialogue", "explanation"}
)


@given(st.lists(st.one_of(_LINE, st.sampled_from(["Dialogue:", "Explanation: x", "A: b Violated | c"]))))
def test_any_text_can_be_parsed(lines):
    for bracketed in (False, True):
        for turn in parse_cell("\n".join(lines), bracketed=bracketed):
            assert turn.label in (None, 0, 1, 2)
            assert turn.said in " ".join(lines)


@given(
    st.lists(
        st.tuples(
            _WORDS, _WORDS, st.lists(st.sampled_from(["Adhered", "Violated", "Not Relevant"]), min_size=1)
        )
    ),
    st.booleans(),
)
def test_every_labelled_line_is_one_turn_with_its_last_label(lines, bracketed):
    form = "({}: {}): {} | why" if bracketed else "{}: {} {} | why"
    cell = "\n".join(form.format(name, text, " ".join(labels)) for name, text, labels in lines)
    head = "Actor of the Norm:\nsomebody: guest\n\n"
    turns = parse_cell(head + cell, bracketed=bracketed)
    assert [(turn.speaker, turn.text, turn.said) for turn in turns] == [
        (name, text, labels[-1]) for name, text, labels in lines
    ]


def test_an_item_is_a_turn_with_the_dialogue_up_to_it(invented):
    items = {item["id"]: item for item in invented.items.to_pylist()}
    item = items["normdial:american:adherence:apology:1:2"]
    assert item["turns"] == [
        {"speaker": "Bo", "text": "We began without you."},
        {"speaker": "Ann", "text": "I am sorry, I kept you all waiting."},
    ]
    assert (item["gold"], item["valence"], item["explanation"]) == (0, 1.0, "Ann says sorry.")
    assert item["situation"] == "Ann comes twenty minutes late to a rehearsal of the village band."
    assert (item["country"], item["language"], item["zone"]) == ("USA", "en", "English Speaking")
    assert dict(item["categories"]) == {"category": ["apology"], "side": ["adherence"]}
    assert item["family"] == "american:adherence:apology:1"
    assert item["source"]["label"] == "Adhered"


def test_no_item_shows_a_label(invented):
    texts = [turn["text"] for turns in invented.items["turns"].to_pylist() for turn in turns]
    assert not [text for text in texts if "|" in text or any(label in text.lower() for label in LABELS)]


def test_a_turn_without_a_clear_label_stays_in_the_dialogue(invented):
    assert not [item for item in invented.items["id"].to_pylist() if item.endswith("apology:2:4")]
    reasons = invented.set_aside["reason"].to_pylist()
    assert sum("Not Adhered" in reason or "Not Violated" in reason for reason in reasons) == 2
    assert sum("without a label" in reason for reason in reasons) == 1
    assert reasons.count("is no dialogue") == reasons.count("holds no labelled turn") == 1
    assert not any(invented.set_aside["invalid"].to_pylist())


def test_chinese_items_are_in_chinese_and_one_norm_is_one_cluster(invented):
    items = [item for item in invented.items.to_pylist() if item["country"] == "CHN"]
    assert {item["language"] for item in items} == {"zh"}
    thanks = [item for item in items if dict(item["categories"])["category"] == ["thanks"]]
    assert len({item["family"] for item in thanks}) == 2
    assert len({item["cluster"] for item in thanks}) == 1
    assert {item["norm"][0] for item in thanks} == {"别"}, "the heading before the norm is no part of it"


def test_a_violating_turn_is_violated_whatever_its_norm_and_reason_say(invented):
    items = {item["id"]: item for item in invented.items.to_pylist()}
    item = items["normdial:american:violation:apology:1:2"]
    assert (item["options"][item["gold"]], item["valence"]) == ("violated", -1.0)
    assert "act as if nothing were wrong" in item["norm"]
    assert "adheres" in item["explanation"]


def test_an_unknown_label_breaks_the_format(write):
    adapted = write("Ann: Hello? Perhaps | -\nBo: Come in. Adhered | -")
    assert adapted.items.num_rows == 1
    with pytest.raises(
        InputError, match=r"row 1, field 'Labeled_Dialogue': 'Ann: Hello\? Perhaps' has no label"
    ):
        refuse_invalid(adapted)


def test_a_turn_without_words_is_set_aside(write):
    adapted = write("Ann: Adhered | -\nBo: Come in. Adhered | -")
    assert adapted.items["id"].to_pylist() == ["normdial:american:adherence:greeting:1:2"]
    assert adapted.set_aside["reason"].to_pylist() == ["is a turn without words"]


@pytest.mark.parametrize("heading", ["American Situation:", "Situation: ", "American Situation:\n", ""])
def test_headings_before_a_situation_are_dropped(write, heading):
    adapted = write("Ann: Hello? Adhered | -", situation=f"{heading}At a door: two of them.")
    assert adapted.items["situation"].to_pylist() == ["At a door: two of them."]


def test_an_empty_norm_is_invalid(write):
    with pytest.raises(InputError, match=r"field 'American_Norm'.*is empty"):
        refuse_invalid(write("Ann: Hello? Adhered | -", norm="Norm: "))


def test_a_file_with_other_columns_and_a_folder_without_files_are_refused(write, tmp_path):
    with pytest.raises(InputError, match="missing column"):
        write("x", header=["", "Norm", "American_Situation", "Labeled_Dialogue"])
    with pytest.raises(InputError, match="holds no American/adherence/apology"):
        READ(tmp_path / "American", "default")


def test_the_home_names_all_forty_files():
    files = get_adapter("normdial").home.files
    assert len({file.path for file in files}) == 40
