"""`direction transfer` and `direction feet` as a user types them."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pyarrow.parquet as pq
import pytest
import typer
from made_acts import write_data, write_rated, write_task
from typer.testing import CliRunner

from normsuite.cli.transfer import add_to
from normsuite.errors import InputError


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    made = typer.Typer()
    add_to(made)
    return made


@pytest.fixture
def call(app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on the made data; an ``InputError`` is what `main` makes a line of."""
    monkeypatch.setenv("NORMSUITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    files = write_data(tmp_path)
    tasks = {
        "acts": write_task(tmp_path, "acts", "acts", "acts"),
        "deeds": write_task(tmp_path, "deeds", "deeds", "deeds"),
        "rated": write_rated(tmp_path),
    }

    def run(command: str, model: object, names: str, *more: object) -> str:
        raw = [
            part for name in names.split(",") if name in files for part in ("--raw", f"{name}={files[name]}")
        ]
        paths = ",".join(str(tasks.get(name, name)) for name in names.split(","))
        arguments = [command, model, "--tasks", paths, "--device", "cpu", *raw, *more]
        result = CliRunner().invoke(app, [str(part) for part in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_transfer_writes_everything_and_prints_it(call, minilm: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = call("transfer", minilm, "acts,rated", "--out", out, "--replicates", 100)
    assert sorted(file.name for file in out.iterdir()) == [
        f"transfer.{suffix}" for suffix in ("csv", "json", "parquet", "png", "svg")
    ]
    for words in ("direction-acts", "direction-rated", "above every null by", "By foundation", "fairness"):
        assert words in told
    table = pq.read_table(out / "transfer.parquet")
    content = json.loads((out / "transfer.json").read_text())
    assert content["results"] == table.to_pylist()
    assert len(pd.read_csv(out / "transfer.csv")) == table.num_rows
    assert len([row for row in content["results"] if not row["facet"]]) == 4
    assert all(row["null_untrained"] is not None for row in content["results"])
    assert set(content["about"]["pairs"]["direction-acts"]) == set(content["tasks"])
    assert str(tmp_path) not in (out / "transfer.json").read_text()
    drawing = (out / "transfer.svg").read_text()
    ElementTree.fromstring(drawing)
    assert "direction-rated" in drawing
    assert (out / "transfer.png").read_bytes().startswith(b"\x89PNG")
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    call("transfer", minilm, "acts,rated", "--out", out, "--replicates", 100)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    with pytest.raises(InputError, match="results of other work"):
        call("transfer", minilm, "acts,rated", "--out", out, "--replicates", 200)


def test_feet_writes_everything_and_prints_it(call, minilm: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = ("--shots", "8,32", "--draws", 2, "--epochs", 3, "--replicates", 100)
    told = call("feet", minilm, "acts,rated", "--out", out, *more)
    assert sorted(file.name for file in out.iterdir()) == ["feet.csv", "feet.json", "feet.parquet"]
    for words in ("few-shot 32", "head", "in points", "direction-rated"):
        assert words in told
    content = json.loads((out / "feet.json").read_text())
    assert content["results"] == pq.read_table(out / "feet.parquet").to_pylist()
    assert content["about"]["excluded"] == {"direction-acts": 0, "direction-rated": 1}


@pytest.mark.parametrize(
    ("command", "names", "more", "words"),
    [
        ("transfer", "acts", (), "two tasks or more"),
        ("transfer", "acts,mini-rules", (), "read off answers"),
        ("transfer", "acts,deeds", ("--estimator", "best"), "no such step: 'best'"),
        ("transfer", "acts,nothing", (), "no task is called 'nothing'"),
        ("feet", "acts", ("--shots", "8,few"), "no list of numbers"),
        ("feet", "acts", ("--shots", "9"), "half of each pole"),
    ],
)
def test_bad_input_is_one_line(
    call, minilm: Path, tmp_path: Path, command: str, names: str, more: tuple[str, ...], words: str
) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match=words) as caught:
        call(command, minilm, names, "--out", out, *more)
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_a_folder_of_other_things_is_refused(call, minilm: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        call("transfer", minilm, "acts,deeds", "--out", tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_a_revision_of_several_models(call, minilm: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a revision is of one model"):
        call("feet", minilm, "acts", "--out", tmp_path / "out", "--revision", "main", minilm)
