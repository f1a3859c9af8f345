"""A direction's folder: written whole, read with suspicion."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from normsuite.engines import Pooling
from normsuite.errors import InputError
from normsuite.prompts import compile_wording
from normsuite.scorers.direction.about import About, Ends, ModelName, SeedCount, WordingText
from normsuite.scorers.direction.files import ABOUT, LOCAL, TENSORS, Place, check_target, load, save
from normsuite.scorers.direction.pipeline import Axis

VECTOR = np.random.default_rng(0).normal(size=7)
AXIS = Axis(VECTOR, 0.1 + 0.2, 1 / 3, unit_rows=True)


def about(**changes) -> About:
    asked = compile_wording(Path("asked.jinja"), "Is it fine to {{ behavior }}?")
    parts = {
        "normsuite": "0.0",
        "model": ModelName(name="m", revision="", sha256="a" * 64, context_length=16),
        "engine": {"engine": "transformers", "dtype": "float32"},
        "pooling": Pooling("mean", 3),
        "dimensions": len(VECTOR),
        "unit_rows": True,
        "recipe": {"estimator": {"name": "pca"}},
        "wordings": (WordingText(name="mine/asked", text=asked.text, sha256=asked.sha256),),
        "seeds": (SeedCount(name="mine", texts=("asked",), n=2, positive=1, negative=1, sha256="b" * 64),),
        "diagnostics": {"isoscore": None},
        "poles": Ends(positive=(), negative=()),
        "words": (),
    }
    return About(**(parts | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "d", AXIS, about(), Place("/somewhere/m"))
    return tmp_path / "d"


def test_what_was_saved_is_read_to_the_bit(folder: Path) -> None:
    saved = load(folder)
    assert np.array_equal(saved.axis.vector, VECTOR)
    assert saved.axis.vector.dtype == np.float64
    assert (saved.axis.offset, saved.axis.scale, saved.axis.unit_rows) == (AXIS.offset, AXIS.scale, True)
    assert saved.about.pooling == Pooling("mean", 3)
    assert saved.about == about(tensors_sha256=saved.about.tensors_sha256)
    assert saved.wordings[0].render({"behavior": "sing"}) == "Is it fine to sing?"
    assert saved.place == Place("/somewhere/m")


def test_the_same_direction_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "e", AXIS, about(), Place("/somewhere/m"))
    for name in (TENSORS, ABOUT, LOCAL):
        assert (folder / name).read_bytes() == (tmp_path / "e" / name).read_bytes()


def test_only_the_local_file_knows_this_machine_and_says_so(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == sorted([TENSORS, ABOUT, LOCAL])
    assert "/somewhere" not in (folder / ABOUT).read_text() + (folder / TENSORS).read_bytes().decode(
        "latin-1"
    )
    assert "do not publish" in json.loads((folder / LOCAL).read_text())["note"]
    (folder / LOCAL).unlink()
    assert load(folder).place is None


def test_a_direction_is_replaced_and_nothing_is_left_beside_it(folder: Path) -> None:
    save(folder, Axis(VECTOR + 1, 0.0, 1.0), about(unit_rows=False), Place("/elsewhere"))
    assert np.array_equal(load(folder).axis.vector, VECTOR + 1)
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    save(tmp_path / "d", AXIS, about(), Place("m"))
    assert load(tmp_path / "d").axis.scale == AXIS.scale


@pytest.mark.parametrize("names", [["notes.txt"], [ABOUT, "notes.txt"], [LOCAL]])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="no folder of a direction"):
        save(tmp_path, AXIS, about(), Place("m"))
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name).read_text() == "mine" for name in names)


def test_a_file_in_its_place_and_a_file_above_it(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(InputError, match="is a file"):
        check_target(tmp_path / "f")
    with pytest.raises(InputError, match="cannot write"):
        save(tmp_path / "f" / "d", AXIS, about(), Place("m"))


def torch_archive(path: Path) -> None:
    torch.save({"vector": torch.zeros(7)}, path)


def tensors(**changes: np.ndarray):
    parts = {"vector": VECTOR, "offset": np.zeros(1), "scale": np.ones(1)} | changes
    return lambda path: save_file({name: part for name, part in parts.items() if part.size}, path)


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_bytes(b""), "no safetensors"),
        (lambda path: path.write_bytes(pickle.dumps({"vector": [1.0]})), "is a pickle"),
        (torch_archive, "is a pickle"),
        (lambda path: path.write_text("vector: 1"), "no safetensors"),
        (lambda path: path.write_bytes(b"\xff" * 64), "no safetensors"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "no safetensors"),
        (lambda path: path.write_bytes(b"\0" * ((16 << 20) + 1)), "16 MiB"),
        (tensors(vector=VECTOR.astype(np.float32)), "float64"),
        (tensors(vector=VECTOR[:, None]), "float64"),
        (tensors(scale=np.empty(0)), "holds no direction"),
        (tensors(extra=np.ones(1)), "holds no direction"),
        (tensors(vector=np.where(VECTOR > 0, np.nan, VECTOR)), "no number"),
        (tensors(scale=np.zeros(1)), "above 0"),
        (tensors(), "digest is another"),
    ],
)
def test_tensors_that_are_none_of_this_direction(folder: Path, spoil, part: str) -> None:
    spoil(folder / TENSORS)
    with pytest.raises(InputError, match=part) as caught:
        load(folder)
    assert TENSORS in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_place_of_the_tensors(folder: Path) -> None:
    (folder / TENSORS).unlink()
    (folder / TENSORS).mkdir()
    with pytest.raises(InputError, match="is no file"):
        load(folder)


def test_bfloat16_is_not_taken(folder: Path) -> None:
    from safetensors.torch import save_file as save_torch

    save_torch({"vector": torch.zeros(7, dtype=torch.bfloat16)}, folder / TENSORS)
    with pytest.raises(InputError, match=TENSORS):
        load(folder)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"schema": 2}, "has schema 2, this is 1"),
        ({"surprise": 1}, "surprise"),
        ({"dimensions": 8}, "7 dimensions"),
        ({"wordings": []}, "wordings"),
        ({"wordings": [{"name": "../w", "text": "{{ behavior }}?", "sha256": "0"}]}, "pattern"),
        (
            {"model": {"name": "m", "revision": "\x1b[31m", "sha256": "a" * 64, "context_length": 1}},
            "revision",
        ),
        ({"pooling": {"position": "middle"}}, "position"),
        ({"tensors_sha256": "0"}, "digest is another"),
        (
            {"wordings": [{"name": "m/w", "text": "Hm, {{ behavior }}?", "sha256": "0"}]},
            "than its digest says",
        ),
        ({"wordings": [{"name": "m/w", "text": "{{ ''.__class__.mro() }}", "sha256": "0"}]}, "no place"),
    ],
)
def test_a_description_that_is_none(folder: Path, change: dict[str, object], part: str) -> None:
    told = json.loads((folder / ABOUT).read_text())
    (folder / ABOUT).write_text(json.dumps(told | change))
    with pytest.raises(InputError, match=part) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "1", "\udc80"])
def test_a_description_that_is_no_json_object(folder: Path, text: str) -> None:
    (folder / ABOUT).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=ABOUT):
        load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, "\udc80"])
def test_a_local_file_that_says_nothing(folder: Path, text: str) -> None:
    (folder / LOCAL).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=LOCAL):
        load(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "none")
