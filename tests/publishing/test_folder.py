"""A built folder is whole, is read back as it was, and takes the place of nothing but an earlier build."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from normsuite.adapters.build import load, read_items
from normsuite.errors import InputError
from normsuite.publishing import check_place, read_source, write_folder
from normsuite.publishing.fields import MEANINGS
from normsuite.schema import ITEM_SCHEMA, SPLITS, write_table

DATA = Path(__file__).parents[1] / "data"
ALL = ["README.md", "croissant.json", "data", "set-aside.csv"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def by_split(items: pa.Table) -> list[dict]:
    return sorted(items.to_pylist(), key=lambda row: SPLITS.index(row["split"]))


def sharded(place: Path, tea_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("normsuite.publishing.files.MOST_BYTES", 200)
    return write_folder(read_source("tea", tea_file), place / "tea").path


def test_a_folder_holds_a_file_for_each_split_and_what_describes_them(tea: Path) -> None:
    assert names(tea) == ALL
    assert names(tea / "data") == [f"{split}-00000-of-00001.parquet" for split in ("dev", "test", "train")]
    assert names(tea.parent) == ["tea", "tea.parquet"]


def test_items_come_back_as_they_were(tea: Path, tea_items: pa.Table) -> None:
    adapted = load("tea", tea)
    assert adapted.items.schema.equals(ITEM_SCHEMA, check_metadata=False)
    assert adapted.items.to_pylist() == by_split(tea_items)
    assert sorted(adapted.files) == names(tea / "data")
    assert adapted.version == "Items as given, as Items"


def test_one_of_its_files_can_be_read_alone(tea: Path, tea_items: pa.Table) -> None:
    file = tea / "data" / "test-00000-of-00001.parquet"
    assert load("tea", file).items.to_pylist() == [tea_items.to_pylist()[at] for at in (0, 3)]


def test_datasets_loads_it_with_features_and_splits(
    tea: Path, tea_items: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(str(tea), cache_dir=str(tmp_path))
    assert {split: rows.num_rows for split, rows in loaded.items()} == {
        "train": 1,
        "validation": 1,
        "test": 2,
    }
    assert list(loaded["test"].features) == ITEM_SCHEMA.names == list(MEANINGS)
    assert loaded["test"].features["gold"] == datasets.Value("int32")
    assert loaded["test"].features["turns"] == datasets.List(
        {"speaker": datasets.Value("string"), "text": datasets.Value("string")}
    )
    first, last = loaded["test"]
    expected = tea_items.to_pylist()[0]
    facets = [{"facet": facet, "values": values} for facet, values in expected["categories"]]
    assert first == expected | {"categories": facets}
    assert last["votes"] is None and last["shares"] == [0.75, 0.25]


def test_a_large_split_is_several_files(
    tea_file: Path, tea_items: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sharded(tmp_path, tea_file, monkeypatch)
    assert [name for name in names(folder / "data") if name.startswith("test")] == [
        "test-00000-of-00002.parquet",
        "test-00001-of-00002.parquet",
    ]
    assert read_items(folder).to_pylist() == by_split(tea_items)


def test_a_split_of_which_a_file_is_missing_or_too_many_is_refused(
    tea_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sharded(tmp_path, tea_file, monkeypatch) / "data"
    extra = data / "test-00000-of-00001.parquet"
    shutil.copy(data / "test-00000-of-00002.parquet", extra)
    with pytest.raises(InputError, match=r"test-0000\d-of-0000\d\.parquet: is not there, or is of "):
        read_items(data.parent)
    extra.unlink()
    (data / "test-00000-of-00002.parquet").unlink()
    with pytest.raises(InputError, match=r"test-00000-of-00002\.parquet: is not there, or is of "):
        read_items(data.parent)


def test_faults_between_files_are_found(tea: Path, tmp_path: Path) -> None:
    twice = shutil.copytree(tea, tmp_path / "tea") / "data"
    shutil.copy(twice / "test-00000-of-00001.parquet", twice / "train-00000-of-00001.parquet")
    with pytest.raises(InputError, match=r"'tea:0'"):
        read_items(twice.parent)


def test_a_folder_without_items_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no files of Items, such as data/test-00000-of-00001\.parquet"):
        read_items(tmp_path)


def test_raw_files_that_are_called_like_items_are_left_to_their_adapter(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_table(pa.table({"text": ["x"]}), tmp_path / "data" / "test-00000-of-00001.parquet")
    with pytest.raises(InputError, match="no data set is called 'tea'"):
        load("tea", tmp_path)


def test_the_same_data_is_the_same_files(tea: Path, tea_file: Path, tmp_path: Path) -> None:
    source = read_source("tea", tea_file, licence="CC BY 4.0")
    again = write_folder(source, tmp_path / "tea", "2026-01-02").path
    for path in tea.rglob("*.*"):
        assert (again / path.relative_to(tea)).read_bytes() == path.read_bytes()


def test_an_earlier_build_is_replaced_whole(tea: Path, tmp_path: Path) -> None:
    out = shutil.copytree(tea, tmp_path / "out")
    check_place(out, None)
    write_folder(read_source("normad", DATA / "normad"), out)
    assert names(out) == ALL and names(tmp_path) == ["out"]
    assert "train-00000-of-00001.parquet" not in names(out / "data")
    assert read_items(out)["dataset"].unique().to_pylist() == ["normad"]


def test_nothing_else_is_written_over(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = shutil.copytree(tea, tmp_path / "noted")
    (noted / "data" / "notes.txt").write_text("mine")
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "README.md").write_text("mine")
    for folder in (noted, treasure):
        with pytest.raises(InputError, match=r"field '--out': holds something else than an earlier build"):
            check_place(folder, None)
    (tmp_path / "link").symlink_to(tea)
    (tmp_path / "file").write_text("x")
    for name in ("link", "file"):
        with pytest.raises(InputError, match="cannot write: it is no folder"):
            check_place(tmp_path / name, None)
    with pytest.raises(InputError, match=r"is called like a \.csv file; name a folder, or a file "):
        check_place(tmp_path / "items.csv", None)
    with pytest.raises(InputError, match="the raw files lie in it"):
        check_place(tea, tea / "data")
    monkeypatch.chdir(tea)
    with pytest.raises(InputError, match="is the folder you are in"):
        check_place(Path(), None)
    check_place(tmp_path / "new" / "folder", None)


def test_what_cannot_be_written_leaves_nothing_behind(tea_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write"):
        write_folder(read_source("tea", tea_file), tmp_path / "file" / "out")
    assert names(tmp_path) == ["file"]


def test_pictures_are_not_left_behind_silently(tea_items: pa.Table, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    at = ITEM_SCHEMA.get_field_index("images")
    images = pa.array([["a.png"]], ITEM_SCHEMA.field("images").type)
    seen = tea_items.slice(0, 1).set_column(at, ITEM_SCHEMA.field("images"), images)
    write_table(seen, tmp_path / "tea.parquet")
    with pytest.raises(
        InputError, match="items of 'tea' have pictures, which a folder of tables does not hold"
    ):
        read_source("tea", tmp_path / "tea.parquet")
