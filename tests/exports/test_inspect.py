"""Exported tasks in the real inspect_ai, on a real checkpoint."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from normsuite import folders
from normsuite.exports.inspect import export
from normsuite.questions import data_of, prepare_prompted
from normsuite.tasks import resolve_tasks

EVALUATE = """
import sys
from inspect_ai import eval
greedy = {"model_path": sys.argv[2], "device": "cpu", "do_sample": False}
(log,) = eval(sys.argv[1], model="hf/local", model_args=greedy, display="none", log_dir=sys.argv[3], limit=4)
assert log.status == "success", log.error
metrics = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
print(len(log.samples), sorted(metrics), all(0 <= value <= 1 for value in metrics.values()))
"""


def test_inspect_evaluates_an_exported_task(tmp_path: Path) -> None:
    if find_spec("inspect_ai") is None:
        pytest.skip("inspect-ai is not installed (see the README's test command)")
    (task,) = resolve_tasks("mini-stories")
    task = task.model_copy(update={"title": 'A title with "quotes" and \\ and\nlines'})
    export(prepare_prompted(task, data_of({}), limit=2), tmp_path / "task", 0)
    own = {"HF_HUB_OFFLINE": "1", "XDG_DATA_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", EVALUATE, "task/normsuite_mini_stories.py", str(folders.tiny()), "logs"],
        capture_output=True,
        text=True,
        env=os.environ | own,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "4 ['accuracy', 'answered', 'stderr'] True"
