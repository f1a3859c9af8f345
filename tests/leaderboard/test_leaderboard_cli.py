"""`normsuite leaderboard add`, `check` and `export`, as typed."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from normsuite import folders, places
from normsuite.cli import app, main
from normsuite.evaluate import evaluate
from normsuite.leaderboard.check import check
from normsuite.questions import prepare
from normsuite.runs import Run
from normsuite.tasks import resolve_tasks
from normsuite.work import Settings
from tests.leaderboard.conftest import rewrite, set_cell


def typed(*words: object) -> tuple[int, str]:
    """Exit code and everything printed."""
    result = CliRunner().invoke(app, [str(word) for word in ("leaderboard", *words)])
    return result.exit_code, result.output


def test_add_says_what_it_wrote(run: Run, tmp_path: Path) -> None:
    code, told = typed("add", run.path, "--org", "acme", "--name", "tiny", "--to", tmp_path)
    assert code == 0
    assert "acme__tiny" in told
    assert "(acme/tiny, 1 tasks, " in told


def test_check_ends_with_0_where_all_is_well_and_with_1_where_not(board: Path, answers: Path) -> None:
    assert typed("check", board) == (0, "2 submission(s) checked, 0 problem(s)\n")
    row = (
        pq.read_table(answers / "results.parquet", partitioning=None)["metric"].to_pylist().index("accuracy")
    )
    rewrite(answers, "results.parquet", lambda table: set_cell(table, row, "value", 0.5))
    code, told = typed("check", answers)
    assert code == 1
    assert told.count("\n") == 2
    assert "accuracy of mini-rules (" in told
    assert "1 submission(s) checked, 1 problem(s)" in told


@pytest.mark.parametrize(
    "words",
    [
        ["check", "nowhere"],
        ["check", "--raw", "mini"],
        ["add", "nowhere", "--org", "acme"],
        ["add", ".", "--predictions-url", "https://example.org/p"],
        ["export", "--to", "eval-results", "--out", "x"],
        ["export", "--to", "model-index", "--out", "x", "--source", "ftp://example.org"],
        ["export", "--to", "hf-space", "--out", "x", "--submissions", "nowhere"],
    ],
)
def test_bad_usage_ends_with_2_and_one_line(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["normsuite", "leaderboard", *words])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("normsuite: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("to", ["eval-results", "every-eval-ever", "model-index"])
def test_export_names_each_file(made: Path, tmp_path: Path, to: str) -> None:
    words = ["--to", to, "--out", tmp_path, "--submissions", made, "--benchmark", "acme/norms"]
    code, told = typed("export", *words)
    assert code == 0, told
    files = [Path(line) for line in told.splitlines()]
    assert len(files) == 2
    assert all(file.is_file() and file.is_relative_to(tmp_path) for file in files)


def test_a_space_is_the_site_with_a_readme(made: Path, tmp_path: Path) -> None:
    for _ in range(2):
        code, told = typed("export", "--to", "hf-space", "--out", tmp_path / "s", "--submissions", made)
        assert code == 0, told
        assert {"README.md", "index.html"} <= {path.name for path in (tmp_path / "s").iterdir()}


def test_a_task_of_an_included_folder_is_recomputed_too(tmp_path: Path) -> None:
    """The process that reads tables knows it as well; without the folder it is no task."""
    own = tmp_path / "own"
    (own / "tasks").mkdir(parents=True)
    text = (folders.tasks() / "mini-rules.yaml").read_text().replace("name: mini-rules", "name: mini-own")
    (own / "tasks" / "mini-own.yaml").write_text(text)
    run = evaluate(
        None,
        prepare(resolve_tasks(str(own / "tasks" / "mini-own.yaml")), {}),
        tmp_path / "run",
        settings=Settings(replicates=100),
    )
    words = ["--org", "acme", "--to", tmp_path / "to", "--include", own]
    assert typed("add", run.path, *words)[0] == 0
    assert typed("check", tmp_path / "to", "--include", own) == (0, "1 submission(s) checked, 0 problem(s)\n")
    places.include_nothing()
    told = [str(problem) for problem in check([tmp_path / "to"], isolated=False).problems]
    assert any("no task is called 'mini-own' here" in line for line in told)
    assert any("nothing of mini-own was recomputed" in line for line in told)
