"""The scorer `chain`, and that answers are mapped back through every order in which options are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from normsuite import folders
from normsuite.adapters.egonormia import read
from normsuite.aggregate import aggregate
from normsuite.engines import LabelReads, Problem, find_checkpoint
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError
from normsuite.metrics import VALIDITY
from normsuite.prompts import load_wordings
from normsuite.schema import PREDICTION_SCHEMA
from normsuite.scorers import chain, design_ranks, scorer_of
from normsuite.tasks import resolve_tasks

DATA = Path(__file__).parents[1] / "data" / "egonormia"
Answer = Callable[[str], str]
"""From a prompt to the word that is answered."""


class Player(TransformersEngine):
    """An engine that reads prompts as the model does, and answers as the test wants it."""

    answer: Answer
    broken: Callable[[str], bool] = staticmethod(lambda prompt: False)
    asked: list[str]

    def read_labels(self, prompts, label_ids, *arguments) -> LabelReads:
        texts = [self._tokenizer.decode(prompt, clean_up_tokenization_spaces=False) for prompt in prompts]
        self.asked += texts
        words = [self._tokenizer.decode(forms[0]).strip() for forms in label_ids]
        log_probs = np.full((len(texts), len(words)), -9.0)
        for row, text in enumerate(texts):
            log_probs[row, words.index(type(self).answer(text))] = -0.1
        problems = {row: Problem("error", "lost") for row, text in enumerate(texts) if self.broken(text)}
        return LabelReads(log_probs, np.exp(log_probs).sum(1), np.ones(len(texts), bool), problems)


@pytest.fixture(scope="module")
def loaded() -> Player:
    return Player(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


@pytest.fixture
def player(loaded: Player) -> Player:
    loaded.__class__ = type("Played", (Player,), {})
    # ``encode`` without the chat template, so that a prompt is found again in its tokens.
    loaded.encode = lambda prompts: loaded._tokenizer(list(prompts), add_special_tokens=False)["input_ids"]
    loaded.asked = []
    return loaded


def offered(prompt: str) -> dict[str, str]:
    """The letter of each option that a prompt shows."""
    return {text: letter for letter, text in re.findall(r"^([A-J])\) (.*)$", prompt, re.MULTILINE)}


def knows(items: pa.Table) -> Answer:
    """Who knows the best act and the best reason, and which acts are sensible."""
    rows = items.to_pylist()

    def answer(prompt: str) -> str:
        mine = [row for row in rows if row["situation"] in prompt]
        if mine[0]["kind"] == "multilabel":
            (row,) = mine
            good = {row["options"][at] for at in row["gold_set"]}
            return "Yes" if any(f": {text}\n" in prompt or f"{text}\nIs" in prompt for text in good) else "No"
        shown = offered(prompt)
        (row,) = [row for row in mine if set(row["options"]) == shown.keys()]
        return shown[row["options"][row["gold"]]]

    return answer


def results(predictions: pa.Table, metrics: Sequence[str]) -> dict[tuple[str, str, str], float]:
    table = aggregate(predictions, metrics=[*metrics, *VALIDITY], headline=metrics[0], replicates=20, seed=0)
    return {(row["metric"], row["facet"], row["group"]): row["value"] for row in table.to_pylist()}


@pytest.mark.parametrize("name", ["egonormia-action", "egonormia-both", "egonormia-sensible"])
def test_who_knows_all_answers_is_wholly_right_in_every_order(player: Player, name: str) -> None:
    (task,) = resolve_tasks(name)
    wordings = load_wordings(task.prompts)
    items = read(DATA, task.data.view).items
    type(player).answer = staticmethod(knows(items))
    ranks = design_ranks(items["id"].to_pylist(), 0)
    scorer = scorer_of(task)
    scorer.check(task, wordings, items, player)
    predictions = scorer.predict(task, wordings, items, ranks, player).predictions
    assert predictions.schema.equals(PREDICTION_SCHEMA)
    if name != "egonormia-sensible":
        assert predictions["predicted"] == predictions["gold"]
        assert len(set(predictions["order"].to_pylist())) == 10
    found = results(predictions, task.metrics)
    assert found[task.headline, "", ""] == 1.0
    if name == "egonormia-both":
        assert found["accuracy", "question", "action"] == found["accuracy", "question", "justification"] == 1
        assert predictions.num_rows == items.num_rows * len(wordings)


def test_the_second_item_is_asked_with_the_models_own_answer_to_the_first(player: Player) -> None:
    (task,) = resolve_tasks("egonormia-both")
    wordings = load_wordings(task.prompts)
    items = read(DATA, "both").items
    type(player).answer = staticmethod(lambda prompt: "B")
    told: list[tuple[float, int]] = []
    predicted = chain.predict(
        task, wordings, items, np.arange(items.num_rows), player, lambda *step: told.append(step)
    )
    rows = predicted.predictions.to_pylist()
    assert predicted.answers is None
    firsts, seconds = player.asked[: len(rows) // 2], player.asked[len(rows) // 2 :]
    chosen = [row["options"][row["predicted"]] for row in rows if row["item"].endswith(":action")]
    assert [
        next(text for text, letter in offered(prompt).items() if letter == "B") for prompt in firsts
    ] == chosen
    for text, prompt in zip(chosen, seconds, strict=True):
        assert f": {text}\n" in prompt
    assert [row["item"] for row in rows] == [id for id in items["id"].to_pylist() for _ in wordings]
    assert told == sorted(told) and told[-1][0] == 1


def test_an_item_is_not_asked_when_the_one_before_it_has_no_answer(player: Player) -> None:
    (task,) = resolve_tasks("egonormia-both")
    wordings = load_wordings(task.prompts)
    items = read(DATA, "both").items.slice(0, 4)
    type(player).answer = staticmethod(lambda prompt: "A")
    type(player).broken = staticmethod(
        lambda prompt: "garden gate" in prompt and prompt.startswith("Situation")
    )
    rows = chain.predict(task, wordings, items, np.arange(4), player).predictions.to_pylist()
    lost = [(row["item"], row["prompt"], row["detail"]) for row in rows if row["status"] == "error"]
    assert lost == [
        (items["id"][0].as_py(), "plain", "lost"),
        (items["id"][1].as_py(), "plain", "the item before it in its family has no answer"),
    ]
    assert len(player.asked) == 11
    assert {row["status"] for row in rows if row["prompt"] != "plain"} == {"ok"}


def test_a_family_that_is_torn_is_refused_before_anything_is_asked(player: Player) -> None:
    (task,) = resolve_tasks("egonormia-both")
    torn = read(DATA, "both").items.take([0, 2, 1])
    with pytest.raises(InputError, match="do not follow one another"):
        chain.check(task, load_wordings(task.prompts), torn, player)
    assert player.asked == []


def test_a_task_without_single_answers_is_refused(player: Player) -> None:
    (task,) = resolve_tasks("egonormia-sensible")
    several = task.model_copy(update={"scorer": "chain"})
    with pytest.raises(InputError, match="chooses no single option"):
        chain.check(several, load_wordings(task.prompts), read(DATA, "sensible").items, player)


def test_items_without_a_family_stand_alone(player: Player) -> None:
    (task,) = resolve_tasks("egonormia-both")
    items = read(DATA, "action").items.slice(0, 2)
    type(player).answer = staticmethod(lambda prompt: "A")
    chain.predict(task, load_wordings(task.prompts), items, np.arange(2), player)
    assert not any("reason" in prompt for prompt in player.asked)
