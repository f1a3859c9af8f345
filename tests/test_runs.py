"""Run folders."""

import errno
import json
import multiprocessing
import os
import subprocess
from pathlib import Path

import pytest

from normsuite.errors import InputError
from normsuite.runs import locked, open_run, start_run, work_hash
from normsuite.schema import PREDICTION_SCHEMA, RESULT_SCHEMA, conform

WORK = {"model": {"name": "m", "sha256": "1"}, "seed": 0}


def predictions(n: int = 2):
    texts = ["task", "scorer", "prompt", "order", "split", "kind"]
    columns = dict.fromkeys(texts, "x")
    return conform(
        columns | {"status": "ok", "item": [str(i) for i in range(n)], "cluster": [str(i) for i in range(n)]},
        PREDICTION_SCHEMA,
        n,
    )


def test_the_same_work_is_taken_up_and_other_work_refused(tmp_path: Path) -> None:
    run = start_run(tmp_path / "r", WORK)
    run.write_part("t", "labels", 0, predictions())
    again = start_run(tmp_path / "r", WORK)
    assert again.manifest == run.manifest
    assert again.predictions("t").equals(predictions())
    with pytest.raises(InputError, match=r"holds another run \(other model\); choose another --out"):
        start_run(tmp_path / "r", WORK | {"model": {"name": "m", "sha256": "2"}})


def test_every_part_of_the_work_moves_its_name() -> None:
    assert work_hash(WORK) == work_hash(json.loads(json.dumps(WORK)))
    assert work_hash(WORK) != work_hash(WORK | {"seed": 1})


def test_a_folder_of_other_files_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a run folder"):
        start_run(tmp_path, WORK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["diary.txt"]


def test_not_even_a_lock_is_left_in_a_folder_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a run folder"), locked(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["diary.txt"]


def test_what_a_killed_process_had_not_finished_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / ".manifest.json.71.tmp").write_text('{"schema"')
    with locked(folder):
        run = start_run(folder, WORK)
    run.write_part("t", "labels", 0, predictions())
    for unfinished in (".results.parquet.72.tmp", "predictions/.t.labels.00001.parquet.72.tmp"):
        (folder / unfinished).write_bytes(b"PAR1")
    with locked(folder):
        start_run(folder, WORK)
    assert [path.name for path in folder.rglob("*.tmp")] == []
    assert run.predictions("t").num_rows == 2


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 99}'])
def test_a_damaged_manifest_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest.json"):
        open_run(tmp_path)


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    run = start_run(tmp_path / "r", WORK)
    run.write_part("t", "labels", 0, predictions())
    run.part_path("t", "labels", 0).write_bytes(b"PAR1 but not really")
    with pytest.raises(InputError, match=r"t\.labels\.00000\.parquet: is not a readable Parquet file"):
        run.predictions("t")


def test_a_run_without_results_says_how_to_finish(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no results yet"):
        start_run(tmp_path / "r", WORK).results()


def test_results_are_written_as_parquet_and_json(tmp_path: Path) -> None:
    run = start_run(tmp_path / "r", WORK)
    row = dict.fromkeys(["task", "scorer", "metric", "facet", "group"], "x")
    table = conform(row | {"n": 3, "clusters": 2, "value": 0.5, "ci_low": float("nan")}, RESULT_SCHEMA, 1)
    run.write_results(table)
    assert run.results().equals(table, check_metadata=True) or run.results().num_rows == 1
    content = json.loads((run.path / "results.json").read_text())
    assert content["schema"] == 1
    assert content["results"][0]["value"] == 0.5
    assert content["results"][0]["ci_low"] is None
    assert list(content["results"][0]) == RESULT_SCHEMA.names


def _hold(path: Path, held, release) -> None:
    with locked(path):
        held.set()
        release.wait(30)


def test_a_second_process_is_refused_while_the_first_holds_the_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    first = context.Process(target=_hold, args=(tmp_path / "r", held, release))
    first.start()
    try:
        assert held.wait(30)
        with pytest.raises(InputError, match="is in use by another run"), locked(tmp_path / "r"):
            pass
    finally:
        release.set()
        first.join()
    with locked(tmp_path / "r"):
        assert (tmp_path / "r").is_dir()


def test_an_unwritable_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), locked(tmp_path / "file" / "r"):
        pass


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    try:
        run = start_run(disk / "r", WORK)
        with pytest.raises(InputError, match=os.strerror(errno.ENOSPC)):
            for number in range(100):
                run.write_part("t", "labels", number, predictions(200))
        assert not [path for path in (disk / "r" / "predictions").iterdir() if path.suffix != ".parquet"]
        assert run.predictions("t").num_rows % 200 == 0
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
