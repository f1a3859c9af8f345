"""Pictures of items: inside the user's folder, digested, and found again by whoever asks a model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from normsuite.adapters import Adapted
from normsuite.adapters.base import SET_ASIDE_SCHEMA
from normsuite.adapters.build import build, load
from normsuite.adapters.images import MOST_BYTES, find_images, located, with_images
from normsuite.errors import InputError
from normsuite.questions import prepare
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.tasks import resolve_tasks
from normsuite.work import Settings, describe_work
from normsuite.workers import LocalWorkers

DATA = Path(__file__).parents[1] / "data" / "egonormia"
PNG = b"\x89PNG\r\n\x1a\n"


def items(*images: list[str] | None) -> pa.Table:
    columns = {
        "id": [str(at) for at in range(len(images))],
        "images": list(images),
        "options": [["a", "b"]] * len(images),
    }
    return conform(
        columns | {"dataset": "x", "split": "test", "kind": "choice", "cluster": "c"},
        ITEM_SCHEMA,
        len(images),
    )


def adapted(table: pa.Table) -> Adapted:
    return Adapted(table, SET_ASIDE_SCHEMA.empty_table())


@pytest.mark.parametrize(
    ("most", "kept"), [(1, "0"), (2, "09"), (4, "0369"), (10, "0123456789"), (99, "0123456789")]
)
def test_frames_are_thinned_out_evenly(tmp_path: Path, most: int, kept: str) -> None:
    for number in range(10):
        (tmp_path / f"frame{number}.JPG").touch()
    (tmp_path / "notes.txt").touch()
    assert find_images(tmp_path, tmp_path, most) == [f"frame{number}.JPG" for number in kept]


def test_the_digest_changes_with_a_picture_and_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(PNG)
    digests = [with_images(adapted(items([name], None)), tmp_path).files for name in ("a.png", "b.png")]
    (tmp_path / "b.png").write_bytes(PNG + b".")
    digests.append(with_images(adapted(items(["b.png"])), tmp_path).files)
    assert len({files["pictures (1)"] for files in digests}) == 3
    assert with_images(adapted(items(None)), tmp_path) == adapted(items(None))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("../outside.png", "lies outside"),
        ("/etc/passwd", "lies outside"),
        ("way-out/outside.png", "lies outside"),
        ("gone.png", "no such picture"),
        (".", "no such picture"),
        ("pipe.png", "no such picture"),
        ("text.png", "is no PNG"),
        ("huge.png", "more than 8"),
        ("a\0.png", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_what_is_no_picture_of_the_data_set_is_refused_in_a_line(
    tmp_path: Path, name: str, complaint: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.png").write_bytes(PNG)
    (inside / "way-out").symlink_to(tmp_path)
    (inside / "text.png").write_text("hello")
    os.mkfifo(inside / "pipe.png")
    with (inside / "huge.png").open("wb") as file:
        file.write(PNG)
        file.truncate(MOST_BYTES + 1)
    for use in (lambda table: with_images(adapted(table), inside), lambda table: located(table, inside)):
        with pytest.raises(InputError, match=complaint) as caught:
            use(items([name]))
        assert "\n" not in str(caught.value)


def test_built_items_find_their_pictures_beside_them(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "raw")
    built, _ = build("egonormia", tmp_path / "raw", tmp_path / "raw" / "items.parquet", "action-frames")
    again = load("egonormia", tmp_path / "raw" / "items.parquet")
    assert again.items["images"] == built.items["images"]
    assert again.files["pictures (16)"] == built.files["pictures (16)"]
    shutil.move(tmp_path / "raw" / "items.parquet", tmp_path / "items.parquet")
    with pytest.raises(InputError, match="no such picture"):
        load("egonormia", tmp_path / "items.parquet")


def test_a_run_is_named_by_what_was_shown_whatever_other_tasks_it_has(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "raw")
    tasks = resolve_tasks("egonormia-action-frames,egonormia-action")

    def files() -> dict[str, str]:
        questions = prepare(tasks, {"egonormia": tmp_path / "raw"})
        work = describe_work(None, questions, Settings(), LocalWorkers())
        assert str(tmp_path) not in str(work)
        return dict(work["data"]["egonormia"]["files"])

    before = files()
    assert before.keys() == {"final_data.json", "id2high.json", "pictures (16)"}
    shown = tmp_path / "raw" / "frames" / "robot-1"
    shutil.copy(shown / "1.png", shown / "2.png")
    assert {name for name, digest in files().items() if before[name] != digest} == {"pictures (16)"}


def test_a_question_has_files_where_the_data_has_paths() -> None:
    (question,) = prepare(resolve_tasks("egonormia-action-frames"), {"egonormia": DATA})
    files = question.items["images"].to_pylist()[0]
    assert all(Path(file).is_absolute() and Path(file).is_file() for file in files)
    assert not Path(question.adapted.items["images"].to_pylist()[0][0]).is_absolute()
