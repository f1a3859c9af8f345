import json
from dataclasses import replace

import pyarrow as pa
import pytest
from made_report_run import DIRECTION, PROMPTED, make_mini_run

from normsuite.adapters import get_adapter
from normsuite.report import prompts
from normsuite.report.browse import no_texts
from normsuite.report.prompts import texts_of
from normsuite.report.readings import read_model
from normsuite.runs import Run, open_run
from normsuite.schema import ANSWER_SCHEMA, conform, write_table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(make_mini_run(tmp_path_factory.mktemp("prompts") / "run"))


def changed(run, **task):
    """The run with another entry of its prompted task in the manifest."""
    manifest = json.loads(json.dumps(dict(run.manifest)))
    manifest["tasks"][PROMPTED] |= task
    return Run(run.path, manifest)


def some_ids(run, task):
    return read_model(run, task).table["item"].unique().to_pylist()[:3]


def test_prompts_show_the_options_in_the_order_of_the_prediction(run):
    ids = some_ids(run, PROMPTED)
    shown = texts_of({})(run, PROMPTED, ids)
    assert {item for item, _ in shown.asked} == set(ids)
    assert "CC BY 4.0" in shown.note
    table = read_model(run, PROMPTED).table
    for row in table.filter(pa.compute.is_in(table["item"], pa.array(ids))).to_pylist():
        (asked,) = shown.asked[row["item"], row["prompt"]]
        places = [asked.prompt.rfind(f"{row['options'][int(at)]} - ") for at in row["order"].split("-")]
        assert places == sorted(places)
        assert min(places) >= 0


def test_a_direction_shows_the_texts_that_were_embedded(run):
    (item,) = some_ids(run, DIRECTION)[:1]
    asked = texts_of({})(run, DIRECTION, [item]).asked[item, "country-question-stems"]
    assert len(asked) > 1
    assert all(one.prompt and one.about for one in asked)


def test_another_task_or_wording_or_file_is_not_rendered(run):
    ids = some_ids(run, PROMPTED)
    for other in ({"sha256": "0"}, {"prompts": {"plain": "0"}}):
        shown = texts_of({})(changed(run, **other), PROMPTED, ids)
        assert not shown.asked
        assert "not shown" in shown.note
    manifest = json.loads(json.dumps(dict(run.manifest)))
    manifest["data"]["mini"]["files"] = {}
    assert not texts_of({})(Run(run.path, manifest), PROMPTED, ids).asked


def test_data_that_may_not_be_passed_on_is_not_shown(run, monkeypatch):
    mini = get_adapter("mini")
    closed = replace(mini, home=replace(mini.home, share="no", licence="by request"))
    monkeypatch.setattr(prompts, "get_adapter", lambda name: closed)
    shown = texts_of({})(run, PROMPTED, some_ids(run, PROMPTED))
    assert not shown.asked
    assert shown.note == "Prompts are not shown: the data may not be passed on (by request)."


def test_data_that_is_not_here_is_said(run, tmp_path):
    shown = texts_of({"mini": tmp_path / "nowhere"})(run, PROMPTED, ["x"])
    assert not shown.asked
    assert "no such file" in shown.note
    assert str(tmp_path) not in shown.note


def test_what_was_written_is_quoted(run, tmp_path):
    columns = {
        "task": "t",
        "item": ["a", "a", "b"],
        "prompt": "plain",
        "option": pa.array([0, 1, None], pa.int32()),
        "step": ["", "", "last"],
        "asked": ["one?", "two?", "three?"],
        "text": ["yes", "no", "maybe"],
        "thinking": ["", "hm", ""],
        "tokens": 1,
        "finish": "stop",
    }
    table = conform(columns, ANSWER_SCHEMA, 3)
    write_table(table, tmp_path / "answers" / "t.generate.00000.parquet")
    found = prompts._written(Run(tmp_path, {}), "t", ["a"])
    assert [(one.about, one.prompt, one.answer, one.thinking) for one in found["a", "plain"]] == [
        ("option 1", "one?", "yes", ""),
        ("option 2", "two?", "no", "hm"),
    ]
    assert no_texts(run, "t", ["a"]).asked == {}
