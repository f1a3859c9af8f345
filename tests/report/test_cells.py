import numpy as np
import pytest

from normsuite.report.cells import MAX_COLUMNS, MAX_COUNTRIES, grids
from normsuite.report.readings import read_model
from normsuite.runs import open_run


def predictions_of(country, topic, gold, predicted, **columns):
    """Label predictions with one category facet, ``topic``."""
    n = len(country)
    return {
        "task": "t",
        "scorer": "labels",
        "item": [f"mini:{at}" for at in range(n)],
        "prompt": "plain",
        "order": "0-1",
        "status": "ok",
        "predicted": predicted,
        "split": "test",
        "kind": "label",
        "options": [["no", "yes"]] * n,
        "gold": gold,
        "country": country,
        "categories": [[("topic", [name])] for name in topic],
        "cluster": [f"c{at}" for at in range(n)],
    } | columns


@pytest.fixture
def grid_of(make_run, manifest, about):
    """``grid_of(predictions, metric)``: the grids of a run of these predictions."""
    told = manifest({"t": about})

    def grid_of(columns, metric="accuracy"):
        return grids(read_model(open_run(make_run(told, [], columns)), "t"), metric)

    return grid_of


def test_a_cell_is_the_metric_over_its_items(grid_of):
    (grid,) = grid_of(
        predictions_of(["PER", "PER", "JPN", "JPN"], ["a", "a", "a", "b"], [0, 1, 1, 1], [0, 0, 1, 0])
    )
    assert (grid.rows, grid.columns) == (("Japan", "Peru"), ("a", "b"))
    np.testing.assert_array_equal(grid.values, [[1.0, 0.0], [0.5, np.nan]])
    np.testing.assert_array_equal(grid.counts, [[1, 1], [2, 0]])


def test_macro_f1_is_computed_within_the_cell_and_not_averaged(grid_of):
    columns = predictions_of(["PER", "PER", "PER", "JPN"], ["a", "a", "a", "b"], [0, 0, 1, 1], [0, 0, 0, 1])
    (grid,) = grid_of(columns, "macro_f1")
    assert grid.values[1, 0] == pytest.approx(0.4)  # F1 of 0.8 and 0.0


def test_an_item_in_two_wordings_counts_once(grid_of):
    columns = predictions_of(["PER", "PER", "JPN"], ["a", "a", "b"], [1, 1, 1], [1, 0, 1])
    columns |= {"item": ["mini:0", "mini:0", "mini:1"], "prompt": ["plain", "polite", "plain"]}
    columns["cluster"] = ["c0", "c0", "c1"]
    (grid,) = grid_of(columns)
    assert (grid.values[1, 0], grid.counts[1, 0]) == (0.5, 1)


def test_readings_that_failed_are_no_part_of_a_cell(grid_of):
    columns = predictions_of(["PER", "PER", "JPN"], ["a", "a", "b"], [1, 1, 1], [1, None, 1])
    columns["status"] = ["ok", "too_long", "ok"]
    (grid,) = grid_of(columns)
    assert (grid.values[1, 0], grid.counts[1, 0]) == (1.0, 1)


def test_many_countries_give_way_to_zones(grid_of):
    n = MAX_COUNTRIES + 1
    country = [f"A{chr(65 + at // 26)}{chr(65 + at % 26)}" for at in range(n)]
    zone = ["Confucian" if at % 2 else "Latin America" for at in range(n)]
    topic = ["a" if at % 3 else "b" for at in range(n)]
    (grid,) = grid_of(predictions_of(country, topic, [1] * n, [1] * n, zone=zone))
    assert (grid.row_facet, grid.rows) == ("zone", ("Confucian", "Latin America"))


def test_rare_categories_are_left_out_and_counted(grid_of):
    topic = [f"topic {at:02}" for at in range(MAX_COLUMNS + 3) for _ in range(2 if at else 1)]
    n = len(topic)
    country = ["PER" if at % 2 else "JPN" for at in range(n)]
    (grid,) = grid_of(predictions_of(country, topic, [1] * n, [1] * n))
    assert (len(grid.columns), grid.left_out) == (MAX_COLUMNS, 3)
    assert "topic 00" not in grid.columns


def test_ratings_correlate_within_a_cell(grid_of):
    columns = predictions_of(["PER"] * 3 + ["JPN"], ["a"] * 3 + ["b"], None, None)
    columns |= {"kind": "rating", "options": None, "rating": [1.0, 2, 3, 1], "score": [1.0, 3, 9, 1]}
    columns |= {"scale_min": 1.0, "scale_max": 9.0}
    (grid,) = grid_of(columns, "spearman")
    assert grid.values[1, 0] == pytest.approx(1.0)
    assert np.isnan(grid.values[0, 1])
    assert grid.counts[0, 1] == 1


@pytest.mark.parametrize("change", [{"country": None}, {"categories": None}])
def test_without_cultures_or_categories_there_is_no_map(grid_of, change):
    columns = predictions_of(["PER", "JPN"], ["a", "b"], [1, 1], [1, 0])
    assert grid_of(columns | change) == ()


def test_a_run_without_predictions_has_no_map(grid_of):
    assert grid_of({}) == ()


def test_rows_that_only_calibrate_are_in_no_cell(make_run, manifest, about):
    columns = predictions_of(
        ["PER", "JPN", "JPN"], ["a", "b", "b"], [0, 1, 1], [0, 1, 0], split=["test", "test", "dev"]
    )
    told = manifest({"t": about | {"calibrate": "dev"}})
    (grid,) = grids(read_model(open_run(make_run(told, [], columns)), "t"), "accuracy")
    assert grid.counts.sum() == 2
    assert grid.values[0, 1] == 1
