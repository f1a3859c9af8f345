import io

import pandas as pd
import pyarrow.parquet as pq
import pytest
from made_report_run import make_mini_run
from typer.testing import CliRunner

from normsuite.cli import app
from normsuite.errors import InputError
from normsuite.report.files import results_of, to_csv, write_plots
from normsuite.report.markdown import plain, to_markdown


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini_run(tmp_path_factory.mktemp("files") / "run")


def told(*words):
    return CliRunner().invoke(app, ["report", *map(str, words)], catch_exceptions=False)


def test_csv_and_parquet_hold_every_row_of_all_runs(mini, tmp_path):
    whole = results_of([mini, mini])
    assert whole.column_names[:4] == ["run", "model", "revision", "task"]
    assert told(mini, mini, "--format", "parquet", "--out", tmp_path / "r.parquet").exit_code == 0
    assert pq.read_table(tmp_path / "r.parquet").num_rows == whole.num_rows
    printed = told(mini, "--format", "csv").stdout
    assert len(pd.read_csv(io.StringIO(printed))) == whole.num_rows // 2


def test_a_cell_that_a_spreadsheet_would_run_is_text():
    frame = pd.DataFrame({"a": ["=1+1", "-3", "plain", "@x"], "b": [1.5, -2.0, 0.0, 1.0]})
    assert to_csv(frame) == "a,b\n'=1+1,1.5\n-3,-2.0\nplain,0.0\n'@x,1.0\n"


def test_markdown_holds_the_tables_and_nothing_that_acts(mini, tmp_path):
    text = to_markdown(mini)
    assert "# drawn-by-lot" in text
    assert "| Model |" in text
    assert "by country" in text
    assert told(mini, "--format", "markdown", "--out", tmp_path / "r.md").exit_code == 0
    assert (tmp_path / "r.md").read_text(encoding="utf-8") == text
    assert plain("<b>|[x](javascript:y)\n# `z`\u202e") == (r"\<b\>\|\[x\]\(javascript:y\) \# \`z\`⟨U+202E⟩")


def test_every_plot_is_written_with_its_numbers(run, tmp_path):
    written = write_plots([run], tmp_path)
    files = sorted(file.name for file in (tmp_path / "mini-judgement").iterdir())
    assert len(files) == 3 * written
    for name in ("overall", "map", "by-country", "cells-country-topic", "confusion", "by-wording"):
        assert {f"{name}.png", f"{name}.svg", f"{name}.csv"} <= set(files)
    numbers = pd.read_csv(tmp_path / "mini-judgement" / "map.csv")
    assert {"code", "country", "value", "low", "high", "n", "clusters"} <= set(numbers.columns)
    assert "PER" in set(numbers["code"])


def test_names_of_tasks_stay_inside_the_folder(make_run, result, manifest, about, tmp_path):
    names = ["../../out", "a/b", "a b", "..."]
    rows = [result(name, "accuracy", 0.5) for name in names]
    run = make_run(manifest(dict.fromkeys(names, about)), rows, {})
    assert write_plots([run], tmp_path / "plots") == 4
    assert not (tmp_path / "out").exists()
    assert len(list((tmp_path / "plots").iterdir())) == 4
    assert sum(file.suffix == ".png" for file in (tmp_path / "plots").rglob("*")) == 4


def test_what_cannot_be_is_refused_in_one_line(mini, tmp_path):
    for words, what in (
        (("--format", "parquet"), "Parquet is no text"),
        (("--format", "csv", "--out", tmp_path / "r.txt"), "must end in .csv"),
        ((mini, "--out", tmp_path / "r.html"), "several runs"),
    ):
        with pytest.raises(InputError, match=what):
            told(mini, *words)


def test_a_page_may_leave_the_items_out(mini, tmp_path):
    for words, shown in (((), True), (("--no-items",), False)):
        said = told(mini, "--out", tmp_path / "r.html", *words)
        assert said.stdout.splitlines()[-1] == f"report: {tmp_path / 'r.html'}"
        html = (tmp_path / "r.html").read_text(encoding="utf-8")
        assert ("data-browse>" in html) is shown
        assert ("Prompts quote the data set mini" in html) is shown
