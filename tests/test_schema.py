"""Items: every promise of the schema is checked, and nothing is lost on the way to disk and back."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normsuite.errors import InputError
from normsuite.schema import (
    ITEM_SCHEMA,
    KINDS,
    PREDICTION_SCHEMA,
    RESULT_SCHEMA,
    SPLITS,
    SUBJECTS,
    check_items,
    conform,
    from_dataset,
    read_table,
    scoring_columns,
    to_dataset,
    write_table,
)

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def item(number: int = 1, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": f"example:{number}",
        "dataset": "example",
        "split": "test",
        "kind": "label",
        "options": ["no", "yes"],
        "gold": 1,
        "cluster": "c",
    }
    return plain | changes


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([dict.fromkeys(ITEM_SCHEMA.names) | row for row in rows], ITEM_SCHEMA)


# One value of each type of the schema, as any data set might hold it.
TEXT = st.text(max_size=8)
MAYBE = st.none() | TEXT
NAME = st.text(min_size=1, max_size=8)
INDICES = st.none() | st.lists(st.integers(0, 1), max_size=3)
UNIT = st.none() | st.floats(0, 1)
FRAME = st.fixed_dictionaries(
    {"subject": st.sampled_from(SUBJECTS), **dict.fromkeys(("name", "relation", "value"), TEXT)}
)
TURN = st.fixed_dictionaries({"speaker": MAYBE, "text": MAYBE})
FACETS = st.none() | st.dictionaries(NAME, st.none() | st.lists(MAYBE, max_size=2), max_size=3).map(
    lambda facets: list(facets.items())
)
SOURCE = st.none() | st.fixed_dictionaries(
    {
        "row": st.none() | st.integers(0, 2**62),
        **dict.fromkeys(("label", "culture", "split", "file"), MAYBE),
    }
)
ITEMS = st.builds(
    item,
    split=st.sampled_from(SPLITS),
    kind=st.sampled_from(KINDS).filter(lambda kind: kind != "rating"),
    situation=MAYBE,
    behavior=MAYBE,
    norm=MAYBE,
    frame=st.none() | st.lists(FRAME, max_size=2),
    turns=st.none() | st.lists(st.none() | TURN, max_size=2),
    images=st.none() | st.lists(TEXT, max_size=2),
    options=st.lists(TEXT, min_size=2, max_size=3),
    gold=st.none() | st.integers(0, 1),
    gold_set=INDICES,
    rating=UNIT,
    valence=UNIT,
    agreement=UNIT,
    pressure=UNIT,
    country=st.sampled_from([None, "JPN", "IRN"]),
    zone=MAYBE,
    language=st.sampled_from([None, "en", "zh-Hant"]),
    categories=FACETS,
    explanation=MAYBE,
    family=MAYBE,
    cluster=NAME,
    source=SOURCE,
)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Items in one or several chunks, perhaps a slice of more."""
    rows = draw(st.lists(ITEMS, max_size=5))
    for row in rows:
        k = len(row["options"])
        row["shares"] = draw(st.sampled_from([None, [1 / k] * k, [0.0] * (k - 1) + [1.0]]))
        if row["family"] is not None:  # a family lies in one cluster
            row["family"] = f"{row['cluster']!r}: {row['family']}"
    whole = table(*(row | {"id": f"example:{at}"} for at, row in enumerate(rows)))
    if len(rows) > 2 and draw(st.booleans()):
        whole = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    start = draw(st.integers(0, len(rows)))
    return whole.slice(start, draw(st.integers(0, len(rows) - start)))


@SLOW
@given(tables())
def test_items_survive_parquet(tmp_path: Path, items: pa.Table) -> None:
    check_items(items)
    path = tmp_path / "items.parquet"
    write_table(items, path)
    back = read_table(path, ITEM_SCHEMA)
    assert back.schema.equals(ITEM_SCHEMA, check_metadata=True)
    assert back.to_pylist() == items.to_pylist()


