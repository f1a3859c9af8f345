"""From rows to Items: answers, texts, cultures, groups, splits; and every row accounted for."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_tables import LABEL, aside, load_files, load_rows

from normsuite.errors import InputError
from normsuite.tables import TableSource, load_table, tables_of, task_items, unmapped_countries
from normsuite.tasks import load_task
from normsuite.tasks.table import TableSpec

BOTH = [{"story": "A.", "verdict": "ok"}, {"story": "B.", "verdict": "bad"}]


def column(adapted: Any, name: str) -> list[Any]:
    return adapted.items[name].to_pylist()


def test_labels_are_mapped_and_carry_their_polarity(tmp_path: Path) -> None:
    read = load_rows(tmp_path, BOTH)
    assert column(read, "options") == [["good", "wrong"]] * 2
    assert column(read, "gold") == [0, 1]
    assert column(read, "valence") == [1, -1]
    assert [row["label"] for row in column(read, "source")] == ["ok", "bad"]


def test_a_label_that_the_map_does_not_know_is_refused_and_one_that_it_leaves_out_is_not(
    tmp_path: Path,
) -> None:
    rows = [*BOTH, {"story": "C.", "verdict": "unsure"}, {"story": "D.", "verdict": None}]
    with pytest.raises(
        InputError, match=r"row 3, field 'verdict': 'unsure' is none of the options \(good, wrong\)"
    ):
        load_rows(tmp_path, rows)
    label = {**LABEL, "map": {**LABEL["map"], "unsure": None}}
    read = load_rows(tmp_path, rows, label=label)
    assert aside(read) == [(3, "verdict", "is not asked about"), (4, "verdict", "is empty")]


def test_numbers_and_truth_values_are_labels_by_their_text(tmp_path: Path) -> None:
    rows = [{"story": "A.", "verdict": 1}, {"story": "B.", "verdict": 0.0}, {"story": "C.", "verdict": True}]
    label = {"column": "verdict", "map": {"1": "good", "0": "wrong", "true": "good"}}
    assert column(load_rows(tmp_path, rows, label=label), "gold") == [0, 1, 0]


def test_a_field_that_is_empty_sets_its_row_aside_unless_it_is_optional(tmp_path: Path) -> None:
    rows = [{**row, "rule": rule} for row, rule in zip(BOTH, ["Be kind.", "  "], strict=True)]
    fields = {"situation": "story", "norm": "rule"}
    assert aside(load_rows(tmp_path, rows, fields=fields)) == [(2, "rule", "is empty")]
    assert column(load_rows(tmp_path, rows, fields={**fields, "optional": ["norm"]}), "norm") == [
        "Be kind.",
        None,
    ]


def test_votes_in_columns_mappings_lists_and_labels(tmp_path: Path) -> None:
    rows = [
        {
            "story": "A.",
            "n_ok": 3,
            "n_bad": 1,
            "map": {"good": 3, "wrong": 1},
            "list": [3, 1],
            "who": ["ok"] * 3 + ["bad"],
        },
        {
            "story": "B.",
            "n_ok": 2,
            "n_bad": 2,
            "map": {"wrong": 2, "good": 2},
            "list": [2, 2],
            "who": ["bad", "ok"] * 2,
        },
    ]
    for votes in (
        {"columns": {"good": "n_ok", "wrong": "n_bad"}},
        {"column": "map"},
        {"column": "list"},
    ):
        read = load_rows(tmp_path, rows, label=None, options=["good", "wrong"], votes=votes)
        assert column(read, "votes") == [[3, 1], [2, 2]]
        assert column(read, "gold") == [0, None]
        assert column(read, "gold_set") == [None, [0, 1]]
    named = {"column": "who"}
    read = load_rows(tmp_path, rows, label=None, options=["ok", "bad"], votes=named)
    assert column(read, "votes") == [[3, 1], [2, 2]]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ({"good": 1, "great": 2}, "counts 'great', which is none of the options"),
        ([1, 2, 3], "has 3 counts for 2 options"),
        ([0.5, 0.5], "holds what is no number of people"),
        ([-1, 2], "holds what is no number of people"),
        (["good", "great"], "holds 'great', which is none of the options"),
        ("[1, 2]", "holds no counts"),
        ([0, 0], "counts nobody"),
        ([True, 1], "is no number"),
    ],
)
def test_votes_that_are_none(tmp_path: Path, cell: Any, why: str) -> None:
    rows = [{"story": "A.", "v": [1, 2]}, {"story": "B.", "v": cell}]
    votes = {"label": None, "options": ["good", "wrong"], "votes": {"column": "v"}, "keep_going": True}
    ((row, field, reason),) = aside(load_rows(tmp_path, rows, **votes))
    assert (row, field) == (2, "v") and why in reason


def test_shares_and_percentages_tell_no_people(tmp_path: Path) -> None:
    rows = [{"story": "A.", "v": [0.25, 0.75]}, {"story": "B.", "v": ["60%", "40%"]}]
    votes = {"label": None, "options": ["good", "wrong"], "votes": {"column": "v", "shares": True}}
    read = load_rows(tmp_path, rows, **votes)
    assert column(read, "shares") == [[0.25, 0.75], [0.6, 0.4]]
    assert column(read, "votes") == [None, None]
    assert column(read, "gold") == [1, 0]


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        (["x", "z"], {"column": "answer"}),
        (["A", "(c)"], {"column": "answer", "reads": "letter"}),
        ([0, 2], {"column": "answer", "reads": "place"}),
        (["1", "3"], {"column": "answer", "reads": "place", "first": 1}),
    ],
)
def test_options_of_their_own_and_the_ways_to_name_one(tmp_path: Path, answers: list, label: dict) -> None:
    rows = [
        {"story": "A.", "a": "x", "b": "y", "c": "z", "answer": answers[0]},
        {"story": "B.", "a": "x", "b": None, "c": "z", "answer": answers[1]},
        {"story": "C.", "a": "x", "b": None, "c": None, "answer": answers[0]},
    ]
    read = load_rows(tmp_path, rows, label=label, options={"columns": ["a", "b", "c"]})
    assert column(read, "kind") == ["choice"] * 2
    assert column(read, "options") == [["x", "y", "z"], ["x", "z"]]
    assert column(read, "gold") == [0, 1]
    assert aside(read) == [(3, "a", "has fewer than two options")]


def test_an_answer_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    rows = [{"story": "A.", "o": ["x", "y"], "answer": "B"}, {"story": "B.", "o": ["x", "x"], "answer": "A"}]
    spec = {
        "label": {"column": "answer"},
        "options": {"column": "o"},
        "keep_going": True,
        "fields": {"situation": "story"},
    }
    with pytest.raises(InputError, match="no row of the table 'made' became an item"):
        load_rows(tmp_path, rows, **spec)
    spec["label"] = {"column": "answer", "reads": "letter"}
    assert aside(load_rows(tmp_path, rows, **spec)) == [(2, "o", "offers an answer twice")]


def test_several_labels_at_once(tmp_path: Path) -> None:
    rows = [
        {"story": "A.", "tags": "care;fair"},
        {"story": "B.", "tags": ""},
        {"story": "C.", "tags": "fair"},
    ]
    label = {"column": "tags", "several": True}
    read = load_rows(
        tmp_path, rows, label=label, options=["care", "fair"], parse={"tags": {"separator": ";"}}
    )
    assert column(read, "kind") == ["multilabel"] * 2
    assert column(read, "gold_set") == [[0, 1], [1]]
    assert aside(read) == [(2, "tags", "is empty")]


def test_ratings_on_their_scale_or_another(tmp_path: Path) -> None:
    rows = [{"story": "A.", "r": 0.25}, {"story": "B.", "r": "1"}, {"story": "C.", "r": None}]
    rating = {"column": "r", "min": 0, "max": 1, "onto": [0, 100], "polarity": -1}
    read = load_rows(tmp_path, rows, label=None, rating=rating)
    assert column(read, "rating") == [25, 100]
    assert column(read, "valence") == [0.5, -1]
    assert aside(read) == [(3, "r", "is empty")]
    for cell, why in ((3, "lies outside 0 to 1"), ("much", "is no number"), (float("nan"), "")):
        if why:
            with pytest.raises(InputError, match=why):
                load_rows(tmp_path, [*rows, {"story": "D.", "r": cell}], label=None, rating=rating)


def test_annotators_rows_are_grouped_into_votes_and_mean_ratings(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "story": "A.", "verdict": "ok", "r": 1, "who": "x"},
        {"id": 2, "story": "B.", "verdict": "bad", "r": 2, "who": "x"},
        {"id": 1, "story": "A.", "verdict": "bad", "r": 3, "who": "y"},
        {"id": 1, "story": "A.", "verdict": "ok", "r": 5, "who": "z"},
    ]
    read = load_rows(tmp_path, rows, group="id", id="id")
    assert column(read, "id") == ["made:1", "made:2"]
    assert column(read, "votes") == [[2, 1], [0, 1]]
    assert column(read, "gold") == [0, 1]
    rated = load_rows(tmp_path, rows, group="id", label=None, rating={"column": "r", "min": 1, "max": 5})
    assert column(rated, "rating") == [3, 2]
    rows[2]["story"] = "Another."
    with pytest.raises(InputError, match="makes one item with an earlier row, and has another situation"):
        load_rows(tmp_path, rows, group="id")


def test_wide_columns_become_rows(tmp_path: Path) -> None:
    rows = [{"q": "A?", "Italy": "ok", "Peru": "bad"}, {"q": "B?", "Italy": None, "Peru": "ok"}]
    melt = {"keep": ["q"], "name": "where", "value": "verdict"}
    read = load_rows(
        tmp_path, rows, melt=melt, fields={"situation": "q"}, culture={"country": {"column": "where"}}
    )
    assert column(read, "id") == ["made:1:Italy", "made:1:Peru", "made:2:Peru"]
    assert column(read, "country") == ["ITA", "PER", "PER"]
    assert aside(read) == [(2, "Italy", "is empty")]
    with pytest.raises(InputError, match="no column 'nowhere'"):
        load_rows(tmp_path, rows, melt={**melt, "keep": ["nowhere"]})


def test_elements_of_lists_become_rows_that_know_what_was_before(tmp_path: Path) -> None:
    turns = [{"who": "Ada", "says": "Hi.", "verdict": "ok"}, {"who": "Bo", "says": "Hm.", "verdict": "bad"}]
    rows = [{"talk": turns}, {"talk": []}, {"talk": "Hi."}]
    spec: dict[str, Any] = {
        "each": "talk",
        "fields": {
            "behavior": "talk.says",
            "turns": {"column": "talk_before", "text": "says", "speaker": "who"},
            "optional": ["turns"],
        },
        "label": {**LABEL, "column": "talk.verdict"},
        "categories": {"place": "talk_place"},
        "keep_going": True,
    }
    read = load_rows(tmp_path, rows, **spec)
    assert column(read, "id") == ["made:1:1", "made:1:2"]
    assert column(read, "turns") == [[], [{"speaker": "Ada", "text": "Hi."}]]
    assert len(set(column(read, "cluster"))) == 1
    assert aside(read) == [
        (2, "talk", "is empty"),
        (3, "talk", "is no list (say how to `parse` it)"),
    ]


def test_entries_of_a_mapping_become_rows_with_their_keys(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "story,by\nA.,\"defaultdict(<class 'list'>, {'Chile': [3, 1], 'Mordor': [0, 2]})\"\n",
        encoding="utf-8",
    )
    read = load_files(
        tmp_path,
        files="a.csv",
        parse={"by": "python"},
        each="by",
        label=None,
        options=["good", "wrong"],
        votes={"column": "by"},
        culture={"country": {"column": "by_key"}},
    )
    assert column(read, "votes") == [[3, 1], [0, 2]]
    assert column(read, "country") == ["CHL", None]
    assert unmapped_countries(read.items) == {"Mordor": 1}


def test_a_country_is_mapped_by_hand_or_left_empty_but_never_guessed(tmp_path: Path) -> None:
    rows = [{**row, "where": place} for row, place in zip(BOTH, ["Persia", "Texas"], strict=True)]
    culture = {"country": {"column": "where", "map": {"Persia": "IRN"}}, "language": {"constant": "English"}}
    read = load_rows(tmp_path, rows, culture=culture)
    assert column(read, "country") == ["IRN", None]
    assert column(read, "zone") == ["African-Islamic", None]
    assert column(read, "language") == ["en", "en"]
    assert unmapped_countries(read.items) == {"Texas": 1}


def test_names_of_files_and_constants_are_values(tmp_path: Path) -> None:
    for name in ("norms_Chad.train.csv", "norms_Peru.test.csv"):
        (tmp_path / name).write_text("story,verdict\nA.,ok\n", encoding="utf-8")
    read = load_files(
        tmp_path,
        files="*.csv",
        culture={"country": {"file": "norms_{}.*.csv"}, "language": "en"},
        split={"file": "norms_*.{}.csv"},
        categories={"origin": {"constant": "street"}, "by": {"file": "other_{}.csv"}},
    )
    assert column(read, "country") == ["TCD", "PER"]
    assert column(read, "split") == ["train", "test"]
    assert column(read, "categories") == [[("origin", ["street"])]] * 2


def test_rows_are_chosen_by_values_and_by_expressions(tmp_path: Path) -> None:
    rows = [{**BOTH[at % 2], "n": at, "lang": lang} for at, lang in enumerate(["en", "it", "en", None, "de"])]
    read = load_rows(tmp_path, rows, where={"lang": ["en", "it"]}, keep="{{ n > 0 }}")
    assert column(read, "id") == ["made:2", "made:3"]
    assert aside(read) == [
        (1, "keep", "is not asked about"),
        (4, "lang", "is not asked about"),
        (5, "lang", "is not asked about"),
    ]


def test_splits_by_name_and_by_cluster(tmp_path: Path) -> None:
    rows = [{**BOTH[0], "s": name} for name in ("Training", "val", "eval", "held")]
    split = {"column": "s", "map": {"held": "test"}}
    assert column(load_rows(tmp_path, rows, split=split), "split") == ["train", "dev", "test", "test"]
    with pytest.raises(InputError, match="'held' is none of train, dev, test"):
        load_rows(tmp_path, rows, split={"column": "s"})
    many = [{"story": f"Story {at // 3}.", "verdict": "ok"} for at in range(60)]
    dealt = load_rows(tmp_path, many, split={"by": "cluster", "seed": 1})
    by_cluster = {(c, s) for c, s in zip(column(dealt, "cluster"), column(dealt, "split"), strict=True)}
    assert len(by_cluster) == 20  # no cluster lies in two splits
    assert column(dealt, "split").count("train") == 18
    again = load_rows(tmp_path, many, split={"by": "cluster", "seed": 2})
    assert column(again, "split") != column(dealt, "split")


def test_clusters_never_carry_the_text(tmp_path: Path) -> None:
    assert not any("A." in cluster for cluster in column(load_rows(tmp_path, BOTH), "cluster"))


def test_nested_columns_facets_of_several_values_and_frames(tmp_path: Path) -> None:
    rows = [{**row, "meta": {"topics": ["tea", "home"], "who": "guest"}} for row in BOTH]
    fields = {"situation": "story", "frame": [{"subject": "PERSON", "name": "role", "value": "meta.who"}]}
    read = load_rows(tmp_path, rows, fields=fields, categories={"topic": "meta.topics"})
    assert column(read, "categories")[0] == [("topic", ["tea", "home"])]
    assert column(read, "frame")[0] == [
        {"subject": "PERSON", "name": "role", "relation": "is", "value": "guest"}
    ]
    with pytest.raises(InputError, match=r"no column 'meta\.nothing'"):
        load_rows(tmp_path, rows, categories={"topic": "meta.nothing"})


def test_an_id_that_comes_twice_is_refused(tmp_path: Path) -> None:
    rows = [{**row, "key": "same"} for row in BOTH]
    with pytest.raises(InputError, match="'made:same' is an earlier row's id"):
        load_rows(tmp_path, rows, id="key")


def test_nothing_outside_the_task_files_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("story,verdict\nA.,ok\n", encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(InputError, match="leads out of the task file's folder"):
        load_files(tmp_path / "in", files="*.csv")
    with pytest.raises(InputError, match="no such file"):
        load_files(tmp_path / "in", files="other.csv")
    with pytest.raises(InputError, match=r"is no name or pattern of files|no such file"):
        load_files(tmp_path / "in", files="a**b.csv")
    for address in (
        "hf://datasets/../x@main/a.csv",
        "hf://datasets/o/n@main/../a.csv",
        "hf://spaces/o/n@main/a",
    ):
        with pytest.raises(InputError, match="is not of the form hf://datasets"):
            load_files(tmp_path, files=address)


def test_raw_is_another_place_of_the_files_or_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.csv").write_text("story,verdict\nA.,ok\n", encoding="utf-8")
    spec = TableSpec.model_validate({"files": "a.csv", "fields": {"situation": "story"}, "label": LABEL})
    source = TableSource("made", spec, tmp_path)
    for raw in (tmp_path / "there", tmp_path / "there" / "a.csv"):
        assert load_table(source, raw).items.num_rows == 1
    with pytest.raises(InputError, match="no such file or folder"):
        load_table(source, tmp_path / "nowhere")


_CELLS = st.sampled_from(["ok", "bad", "unsure", "", " ok ", None, 1, ["ok"], {"a": 1}, "\ud800", True])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries({"story": _CELLS, "verdict": _CELLS, "where": _CELLS}), min_size=1, max_size=12
    )
)
def test_each_row_is_an_item_or_is_set_aside_and_never_both(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    rows = [{"story": "A.", "verdict": "ok", "where": "Chad"}, *rows]
    read = load_rows(tmp_path, rows, keep_going=True, culture={"country": {"column": "where"}})
    items = [source["row"] for source in column(read, "source")]
    lost = [row for row, _, _ in aside(read)]
    assert sorted(items + lost) == list(range(1, len(rows) + 1))


TASK = """\
name: made
title: t
description: d
data:
  set: {set}
  table: {{files: a.csv, fields: {{situation: story}}, label: verdict, options: [ok, bad]}}
prompts: ./made
labels: {{ok: ok, bad: bad}}
metrics: [accuracy]
headline: accuracy
"""


def test_a_tasks_items_are_loaded_from_beside_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("story,verdict\nA.,ok\n", encoding="utf-8")
    (tmp_path / "made.yaml").write_text(TASK.format(set="made"), encoding="utf-8")
    task = load_task(tmp_path / "made.yaml")
    assert task_items(task).items.num_rows == 1
    other = load_task(tmp_path / "made.yaml").placed(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="two different tables are called 'made'"):
        tables_of([task, other])


def test_a_table_does_not_take_the_name_of_a_known_data_set(tmp_path: Path) -> None:
    text = TASK.format(set="mini").replace("name: made", "name: mini-made")
    (tmp_path / "mini-made.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="has the name of a known data set, 'mini'"):
        tables_of([load_task(tmp_path / "mini-made.yaml")])
