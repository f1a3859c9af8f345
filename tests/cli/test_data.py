"""`normsuite data`, and the `--raw` option, at their edges."""

from pathlib import Path

from normsuite.schema import ITEM_SCHEMA, conform, write_table


def test_raw_data_that_no_task_asks_for_is_refused(normsuite, tmp_path: Path) -> None:
    """A slip of the pen would otherwise fall back on the cache, silently."""
    arguments = ["--tasks", "mini-framed", "--raw", f"minni={tmp_path}", "--out", tmp_path / "r"]
    for outcome in (
        normsuite("run", "baselines", *arguments),
        normsuite("task", "show", "mini-framed", "--raw", f"minni={tmp_path}"),
    ):
        assert outcome.code == 2
        assert outcome.err == "normsuite: field '--raw': no task here is of the data set 'minni'; name mini\n"
    assert not (tmp_path / "r").exists()


def test_statistics_of_no_items_are_none(normsuite, tmp_path: Path) -> None:
    write_table(ITEM_SCHEMA.empty_table(), tmp_path / "none.parquet")
    assert normsuite("data", "stats", tmp_path / "none.parquet").code == 0


def test_statistics_print_no_control_characters_of_the_data(normsuite, tmp_path: Path) -> None:
    row = {"id": ["a:1"], "dataset": "a", "split": "test", "kind": "label", "options": [["x\x1b[31m", "y"]]}
    path = tmp_path / "a.parquet"
    write_table(conform(row | {"gold": [0], "cluster": ["c"]}, ITEM_SCHEMA, 1), path)
    out = normsuite("data", "stats", path).out
    assert "\x1b" not in out and "x\ufffd[31m" in out


def test_lists_cut_no_name(normsuite, monkeypatch) -> None:
    from normsuite.adapters import ADAPTERS
    from normsuite.tasks import available_tasks

    monkeypatch.setenv("COLUMNS", "80")
    for command, names in (("data", ADAPTERS), ("task", available_tasks())):
        out = normsuite(command, "list").out
        assert all(name in out for name in names)