@SLOW
@given(tables())
def test_items_survive_datasets(items: pa.Table) -> None:
    back = from_dataset(to_dataset(items))
    assert back.schema.equals(ITEM_SCHEMA, check_metadata=True)
    assert back.to_pylist() == items.to_pylist()


def test_items_survive_datasets_that_were_shuffled_or_saved(tmp_path: Path) -> None:
    import datasets

    rows = [item(n, categories=[("topic", [f"t{n}"])], situation=f"s{n}") for n in range(4)]
    dataset = to_dataset(table(*rows))
    assert from_dataset(dataset.select([2, 0])).to_pylist() == table(rows[2], rows[0]).to_pylist()
    dataset.save_to_disk(str(tmp_path / "d"))
    assert from_dataset(datasets.load_from_disk(str(tmp_path / "d"))).to_pylist() == table(*rows).to_pylist()


RAIN = {"subject": "ENV", "name": "weather", "relation": "is", "value": "rain"}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"kind": "quiz"}, "kind", "'quiz' is not one of label, choice, pair, rating, multilabel"),
        ({"split": "validation"}, "split", "'validation' is not one of train, dev, test"),
        ({"options": []}, "options", "[] is empty"),
        ({"options": None}, "options", "None is empty"),
        ({"gold": 2}, "gold", "2 is not an index into options"),
        ({"gold": -1}, "gold", "-1 is not an index into options"),
        ({"gold_set": [0, 2]}, "gold_set", "[0, 2] holds an index that is not into options"),
        ({"votes": [1]}, "votes", "[1] has another length than options"),
        ({"votes": [-1, 1]}, "votes", "[-1, 1] holds a negative count"),
        ({"shares": [1.0]}, "shares", "[1.0] has another length than options"),
        ({"shares": [-0.5, 1.5]}, "shares", "[-0.5, 1.5] holds a share that lies outside 0 to 1"),
        ({"shares": [float("nan"), 1.0]}, "shares", "[nan, 1.0] holds a share that lies outside 0 to 1"),
        ({"shares": [0.5, 0.499]}, "shares", "[0.5, 0.499] does not sum to 1"),
        ({"shares": [0.0, 0.0]}, "shares", "[0.0, 0.0] does not sum to 1"),
        ({"shares": [1.0, None]}, "shares", "[1.0, None] holds a null"),
        ({"shares": [0.5, 0.5], "votes": [1, 1]}, "shares", "[0.5, 0.5] stands beside votes"),
        ({"valence": -1.5}, "valence", "-1.5 lies outside -1 to 1"),
        ({"agreement": 1.01}, "agreement", "lies outside 0 to 1"),
        ({"agreement": -0.1}, "agreement", "lies outside 0 to 1"),
        ({"pressure": 2.0}, "pressure", "lies outside -1 to 1"),
        ({"valence": float("nan")}, "valence", "lies outside -1 to 1"),
        ({"rating": 6.0, "scale_min": 1.0, "scale_max": 5.0}, "rating", "6.0 lies outside"),
        ({"rating": 0.5, "scale_min": 1.0, "scale_max": 5.0}, "rating", "0.5 lies outside"),
        ({"country": "jpn"}, "country", "'jpn' is not an ISO 3166-1 alpha-3 code"),
        ({"country": "JP"}, "country", "'JP' is not an ISO 3166-1 alpha-3 code"),
        ({"language": "english!"}, "language", "is not a BCP 47 tag"),
        ({"id": ""}, "id", "'' is empty"),
        ({"cluster": ""}, "cluster", "'' is empty"),
        ({"options": ["no", None]}, "options", "['no', None] holds a null"),
        ({"votes": [1, None]}, "votes", "[1, None] holds a null"),
        ({"gold_set": [None]}, "gold_set", "[None] holds a null"),
        ({"frame": [None]}, "frame", "[None] holds a constraint that lacks a part"),
        ({"frame": [{**RAIN, "value": None}]}, "frame", "holds a constraint that lacks a part"),
        ({"frame": [RAIN, {**RAIN, "subject": "SKY"}]}, "frame", "not one of PERSON, OTHER, ENV"),
        ({"categories": [("topic", ["a"]), ("zone", ["b"])]}, "categories", "holds a facet called country"),
        ({"categories": [("order", ["b"])]}, "categories", "holds a facet called country"),
        ({"categories": [("", ["b"])]}, "categories", "or without a name"),
        ({"kind": "rating"}, "scale_min", "None is empty in a rating"),
        ({"kind": "rating", "scale_min": 0.0, "scale_max": 1.0}, "rating", "and so is valence"),
        ({"kind": "rating", "rating": 1.0, "scale_min": 1.0}, "scale_max", "None is empty in a rating"),
        ({"id": "example:1"}, "id", "the id 'example:1' has other content than row 1"),
    ],
)
def test_a_broken_promise_names_file_row_and_field(changes: dict[str, Any], field: str, reason: str) -> None:
    items = table(item(1), item(2, **({"situation": "another"} | changes)))
    with pytest.raises(InputError) as caught:
        check_items(items, "items.parquet")
    assert str(caught.value).startswith(f"items.parquet, row 2, field {field!r}: ")
    assert reason in str(caught.value)


