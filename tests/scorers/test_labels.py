"""The scorer `labels`, with the shipped checkpoint."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from normsuite import folders
from normsuite.engines import LabelReads, Problem, find_checkpoint
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError
from normsuite.prompts import load_wordings
from normsuite.schema import ITEM_SCHEMA, PREDICTION_SCHEMA, conform
from normsuite.scorers.labels import check, predict
from normsuite.scorers.requests import build_requests
from normsuite.tasks import resolve_tasks


@pytest.fixture(scope="module")
def engine() -> TransformersEngine:
    return TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


class Server(TransformersEngine):
    """An engine that tells less than it knows, as servers do."""

    withhold: Callable[[LabelReads], LabelReads]

    def read_labels(self, *arguments) -> LabelReads:
        return self.withhold(super().read_labels(*arguments))


@pytest.fixture(scope="module")
def server() -> Server:
    return Server(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


def untold(cells: Callable[[np.ndarray], np.ndarray]) -> Callable[[LabelReads], LabelReads]:
    """Withhold the log-probabilities in ``cells``, a mask [n, k] of those there are [n, k]."""

    def withhold(reads: LabelReads) -> LabelReads:
        told = np.where(cells(reads.log_probs), np.nan, reads.log_probs)
        return replace(reads, log_probs=told, mass=np.nansum(np.exp(told), axis=1))

    return withhold


def less_probable(log_probs: np.ndarray) -> np.ndarray:
    return log_probs < log_probs.max(axis=1, keepdims=True)


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


def test_labels_that_the_model_cannot_tell_apart_are_refused_before_anything_is_asked(engine) -> None:
    task, wordings = one("ethics-justice")
    check(task, wordings, items(), engine)
    alike = task.model_copy(update={"labels": {"unreasonable": "no", "reasonable": "No"}})
    with pytest.raises(InputError, match="not distinct"):
        check(alike, wordings, items(), engine)


def test_there_is_one_row_per_item_and_wording(engine) -> None:
    task, wordings = one("ethics-justice")
    table = predict(task, wordings, items(), np.arange(2), engine).predictions
    assert table.schema.equals(PREDICTION_SCHEMA)
    assert table["item"].to_pylist() == ["made:0"] * 3 + ["made:1"] * 3
    assert table["prompt"].to_pylist() == [w.name for w in wordings] * 2
    assert table["status"].unique().to_pylist() == ["ok"]
    for shares in table["probabilities"].to_pylist():
        assert sum(shares) == pytest.approx(1)
    assert table["categories"].to_pylist() == [[("topic", ["work"])]] * 6


def test_probabilities_stand_in_the_order_of_the_options_whatever_order_was_shown(engine) -> None:
    task, wordings = one("ethics-justice")
    table = predict(task, wordings[:1], items(), np.array([0, 1]), engine).predictions
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
    table = predict(
        task, wordings, items(situation=["word " * 600, "I deserve rest."]), np.arange(2), engine
    ).predictions
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
    ).predictions
    mixed = items(kind="choice", gold=[0, 2]).set_column(
        ITEM_SCHEMA.get_field_index("options"), ITEM_SCHEMA.field("options"), options
    )
    both = predict(task, wordings, mixed, np.arange(2), engine).predictions
    assert [len(p) for p in both["probabilities"].to_pylist()] == [2, 2, 2, 3, 3, 3]
    assert len(table) == len(both) == 6


def test_multilabel_asks_about_each_option_in_turn(engine) -> None:
    task, wordings = one("social-chem-101-foundations")
    options = list(task.labels)
    asked = items(
        kind="multilabel", options=options, norm=["Share.", "Be kind."], gold=None, gold_set=[[0], [1, 2]]
    )
    table = predict(task, wordings, asked, np.arange(2), engine).predictions
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
    table = predict(task, wordings, asked, np.arange(2), engine).predictions
    for shares, score in zip(table["probabilities"].to_pylist(), table["score"].to_pylist(), strict=True):
        assert score == pytest.approx(shares[1])


def test_labels_of_several_tokens_are_scored_whole(engine) -> None:
    task, wordings = one("ethics-justice")
    long = task.model_copy(
        update={"labels": {"unreasonable": "not at all reasonable", "reasonable": "quite reasonable"}}
    )
    table = predict(long, wordings, items(), np.arange(2), engine).predictions
    assert table["status"].unique().to_pylist() == ["ok"]
    assert all(0 <= mass <= 1 for mass in table["mass"].to_pylist())


def test_a_request_that_failed_is_a_row_with_its_reason(server) -> None:
    task, wordings = one("ethics-justice")
    problems = {
        0: Problem("error", "503 Busy"),
        2: Problem("refused", "I cannot."),
        3: Problem("unparsed", "Hm"),
    }
    server.withhold = lambda reads: replace(reads, problems=problems)
    table = predict(task, wordings, items(), np.arange(2), server).predictions
    assert table["status"].to_pylist() == ["error", "ok", "refused", "unparsed", "ok", "ok"]
    assert table["detail"].to_pylist() == ["503 Busy", None, "I cannot.", "Hm", None, None]
    for name in ("probabilities", "predicted", "mass", "top_is_label"):
        assert [value is None for value in table[name].to_pylist()] == [True, False, True, True, False, False]
    assert table["cluster"].to_pylist() == ["0"] * 3 + ["1"] * 3


def test_a_problem_is_told_for_the_row_that_had_it_beside_items_that_are_too_long(server) -> None:
    task, wordings = one("ethics-justice")
    server.withhold = lambda reads: replace(reads, problems={1: Problem("error", "503 Busy")})
    asked = items(situation=["word " * 600, "I deserve rest."])
    table = predict(task, wordings, asked, np.arange(2), server).predictions
    assert table["status"].to_pylist() == ["too_long"] * 3 + ["ok", "error", "ok"]


def test_the_answer_is_known_where_the_most_probable_label_is_told(server, engine) -> None:
    task, wordings = one("ethics-justice")
    server.withhold = untold(less_probable)
    table = predict(task, wordings, items(), np.arange(2), server).predictions
    full = predict(task, wordings, items(), np.arange(2), engine).predictions
    assert table["status"].unique().to_pylist() == ["ok"]
    assert table["predicted"].equals(full["predicted"])
    assert table["probabilities"].null_count == len(table)
    assert table["detail"].unique().to_pylist() == ["1 label(s) not among the tokens the server tells"]
    for shares, whole, mass in zip(
        full["probabilities"].to_pylist(), full["mass"].to_pylist(), table["mass"].to_pylist(), strict=True
    ):
        assert mass == pytest.approx(max(shares) * whole, abs=1e-6)


def test_the_label_that_is_told_is_the_answer_whatever_order_was_shown(server) -> None:
    task, wordings = one("ethics-justice")
    assert task.labels == {"unreasonable": "No", "reasonable": "Yes"}
    # Columns are in the order in which the engine was asked: the words sorted.
    server.withhold = untold(lambda log_probs: np.arange(2) == (np.arange(6) % 2)[:, None])
    table = predict(task, wordings, items(), np.arange(2), server).predictions
    assert table["predicted"].to_pylist() == [1, 0, 1, 0, 1, 0]
    assert len(table["order"].unique()) == 2


def test_only_rows_that_lack_a_label_lack_probabilities(server, engine) -> None:
    task, wordings = one("ethics-justice")
    server.withhold = untold(lambda log_probs: less_probable(log_probs) & (np.arange(6) == 4)[:, None])
    table = predict(task, wordings, items(), np.arange(2), server).predictions
    assert [shares is None for shares in table["probabilities"].to_pylist()] == [False] * 4 + [True, False]
    assert table["detail"].null_count == 5
    assert table["predicted"].equals(
        predict(task, wordings, items(), np.arange(2), engine).predictions["predicted"]
    )


def test_no_label_told_is_no_reading(server) -> None:
    task, wordings = one("ethics-justice")
    server.withhold = untold(np.isfinite)
    table = predict(task, wordings, items(), np.arange(2), server).predictions
    assert table["status"].unique().to_pylist() == ["unparsed"]
    assert table["detail"].unique().to_pylist() == ["2 label(s) not among the tokens the server tells"]
    for name in ("probabilities", "predicted", "mass", "top_is_label"):
        assert table[name].null_count == len(table)


def test_an_answer_without_any_probability_has_no_label_mass(server, engine) -> None:
    task, wordings = one("ethics-justice")

    def answered(reads: LabelReads) -> LabelReads:
        told = np.where(less_probable(reads.log_probs), np.nan, 0.0)
        return replace(reads, log_probs=told, mass=np.full(len(told), np.nan))

    server.withhold = answered
    table = predict(task, wordings, items(), np.arange(2), server).predictions
    assert table["status"].unique().to_pylist() == ["ok"]
    assert table["predicted"].equals(
        predict(task, wordings, items(), np.arange(2), engine).predictions["predicted"]
    )
    assert table["mass"].null_count == table["probabilities"].null_count == len(table)
    assert table["top_is_label"].null_count == 0


def test_a_rating_needs_every_label(server) -> None:
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
    server.withhold = untold(
        lambda log_probs: less_probable(log_probs) & (np.arange(len(log_probs)) > 0)[:, None]
    )
    table = predict(task, wordings, asked, np.arange(2), server).predictions
    assert table["status"].to_pylist() == ["ok"] + ["unparsed"] * (len(table) - 1)
    assert [score is None for score in table["score"].to_pylist()] == [False] + [True] * (len(table) - 1)


def test_yes_or_no_is_known_for_each_option_where_one_of_both_is_told(server, engine) -> None:
    task, wordings = one("social-chem-101-foundations")
    options = list(task.labels)
    asked = items(
        kind="multilabel", options=options, norm=["Share.", "Be kind."], gold=None, gold_set=[[0], [1, 2]]
    )
    full = predict(task, wordings, asked, np.arange(2), engine).predictions
    server.withhold = untold(
        lambda log_probs: less_probable(log_probs) & (np.arange(len(log_probs)) == 1)[:, None]
    )
    table = predict(task, wordings, asked, np.arange(2), server).predictions
    assert table["status"].unique().to_pylist() == ["ok"]
    assert table["predicted_set"].equals(full["predicted_set"])
    assert [shares is None for shares in table["probabilities"].to_pylist()] == [True] + [False] * 5
    server.withhold = untold(
        lambda log_probs: np.isfinite(log_probs) & (np.arange(len(log_probs)) == 1)[:, None]
    )
    table = predict(task, wordings, asked, np.arange(2), server).predictions
    assert table["status"].to_pylist() == ["unparsed"] + ["ok"] * 5
    assert table["predicted_set"].null_count == 1
