"""`normsuite data build` into a folder, what reads such a folder, and `normsuite data push`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_hub import COMMIT, TOKEN, log_in, running_hub

DATA = Path(__file__).parents[1] / "data"

TABLE = """\
name: tea-manners
title: Tea manners
description: Whether one does this at tea.
data:
  set: tea-manners
  table:
    files: tea.csv
    fields: {behavior: act}
    label: {column: ok, map: {"y": fine, "n": rude}}
    culture: {country: {column: country}}
prompts: judgment
labels: {fine: fine, rude: rude}
metrics: [accuracy]
headline: accuracy
"""
ROWS = "act,ok,country\nto slurp,y,Japan\nto slurp,n,Italy\nto spit,maybe,Italy\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "tea.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "tea.md").write_text("# Tea\n\n## Known faults\n\n- Invented.\n", encoding="utf-8")
    path = tmp_path / "tea.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_folder_is_built_checked_counted_and_asked_about(normsuite, tmp_path: Path) -> None:
    raw, out = DATA / "normad", tmp_path / "normad"
    built = normsuite("data", "build", "normad", "--raw", raw, "--out", out)
    assert (built.code, built.err) == (0, "")
    assert f"18 items -> {out}\ncard -> {out}/README.md\n" in built.out
    assert normsuite("data", "check", out).out == f"{out}: 18 items, in order\n"
    assert "EGY" in normsuite("data", "stats", out).out
    results = []
    for place in (raw, out):
        run = tmp_path / f"run of {place.name} {len(results)}"
        arguments = ["--tasks", "normad-rule", "--raw", f"normad={place}", "--out", run]
        assert normsuite("run", "baselines", *arguments).code == 0
        results.append(json.loads((run / "results.json").read_text())["results"])
    assert results[0] == results[1]


def test_what_may_not_be_passed_on_is_built_with_a_warning(normsuite, tmp_path: Path) -> None:
    for out, name, warning in (
        ("d", "normdial", "warning: for your own use, not to be passed on (licence: none stated)\n"),
        ("d.parquet", "normdial", "warning: for your own use, not to be passed on (licence: none stated)\n"),
        ("g", "global-opinion", "warning: not for commercial use (licence: CC BY-NC-SA 4.0)\n"),
    ):
        built = normsuite("data", "build", name, "--raw", DATA / name, "--out", tmp_path / out)
        assert (built.code, built.err) == (0, warning)
    refused = normsuite("data", "push", tmp_path / "d", "--to", "me/dialogues", "--private", "--dry-run")
    assert refused.code == 2
    assert refused.err.startswith("normsuite: the data set 'normdial' must not be passed on (licence: none")


def test_a_table_of_ones_own_is_built(normsuite, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "built"
    refused = normsuite("data", "build", table, "--out", out)
    assert refused.code == 2 and "'maybe'" in refused.err and not out.exists()
    built = normsuite("data", "build", table, "--out", out, "--keep-going")
    assert built.code == 0
    assert built.out.startswith(f"tea-manners: 2 items -> {out}\n")
    assert built.err == "warning: no licence is named, so nobody may use it; see --licence\n"
    assert '"maybe"' in (out / "set-aside.csv").read_text(encoding="utf-8")
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "pretty_name: Tea manners\nlicense: unknown\n" in card and "- Invented." in card
    assert normsuite("data", "build", table, "--out", out, "--keep-going", "--licence", "mit").err == ""
    assert "\nlicense: mit\n" in (out / "README.md").read_text(encoding="utf-8")
    (tmp_path / "tea.csv").unlink()
    again = normsuite("data", "build", table, "--raw", out, "--out", tmp_path / "again")
    assert again.out.startswith(f"tea-manners (Items as given): 2 items -> {tmp_path}/again\n")


def test_what_does_not_go_with_a_table_or_a_file_is_refused(normsuite, table: Path, tmp_path: Path) -> None:
    for arguments, line in (
        ([table, "--out", tmp_path / "x.parquet"], "a task's table, and a licence, go into a folder"),
        (["mini", "--out", tmp_path / "x.parquet", "--licence", "mit"], "and a licence, go into a folder"),
        ([table, "--out", tmp_path / "x", "--view", "v"], "a table of one's own has no views"),
        ([tmp_path / "none.yaml", "--out", tmp_path / "x"], "no such task file"),
        (["mini", "--out", tmp_path], "holds something else than an earlier build"),
        (["mini", "--out", tmp_path / "x.json"], "is called like a .json file"),
    ):
        outcome = normsuite("data", "build", *arguments)
        assert outcome.code == 2 and line in outcome.err and outcome.err.count("\n") == 1


def test_a_task_without_a_table_names_its_data_set(normsuite, table: Path, tmp_path: Path) -> None:
    from normsuite import folders

    outcome = normsuite("data", "build", folders.tasks() / "normad-rule.yaml", "--out", tmp_path / "x")
    assert outcome.code == 2
    assert "has no table of its own; name its data set instead: `normsuite data build normad`" in outcome.err


def test_a_dry_run_sends_nothing(normsuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    normsuite("data", "build", "mort-user-study", "--raw", DATA / "mort-user-study", "--out", tmp_path / "m")
    with running_hub() as hub:
        log_in(monkeypatch, hub.url)
        outcome = normsuite(
            *("data", "push", tmp_path / "m", "--to", "me/m", "--dry-run", "--private", "--revision", "v2")
        )
        assert hub.asked == []
    assert outcome.code == 0
    assert outcome.out.startswith("would go to me/m (private, branch v2):\n  README.md  ")
    assert "  data/test-00000-of-00001.parquet  " in outcome.out


def test_pushing_shows_no_token(normsuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    normsuite("data", "build", "mort-user-study", "--raw", DATA / "mort-user-study", "--out", tmp_path / "m")
    with running_hub() as hub:
        log_in(monkeypatch, hub.url)
        outcome = normsuite("data", "push", tmp_path / "m", "--to", "me/m")
        assert outcome.code == 0
        assert outcome.out == f"{tmp_path}/m -> {hub.url}/datasets/me/m at commit {COMMIT}\n"
        assert TOKEN not in outcome.out + outcome.err
        log_in(monkeypatch, hub.url, "hf_another")
        outcome = normsuite("data", "push", tmp_path / "m", "--to", "me/m")
        assert outcome.code == 2 and outcome.err.startswith(f"normsuite: me/m: {hub.url} does not know this")
        assert "hf_another" not in outcome.out + outcome.err


def test_the_environment_names_hub_and_token(normsuite, tmp_path: Path) -> None:
    """In a process of its own, since the hub's client looks once."""
    normsuite("data", "build", "mort-user-study", "--raw", DATA / "mort-user-study", "--out", tmp_path / "m")
    command = [sys.executable, "-m", "normsuite", "data", "push", tmp_path / "m", "--to", "me/m"]
    with running_hub() as hub:
        said = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
        done = subprocess.run(command, env=os.environ | said, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "data/test-00000-of-00001.parquet" in hub.repos["me/m"].branches["main"]
    assert TOKEN not in done.stdout + done.stderr