def test_an_id_that_repeats_a_row_is_told_from_one_with_other_content() -> None:
    with pytest.raises(InputError, match=r"row 3, field 'id': the id 'example:1' repeats row 1"):
        check_items(table(item(1), item(2), item(1)))


def test_a_family_in_several_clusters_is_refused() -> None:
    rows = [item(1), item(2, family="f"), item(3, family="g", cluster="d"), item(4, family="f")]
    check_items(table(*rows))
    with pytest.raises(InputError, match=r"row 5, field 'cluster': the family 'f' lies in several clusters"):
        check_items(table(*rows, item(5, family="f", cluster="d")))


def test_empty_required_fields_are_refused() -> None:
    for name in ("id", "dataset", "split", "kind", "cluster"):
        loose = pa.schema([field.with_nullable(True) for field in ITEM_SCHEMA])
        rows = [dict.fromkeys(ITEM_SCHEMA.names) | item(1, **{name: None})]
        with pytest.raises(InputError, match=rf"row 1, field '{name}': None is empty"):
            check_items(pa.Table.from_pylist(rows, loose))


def test_other_columns_and_types_are_refused() -> None:
    with pytest.raises(InputError, match=r"missing column\(s\) zone and unknown column\(s\) mood"):
        check_items(table(item()).rename_columns({"zone": "mood"}))
    at = ITEM_SCHEMA.get_field_index("gold")
    wide = table(item()).set_column(at, "gold", pa.array([1], pa.int64()))
    with pytest.raises(InputError, match=r"field 'gold': is int64, not int32"):
        check_items(wide)


def test_ratings_need_no_options_and_an_empty_table_is_in_order() -> None:
    scale = {"rating": 0.5, "scale_min": 0.0, "scale_max": 1.0}
    check_items(table(item(kind="rating", options=None, gold=None, **scale)))
    check_items(ITEM_SCHEMA.empty_table())


def test_slices_are_checked_by_their_own_rows() -> None:
    items = table(
        item(1, votes=[-1, 0], gold_set=[7], frame=[None], categories=[("zone", [])]),
        item(2, votes=[3, 0], gold_set=[1], frame=[RAIN], categories=[("topic", [])]),
        item(3, votes=[-1, 0]),
        item(4, shares=[0.2, 0.2]),
        item(5, shares=[1 / 3, 2 / 3]),
        item(6, shares=None),
    )
    check_items(items.slice(1, 1))
    check_items(items.slice(4, 2))
    with pytest.raises(InputError, match=r"row 1, field 'shares'"):
        check_items(items.slice(3, 3))
    with pytest.raises(InputError, match=r"row 2, field 'votes'"):
        check_items(items.slice(1, 2))


