"""Exported tasks in the real lm-evaluation-harness: it loads them, and finds a run's accuracy."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers import TransformersEngine
from normsuite.errors import InputError
from normsuite.exports.lm_eval import export
from normsuite.questions import Question, data_of, prepare_prompted
from normsuite.scorers import design_ranks, scorer_of
from normsuite.tasks import resolve_tasks

SEED = 3


def question(name: str, limit: int) -> Question:
    (task,) = resolve_tasks(name)
    return prepare_prompted(task, data_of({}), limit=limit, seed=0)


def accuracy_of_a_run(asked: Question, scorer: str) -> float:
    engine = TransformersEngine(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")
    ranks = design_ranks(asked.items["id"].to_pylist(), SEED)
    rows = scorer_of(asked.task).predict(asked.task, asked.wordings, asked.items, ranks, engine).predictions
    mine = [row for row in rows.to_pylist() if row["scorer"] == scorer]
    return float(np.mean([row["predicted"] == row["gold"] for row in mine]))


def harness(folder: Path, name: str, chat: bool) -> dict[str, float]:
    if find_spec("lm_eval") is None:
        pytest.skip("lm-eval is not installed (see the README's test command)")
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    model = HFLM(pretrained=str(folders.tiny()), dtype="float32", device="cpu", batch_size=32)
    found = simple_evaluate(
        model,
        tasks=[name],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        apply_chat_template=chat,
        bootstrap_iters=0,
        log_samples=False,
    )
    return found["results"][name]


def test_the_harness_finds_the_accuracy_of_a_run(tmp_path: Path) -> None:
    asked = question("mini-stories", 12)
    encoder = load_encoder(find_checkpoint(str(folders.tiny())))
    export(asked, tmp_path, SEED, encoder)
    found = harness(tmp_path, "normsuite-mini-stories", encoder.chat)
    assert found["acc,none"] == pytest.approx(accuracy_of_a_run(asked, "labels"), abs=1e-9)


def test_written_answers_are_read_by_the_strict_parser_there_too(tmp_path: Path) -> None:
    asked = question("mini-stories", 3)
    task = asked.task.model_copy(update={"scorer": "generate"})
    asked = replace(asked, task=task)
    export(asked, tmp_path, SEED)
    chat = load_encoder(find_checkpoint(str(folders.tiny()))).chat
    found = harness(tmp_path, "normsuite-mini-stories", chat)
    assert found["acc,none"] == pytest.approx(accuracy_of_a_run(asked, "generate-strict"), abs=1e-9)
    assert 0 <= found["answered,none"] <= 1


def test_without_a_model_each_label_is_read_once(tmp_path: Path) -> None:
    export(question("mini-stories", 1), tmp_path, SEED)
    first = (tmp_path / "normsuite-mini-stories.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert sorted(yaml.safe_load(first)["forms"]) == [" Neither", " No", " Yes"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    export(question("mini-stories", 1), tmp_path, SEED)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="exists"):
        export(question("mini-stories", 2), tmp_path, SEED)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
