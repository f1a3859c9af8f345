"""Social-Chem-101: six views, annotators as votes, stray quotes, and what each view leaves out."""

import pytest

from normsuite.adapters import get_adapter, refuse_invalid
from normsuite.adapters.social_chem_fields import VIEWS
from normsuite.adapters.social_chem_file import COLUMNS
from normsuite.errors import InputError
from normsuite.schema import check_items

READ = get_adapter("social-chem-101").read


def row(**cells):
    usual = dict.fromkeys(COLUMNS, "") | {
        "area": "dearabby",
        "m": "1",
        "split": "train",
        "rot-agree": "3.0",
        "rot-categorization": "social-norms|advice",
        "rot-moral-foundations": "care-harm",
        "rot-char-targeting": "char-0",
        "rot-bad": "0",
        "rot-judgment": "it's kind to",
        "action": "returning a borrowed ladder",
        "action-agency": "agency",
        "action-moral-judgment": "1.0",
        "action-agree": "3.0",
        "action-legal": "legal",
        "action-pressure": "2.0",
        "action-char-involved": "char-0",
        "action-hypothetical": "probable",
        "situation": "keeping my neighbour's ladder",
        "situation-short-id": "dearabby/17",
        "rot": "It's kind to return a borrowed ladder.",
        "rot-id": "rot/dearabby/17/author-9/1",
        "rot-worker-id": "author-9",
        "breakdown-worker-id": "reader-1",
        "n-characters": "2",
        "characters": "narrator|my neighbour",
    }
    return usual | {name.replace("_", "-"): value for name, value in cells.items()}


@pytest.fixture
def write(tmp_path):
    def write_(*rows):
        path = tmp_path / "social-chem-101.v1.0.tsv"
        lines = [COLUMNS, *(each.values() for each in rows)]
        path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
        return path

    return write_


def test_a_row_becomes_an_item(write):
    adapted = READ(write(row()), "")
    check_items(adapted.items)
    item = adapted.items.to_pylist()[0]
    assert (item["situation"], item["behavior"]) == (row()["situation"], row()["action"])
    assert item["norm"] == row()["rot"]
    assert item["options"] == ["very-bad", "bad", "ok", "good", "very-good"]
    assert (item["gold"], item["votes"], item["valence"]) == (3, [0, 0, 0, 1, 0], 0.5)
    assert (item["agreement"], item["pressure"]) == (0.825, 1.0)
    assert (item["cluster"], item["family"], item["country"]) == ("dearabby/17", None, None)
    assert dict(item["categories"]) == {
        "area": ["dearabby"],
        "foundation": ["care-harm"],
        "categorization": ["social-norms", "advice"],
        "legality": ["legal"],
        "agency": ["agency"],
    }


def test_no_worker_is_left_in_the_items(write):
    text = str(READ(write(row()), "").items.to_pylist())
    assert "author-9" not in text
    assert "reader-1" not in text


@pytest.mark.parametrize(
    ("view", "kind", "gold", "gold_set"),
    [
        ("judgment", "label", 3, None),
        ("agree", "label", 3, None),
        ("legality", "label", 0, None),
        ("pressure", "label", 4, None),
        ("foundations", "multilabel", None, [0]),
        ("categorization", "multilabel", None, [1, 2]),
    ],
)
def test_views_ask_six_questions(write, view, kind, gold, gold_set):
    adapted = READ(write(row()), view)
    check_items(adapted.items)
    item = adapted.items.to_pylist()[0]
    assert (item["kind"], item["gold"], item["gold_set"]) == (kind, gold, gold_set)
    assert item["options"] == list(VIEWS[view].options)
    assert (item["behavior"] is None) is not VIEWS[view].of_action


def test_an_unknown_view_is_refused(write):
    with pytest.raises(InputError, match="no view 'mood'; choose one of judgment, agree"):
        READ(write(row()), "mood")


def test_annotators_of_one_rule_become_votes(write):
    judged = [("r1", "-1"), ("r2", "-1.0"), ("r3", "0")]
    rows = [row(breakdown_worker_id=who, action_moral_judgment=what) for who, what in judged]
    items = READ(write(*rows), "").items
    assert items["votes"].to_pylist() == [[0, 2, 1, 0, 0]]
    assert (items["gold"].to_pylist(), items["valence"].to_pylist()) == ([1], [-0.5])


def test_a_tie_has_no_gold_but_the_labels_that_share_it(write):
    rows = [row(breakdown_worker_id=str(at), action_moral_judgment=str(at)) for at in (1, 2)]
    items = READ(write(*rows), "").items
    assert (items["gold"].to_pylist(), items["gold_set"].to_pylist()) == ([None], [[3, 4]])


def test_another_action_of_the_rule_is_another_item_of_the_action_views_only(write):
    rows = [row(), row(action="keeping a ladder", breakdown_worker_id="r2")]
    path = write(*rows)
    assert READ(path, "judgment").items.num_rows == 2
    assert READ(path, "agree").items["votes"].to_pylist() == [[0, 0, 0, 2, 0]]


def test_multilabel_gold_is_what_at_least_half_chose(write):
    chosen = ["care-harm|loyalty-betrayal", "care-harm", "", "fairness-cheating"]
    rows = [row(breakdown_worker_id=str(at), rot_moral_foundations=text) for at, text in enumerate(chosen)]
    items = READ(write(*rows), "foundations").items
    assert items["votes"].to_pylist() == [[2, 1, 1, 0, 0]]
    assert items["gold_set"].to_pylist() == [[0]]


