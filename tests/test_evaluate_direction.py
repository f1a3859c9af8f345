"""Direction tasks the whole way, with the shipped checkpoint, and what survives a ``kill -9``."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.evaluate import Settings, evaluate
from normsuite.questions import prepare
from normsuite.report import print_report, write_html
from normsuite.runs import Run, open_run
from normsuite.schema import PREDICTION_SCHEMA, read_table
from normsuite.tasks import resolve_tasks

SETTINGS = Settings(limit=30, replicates=200)
TASKS = "direction-mini-stories,direction-user-study-mort"
ACTIONS = {
    "greet the neighbour": (27, 1),
    "thank the nurse": (28, 0),
    "share the umbrella": (24, 4),
    "paint the gate": (21, 8),
    "scratch the car": (1, 28),
    "mock the child": (0, 29),
    "hide the ladder": (8, 20),
    "steal": (1, 27),
}


def study(folder: Path) -> Path:
    """A made user study of eight actions, one of which is a seed verb."""
    folder.mkdir(parents=True)
    with (folder / "userStudy_yes_no_regional.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Action", "Yes", "No"])
        writer.writerows([action, *votes] for action, votes in ACTIONS.items())
    return folder


def small_task(folder: Path, name: str, words: dict[str, list[str]], estimator: str) -> Path:
    """A task on the made study that is fitted on a few words."""
    (folder / f"{name}-words.yaml").write_text(json.dumps(words))
    task = {
        "name": f"direction-{name}",
        "title": f"A made task, {name}",
        "description": "Made.",
        "type": "direction",
        "data": {"set": "mort-user-study"},
        "texts": ["question-stems"],
        "seeds": [{"words": str(folder / f"{name}-words.yaml"), "texts": ["bare-action"]}],
        "estimator": {"name": estimator},
        "reading": {"layer": -1},
        "metrics": ["pearson", "spearman"],
        "headline": "spearman",
    }
    path = folder / f"direction-{name}.yaml"
    path.write_text(json.dumps(task))
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Path]:
    """Two small tasks and the made study."""
    folder = tmp_path_factory.mktemp("small")
    words = {"positive": ["help", "thank", "greet"], "negative": ["harm", "mock", "steal"]}
    paths = [
        small_task(folder, "one", words, "difference-in-means"),
        small_task(folder, "two", words, "pca"),
    ]
    return paths, study(folder / "study")


@pytest.fixture(scope="module")
def model() -> TransformersSpec:
    return TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu")


@pytest.fixture(scope="module")
def run(model, tmp_path_factory) -> Run:
    raw = {"mort-user-study": study(tmp_path_factory.mktemp("raw") / "study")}
    questions = prepare(resolve_tasks(TASKS), raw, limit=30)
    return evaluate(model, questions, tmp_path_factory.mktemp("runs") / "r", settings=SETTINGS)


def test_every_direction_has_all_its_nulls_beside_it(run: Run) -> None:
    results = run.results().to_pandas()
    for task, headline in (("direction-mini-stories", "auroc"), ("direction-user-study-mort", "pearson")):
        overall = results[(results.task == task) & (results.facet == "") & (results.metric == headline)]
        nulls = {"random", "permuted", "tfidf", "untrained"} - (
            {"permuted"} if headline == "pearson" else set()
        )
        assert set(overall.scorer) == {"direction", *(f"null: {null}" for null in nulls)}
        assert overall.value.notna().all()
        assert (overall.ci_low <= overall.ci_high).all()
        assert set(overall.chance) == {0.5 if headline == "auroc" else 0.0}
        (above,) = results[
            (results.task == task) & (results.metric == f"{headline}_above_nulls")
        ].itertuples()
        assert above.scorer == "direction"
        assert above.group in nulls
        assert above.ci_low <= above.ci_high


def test_groups_have_nulls_of_their_own(run: Run) -> None:
    results = run.results().to_pandas()
    nulls = results[(results.scorer == "null: random") & (results.facet != "")]
    assert {"country", "zone"} <= set(nulls[nulls.task == "direction-mini-stories"].facet)
    assert "seed" in set(results[results.task == "direction-user-study-mort"].facet)


def test_the_score_is_that_of_the_files(run: Run) -> None:
    """One item, one row; the nulls' scores are in the same order."""
    predictions = run.predictions("direction-mini-stories")
    nulls = run.nulls("direction-mini-stories")
    assert predictions.schema.equals(PREDICTION_SCHEMA)
    assert len(set(predictions["item"].to_pylist())) == predictions.num_rows
    assert {len(scores) for scores in nulls["scores"].to_pylist()} == {predictions.num_rows}
    assert set(predictions["prompt"].to_pylist()) == {"in-country"}


def test_how_it_was_read_and_fitted_is_told(run: Run) -> None:
    about = run.about_direction("direction-mini-stories")
    assert set(about["parts"]) == {""}
    part = about["parts"][""]
    assert len(part["layer_agreement"]) == 4
    assert part["seeds"][0]["n"] == 78
    assert about["missing_nulls"] == {}
    assert set(run.about_direction("direction-user-study-mort")["missing_nulls"]) == {"permuted"}


def test_nothing_of_the_machine_and_no_text_goes_into_the_run(run: Run) -> None:
    text = (run.path / "manifest.json").read_text()
    assert str(Path.home()) not in text
    assert str(folders.tiny().parent) not in text
    for file in run.path.rglob("*"):
        if file.is_file():
            assert b"greet the neighbour" not in file.read_bytes(), file


