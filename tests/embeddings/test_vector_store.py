"""The store of vectors: what goes in comes out, whole, and only where it belongs."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.embeddings.cache import DESCRIPTION, LARGE, Store
from normsuite.embeddings.passages import Keys, Passage, distinct
from normsuite.errors import InputError

OF = {"model": {"name": "invented", "sha256": "0" * 64}, "pooling": {"position": "mean", "layer": -1}}


def keys_of(*numbers: int) -> Keys:
    return distinct([Passage(f"text {number}") for number in numbers], spans=False)[0]


def vectors_of(*numbers: int) -> np.ndarray:
    """Vectors that tell their text; every seventh is of a text that was too long."""
    rows = np.array(numbers, np.float32)[:, None] + np.array([0.25, 0.5, 0.75], np.float32)
    rows[np.array(numbers) % 7 == 0] = np.nan
    return rows


def put(store: Store, *numbers: int) -> None:
    store.put(keys_of(*numbers), vectors_of(*numbers))


def assert_holds(store: Store, wanted: list[int], held: set[int]) -> None:
    found, vectors = store.find(keys_of(*wanted))
    assert found.tolist() == [number in held for number in wanted]
    there = [number for number in wanted if number in held]
    if there:
        assert vectors.dtype == np.float32
        np.testing.assert_array_equal(vectors, vectors_of(*there))


def shard(store: Store, kind: str) -> Path:
    (path,) = store.folder.glob(f"*.{kind}.npy")
    return path


NUMBERS = st.lists(st.integers(0, 40), unique=True, max_size=12)


@settings(max_examples=60)
@given(steps=st.lists(st.tuples(st.sampled_from(["put", "find", "reopen"]), NUMBERS), max_size=45))
def test_any_sequence_of_writes_and_reads_gives_back_what_was_put_in(steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, held = Store(Path(folder), OF), set()
        for step, numbers in steps:
            if step == "put" and numbers:
                put(store, *numbers)
                held |= set(numbers)
            elif step == "find":
                assert_holds(store, numbers, held)
            else:
                store = Store(Path(folder), OF)
        assert_holds(Store(Path(folder), OF), list(range(41)), held)


def test_an_empty_store_holds_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    store = Store(tmp_path, OF)
    assert_holds(store, [1, 2], set())
    store.put(keys_of(1)[:0], vectors_of(1)[:0])
    assert list(tmp_path.iterdir()) == []


def test_many_small_shards_become_few(tmp_path: Path) -> None:
    store = Store(tmp_path, OF)
    for start in range(0, 300, 3):
        put(store, start, start + 1, start + 2)
    assert len(list(store.folder.glob("*.keys.npy"))) < 16
    assert_holds(Store(tmp_path, OF), list(range(300)), set(range(300)))


def test_large_shards_are_left_as_they_are(tmp_path: Path) -> None:
    store = Store(tmp_path, OF)
    put(store, *range(1000, 1000 + LARGE))
    large = shard(store, "vectors")
    for number in range(40):
        put(store, number)
    assert large.is_file()
    assert_holds(store, [0, 39, 1000, 999 + LARGE], {0, 39, 1000, 999 + LARGE})


def test_shards_of_the_same_rows_in_any_order_are_merged_without_loss(tmp_path: Path) -> None:
    store, generator = Store(tmp_path, OF), np.random.default_rng(0)
    for _ in range(60):
        put(store, *generator.permutation(3).tolist())
    assert_holds(Store(tmp_path, OF), [0, 1, 2], {0, 1, 2})


def test_two_open_stores_see_what_the_other_wrote(tmp_path: Path) -> None:
    one, other = Store(tmp_path, OF), Store(tmp_path, OF)
    for number in range(50):
        put((one, other)[number % 2], number)
        assert_holds((other, one)[number % 2], list(range(50)), set(range(number + 1)))


@pytest.mark.parametrize(
    "other",
    [
        {**OF, "model": {"name": "invented", "sha256": "1" * 64}},
        {**OF, "pooling": {"position": "last", "layer": -1}},
        {**OF, "pooling": {"position": "mean", "layer": 3}},
    ],
    ids=["model", "pooling", "layer"],
)
def test_what_is_of_another_model_pooling_or_layer_is_not_shared(tmp_path: Path, other) -> None:
    put(Store(tmp_path, OF), 1, 2)
    foreign = Store(tmp_path, other)
    assert_holds(foreign, [1, 2], set())
    foreign.put(keys_of(1), -vectors_of(1))
    assert_holds(Store(tmp_path, OF), [1, 2], {1, 2})


def test_the_folder_says_what_it_is_of(tmp_path: Path) -> None:
    store = Store(tmp_path, OF)
    put(store, 1)
    told = json.loads((store.folder / DESCRIPTION).read_text())
    assert {name: told[name] for name in OF} == OF
    assert str(tmp_path) not in (store.folder / DESCRIPTION).read_text()


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def pickled(path: Path) -> None:
    with path.open("wb") as sink:
        np.save(sink, np.array([{"no": "vector"}], object), allow_pickle=True)


def exchanged(path: Path) -> None:
    """The same kind of file of a sound shard of another layer."""
    other = Store(path.parent.parent / "elsewhere", {**OF, "pooling": {"position": "mean", "layer": 2}})
    put(other, 4, 5, 6)
    shutil.copy(shard(other, path.name.split(".")[1]), path)


@pytest.mark.parametrize("harm", [flipped, cut, emptied, pickled, exchanged])
@pytest.mark.parametrize("kind", ["keys", "vectors"])
def test_a_damaged_shard_is_refused_in_a_line_and_deleting_the_file_is_the_remedy(
    tmp_path: Path, kind: str, harm: Callable[[Path], None]
) -> None:
    store = Store(tmp_path, OF)
    put(store, 1, 2, 3)
    harmed = shard(store, kind)
    put(store, 4, 5)
    harm(harmed)
    with pytest.raises(InputError) as refusal:
        Store(tmp_path, OF).find(keys_of(2, 4))
    assert refusal.value.file == str(harmed)
    assert "damaged" in str(refusal.value)
    assert "delete it" in str(refusal.value)
    assert "\n" not in str(refusal.value)

    harmed.unlink()
    store = Store(tmp_path, OF)
    assert_holds(store, [1, 2, 3, 4, 5], {4, 5})
    put(store, 1, 2, 3)
    assert_holds(Store(tmp_path, OF), [1, 2, 3, 4, 5], {1, 2, 3, 4, 5})


def test_a_whole_shard_copied_from_another_store_is_refused(tmp_path: Path) -> None:
    store, other = Store(tmp_path, OF), Store(tmp_path, {**OF, "model": {"name": "another"}})
    put(store, 1)
    put(other, 2, 3)
    for kind in ("keys", "vectors"):
        shutil.copy(shard(other, kind), store.folder)
    with pytest.raises(InputError, match="made for another model"):
        store.find(keys_of(1, 2))


def test_leftovers_of_a_killed_process_are_not_read_and_go_with_the_next_write(tmp_path: Path) -> None:
    store = Store(tmp_path, OF)
    put(store, 1, 2)
    half = store.folder / f"{'a' * 32}.vectors.npy"
    half.write_bytes(b"half")
    (store.folder / ".vectors.tmp").write_bytes(b"half")
    (store.folder / "notes.txt").write_text("of the user")
    assert_holds(store, [1, 2, 3], {1, 2})
    put(store, 3)
    assert_holds(store, [1, 2, 3], {1, 2, 3})
    assert not half.exists()
    assert not (store.folder / ".vectors.tmp").exists()
    assert (store.folder / "notes.txt").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        put(Store(tmp_path / "file", OF), 1)
