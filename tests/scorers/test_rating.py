"""The scorer `rating`, with the shipped checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite import folders
from normsuite.engines import LabelReads, Problem, find_checkpoint
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError
from normsuite.prompts import compile_wording
from normsuite.schema import ITEM_SCHEMA, PREDICTION_SCHEMA, check_items, conform
from normsuite.scorers.rating import check, exclusive, extensions, predict
from normsuite.tasks import Task, scale_points, select

WORDING = compile_wording(Path("plain.jinja"), "How known is the word {{ behavior }}, 1 to 7?\nAnswer:")
WORDS = ("lamp", "gavotte")


class Telling(TransformersEngine):
    """An engine that tells what a test wants it to."""

    def read_labels(self, *arguments) -> LabelReads:
        return self.tell(super().read_labels(*arguments))


@pytest.fixture(scope="module")
def engine() -> Telling:
    engine = Telling(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")
    engine.tell = lambda reads: reads
    return engine


def task(**others) -> Task:
    whole = {
        "name": "made-rating",
        "title": "t",
        "description": "d",
        "data": {"set": "made"},
        "prompts": "p",
        "scorer": "rating",
        "metrics": ["pearson"],
        "headline": "pearson",
    }
    return Task.model_validate({"mass_floor": 0.0} | whole | others)


def items(low: float = 1, high: float = 7, **columns) -> pa.Table:
    made = {
        "id": [f"made:{word}" for word in WORDS],
        "dataset": "made",
        "split": "test",
        "kind": "rating",
        "behavior": list(WORDS),
        "rating": [high, low],
        "scale_min": low,
        "scale_max": high,
        "cluster": list(WORDS),
    }
    return conform(made | columns, ITEM_SCHEMA, len(WORDS))


def told(engine: Telling, shares: list[float]) -> None:
    """Have it tell these probabilities of the scale's points, whatever is asked."""
    with np.errstate(divide="ignore"):
        logs = np.log(shares)
    engine.tell = lambda reads: replace(
        reads,
        log_probs=np.tile(logs, (len(reads.mass), 1)),
        mass=np.full(len(reads.mass), sum(shares)),
    )


# What is read


