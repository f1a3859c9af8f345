"""The table of differences, and what it says."""

import pyarrow.compute as pc
import pytest
from made_predictions import prediction, table
from made_runs import about_task, judged, write_run

from normsuite.aggregate import adjusted
from normsuite.compare import compare
from normsuite.compare.comparison import COMPARISON_SCHEMA
from normsuite.errors import InputError


def rows_of(comparison, **wanted):
    return [
        row for row in comparison.table.to_pylist() if all(row[key] == value for key, value in wanted.items())
    ]


@pytest.fixture(scope="module")
def two(runs):
    return compare(runs[:2], metrics=["macro_f1", "coverage"], replicates=2000)


@pytest.fixture(scope="module")
def three(runs):
    return compare(runs, replicates=2000)


def test_groups_that_are_served_better_and_worse_are_found(two):
    verdicts = {row["group"]: row["verdict"] for row in rows_of(two, metric="accuracy", facet="country")}
    assert verdicts == {"PER": "better", "JPN": "worse", "POL": "", "NGA": "", "IRL": ""}


def test_what_refuses_is_counted_and_its_coverage_is_worse(two):
    (task,) = two.tasks
    assert task.counts[0].unscored_other == 15
    (coverage,) = rows_of(two, metric="coverage", facet="")
    assert (coverage["verdict"], coverage["n"]) == ("worse", 237)
    (accuracy,) = rows_of(two, metric="accuracy", facet="")
    assert (accuracy["n"], accuracy["unscored"]) == (222, 15)
    assert task.counts[0].only_baseline == 3
    assert task.counts[0].other_orders == 10


def test_groups_of_few_clusters_are_there_without_a_test(three):
    ireland = rows_of(three, facet="country", group="IRL")
    assert [row["other"] for row in ireland] == ["B", "C"]
    assert all(row["p"] is None and row["verdict"] == "" for row in ireland)
    assert ireland[1]["difference"] is not None


def test_p_is_adjusted_over_all_groups_of_a_facet_and_all_runs(three):
    rows = rows_of(three, metric="accuracy", facet="country")
    p = [row["p"] if row["p"] is not None else float("nan") for row in rows]
    assert len(rows) == 10
    assert [row["p_adjusted"] for row in rows if row["p"] is not None] == pytest.approx(
        [value for value in adjusted(p, "holm") if value == value]
    )
    overall = rows_of(three, metric="accuracy", facet="")
    assert [row["p_adjusted"] for row in overall] == pytest.approx(
        adjusted([row["p"] for row in overall], "holm")
    )


def test_adjustments_order_as_they_must(runs):
    found = {
        how: compare(runs[:2], adjust=how, replicates=2000).table["p_adjusted"]
        for how in ("none", "bh", "holm")
    }
    for less, more in (("none", "bh"), ("bh", "holm")):
        assert pc.all(pc.less_equal(found[less], pc.add(found[more], 1e-12))).as_py()


def test_a_task_of_one_run_alone_is_named(three, two):
    assert three.alone == two.alone == (("task-u", "A"),)


def test_a_run_against_itself(runs):
    found = compare([runs[0], runs[0]], replicates=2000)
    assert found.table.schema == COMPARISON_SCHEMA
    assert all(
        row["difference"] == 0 and row["p"] in (None, 1) and not row["verdict"]
        for row in found.table.to_pylist()
    )
    assert [task.name for task in found.tasks] == ["task-t", "task-u"]


def test_the_baseline_is_the_first(runs):
    there, back = compare(runs[:2], replicates=2000), compare(runs[1::-1], replicates=2000)
    for one, other in zip(there.table.to_pylist(), back.table.to_pylist(), strict=True):
        if one["difference"] is not None:
            assert one["difference"] == pytest.approx(-other["difference"])
        assert {one["verdict"], other["verdict"]} in ({""}, {"better", "worse"})


def test_less_is_better_where_it_is(tmp_path):
    def losses(odds):
        rows = [
            prediction(
                f"i{at:02}",
                0,
                0,
                task="task-l",
                scorer="labels",
                probabilities=[odds, (1 - odds) / 2, (1 - odds) / 2],
            )
            for at in range(20)
        ]
        return table(rows)

    told = {"tasks": {"task-l": about_task("task-l", headline="log_loss")}}
    sides = [
        write_run(tmp_path / name, name, losses(odds), **told) for name, odds in (("a", 0.4), ("b", 0.8))
    ]
    (row,) = compare(sides, replicates=2000).table.to_pylist()
    assert row["difference"] < 0
    assert row["verdict"] == "better"


def test_a_reading_without_gold_is_higher_and_not_better(tmp_path):
    def scores(shift):
        scale = {
            "kind": "rating",
            "options": None,
            "scale_min": 0.0,
            "scale_max": 1.0,
            "valence": 1.0,
            "order": "",
        }
        rows = [
            prediction(
                f"i{at:02}", None, None, task="task-m", scorer="rating", score=at / 40 + shift, **scale
            )
            for at in range(20)
        ]
        return table(rows)

    told = {"tasks": {"task-m": about_task("task-m", headline="mean_score")}}
    sides = [
        write_run(tmp_path / name, name, scores(shift), **told) for name, shift in (("a", 0.0), ("b", 0.3))
    ]
    (row,) = compare(sides, replicates=2000).table.to_pylist()
    assert row["verdict"] == "higher"


def test_a_metric_is_computed_where_it_is_for_the_items(runs):
    with pytest.raises(InputError, match="no metric 'accurracy'"):
        compare(runs[:2], metrics=["accurracy"])
    with pytest.raises(InputError, match="'spearman' is for none of the runs' tasks"):
        compare(runs[:2], metrics=["spearman"], replicates=2000)
    found = compare(runs[:2], metrics=["recall"], replicates=2000)
    assert "recall_yes" in found.table["metric"].to_pylist()


def test_rows_that_only_tell_a_temperature_are_not_compared(tmp_path):
    random = judged("task-t", {}, items=40).to_pylist()
    for at, row in enumerate(random):
        row.update(probabilities=[0.5, 0.3, 0.2], split="dev" if at < 20 else "test")
    told = {"tasks": {"task-t": about_task("task-t", calibrate="dev")}}
    run = write_run(tmp_path / "a", "a", table(random), **told)
    found = compare([run, run], metrics=["calibrated_log_loss"], replicates=2000)
    assert found.tasks[0].counts[0].items == 30
    (loss,) = rows_of(found, metric="calibrated_log_loss", facet="")
    assert (loss["n"], loss["difference"]) == (30, 0)
