"""``data.calibrate`` and the metric that it is for."""

from pathlib import Path

import pytest

from normsuite import folders
from normsuite.errors import InputError
from normsuite.tasks import load_task

TASK = """\
name: mini-made
title: A made task
description: One sentence. Another sentence.
data:
  set: mini
  split: test
  calibrate: dev
prompts: story
labels:
  "yes": "Yes"
  "no": "No"
metrics: [accuracy, calibrated_log_loss]
headline: accuracy
"""


def refusal(folder: Path, old: str, new: str) -> str:
    assert old in TASK
    path = folder / "task.yaml"
    path.write_text(TASK.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_task(path)
    return str(caught.value)


def test_a_task_names_the_split_that_fits_its_temperature(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(TASK, encoding="utf-8")
    assert load_task(path).data.calibrate == "dev"


def test_the_metric_and_the_split_need_each_other(tmp_path: Path) -> None:
    assert "need each other" in refusal(tmp_path, "  calibrate: dev\n", "")
    assert "need each other" in refusal(tmp_path, ", calibrated_log_loss", "")


def test_the_scored_split_calibrates_nothing(tmp_path: Path) -> None:
    assert "no test of it" in refusal(tmp_path, "split: test", "split: dev")


def test_other_splits_than_train_and_dev_are_refused(tmp_path: Path) -> None:
    assert "data.calibrate" in refusal(tmp_path, "calibrate: dev", "calibrate: test")


def test_a_direction_has_nothing_to_calibrate(tmp_path: Path) -> None:
    text = (folders.tasks() / "direction-ethics-justice.yaml").read_text(encoding="utf-8")
    path = tmp_path / "task.yaml"
    calibrated = text.replace("set: ethics", "set: ethics, calibrate: dev", 1)
    path.write_text(calibrated.replace("metrics: [", "metrics: [calibrated_log_loss, "), encoding="utf-8")
    with pytest.raises(InputError, match="no probabilities to calibrate"):
        load_task(path)
