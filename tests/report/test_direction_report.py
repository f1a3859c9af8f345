"""What a report says of a direction: its nulls, the verdict, the control's warning, in both media."""

import io
import json

import pytest
from rich.console import Console
from test_html import HOSTILE, Page

from normsuite.report import print_report, write_html
from normsuite.report.nulls import missing_nulls, null_name
from normsuite.report.tables import task_tables
from normsuite.runs import open_run


def tables_of(run):
    return task_tables(open_run(run))[0]


def printed(run, width=140):
    sink = io.StringIO()
    print_report(run, Console(file=sink, width=width, force_terminal=True, color_system=None))
    return sink.getvalue()


@pytest.fixture
def direction(make_run, result, manifest, about):
    """``direction(above, told, rows, missing)`` writes a run of one direction task."""

    def make(above=None, told=None, rows=(), missing=None):
        mine = {"scorer": "direction", "chance": 0.5}
        found = [
            result("t", "auroc", 0.85, ci_low=0.80, ci_high=0.90, **mine),
            result("t", "accuracy", 0.80, **mine),
            result("t", "auroc", 0.52, ci_low=0.35, ci_high=0.66, scorer="null: random", chance=0.5),
            result("t", "auroc", 0.70, ci_low=0.61, ci_high=0.79, scorer="null: tfidf", chance=0.5),
            result("t", "auroc", 0.55, ci_low=0.50, ci_high=0.60, scorer="null: untrained", chance=0.5),
            result("t", "coverage", 1.0, scorer="direction"),
        ]
        for group, value, top in (("PER", 0.9, 0.77), ("JPN", 0.8, 0.88)):
            place = {"facet": "country", "group": group}
            found.append(result("t", "auroc", value, **mine, **place))
            found.append(result("t", "auroc", 0.6, ci_low=0.5, ci_high=top, scorer="null: random", **place))
        found.append(result("t", "auroc", 0.7, **mine, facet="country", group="NGA"))
        if above is not None:
            value, low, high, group = above
            found.append(
                result(
                    "t", "auroc_above_nulls", value, ci_low=low, ci_high=high, scorer="direction", group=group
                )
            )
        entry = (
            about | {"headline": "auroc", "type": "direction", "control": "", "train_items": 0} | (told or {})
        )
        run = make_run(manifest({"t": entry}), [*found, *rows], {})
        if missing is not None:
            (run / "directions").mkdir(exist_ok=True)
            (run / "directions" / "t.json").write_text(json.dumps({"missing_nulls": missing}))
        return run

    return make


ABOVE = (0.15, 0.08, 0.22, "tfidf")
LEVEL = (0.02, -0.05, 0.09, "untrained")


def test_the_direction_is_the_model_and_its_nulls_come_after_it(direction):
    rows = tables_of(direction(ABOVE)).overall
    assert [row.name for row in rows] == [
        "Model",
        "Null: random directions",
        "Null: TF-IDF",
        "Null: untrained model",
    ]
    assert [row.nulls for row in rows] == [0.79, None, None, None]


def test_every_group_tells_how_far_its_nulls_reach(direction):
    groups = tables_of(direction(ABOVE)).facet("country").groups
    assert {row.name: row.nulls for row in groups} == {"Peru": 0.77, "Japan": 0.88, "Nigeria": None}


def test_a_null_without_an_interval_reaches_its_value(direction, result):
    alone = result("t", "auroc", 0.83, ci_low=None, ci_high=None, scorer="null: permuted")
    assert tables_of(direction(ABOVE, rows=[alone])).model.nulls == 0.83


