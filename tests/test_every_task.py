"""Every task that ships goes the whole way: raw files as published, a real model, results, a report.

``tests/data/<data set>`` holds invented rows laid out as each data set is published, quirks included.
"""

from pathlib import Path

import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.evaluate import evaluate
from normsuite.questions import prepare
from normsuite.report import write_html
from normsuite.runs import Run
from normsuite.tasks import Task, available_tasks, resolve_tasks
from normsuite.work import Settings

DATA = Path(__file__).parent / "data"
IMAGES = ("egonormia-action-frames", "egonormia-both-frames")
"""Asked of a model that sees, in the tests of the engines that take images."""
DOCUMENTS = ("social-agents",)
"""Asked with a folder of documents, in the tests of its scorer."""
TASKS = [
    task
    for task in resolve_tasks(",".join(available_tasks()))
    if isinstance(task, Task) and task.name not in (*IMAGES, *DOCUMENTS)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All prompted tasks in one run: the model is loaded once."""
    raw = {task.data.set: DATA / task.data.set for task in TASKS if task.data.set != "mini"}
    questions = prepare(TASKS, raw, limit=3)
    spec = TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu", 32)
    out = tmp_path_factory.mktemp("all") / "run"
    return evaluate(spec, questions, out, settings=Settings(limit=3, replicates=100))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_goes_the_whole_way(run: Run, task: Task) -> None:
    rows = [row for row in run.results().to_pylist() if row["task"] == task.name and row["facet"] == ""]
    model = [row for row in rows if row["scorer"].startswith(task.scorer)]
    metrics = {row["metric"]: row for row in model}
    assert task.headline in metrics
    assert metrics["coverage"]["n"] >= 1
    guessed = {row["metric"] for row in rows if row["scorer"] == "random"}
    assert task.headline in guessed or task.reads_numbers
    assert 0 <= metrics["coverage"]["value"] <= 1


def test_their_report_is_one_page(run: Run, tmp_path: Path) -> None:
    page = write_html(run.path, tmp_path / "report.html")
    text = page.read_text(encoding="utf-8")
    assert all(task.title.replace("'", "&#39;") in text for task in TASKS[:5])