def test_the_score_is_the_expected_value_over_every_point_of_the_scale(engine) -> None:
    """Against transformers alone: the logits after the prompt, and nothing of ours."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    check_items(items())
    engine.tell = lambda reads: reads
    table = predict(task(), [WORDING], items(), np.arange(2), engine).predictions
    tokenizer = AutoTokenizer.from_pretrained(folders.tiny())
    model = AutoModelForCausalLM.from_pretrained(folders.tiny(), dtype=torch.float32).eval()
    for row, word in enumerate(WORDS):
        turn = {"role": "user", "content": f"How known is the word {word}, 1 to 7?\nAnswer:"}
        text = tokenizer.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)
        asked = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            shares = model(asked).logits[0, -1].double().softmax(-1)
        points = []
        for point in range(1, 8):
            forms = {
                tuple(tokenizer(f"{text}{form}{point}")["input_ids"][asked.shape[1] :]) for form in ("", " ")
            }
            points.append(sum(float(shares[ids[0]]) for ids in forms if len(ids) == 1))
        expected = sum(k * p for k, p in enumerate(points, start=1)) / sum(points)
        assert table["score"][row].as_py() == pytest.approx(expected, abs=1e-4)
        assert table["mass"][row].as_py() == pytest.approx(sum(points), rel=1e-3)
        assert 1 <= table["score"][row].as_py() <= 7


def test_the_rows_are_predictions_of_a_rating_without_options(engine) -> None:
    told(engine, [0, 0, 0, 0, 0.25, 0, 0.25])
    table = predict(task(), [WORDING, WORDING], items(), np.arange(2), engine).predictions
    assert table.schema.equals(PREDICTION_SCHEMA) and len(table) == 4
    row = table.to_pylist()[0]
    assert (row["task"], row["scorer"], row["order"], row["status"]) == ("made-rating", "rating", "", "ok")
    assert (row["score"], row["mass"]) == (pytest.approx(6), pytest.approx(0.5))
    assert row["probabilities"] == pytest.approx([0, 0, 0, 0, 0.5, 0, 0.5])
    assert row["predicted"] is None and row["rating"] == 7.0


def test_a_wording_sees_the_scales_numbers_as_options(engine) -> None:
    engine.tell = lambda reads: reads
    wording = compile_wording(Path("p"), "{{ behavior }} {{ (options | last).word }}:")
    assert predict(task(), [wording], items(0, 5), np.arange(2), engine).predictions.num_rows == 2


# What is missing


def test_a_reading_below_the_mass_floor_is_missing(engine) -> None:
    told(engine, [0, 0, 0, 0.04, 0, 0, 0])
    assert (
        predict(task(mass_floor=0.04), [WORDING], items(), np.arange(2), engine)
        .predictions["score"][0]
        .is_valid
    )
    row = predict(task(mass_floor=0.05), [WORDING], items(), np.arange(2), engine).predictions.to_pylist()[0]
    assert (row["status"], row["score"], row["mass"]) == ("unparsed", None, None)
    assert row["detail"] == "the scale's numbers have a probability of 0.04 together, less than 0.05"


def test_a_point_that_a_server_does_not_tell_makes_the_reading_missing(engine) -> None:
    told(engine, [np.nan, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    row = predict(task(), [WORDING], items(), np.arange(2), engine).predictions.to_pylist()[0]
    assert (row["status"], row["score"]) == ("unparsed", None)
    assert row["detail"] == "1 of the scale's 7 numbers are not among the tokens the server tells"


def test_a_request_that_failed_keeps_its_reason(engine) -> None:
    engine.tell = lambda reads: replace(reads, problems={1: Problem("refused", "I cannot.")})
    table = predict(task(), [WORDING], items(), np.arange(2), engine).predictions
    assert table["status"].to_pylist() == ["ok", "refused"]
    assert table["detail"].to_pylist() == [None, "I cannot."]


# Numbers of several tokens


def test_numbers_of_several_tokens_are_scored_whole(engine) -> None:
    engine.tell = lambda reads: reads
    asked = items(0, 100)
    assert engine.label_tokens(["Answer:"], [str(point) for point in range(101)]) is None
    check(task(), [WORDING], asked, engine)
    row = predict(task(), [WORDING], asked.slice(0, 1), np.arange(1), engine).predictions.to_pylist()[0]
    assert row["status"] == "ok" and 0 < row["mass"] <= 1 and 0 <= row["score"] <= 100
    assert sum(row["probabilities"]) == pytest.approx(1) and len(row["probabilities"]) == 101


def test_what_a_longer_number_takes_is_not_the_shorter_ones() -> None:
    """Of everything that begins with the token of 1, 10 takes a part, and 100 a part of that."""
    beyond = extensions([(1,), (1, 0), (1, 0, 0), (2,)])
    assert beyond == ((1,), (2,), (), ())
    assert exclusive(np.array([0.6, 0.5, 0.1, 0.2]), beyond) == pytest.approx([0.1, 0.4, 0.1, 0.2])
    assert extensions([(1,), (1, 0), (1, 1)]) == ((1, 2), (), ())


@given(
    st.sets(st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple), min_size=1, max_size=12),
    st.data(),
)
def test_no_probability_is_counted_twice(sequences: set[tuple[int, ...]], data: st.DataObject) -> None:
    """An answer is one number: the exclusive shares of any scale under any model sum to 1 at most."""
    tokens = sorted(sequences)
    prefixes = sorted({sequence[:n] for sequence in tokens for n in range(1, 5) if n <= len(sequence)})
    share = {(): 1.0}
    for prefix in prefixes:
        share[prefix] = share[prefix[:-1]] * data.draw(st.floats(0, 1 / 3))
    own = exclusive(np.array([share[sequence] for sequence in tokens]), extensions(tokens))
    assert (own >= 0).all() and own.sum() <= 1 + 1e-9


# Scales


@pytest.mark.parametrize(
    ("low", "high", "line"),
    [
        (0, 1.5, "a scale from 0 to 1.5 does not end in whole numbers"),
        (0, 101, "a scale from 0 to 101 has 102 points, not 2 to 101"),
        (100, 700, "a scale from 100 to 700 has 601 points, not 2 to 101"),
        (3, 3, "a scale from 3 to 3 has 1 points, not 2 to 101"),
    ],
)
def test_a_scale_whose_points_cannot_be_read_is_refused_when_the_task_is_loaded(low, high, line) -> None:
    with pytest.raises(InputError, match=line):
        select(task(), items(low, high), "test")


def test_a_scale_may_begin_below_zero() -> None:
    assert scale_points(-1.0, 1.0) == (-1, 0, 1)
    assert select(task(), items(-1, 1), "test").num_rows == 2


def test_labels_are_no_numbers() -> None:
    labels = items(kind="label", options=[["no", "yes"]] * 2, gold=[0, 1])
    with pytest.raises(InputError, match="reads numbers on a scale, but its items are of kind label"):
        select(task(), labels, "test")
