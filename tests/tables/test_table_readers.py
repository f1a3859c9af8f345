"""Files of every usual format, as people really have them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_tables import aside, load_files

from normsuite.adapters import Adapted
from normsuite.errors import InputError

STORIES = ["A guest arrives late.", "Tea is poured – twice.", "Café: no tip."]
VERDICTS = ["bad", "ok", "bad"]


def stories(adapted: Adapted) -> list[str]:
    assert adapted.items["gold"].to_pylist() == [1, 0, 1]
    return adapted.items["situation"].to_pylist()


def delimited(sign: str = ",", header: bool = True) -> str:
    rows = [["story", "verdict"]] if header else []
    rows += [list(pair) for pair in zip(STORIES, VERDICTS, strict=True)]
    return "".join(sign.join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("sign", "encoding", "how"),
    [
        (",", "utf-8", {}),
        (",", "utf-8-sig", {}),
        (",", "utf-8-sig", {"encoding": "utf-8-sig"}),
        (";", "utf-8", {"delimiter": ";"}),
        ("|", "utf-8", {"delimiter": "|"}),
        (",", "utf-16", {"encoding": "utf-16"}),
        (",", "cp1252", {"encoding": "cp1252"}),
    ],
)
def test_csv_of_any_delimiter_and_encoding(tmp_path: Path, sign: str, encoding: str, how: dict) -> None:
    (tmp_path / "a.csv").write_text(delimited(sign), encoding=encoding)
    assert stories(load_files(tmp_path, files="a.csv", format=how)) == STORIES


def test_tsv_without_header_by_numbered_and_by_given_names(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(delimited("\t", header=False), encoding="utf-8")
    numbered = {
        "fields": {"situation": "c1"},
        "label": {"column": "c2", "map": {"ok": "good", "bad": "wrong"}},
    }
    assert stories(load_files(tmp_path, files="a.tsv", format={"header": False}, **numbered)) == STORIES
    named = {"header": False, "columns": ["story", "verdict"]}
    assert stories(load_files(tmp_path, files="a.tsv", format=named)) == STORIES
    with pytest.raises(InputError, match=r"has 2 column.s., and `format.columns` names 1"):
        load_files(tmp_path, files="a.tsv", format={"header": False, "columns": ["story"]})


def test_quotes_that_are_text_can_be_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text('story\tverdict\n"Never mind, she said.\tok\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"quote.*format: \{quoting: false\}"):
        load_files(tmp_path, files="a.tsv")
    kept = load_files(tmp_path, files="a.tsv", format={"quoting": False})
    assert kept.items["situation"].to_pylist() == ['"Never mind, she said.']


def test_rows_of_another_width_are_refused_or_set_aside(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("story,verdict\nOne.,ok\nTwo.,ok,more\nThree.,bad\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.csv, row 2, field 'columns'.*has 3 column"):
        load_files(tmp_path, files="a.csv")
    kept = load_files(tmp_path, files="a.csv", keep_going=True)
    assert kept.items["id"].to_pylist() == ["made:1", "made:3"]
    assert aside(kept) == [(2, "columns", "has 3 column(s), not 2")]


def records() -> list[dict[str, str]]:
    return [{"story": story, "verdict": verdict} for story, verdict in zip(STORIES, VERDICTS, strict=True)]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (json.dumps(records()), ""),
        ("\n".join(map(json.dumps, records())), ""),
        ("  ".join(json.dumps(row, indent=2) for row in records()), ""),
        ("\ufeff" + json.dumps({"data": {"rows": records()}}), "data.rows"),
        (json.dumps({f"k{at}": row for at, row in enumerate(records())}), "*"),
        (json.dumps({"by": {f"k{at}": [row] for at, row in enumerate(records())}}), "by.*"),
        ("".join(json.dumps({"rows": [row]}) for row in records()), "rows"),
    ],
)
def test_json_in_one_document_or_many_and_at_any_path(tmp_path: Path, text: str, path: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert stories(load_files(tmp_path, files="a.json", records=path)) == STORIES


def test_the_key_of_a_mapping_is_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(dict(zip("xyz", records(), strict=True))), encoding="utf-8")
    assert load_files(tmp_path, files="a.json", records="*", id="key").items["id"][2].as_py() == "made:z"


def test_json_lists_are_records_of_numbered_columns(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([["One.", "ok"], ["Two.", "bad"]]), encoding="utf-8")
    label = {"column": "c2", "map": {"ok": "good", "bad": "wrong"}}
    read = load_files(tmp_path, files="a.json", fields={"situation": "c1"}, label=label)
    assert read.items["situation"].to_pylist() == ["One.", "Two."]


def test_parquet_and_spreadsheets(tmp_path: Path) -> None:
    pq.write_table(pa.table({"story": STORIES, "verdict": VERDICTS}), tmp_path / "a.parquet")
    assert stories(load_files(tmp_path, files="a.parquet")) == STORIES
    from openpyxl import Workbook

    book = Workbook()
    page = book.create_sheet("data")
    for row in [[None, None, None], ["story", "verdict", None], *zip(STORIES, VERDICTS, strict=True)]:
        page.append(list(row))
    book.save(tmp_path / "a.xlsx")
    assert stories(load_files(tmp_path, files="a.xlsx", format={"sheet": "data"})) == STORIES
    with pytest.raises(InputError, match="has no sheet 'other'"):
        load_files(tmp_path, files="a.xlsx", format={"sheet": "other"})


def test_several_files_are_one_table_whose_ids_name_the_file(tmp_path: Path) -> None:
    for name in ("italy", "japan"):
        (tmp_path / "by" / name).mkdir(parents=True)
        (tmp_path / "by" / name / "a.csv").write_text(delimited(), encoding="utf-8")
    read = load_files(tmp_path, files="by/*/*.csv", culture={"country": {"folder": 0}})
    assert read.items["id"][3].as_py() == "made:japan/a:1"
    assert read.items["country"].to_pylist() == ["ITA"] * 3 + ["JPN"] * 3
    assert list(read.files) == ["by/italy/a.csv", "by/japan/a.csv"]
    assert (
        len(read.items["cluster"].unique()) == 3
    )  # the same situation in two countries is resampled together


@pytest.mark.parametrize(
    ("name", "content", "spec", "why"),
    [
        ("a.csv", b"", {}, "is empty"),
        ("a.csv", b"story,verdict\n", {}, "has no rows"),
        ("a.csv", b"story,story\nx,y\n", {}, "repeated column"),
        ("a.csv", b"story,verdict\n\xff,ok\n", {}, "is not UTF-8"),
        ("a.csv", b"story,verdict\nx\0,ok\n", {}, "NUL"),
        ("a.csv", b"story,verdict\nx,ok\n", {"format": {"encoding": "utf-16"}}, "is not utf-16"),
        ("a.json", b"{", {}, "is no JSON"),
        ("a.json", b"[" * 100_000, {}, "is no JSON"),
        ("a.json", b"[]", {}, "has no rows"),
        ("a.json", b'{"x": 1}', {"records": "data.rows"}, "holds nothing at 'data.rows'"),
        ("a.json", b"[1, 2]", {}, "has no rows"),
        ("a.jsonl", b'{"story": "x"}\n{]\n', {}, r"a\.jsonl, row 2: is no JSON"),
        ("a.parquet", b"PAR1 nothing", {}, "is not a readable Parquet file"),
        ("a.xlsx", b"PK nothing", {}, "is no .xlsx spreadsheet"),
        ("a.doc", b"x", {}, "is of no known format"),
        ("a.csv", b"text,verdict\nx,ok\n", {}, "no column 'story'; the columns are 'text', 'verdict'"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, name: str, content: bytes, spec: dict, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=why):
        load_files(tmp_path, files=name, **spec)