def test_an_empty_list_is_an_answer(write):
    items = READ(write(row(rot_moral_foundations="")), "foundations").items
    assert (items["gold_set"].to_pylist(), items["votes"].to_pylist()) == ([[]], [[0] * 5])


def test_the_same_annotators_same_answer_counts_once(write):
    adapted = READ(write(row(), row()), "")
    assert adapted.items["votes"].to_pylist() == [[0, 0, 0, 1, 0]]
    assert adapted.set_aside.select(["row", "invalid"]).to_pylist() == [{"row": 2, "invalid": False}]


def test_agreement_is_the_mean_of_bucket_middles(write):
    rows = [row(breakdown_worker_id=str(at), rot_agree=str(at)) for at in range(5)]
    assert READ(write(*rows), "").items["agreement"].to_pylist() == pytest.approx(
        [(0.15 + 0.5 + 0.825 + 1) / 5]
    )


def test_missing_answers_stay_null(write):
    items = READ(write(row(rot_agree="", action_pressure="", action_legal="")), "").items
    assert (items["agreement"].to_pylist(), items["pressure"].to_pylist()) == ([None], [None])
    assert "legality" not in dict(items["categories"][0].as_py())


@pytest.mark.parametrize(
    ("cells", "view", "field"),
    [
        ({"rot_bad": "1"}, "", "rot-bad"),
        ({"action_moral_judgment": ""}, "", "action-moral-judgment"),
        ({"action": ""}, "", "action"),
        ({"rot_agree": ""}, "agree", "rot-agree"),
        ({"split": "dev-extra"}, "", "split"),
        ({"split": "none"}, "", "split"),
    ],
)
def test_known_gaps_are_set_aside_and_not_invalid(write, cells, view, field):
    adapted = READ(write(row(**cells), row(rot_id="other")), view)
    assert adapted.items.num_rows == 1
    assert adapted.set_aside.select(["row", "field"]).to_pylist() == [{"row": 1, "field": field}]
    refuse_invalid(adapted)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("area", "newspaper"),
        ("m", "2"),
        ("split", "valid"),
        ("rot-agree", "5"),
        ("rot-categorization", "advice|gossip"),
        ("rot-moral-foundations", "care"),
        ("rot-bad", ""),
        ("action-moral-judgment", "3"),
        ("action-legal", "lawful"),
        ("action-hypothetical", "maybe"),
        ("situation", ""),
    ],
)
def test_values_outside_their_sets_are_invalid(write, field, value):
    adapted = READ(write(row(**{field: value}), row(rot_id="other")), "")
    assert adapted.items.num_rows == 1
    with pytest.raises(InputError, match=f"row 1, field '{field}': '.*' is "):
        refuse_invalid(adapted)


def test_a_rule_id_with_another_text_is_invalid(write):
    adapted = READ(write(row(), row(rot="Keep it.", breakdown_worker_id="r2")), "")
    with pytest.raises(
        InputError, match=r"row 2, field 'rot': 'Keep it.' is not what the rot-id's first row says"
    ):
        refuse_invalid(adapted)


STRAY = ['it is "fine', '"quoted" start', 'end "quoted"', 'a 5" ladder', '"', "it's"]


def test_stray_quotes_neither_swallow_rows_nor_lose_text(write):
    rows = [row(situation=text, rot_id=str(at), situation_short_id=str(at)) for at, text in enumerate(STRAY)]
    adapted = READ(write(*rows), "")
    assert adapted.items["situation"].to_pylist() == STRAY
    assert adapted.set_aside.num_rows == 0


def test_enclosed_cells_lose_their_quotes(write):
    items = READ(write(row(rot='"She said ""thanks"" and left."')), "").items
    assert items["norm"].to_pylist() == ['She said "thanks" and left.']


def test_tabs_and_line_breaks_in_enclosed_cells_are_read_by_the_quoted_way(write):
    rows = [row(situation='"first\tsecond"', rot_id="a"), row(rot='"one\ntwo"', rot_id="b"), row()]
    adapted = READ(write(*rows), "")
    assert adapted.items["situation"].to_pylist()[:2] == ["first\tsecond", row()["situation"]]
    assert adapted.items["norm"].to_pylist()[:2] == [row()["rot"], "one\ntwo"]


def test_a_line_of_another_width_is_set_aside(write):
    path = write(row(), row(rot_id="b", rot="a\tb"))
    adapted = READ(path, "")
    assert adapted.items.num_rows == 1
    with pytest.raises(InputError, match=r"row 2, field 'columns'.*has 26 column\(s\), not 25"):
        refuse_invalid(adapted)


def test_ids_do_not_depend_on_the_other_rows(write):
    alone = READ(write(row()), "").items["id"].to_pylist()
    assert READ(write(row(rot_id="other"), row()), "").items["id"].to_pylist()[1:] == alone
    assert alone == ["social-chem-101:ec1d861f4c3c45a2"]


def test_a_file_of_bad_rules_only_has_no_items(write):
    for view in VIEWS:
        adapted = READ(write(row(rot_bad="1")), view)
        assert (adapted.items.num_rows, adapted.set_aside.num_rows) == (0, 1)
        check_items(adapted.items)