@pytest.mark.parametrize(
    ("above", "words"),
    [
        (ABOVE, "Above every null by 0.150 [0.080, 0.220]; strongest: TF-IDF."),
        (
            LEVEL,
            "from its nulls: untrained model does as well (difference 0.020 [-0.050, 0.090]).",
        ),
        ((-0.2, -0.3, -0.1, "random"), "Not distinguishable from its nulls: random directions does as well"),
        (
            (0.2, None, None, "permuted"),
            "Not distinguishable from its nulls: shuffled seeds does as well (difference 0.200).",
        ),
        ((0.2, 0.0, 0.3, "tfidf"), "Not distinguishable from its nulls: TF-IDF"),
        ((None, None, None, ""), "Not comparable with its nulls"),
    ],
)
def test_the_verdict_stands_in_both_reports(direction, tmp_path, above, words):
    run = direction(above)
    assert words in " ".join(printed(run).split())
    page = Page(write_html(run, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.words.count(words) == 2  # on the card, and above the tables


def test_the_difference_is_told_in_the_verdict_and_not_as_a_metric(direction):
    tables = tables_of(direction(ABOVE))
    assert [line.metric for line in tables.others] == ["accuracy"]
    assert tables.headline == "auroc"


def test_the_column_of_nulls_stands_in_both_reports(direction, tmp_path):
    run = direction(ABOVE)
    text = printed(run)
    (heading,) = {line for line in text.splitlines() if "Scorer" in line}
    assert heading.split()[-5:] == ["nulls", "up", "to", "n", "clusters"]
    (line,) = [line for line in text.splitlines() if line.split()[:2] == ["Model", "0.850"]]
    assert "0.790" in line
    page = Page(write_html(run, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.words.count("Nulls up to") == 2  # overall and by country


def test_a_run_without_directions_has_no_column_of_nulls(run, tmp_path):
    assert "nulls up to" not in printed(run)
    assert "Nulls up to" not in write_html(run, tmp_path / "report.html").read_text(encoding="utf-8")
    assert not [note for note in tables_of(run).notes if "null" in note]


def test_a_control_says_so_before_anything_else(direction, tmp_path):
    control = "Negative control. What differs here is the translation."
    run = direction(ABOVE, {"control": control})
    assert tables_of(run).notes[0] == f"Control: {control}"
    assert f"Control: {control}" in " ".join(printed(run).split())
    page = Page(write_html(run, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert f"Control: {control}" in page.words


def test_a_direction_needs_no_training_rows_for_its_nulls(direction):
    assert not [note for note in tables_of(direction(ABOVE)).notes if "training rows" in note]


def test_nulls_that_are_missing_are_told_with_the_verdict(direction):
    run = direction(ABOVE, missing={"untrained": "a server runs it"})
    assert tables_of(run).notes[-1] == "Without the null of untrained model: a server runs it."
    assert "Without the null of untrained model: a server runs it." in " ".join(printed(run).split())


@pytest.mark.parametrize("about", [{}, {"missing_nulls": None}, {"missing_nulls": [1]}, {"parts": {}}])
def test_a_sparse_description_is_enough(about):
    assert missing_nulls(about) == ()


def test_hostile_names_are_text_in_a_direction_too(direction, result, tmp_path):
    names = (*HOSTILE, "\x1b[31mred", "[bold]x[/bold]")
    rows = []
    for name in names:
        rows.append(result("t", "auroc", 0.6, scorer=f"null: {name}"))
        rows.append(result("t", "auroc", 0.6, scorer="direction", facet="topic", group=name))
        rows.append(result("t", "auroc", 0.5, scorer=f"null: {name}", facet="topic", group=name))
    for name in names:
        run = direction((0.1, 0.05, 0.2, name), {"control": name, "title": name}, rows, {name: name})
        text = printed(run)
        html = write_html(run, tmp_path / "report.html").read_text(encoding="utf-8")
        assert "\x1b[31m" not in text and "\u202e" not in text
        assert "\x1b" not in html and "\u202e" not in html
        page = Page(html)
        assert "img" not in page.tags and not any("alert" in code for _, code in page.scripts)
        assert not [attribute for attribute, _ in page.attributes if attribute.startswith("on")]
    assert "[bold]x[/bold]" in printed(run)


def test_nulls_have_names_for_people_and_a_strangers_keep_theirs():
    assert null_name("permuted") == "shuffled seeds"
    assert null_name("of one's own") == "of one's own"
