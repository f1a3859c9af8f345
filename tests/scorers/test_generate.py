"""The scorer `generate`: a real model writes, the parsers read, nothing is folded into a label."""

import numpy as np
import pyarrow as pa
import pytest

from normsuite import folders
from normsuite.engines import Generation, find_checkpoint
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError
from normsuite.prompts import load_wordings
from normsuite.schema import ANSWER_SCHEMA, ITEM_SCHEMA, PREDICTION_SCHEMA, conform
from normsuite.scorers.generate import check, predict
from normsuite.tasks import resolve_tasks
from normsuite.tasks.prompted import Generating


@pytest.fixture(scope="module")
def engine() -> TransformersEngine:
    return TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


class Scripted(TransformersEngine):
    """An engine whose texts are known, to see what becomes of each."""

    script: list[str]

    def generate(self, prompts, sampling, advance=lambda requests, tokens: None):
        advance(len(prompts), 0)
        return [
            (Generation(text, "", 1, "error" if text == "!" else "stop", "down" if text == "!" else ""),)
            for text in self.script
        ]


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    return Scripted(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


def stories(n: int) -> pa.Table:
    columns = {
        "id": [f"normad:{i}" for i in range(n)],
        "dataset": "normad",
        "split": "test",
        "kind": "label",
        "situation": [
            f"Guest {i} took off the shoes. Is what the guest did socially acceptable?" for i in range(n)
        ],
        "norm": "Take your shoes off.",
        "options": [["yes", "no", "neutral"]] * n,
        "gold": [0] * n,
        "cluster": [str(i) for i in range(n)],
    }
    return conform(columns, ITEM_SCHEMA, n)


def normad():
    (task,) = resolve_tasks("normad-rule-generated")
    return task, load_wordings(task.prompts)


def test_one_text_makes_a_row_for_each_parser(engine) -> None:
    task, wordings = normad()
    check(task, wordings, stories(2), engine)
    found = predict(task, wordings, stories(2), np.arange(2), engine)
    assert found.predictions.schema.equals(PREDICTION_SCHEMA)
    assert found.answers.schema.equals(ANSWER_SCHEMA)
    assert found.answers.num_rows == 2 * len(wordings)
    assert found.predictions["scorer"].to_pylist() == ["generate-strict"] * 6 + ["generate-official"] * 6
    assert "Take your shoes off." in found.answers["asked"][0].as_py()


def test_what_the_official_parser_calls_neutral_the_strict_one_counts_apart(scripted) -> None:
    task, wordings = normad()
    scripted.script = ["Yes", "I'm sorry, I can't judge that.", "It depends", "!"]
    found = predict(task, wordings[:1], stories(4), np.arange(4), scripted).predictions
    strict, official = found.slice(0, 4).to_pylist(), found.slice(4, 4).to_pylist()
    assert [row["status"] for row in strict] == ["ok", "refused", "unparsed", "error"]
    assert [row["predicted"] for row in strict] == [0, None, None, None]
    assert [row["status"] for row in official] == ["ok", "ok", "ok", "error"]
    assert [row["predicted"] for row in official] == [0, 2, 2, None]


def test_options_shown_in_another_order_are_mapped_back(scripted) -> None:
    task, wordings = normad()
    task = task.model_copy(update={"order": "design", "answer": "letters", "parsers": ("strict",)})
    scripted.script = ["A"] * 6
    found = predict(task, wordings[:1], stories(6), np.arange(6), scripted).predictions
    shown_first = [int(order.split("-")[0]) for order in found["order"].to_pylist()]
    assert found["predicted"].to_pylist() == shown_first
    assert set(shown_first) == {0, 1, 2}


def test_several_options_are_named_by_their_letters(scripted) -> None:
    task, wordings = normad()
    task = task.model_copy(update={"answer": "letters", "parsers": ("strict",)})
    items = stories(3)
    at = ITEM_SCHEMA.get_field_index("kind")
    items = items.set_column(at, ITEM_SCHEMA.field("kind"), pa.array(["multilabel"] * 3))
    scripted.script = ["A, C", "None", "A and perhaps B"]
    found = predict(task, wordings[:1], items, np.arange(3), scripted).predictions
    assert found["predicted_set"].to_pylist() == [[0, 2], [], None]
    assert found["status"].to_pylist() == ["ok", "ok", "unparsed"]


def test_a_number_on_the_items_scale_is_a_rating(scripted) -> None:
    task, _wordings = normad()
    task = task.model_copy(update={"labels": {}, "parsers": ("strict",)})
    items = stories(2)
    for name, value in (("kind", "rating"), ("scale_min", 1.0), ("scale_max", 7.0), ("rating", 4.0)):
        column = pa.array([value] * 2, ITEM_SCHEMA.field(name).type)
        items = items.set_column(ITEM_SCHEMA.get_field_index(name), ITEM_SCHEMA.field(name), column)
    scripted.script = ["I would say 6.", "9"]
    found = predict(
        task,
        load_wordings("bare-action", least=1),
        items.set_column(
            ITEM_SCHEMA.get_field_index("behavior"), ITEM_SCHEMA.field("behavior"), pa.array(["rest", "sing"])
        ),
        np.arange(2),
        scripted,
    ).predictions
    assert found["score"].to_pylist() == [6.0, None]
    assert found["status"].to_pylist() == ["ok", "unparsed"]


def test_a_prompt_that_leaves_no_room_for_the_answer_is_told(engine) -> None:
    task, wordings = normad()
    task = task.model_copy(update={"generation": Generating(max_tokens=500)})
    found = predict(task, wordings, stories(1), np.arange(1), engine)
    assert set(found.predictions["status"].to_pylist()) == {"too_long"}
    assert found.answers.num_rows == 0
    with pytest.raises(InputError, match="leave no room"):
        check(
            task.model_copy(update={"generation": Generating(max_tokens=512)}), wordings, stories(1), engine
        )


def test_a_data_set_without_an_official_parser_is_refused(engine) -> None:
    task, wordings = normad()
    data = task.data.model_copy(update={"set": "ethics"})
    with pytest.raises(InputError, match="'ethics' has no official parser"):
        check(task.model_copy(update={"data": data}), wordings, stories(1), engine)
