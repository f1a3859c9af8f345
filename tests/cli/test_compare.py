"""`normsuite compare` as it is called."""

import json

import pytest
from made_runs import judged, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    shares = ({"PER": 0.4}, {"PER": 0.9}, {})
    return [
        write_run(folder / name, f"model-{name}", judged("task-t", share, items=160, seed=at))
        for at, (name, share) in enumerate(zip("abc", shares, strict=True))
    ]


def compare(normsuite, *arguments):
    return normsuite("compare", *arguments, "--replicates", 2000)


def test_tables_for_the_terminal_and_a_page(normsuite, runs, tmp_path):
    outcome = compare(normsuite, *runs[:2], "--html", tmp_path / "page.html")
    assert outcome.code == 0, outcome
    assert "Where B serves people better or worse than A" in outcome.out
    assert outcome.out.strip().endswith(f"page: {tmp_path / 'page.html'}")
    assert "model-b" in (tmp_path / "page.html").read_text()


def test_a_format_goes_to_standard_output_alone(normsuite, runs, tmp_path):
    outcome = compare(normsuite, *runs[:2], "--format", "json", "--html", tmp_path / "page.html")
    assert json.loads(outcome.out)["runs"][1]["model"] == "model-b"
    assert "page:" in outcome.err


def test_another_baseline(normsuite, runs):
    outcome = compare(normsuite, *runs, "--baseline", runs[2], "--format", "json", "--adjust", "bh")
    document = json.loads(outcome.out)
    assert [run["model"] for run in document["runs"]] == ["model-c", "model-a", "model-b"]
    assert document["adjust"] == "bh"


def test_a_file_in_a_format(normsuite, runs, tmp_path):
    outcome = compare(normsuite, *runs[:2], "--format", "parquet", "--out", tmp_path / "x.parquet")
    assert outcome.out.strip() == f"wrote: {tmp_path / 'x.parquet'}"
    assert (tmp_path / "x.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "x.csv"], "--out needs a format"),
        (["--format", "parquet"], "name a file with --out"),
        (["--metrics", "acuracy"], "no metric 'acuracy'"),
    ],
)
def test_bad_options_are_one_line(normsuite, runs, arguments, said):
    outcome = compare(normsuite, *runs[:2], *arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_a_folder_that_is_no_run_is_one_line(normsuite, runs, tmp_path):
    outcome = compare(normsuite, runs[0], tmp_path)
    assert outcome.code == 2
    assert "is not a run folder" in outcome.err