def test_conform_fills_scalars_and_nulls_and_knows_its_columns() -> None:
    made = conform({"id": ["a", "b"], "split": "test", "gold": pa.array([0, None])}, ITEM_SCHEMA, 2)
    assert made["split"].to_pylist() == ["test", "test"]
    assert made["gold"].to_pylist() == [0, None]
    assert made["zone"].null_count == 2
    with pytest.raises(KeyError, match="mood"):
        conform({"mood": "x"}, ITEM_SCHEMA, 1)


def test_predictions_carry_no_text_of_the_data_set() -> None:
    kept = scoring_columns(table(item())).column_names
    texts = {"situation", "behavior", "norm", "frame", "turns", "images", "explanation"}
    assert not texts & set(kept)
    assert set(kept) < set(PREDICTION_SCHEMA.names)


@pytest.mark.parametrize("schema", [PREDICTION_SCHEMA, RESULT_SCHEMA])
def test_the_other_tables_survive_parquet(tmp_path: Path, schema: pa.Schema) -> None:
    write_table(schema.empty_table(), tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", schema).schema.equals(schema, check_metadata=True)


def test_columns_come_back_in_the_order_of_the_schema(tmp_path: Path) -> None:
    shuffled = table(item()).select(sorted(ITEM_SCHEMA.names, reverse=True))
    write_table(shuffled, tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", ITEM_SCHEMA).schema.equals(ITEM_SCHEMA, check_metadata=True)


def test_writing_makes_folders_and_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "items.parquet"
    write_table(table(item(1)), path)
    write_table(table(item(2)), path)
    assert read_table(path, ITEM_SCHEMA)["id"].to_pylist() == ["example:2"]
    assert [entry.name for entry in path.parent.iterdir()] == ["items.parquet"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_leaves_the_old_file_as_it_was(tiny_disk: Path) -> None:
    path = tiny_disk / "items.parquet"
    write_table(table(item(1)), path)
    noise = [item(n, situation=os.urandom(4000).hex()) for n in range(50)]
    with pytest.raises(InputError, match=r"items\.parquet: cannot write: No space left on device"):
        write_table(table(*noise), path)
    assert read_table(path, ITEM_SCHEMA)["id"].to_pylist() == ["example:1"]
    assert [entry.name for entry in tiny_disk.iterdir()] == ["items.parquet"]


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write: (Not a directory|File exists)"):
        write_table(table(item()), tmp_path / "file" / "items.parquet")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(InputError, match=r"folder\.parquet: cannot write: Is a directory"):
        write_table(table(item()), tmp_path / "folder.parquet")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.parquet"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into a read-only folder")
def test_a_read_only_folder_is_one_clear_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match=r"cannot write: Permission denied"):
        write_table(table(item()), tmp_path / "items.parquet")


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "one byte"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "items.parquet"
    write_table(table(*(item(n, situation="word " * n) for n in range(200))), path)
    good = path.read_bytes()
    at = len(good) // 4
    contents = {
        "empty": b"",
        "text": b"id,dataset\n1,2\n",
        "cut": good[:-100],
        "one byte": good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
    }
    path.write_bytes(contents[damage])
    with pytest.raises(InputError, match=r"items\.parquet: is not a readable Parquet file"):
        read_table(path, ITEM_SCHEMA)


def test_missing_files_other_tables_and_newer_schemas_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.parquet: no such file"):
        read_table(tmp_path / "gone.parquet", ITEM_SCHEMA)
    with pytest.raises(InputError, match="is a folder, not a file"):
        read_table(tmp_path, ITEM_SCHEMA)
    path = tmp_path / "t.parquet"
    write_table(RESULT_SCHEMA.empty_table(), path)
    with pytest.raises(InputError, match=r"missing column\(s\) id, dataset"):
        read_table(path, ITEM_SCHEMA)
    pq.write_table(table(item()).replace_schema_metadata({b"normsuite.schema": b"99"}), path)
    with pytest.raises(InputError, match="has schema version 99, this is 1"):
        read_table(path, ITEM_SCHEMA)