def test_the_reports_hold_the_verdict_and_the_nulls(run: Run, tmp_path: Path) -> None:
    sink = io.StringIO()
    print_report(run.path, Console(file=sink, width=130))
    page = write_html(run.path, tmp_path / "report.html").read_text(encoding="utf-8")
    for text in (sink.getvalue(), page):
        assert text.count("Not distinguishable from its nulls") + text.count("Above every null by") >= 2
        assert "ulls up to" in text
        assert "Null: random directions" in text
        assert "Without the null of shuffled seeds: pca looks at" in " ".join(text.split())


def test_a_finished_run_starts_no_engine(run: Run, model) -> None:
    class Silent(TransformersSpec):
        """The engine's description without the engine: a start is a fault."""

        def start(self, log: Path | None = None):
            raise AssertionError("nothing is missing")

    before = {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
    raw = {"mort-user-study": study(run.path.parent / "again")}
    questions = prepare(resolve_tasks(TASKS), raw, limit=30)
    again = evaluate(Silent(model.checkpoint, device="cpu"), questions, run.path, settings=SETTINGS)
    assert again.results().equals(run.results())
    assert {file: file.read_bytes() for file in before} == before


def test_baselines_have_no_embeddings(tmp_path: Path) -> None:
    questions = prepare(resolve_tasks("mini-rules,direction-mini-stories"), {}, limit=3)
    with pytest.raises(
        InputError, match="'direction-mini-stories' is read off embeddings, and `baselines` has none"
    ):
        evaluate(None, questions, tmp_path / "r", settings=SETTINGS)
    assert not (tmp_path / "r").exists()


def bytes_of(run: Path) -> dict[str, bytes]:
    """Everything a run leaves but what tells its date, and its lock and log."""
    dated = ("manifest.json", "report.html", ".lock")
    files = [file for file in run.rglob("*") if file.is_file() and file.name not in dated]
    return {str(file.relative_to(run)): file.read_bytes() for file in files if file.suffix != ".log"}


def measure(model: TransformersSpec, tasks: list[Path], raw: Path, run: Path) -> None:
    """Run tasks, with a cache that no other run has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORMSUITE_CACHE", str(run.with_name(f"cache of {run.name}")))
        questions = prepare(resolve_tasks(",".join(map(str, tasks))), {"mort-user-study": raw})
        evaluate(model, questions, run, settings=Settings(replicates=100))


@pytest.fixture(scope="module")
def whole(model, small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run of the small tasks."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    measure(model, *small, path)
    return path


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be broken."""
    return Path(shutil.copytree(whole, tmp_path / "copied"))


@pytest.mark.parametrize(
    "lost",
    [
        ["predictions/direction-two.direction.00000.parquet"],  # killed just before its last file
        ["predictions/direction-two.direction.00000.parquet", "directions/direction-two.json"],
        [
            "predictions/direction-two.direction.00000.parquet",
            "directions/direction-two.json",
            "nulls/direction-two.parquet",
        ],
        [],  # killed before the results
    ],
    ids=len,
)
def test_a_run_that_was_cut_off_continues_to_the_same_bytes(
    lost, model, small, whole: Path, copied: Path
) -> None:
    for name in (*lost, "results.parquet", "results.json"):
        (copied / name).unlink()
    (copied / "nulls" / ".direction-two.parquet.999999.tmp").write_bytes(b"half")
    (copied / "predictions" / ".direction-two.direction.00000.parquet.999999.tmp").write_bytes(b"half")
    measure(model, *small, copied)
    assert bytes_of(copied) == bytes_of(whole)


def test_kill_9_between_two_tasks_and_the_results_are_the_same(
    model, small, whole: Path, tmp_path: Path
) -> None:
    tasks, raw = small
    broken = tmp_path / "broken"
    command = [sys.executable, "-m", "normsuite", "run", str(folders.tiny()), "--engine", "transformers"]
    command += ["--tasks", ",".join(map(str, tasks)), "--raw", f"mort-user-study={raw}"]
    command += ["--replicates", "100", "--out", str(broken)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NORMSUITE_CACHE": str(tmp_path / "cache of broken")},
    )
    first = open_run(whole).part_path("direction-one", "direction", 0).name
    deadline = time.monotonic() + 240
    while not (broken / "predictions" / first).exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    read_table(broken / "predictions" / first, PREDICTION_SCHEMA)
    assert not (broken / "results.parquet").exists()
    measure(model, *small, broken)
    assert bytes_of(broken) == bytes_of(whole)


def test_another_estimator_is_another_run(model, small, copied: Path, tmp_path: Path) -> None:
    (first, second), raw = small
    other = tmp_path / first.name
    other.write_text(first.read_text().replace("difference-in-means", "lda"))
    with pytest.raises(InputError, match=r"holds another run \(other tasks\); choose another --out"):
        measure(model, [other, second], raw, copied)


def test_a_task_without_its_nulls_is_one_line(model, small, copied: Path) -> None:
    (copied / "nulls" / "direction-one.parquet").unlink()
    with pytest.raises(InputError, match="is missing; delete the task's predictions and run again"):
        measure(model, *small, copied)
    (copied / "predictions" / "direction-one.direction.00000.parquet").unlink()
    measure(model, *small, copied)


def test_a_description_that_is_damaged_is_no_trouble(copied: Path) -> None:
    for content in ("{", "[]", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
        (copied / "directions" / "direction-one.json").write_text(content)
        assert open_run(copied).about_direction("direction-one") == {}
        print_report(copied, Console(file=io.StringIO()))
    (copied / "directions" / "direction-one.json").unlink()
    assert open_run(copied).about_direction("direction-one") == {}
