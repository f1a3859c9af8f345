import json

import pytest

from normsuite.errors import InputError
from normsuite.report.tables import task_tables
from normsuite.runs import open_run


def tables_of(run):
    return task_tables(open_run(run))[0]


def test_the_model_stands_first_and_the_baselines_after_it(run):
    assert [row.name for row in tables_of(run).overall] == [
        "Model",
        "Baseline: majority",
        "Baseline: random",
        "Baseline: tfidf",
    ]


def test_a_ceiling_stands_last_and_is_nobodys_score(make_run, result, manifest, about):
    rows = [
        result("t", metric, value, scorer=scorer)
        for metric in ("accuracy", "log_loss")
        for scorer, value in (("ceiling: BEST", 0.88), ("majority", 0.4), ("labels", 0.6))
    ]
    tables = tables_of(make_run(manifest({"t": about}), rows, {}))
    assert [row.name for row in tables.overall] == ["Model", "Baseline: majority", "Ceiling: BEST"]
    assert [row.ceiling for row in tables.overall] == [False, False, True]
    assert tables.has_ceiling
    assert tables.others[0].rivals["Ceiling: BEST"].value == 0.88


def test_groups_are_sorted_by_value_and_countries_go_by_name(run):
    countries = tables_of(run).facet("country").groups
    values = [row.value for row in countries]
    assert values == sorted(values, reverse=True)
    assert {"Peru", "South Korea"} <= {row.name for row in countries}


def test_only_groups_of_few_clusters_are_marked(run):
    assert [row.name for row in tables_of(run).facet("country").groups if row.few] == ["India"]


def test_mean_gap_and_worst_group_are_told_per_facet(run):
    summary = tables_of(run).facet("country").summary
    assert [row.name for row in summary] == [
        "Mean over countries",
        "Gap between countries",
        "Worst-served country: Nigeria",
    ]


def test_cultures_come_before_categories_and_presentation_apart(run):
    tables = tables_of(run)
    assert [facet.facet for facet in tables.facets] == ["country", "zone", "language", "topic", "setting"]
    assert [facet.facet for facet in tables.presentation] == ["wording", "order"]


def test_other_metrics_validity_and_recalls_are_kept_apart(make_run, result, manifest, about):
    rows = [
        result("t", "accuracy", 0.5),
        result("t", "ece", 0.1),
        result("t", "recall_fine", 0.4),
        result("t", "coverage", 1.0),
    ]
    tables = tables_of(make_run(manifest({"t": about}), rows, {}))
    assert [line.metric for line in tables.others] == ["ece"]
    assert [row.name for row in tables.recalls] == ["fine"]
    assert [row.name for row in tables.validity] == ["coverage"]


def test_an_undefined_value_sorts_last(make_run, result, manifest, about):
    rows = [result("t", "accuracy", value, facet="topic", group=str(value)) for value in (None, 0.2, 0.9)]
    groups = tables_of(make_run(manifest({"t": about}), rows, {})).facet("topic").groups
    assert [row.value for row in groups] == [0.9, 0.2, None]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.4, 0.5, "above chance"), (0.1, 0.2, "below chance"), (0.3, 0.4, "not told apart from chance")],
)
def test_chance_is_compared_with_the_interval(make_run, result, manifest, about, low, high, said):
    rows = [result("t", "accuracy", (low + high) / 2, ci_low=low, ci_high=high, chance=1 / 3)]
    assert tables_of(make_run(manifest({"t": about}), rows, {})).model.against_chance == said


def test_losses_say_that_lower_is_better(make_run, result, manifest, about):
    run = make_run(manifest({"t": about | {"headline": "log_loss"}}), [result("t", "log_loss", 1.0)], {})
    assert tables_of(run).metric_title == "log loss (lower is better)"


def test_a_task_the_manifest_does_not_name_is_still_shown(make_run, result, manifest):
    rows = [result("stray", "coverage", 1.0), result("stray", "accuracy", 0.5)]
    tables = tables_of(make_run(manifest({}), rows, {}))
    assert (tables.name, tables.headline, tables.title) == ("stray", "accuracy", "stray")


def test_an_unfinished_run_is_one_clear_line(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 1}))
    with pytest.raises(InputError, match="no results yet"):
        tables_of(tmp_path)
