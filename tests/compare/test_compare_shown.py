"""What people and programs are given of a comparison."""

import io
import json
from dataclasses import replace

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from made_predictions import table
from made_runs import judged, write_run
from rich.console import Console

from normsuite.compare import FORMATS, compare, print_comparison, write, write_page
from normsuite.compare.forest import Scale, drawing, scale_of
from normsuite.compare.views import Line, p_text, remarks, signed, signed_interval, task_views
from normsuite.errors import InputError


@pytest.fixture(scope="module")
def two(runs):
    return compare(runs[:2], replicates=2000)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Names that would act if they were not text."""
    name = '<script>alert("x")</script>[red]|`\u202e'
    topics = {"categories": [("topic", ["<img src=x onerror=alert(1)>"])]}
    first, second = judged("task-t", {}), judged("task-t", {}, seed=1)
    folder = tmp_path_factory.mktemp("hostile")
    sides = [first.to_pylist(), second.to_pylist()]
    for rows in sides:
        for row in rows[::2]:
            row.update(topics)
    return compare(
        [write_run(folder / str(at), name, table(rows)) for at, rows in enumerate(sides)], replicates=2000
    )


def printed(comparison, width=140):
    sink = io.StringIO()
    print_comparison(comparison, Console(file=sink, width=width, color_system=None))
    return sink.getvalue()


def line(gain, low, high, clusters=30, verdict=""):
    return Line("a group", "B", 60, clusters, 0, 0.5, 0.5 + gain, gain, low, high, 0.1, 0.5, verdict)


def test_groups_are_sorted_by_difference_and_small_ones_stand_apart(two):
    (view,) = task_views(two)
    countries = view.blocks[0]
    assert [row.name for row in countries.ranked][::3] == ["Peru", "Japan"]
    assert [row.name for row in countries.unranked] == ["Ireland"]
    assert countries.summary == "B is better in 1 and worse in 1 of the 4 groups tested; 1 not tested."


def test_the_terminal_tells_verdicts_counts_and_how_to_read_them(two):
    text = printed(two)
    for words in (
        "org/model-b",
        "237 items in 121 clusters are paired, by item and wording only",
        "3 items have a reading that only A has: left out.",
        "15 items have a reading that B alone could not be scored on: left out of both.",
        "Where B serves people better or worse than A: accuracy by country",
        "B better",
        "B worse",
        "Ireland †",
        "p (Holm)",
        "Not compared, for A or all others lack it: task-u (only A).",
        "true difference that would be found 80 % of the time",
    ):
        assert words in text


def test_a_terminal_of_80_columns_cuts_no_number(two):
    text = printed(two, width=80)
    assert "[+0." in text
    for told in text.splitlines():
        assert len(told) <= 80
        assert "…" not in told
    (peru,) = (told for told in text.splitlines() if told.strip().startswith("Peru"))
    assert len(peru.split()) == 8  # name, difference, both ends, p, detectable, n, verdict


def test_with_three_runs_notes_say_which_they_are_of(runs):
    found = compare(runs, replicates=2000)
    (view,) = task_views(found)
    assert "A and C: 240 items in 121 clusters are paired, by item, wording and label order." in view.notes
    assert [block.other.letter for block in view.blocks] == ["B", "C"] * 3
    assert "Where C serves people better or worse than A: accuracy by country" in printed(found)


def test_replicates_that_cannot_find_anything_are_told(two):
    assert not any("replicates" in remark for remark in remarks(two))
    assert any("repeat with more --replicates" in remark for remark in remarks(replace(two, replicates=60)))


def test_every_format_holds_every_difference(two, tmp_path):
    for form in FORMATS:
        assert write(two, form, tmp_path / form) == (tmp_path / form).read_bytes()
    rows = two.table.num_rows
    assert pq.read_table(tmp_path / "parquet").equals(two.table)
    assert pyarrow.csv.read_csv(tmp_path / "csv").num_rows == rows
    document = json.loads((tmp_path / "json").read_text())
    assert len(document["differences"]) == rows
    assert document["counts"][0]["unscored_other"] == 15
    assert [run["letter"] for run in document["runs"]] == ["A", "B"]
    about = json.loads(pq.read_schema(tmp_path / "parquet").metadata[b"normsuite.comparison"])
    assert about["adjust"] == "holm"
    assert "| Peru |" in (tmp_path / "markdown").read_text()


def test_the_same_comparison_gives_the_same_bytes(two, runs, tmp_path):
    again = compare(runs[:2], replicates=2000, threads=1)
    for form in FORMATS:
        assert write(two, form, None) == write(again, form, None)
    assert (
        write_page(two, tmp_path / "1.html").read_bytes()
        == write_page(again, tmp_path / "2.html").read_bytes()
    )


def test_a_file_that_cannot_be_written_is_one_line(two, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write(two, "csv", tmp_path / "file" / "x.csv")


def test_names_are_text_everywhere(hostile, tmp_path):
    text = printed(hostile)
    assert "[red]|`⟨U+202E⟩" in text
    markdown = write(hostile, "markdown", None).decode()
    assert "<script>" not in markdown
    assert r"\[red\]\|\`⟨U+202E⟩" in markdown
    page = write_page(hostile, tmp_path / "page.html").read_text()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_the_page_fetches_nothing_and_names_its_scripts(two, tmp_path):
    page = write_page(two, tmp_path / "page.html").read_text()
    assert "default-src &#39;none&#39;; script-src &#39;sha256-" in page
    assert page.startswith("<!doctype html>")
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<svg") > 12


def test_all_models_are_in_the_pages_title(runs, tmp_path):
    page = write_page(compare(runs, replicates=2000), tmp_path / "page.html").read_text()
    assert "<title>org/model-b, model-c against model-a</title>" in page


def test_numbers_have_signs_and_zero_has_none():
    assert [signed(value) for value in (0.5, -0.0625, 0.0, -0.0001, None)] == [
        "+0.500",
        "−0.062",
        "0.000",
        "0.000",
        "–",
    ]
    assert signed_interval(-0.1, 0.2) == "[−0.100, +0.200]"
    assert [p_text(p) for p in (0.0005, 0.05, 1.0, None)] == ["<0.001", "0.050", "1.000", "–"]


def test_a_scale_holds_zero_and_all_ranked_intervals():
    scale = scale_of([line(0.2, 0.1, 0.3), line(0.0, -5.0, 5.0, clusters=3)])
    assert scale.low < 0 < 0.3 < scale.high < 1
    assert 0 in scale.ticks()
    assert len(scale.ticks()) <= 6
    assert scale.x(0.0) < scale.x(0.1) < scale.x(0.3) <= 220
    assert scale.x(99) == scale.x(9)


def test_a_scale_of_nothing_is_still_one():
    for lines in ([], [line(0.0, 0.0, 0.0)]):
        scale = scale_of(lines)
        assert scale.low < 0 < scale.high
        assert 0 in scale.ticks()


def test_shapes_say_what_colours_say():
    scale = Scale(-1, 1)
    assert "forest better" in drawing(line(0.2, 0.1, 0.3, verdict="better"), scale)
    assert "<circle" in drawing(line(0.2, 0.1, 0.3), scale)
    assert "<rect" in drawing(line(0.2, 0.1, 0.3, clusters=4), scale)
    assert "point" not in drawing(Line("g", "B", 0, 0, 3, *[None] * 7, ""), scale)
