"""The scorer `labels`, with the shipped checkpoint."""

import numpy as np
import pyarrow as pa
import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersEngine
from normsuite.prompts import load_wordings
from normsuite.schema import ITEM_SCHEMA, PREDICTION_SCHEMA, conform
from normsuite.scorers.labels import build_requests, predict
from normsuite.tasks import resolve_tasks


@pytest.fixture(scope="module")
def engine() -> TransformersEngine:
    return TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


def items(kind: str = "label", options: list[str] | None = None, **columns) -> pa.Table:
    own = options or ["unreasonable", "reasonable"]
    texts = columns.pop(
        "situation", ["I deserve a raise because I work hard.", "I deserve a raise because it rains."]
    )
    n = len(texts)
    base = {
        "id": [f"made:{i}" for i in range(n)],
        "dataset": "made",
        "split": "test",
        "kind": kind,
        "situation": texts,
        "options": [own] * n,
        "gold": [0] * n,
        "cluster": [str(i) for i in range(n)],
        "categories": [[("topic", ["work"])]] * n,
    }
    return conform(base | columns, ITEM_SCHEMA, n)


def one(name: str):
    (task,) = resolve_tasks(name)
    return task, load_wordings(task.prompts)


def test_there_is_one_row_per_item_and_wording(engine) -> None:
    task, wordings = one("ethics-justice")
    table = predict(task, wordings, items(), np.arange(2), engine)
    assert table.schema.equals(PREDICTION_SCHEMA)
    assert table["item"].to_pylist() == ["made:0"] * 3 + ["made:1"] * 3
    assert table["prompt"].to_pylist() == [w.name for w in wordings] * 2
    assert table["status"].unique().to_pylist() == ["ok"]
    for shares in table["probabilities"].to_pylist():
        assert sum(shares) == pytest.approx(1)
    assert table["categories"].to_pylist() == [[("topic", ["work"])]] * 6


def test_probabilities_stand_in_the_order_of_the_options_whatever_order_was_shown(engine) -> None:
    task, wordings = one("ethics-justice")
    table = predict(task, wordings[:1], items(), np.array([0, 1]), engine)
    orders = table["order"].to_pylist()
    assert orders == ["0-1", "1-0"]
    for row, rank in enumerate([0, 1]):
        (request,) = build_requests(task, wordings[:1], items().slice(row, 1).to_pylist(), np.array([rank]))
        labels = engine.label_tokens([request.prompt], ["No", "Yes"])
        reads = engine.read_labels(engine.encode([request.prompt]), labels)
        expected = np.exp(reads.log_probs[0]) / np.exp(reads.log_probs[0]).sum()
        assert table["probabilities"][row].as_py() == pytest.approx(expected.tolist(), abs=1e-5)
        assert table["mass"][row].as_py() == pytest.approx(reads.mass[0], abs=1e-5)


def test_letters_stand_for_the_option_shown_beside_them(engine) -> None:
    task, wordings = one("mini-framed")
    rows = items(options=["taboo", "normal", "expected"], behavior=["whisper", "sing"]).to_pylist()
    for request in build_requests(task, wordings, rows, np.array([3, 4])):
        for letter, option in zip(request.words, request.order, strict=True):
            text = list(task.labels.values())[option]
            assert f"{letter}) {text}" in request.prompt


def test_an_item_longer_than_the_context_is_reported_and_never_cut(engine) -> None:
    task, wordings = one("ethics-justice")
    table = predict(task, wordings, items(situation=["word " * 600, "I deserve rest."]), np.arange(2), engine)
    assert table["status"].to_pylist() == ["too_long"] * 3 + ["ok"] * 3
    assert "the model's context leaves room for 511" in table["detail"][0].as_py()
    assert table["probabilities"][0].as_py() is None


def test_options_of_their_own_may_differ_in_number(engine) -> None:
    task, wordings = one("ethics-utilitarianism")
    options = pa.array([["I won.", "I lost."], ["One.", "Two.", "Three."]])
    table = predict(
        task,
        wordings,
        items(kind="choice", options=options.to_pylist()[0], gold=[0, 2]),
        np.arange(2),
        engine,
    )
    mixed = items(kind="choice", gold=[0, 2]).set_column(
        ITEM_SCHEMA.get_field_index("options"), ITEM_SCHEMA.field("options"), options
    )
    both = predict(task, wordings, mixed, np.arange(2), engine)
    assert [len(p) for p in both["probabilities"].to_pylist()] == [2, 2, 2, 3, 3, 3]
    assert len(table) == len(both) == 6


def test_multilabel_asks_about_each_option_in_turn(engine) -> None:
    task, wordings = one("social-chem-101-foundations")
    options = list(task.labels)
    asked = items(
        kind="multilabel", options=options, norm=["Share.", "Be kind."], gold=None, gold_set=[[0], [1, 2]]
    )
    table = predict(task, wordings, asked, np.arange(2), engine)
    assert len(table) == 6
    for shares, chosen in zip(
        table["probabilities"].to_pylist(), table["predicted_set"].to_pylist(), strict=True
    ):
        assert len(shares) == len(options)
        assert chosen == [i for i, p in enumerate(shares) if p > 0.5]
    assert table["predicted"].null_count == 6


def test_a_rating_is_the_expected_value_on_the_items_scale(engine) -> None:
    task, wordings = one("mort-user-study-rating")
    asked = items(
        kind="rating",
        options=["No", "Yes"],
        situation=["Should I", "Is it ok to"],
        behavior=["help friends", "harm people"],
        gold=None,
        rating=[0.9, 0.1],
        scale_min=0.0,
        scale_max=1.0,
    )
    table = predict(task, wordings, asked, np.arange(2), engine)
    for shares, score in zip(table["probabilities"].to_pylist(), table["score"].to_pylist(), strict=True):
        assert score == pytest.approx(shares[1])


def test_labels_of_several_tokens_are_scored_whole(engine) -> None:
    task, wordings = one("ethics-justice")
    long = task.model_copy(
        update={"labels": {"unreasonable": "not at all reasonable", "reasonable": "quite reasonable"}}
    )
    table = predict(long, wordings, items(), np.arange(2), engine)
    assert table["status"].unique().to_pylist() == ["ok"]
    assert all(0 <= mass <= 1 for mass in table["mass"].to_pylist())
