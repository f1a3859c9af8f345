"""Building: Items, card and the rows set aside are written together, or one line says why not."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from normsuite import folders
from normsuite.adapters import get_adapter
from normsuite.adapters.build import build, find_raw, load, read_items
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, check_items, conform, write_table

HEAD = "ID,Country,Background,Axis,Subaxis,Value,Rule-of-Thumb,Story,Explanation,Gold Label\n"
GOOD = "0,egypt,b,Etiquette,eating,Sharing.,Share the bread.,Ana shares it. Is it ok?,e,yes\n"
ALSO = "1,japan,b,Etiquette,visiting,Cleanness.,Take off your shoes.,Ben does. Is it ok?,e,no\n"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "raw" / "normad.csv"
    path.parent.mkdir()
    path.write_text(HEAD + GOOD + ALSO, encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def own_items(path: Path, **changes: object) -> Path:
    columns = {
        "id": ["tea:1", "tea:2"],
        "dataset": "tea",
        "split": "test",
        "kind": "label",
        "options": [["rude", "polite"]] * 2,
        "gold": [0, 1],
        "cluster": ["a", "b"],
    }
    write_table(conform(columns | changes, ITEM_SCHEMA, 2), path)
    return path


def test_items_card_and_set_aside_lie_side_by_side(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "n.parquet"
    adapted, built = build("normad", raw, out)
    assert names(out.parent) == ["n.card.md", "n.parquet", "n.set-aside.csv"]
    assert (built.items, built.card.name) == (out, "n.card.md")
    assert read_items(out).to_pylist() == adapted.items.to_pylist()
    assert built.card.read_text(encoding="utf-8").startswith("# NormAd-Eti: 2 items\n")


def test_building_again_replaces_what_is_there(raw: Path, tmp_path: Path) -> None:
    build("normad", raw, tmp_path / "n.parquet")
    raw.write_text(HEAD + GOOD, encoding="utf-8")
    build("normad", raw, tmp_path / "n.parquet")
    assert pq.read_metadata(tmp_path / "n.parquet").num_rows == 1
    assert "# NormAd-Eti: 1 items" in (tmp_path / "n.card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("blocked", ["n.parquet", "n.card.md", "n.set-aside.csv"])
def test_where_one_file_cannot_be_written_none_is(raw: Path, tmp_path: Path, blocked: str) -> None:
    out = tmp_path / "out"
    (out / blocked).mkdir(parents=True)
    with pytest.raises(InputError, match=rf"{blocked}: cannot write: it is a folder"):
        build("normad", raw, out / "n.parquet")
    assert names(out) == [blocked]


def test_a_place_that_is_no_folder_is_one_clear_line(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        build("normad", raw, raw / "n.parquet")
    assert names(tmp_path) == ["raw"]


def test_links_are_replaced_and_never_written_through(raw: Path, tmp_path: Path) -> None:
    treasures = {
        name: tmp_path / f"{name}.treasure" for name in ("n.parquet", "n.card.md", "n.set-aside.csv")
    }
    (tmp_path / "out").mkdir()
    for name, treasure in treasures.items():
        treasure.write_text("untouched")
        (tmp_path / "out" / name).symlink_to(treasure)
    build("normad", raw, tmp_path / "out" / "n.parquet")
    assert {treasure.read_text() for treasure in treasures.values()} == {"untouched"}
    assert read_items(tmp_path / "out" / "n.parquet").num_rows == 2


def test_the_raw_file_is_never_overwritten(raw: Path, tmp_path: Path) -> None:
    spare = tmp_path / "n.set-aside.csv"
    spare.write_bytes(raw.read_bytes())
    with pytest.raises(InputError, match="it is the raw file itself"):
        build("normad", spare, tmp_path / "n.parquet")
    assert spare.read_bytes() == raw.read_bytes()
    items = own_items(tmp_path / "tea.parquet")
    with pytest.raises(InputError, match="it is the raw file itself"):
        build("tea", items, items)


def test_only_parquet_is_written(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"n\.csv, field '--out': must end in \.parquet"):
        build("normad", raw, tmp_path / "n.csv")


def test_rows_that_break_the_format_are_listed_with_reasons(raw: Path, tmp_path: Path) -> None:
    raw.write_text(HEAD + GOOD + ALSO.replace(",no\n", ",perhaps\n"), encoding="utf-8")
    with pytest.raises(InputError, match=r"normad\.csv, row 2, field 'Gold Label': 'perhaps' is not one of"):
        build("normad", raw, tmp_path / "n.parquet")
    _, built = build("normad", raw, tmp_path / "n.parquet", keep_going=True)
    with built.set_aside.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "file": "normad.csv",
        "row": "2",
        "field": "Gold Label",
        "value": "perhaps",
        "reason": "is not one of yes, no, neutral",
        "invalid": "true",
    }


@pytest.mark.parametrize("formula", ["=1+cmd|' /C calc'!A0", "@SUM(1)", "+1-1", "-2+3", " =1"])
def test_a_spreadsheet_runs_no_formula_of_the_data(raw: Path, tmp_path: Path, formula: str) -> None:
    raw.write_text(HEAD + GOOD + ALSO.replace(",no\n", f",{formula}\n"), encoding="utf-8")
    _, built = build("normad", raw, tmp_path / "n.parquet", keep_going=True)
    with built.set_aside.open(encoding="utf-8", newline="") as file:
        assert [row["value"] for row in csv.DictReader(file)] == [f"'{formula}"]


def test_numbers_are_no_formulas(raw: Path, tmp_path: Path) -> None:
    raw.write_text(HEAD + GOOD + ALSO.replace("1,japan", "-1,japan"), encoding="utf-8")
    _, built = build("normad", raw, tmp_path / "n.parquet", keep_going=True)
    assert '"ID","-1"' in built.set_aside.read_text(encoding="utf-8")


def test_a_file_of_which_no_row_is_an_item_is_refused(raw: Path, tmp_path: Path) -> None:
    raw.write_text(HEAD + GOOD.replace(",yes", ",?") + ALSO.replace(",no", ",?"), encoding="utf-8")
    with pytest.raises(InputError, match=r"no row became an item \(Gold Label: is not one of .*, 2 rows\)"):
        build("normad", raw, tmp_path / "n.parquet", keep_going=True)
    assert names(tmp_path) == ["raw"]


def test_items_of_ones_own_can_be_built_too(tmp_path: Path) -> None:
    _, built = build("tea", own_items(tmp_path / "tea.parquet"), tmp_path / "out" / "t.parquet")
    card = built.card.read_text(encoding="utf-8")
    assert card.startswith("# tea: 2 items\n") and "| polite | 1 |" in card and "home" not in card
    assert read_items(built.items).num_rows == 2


def test_built_items_remember_the_release(raw: Path, tmp_path: Path) -> None:
    adapted, built = build("normad", raw, tmp_path / "n.parquet")
    assert adapted.version == "unrecognised (2 rows)"
    assert load("normad", built.items).version == "unrecognised (2 rows), as Items"
    assert load("tea", own_items(tmp_path / "tea.parquet")).version == "Items as given"


def test_items_must_be_of_the_data_set_and_some(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds items of tea, not of normad"):
        load("normad", own_items(tmp_path / "tea.parquet"))
    write_table(ITEM_SCHEMA.empty_table(), tmp_path / "none.parquet")
    with pytest.raises(InputError, match=r"none\.parquet, field 'dataset': holds 0 items"):
        load("normad", tmp_path / "none.parquet")


def test_a_country_code_that_iso_does_not_know_is_refused(tmp_path: Path) -> None:
    path = own_items(tmp_path / "tea.parquet", country=["DEU", "GER"])
    with pytest.raises(InputError, match=r"tea\.parquet, row 2, field 'country': 'GER' is no country's"):
        read_items(path)


def test_raw_files_are_looked_for_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORMSUITE_CACHE", str(tmp_path / "cache"))
    assert find_raw(get_adapter("mini"), None) == folders.mini()
    with pytest.raises(InputError, match="run `normsuite data get ethics`, or give a copy with --raw"):
        find_raw(get_adapter("ethics"), None)
    with pytest.raises(InputError, match="run `normsuite data get normbank` to see where it is had"):
        find_raw(get_adapter("normbank"), None)
    by_hand = tmp_path / "cache" / "data" / "normbank"
    by_hand.mkdir(parents=True)
    (by_hand / "NormBank.csv").write_text("x")
    assert find_raw(get_adapter("normbank"), None) == by_hand
    with pytest.raises(InputError, match="no such file or folder"):
        find_raw(get_adapter("ethics"), tmp_path / "gone")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "caf\udce9.csv"
    odd.write_text(HEAD + GOOD)
    with pytest.raises(InputError, match="its name is not plain text; rename it"):
        load("normad", odd)


def test_views_are_named_when_one_is_unknown(raw: Path) -> None:
    with pytest.raises(InputError, match="'normad' has no view 'mood'; choose one of default"):
        load("normad", raw, "mood")


def test_what_is_loaded_keeps_the_schemas_promises(raw: Path) -> None:
    items = load("normad", raw).items
    assert isinstance(items, pa.Table)
    check_items(items)
