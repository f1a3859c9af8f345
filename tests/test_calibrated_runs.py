"""A task that fits a temperature: other rows are asked about in the same way, and nothing else uses them."""

from pathlib import Path

import pyarrow.compute as pc
import pytest

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.evaluate import Settings, evaluate
from normsuite.questions import Question, prepare
from normsuite.questions.prompted import CALIBRATION_CLUSTERS
from normsuite.runs import Run
from normsuite.tasks import Task, resolve_tasks
from normsuite.workers import Job, missing_parts

RAW = {"scruples": Path(__file__).parent / "data" / "scruples"}
SETTINGS = Settings(replicates=100, part=5)


def without_temperature(task: Task) -> Task:
    """The same task, that fits none."""
    told = task.model_dump(exclude={"folder"})
    told["data"]["calibrate"] = None
    told["metrics"] = [name for name in task.metrics if name != "calibrated_log_loss"]
    return Task.model_validate(told)


@pytest.fixture(scope="module")
def question() -> Question:
    (found,) = prepare(resolve_tasks("scruples-dilemmas"), RAW)
    assert isinstance(found, Question)
    return found


@pytest.fixture(scope="module")
def tiny() -> TransformersSpec:
    return TransformersSpec(find_checkpoint(str(folders.tiny())), device="cpu")


@pytest.fixture(scope="module")
def run(question: Question, tiny: TransformersSpec, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return evaluate(tiny, [question], tmp_path_factory.mktemp("calibrated") / "r", settings=SETTINGS)


def test_rows_of_the_other_split_are_asked_after_those_that_are_scored(question: Question) -> None:
    assert set(question.items["split"].to_pylist()) == {"test"}
    assert set(question.calibration["split"].to_pylist()) == {"dev"}
    assert question.asked["id"].to_pylist() == [
        *question.items["id"].to_pylist(),
        *question.calibration["id"].to_pylist(),
    ]
    (plain,) = prepare([without_temperature(question.task)], RAW)
    assert plain.calibration.num_rows == 0
    assert plain.asked.equals(plain.items)


def test_a_limit_holds_for_the_rows_that_calibrate_too() -> None:
    (few,) = prepare(resolve_tasks("scruples-anecdotes"), RAW, limit=3)
    assert len(few.calibration["cluster"].unique()) == 3
    assert CALIBRATION_CLUSTERS == 400


def test_data_without_that_split_can_still_be_asked(tmp_path: Path) -> None:
    name = "test.scruples-dilemmas.jsonl"
    (tmp_path / name).write_bytes((RAW["scruples"] / "dilemmas" / name).read_bytes())
    (found,) = prepare(resolve_tasks("scruples-dilemmas"), {"scruples": tmp_path})
    assert found.items.num_rows == 8
    assert found.calibration.num_rows == 0


def test_parts_are_of_all_rows_that_are_asked(question: Question, tiny, tmp_path: Path) -> None:
    job = Job(Run(tmp_path, {}), tiny, [question], seed=0, size=5)
    parts = missing_parts(job)
    assert [job.rows_of(part) for part in parts] == [(0, 5), (5, 10), (10, 12)]


def test_every_scorer_predicts_them_and_every_metric_leaves_them_out(run: Run, question: Question) -> None:
    task, scored, aside = question.task, question.items.num_rows, question.calibration.num_rows
    predictions = run.predictions(task.name).to_pandas()
    items = predictions.groupby(["scorer", "split"]).item.nunique().to_dict()
    for scorer in ("labels", "majority", "random", "tfidf"):
        assert items[scorer, "test"] == scored
        assert items[scorer, "dev"] == aside
    prompts = predictions[predictions.scorer == "labels"].groupby("split").prompt.agg(set)
    assert prompts["dev"] == prompts["test"]
    results = run.results().to_pandas()
    overall = results[(results.facet == "") & results.metric.isin([*task.metrics, "coverage"])]
    assert set(overall.n) == {scored}
    calibrated = overall[overall.metric == "calibrated_log_loss"].set_index("scorer").value
    assert set(calibrated.index) == {"labels", "majority", "random", "tfidf", "ceiling: BEST"}
    assert calibrated.notna().all()
    assert run.manifest["tasks"][task.name]["calibrate"] == "dev"
    assert run.manifest["tasks"][task.name]["calibration_items"] == aside


def test_the_ceiling_stands_beside_the_model(run: Run) -> None:
    results = run.results().to_pandas().query("scorer == 'ceiling: BEST'")
    assert set(results.metric) == {"accuracy", "log_loss", "calibrated_log_loss"}
    assert (results.facet == "").all()
    assert results.value.between(0, 1).all()


def test_what_is_scored_is_asked_as_without_a_temperature(run: Run, question, tiny, tmp_path: Path) -> None:
    (plain,) = prepare([without_temperature(question.task)], RAW)
    other = evaluate(tiny, [plain], tmp_path / "r", settings=SETTINGS)
    keys = [("scorer", "ascending"), ("item", "ascending"), ("prompt", "ascending")]
    first, second = (
        table.filter(pc.equal(table["split"], "test")).sort_by(keys).combine_chunks()
        for table in (one.predictions(question.task.name) for one in (run, other))
    )
    assert first.drop_columns(["probabilities", "mass"]).equals(
        second.drop_columns(["probabilities", "mass"])
    )
    for name in ("probabilities", "mass"):  # parts of other sizes make other batches, and other roundings
        pairs = [
            pc.list_flatten(table[name]) if name == "probabilities" else table[name]
            for table in (first, second)
        ]
        assert pairs[0].to_pylist() == pytest.approx(pairs[1].to_pylist(), abs=1e-5)
    values = [
        one.results().to_pandas().query("facet == '' and metric == 'log_loss'").value.tolist()
        for one in (run, other)
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-5)
