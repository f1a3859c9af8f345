"""Raw tables come through exactly, or are refused in one clear line."""

import csv
import hashlib
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.adapters.reading import find_file, read_csv, read_rows, sha256
from normsuite.errors import InputError

TWO = {"a": pa.string(), "b": pa.string()}


@pytest.fixture
def write(tmp_path):
    def write_(content: bytes | str, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_


def test_text_comes_through_exactly(write):
    rows = [["  padded ", "None"], ["NA", ""], ["", 'two\nlines, and "quotes"'], ["naïve — ’", "nan"]]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["a", "b"], *rows])
    table = read_csv(write(buffer.getvalue()), TWO)
    assert [list(row) for row in zip(*table.to_pydict().values(), strict=True)] == rows


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells.filter(bool), cells), min_size=1, max_size=8))
def test_whatever_the_csv_module_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("round") / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows([("a", "b"), *rows])
    table = read_csv(path, TWO)
    assert list(zip(*table.to_pydict().values(), strict=True)) == rows


def test_columns_come_in_the_order_asked_for(write):
    assert read_csv(write("b,a\n1,2\n"), TWO).to_pydict() == {"a": ["2"], "b": ["1"]}


def test_optional_and_ignored_columns(write):
    path = write("a,z\n1,2\n")
    assert read_rows(path, TWO, optional=["b"], ignored=["z"]).table.to_pydict() == {"a": ["1"]}


def test_a_column_of_no_type_must_be_there_and_is_not_read(write):
    columns = {"a": pa.string(), "b": None}
    assert read_rows(write("a,b\n1,2\n"), columns).table.column_names == ["a"]
    with pytest.raises(InputError, match="missing column"):
        read_rows(write("a\n1\n"), columns)


def test_a_file_without_header(write):
    table = read_csv(write('8.5,"one, two"\n,three\n'), {"x": pa.float64(), "y": pa.string()}, header=False)
    assert table.to_pydict() == {"x": [8.5, None], "y": ["one, two", "three"]}


def test_without_quoting_a_quote_is_a_character(write):
    table = read_csv(write('a\tb\n"x\ty "z\n'), TWO, delimiter="\t", quoting=False)
    assert table.to_pydict() == {"a": ['"x'], "b": ['y "z']}


def test_rows_of_another_width_are_set_aside_with_their_record_number(write):
    rows = read_rows(write("a,b\n1,2\n\n3,4,5\n6,7\n8\n"), TWO)
    assert rows.table.to_pydict() == {"a": ["1", "6"], "b": ["2", "7"]}
    assert rows.records.to_pylist() == [1, 3]
    found = rows.set_aside.select(["row", "value", "reason", "invalid"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        (2, "3,4,5", "has 3 column(s), not 2", True),
        (4, "8", "has 1 column(s), not 2", True),
    ]


def test_record_numbers_hold_across_many_blocks(write):
    lines = [f"{i},{'x' * 90}" for i in range(1, 30_001)]
    lines[19_999] += ",surplus"
    rows = read_rows(write("a,b\n" + "\n".join(lines)), TWO)
    assert rows.set_aside["row"].to_pylist() == [20_000]
    assert [str(n) for n in rows.records.to_pylist()] == rows.table["a"].to_pylist()


REFUSED = {
    "empty": (b"", "is empty"),
    "header only": (b"a,b\n", "has no rows"),
    "header without line end": (b"a,b", "has no rows"),
    "blank lines only": (b"\n\n", "has no rows"),
    "byte-order mark": (b"\xef\xbb\xbfa,b\n1,2\n", "byte-order mark; save it as UTF-8 without one"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "is UTF-16, not UTF-8 (line 1)"),
    "utf-16 without mark": ("a,b\n1,2\n".encode("utf-16-le"), "line 1 holds a NUL byte"),
    "latin-1": ("a,b\n1,2\n3,café\n".encode("latin-1"), "line 3 is not UTF-8"),
    "character cut off at the end": (b"a,b\n1,\xc3", "line 2 is not UTF-8"),
    "latin-1 in a row of another width": (b"a,b\n1,2\n3,\xff,5\n", "line 3 is not UTF-8"),
    "nul": (b"a,b\n1,2\n3,\0\n", "line 3 holds a NUL byte"),
    "missing column": (b"a,c\n1,2\n", "missing column(s) 'b' and unknown column(s) 'c'; expected a, b"),
    "extra column": (b"a,b,c\n1,2,3\n", "unknown column(s) 'c'"),
    "repeated column": (b"a,b,a\n1,2,3\n", "repeated column(s) 'a'"),
    "quote never closes": (b'a,b\n1,2\n3,"4\n5,6\n', "line 3 opens a quote that does not close"),
    "quote closed by the next one": (b'a,b\n1,"2\n3,"4, 5"\n', "line 2 opens a quote that does not close"),
    "text after a quoted cell": (b'a,b\n1,"2"x\n', "line 2 opens a quote that does not close"),
    "no row fits": (b"a,b\n1\n2\n", "no row has 2 columns (a, b)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_unfit_file_is_refused_in_one_line(write, case):
    content, what = REFUSED[case]
    path = write(content)
    with pytest.raises(InputError) as caught:
        read_rows(path, TWO)
    assert what in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_quote_in_mid_cell_is_text(write):
    table = read_csv(write('a,b\n5" pipe,"6"" pipe"\n'), TWO)
    assert table.to_pydict() == {"a": ['5" pipe'], "b": ['6" pipe']}


def test_line_breaks_in_cells_hold_across_many_blocks(write):
    cells = [f"{i}\n" + "x" * (i % 97) + "\n\n" for i in range(40_000)]
    table = read_csv(write("a,b\n" + "".join(f'"{cell}",y\n' for cell in cells)), TWO)
    assert table["a"].to_pylist() == cells


def test_an_unclosed_quote_beyond_the_first_block_is_found(write):
    rows = [f'"{i}","{"x" * 90}"' for i in range(60_000)]
    rows[50_000] = '"50000","open'
    with pytest.raises(InputError, match="line 50002 opens a quote"):
        read_csv(write("a,b\n" + "\n".join(rows)), TWO)


def test_quotes_and_characters_across_block_boundaries(write, monkeypatch):
    monkeypatch.setattr("normsuite.adapters.scanning._BLOCK_BYTES", 1)
    table = read_csv(write('a,b\n"é ""x""","y"\n'), TWO)
    assert table.to_pydict() == {"a": ['é "x"'], "b": ["y"]}


def test_a_value_of_another_type_names_row_and_field(write):
    with pytest.raises(InputError, match="row 2, field 'a': 'x' is not int32"):
        read_csv(write("a,b\n1,2\nx,3\n"), {"a": pa.int32(), "b": pa.string()})


def test_read_csv_refuses_the_first_row_of_another_width(write):
    with pytest.raises(InputError, match=r"row 2: the row has 3 column\(s\), not 2"):
        read_csv(write("a,b\n1,2\n1,2,3\n"), TWO)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_csv(tmp_path / "absent.csv", TWO)
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_csv(tmp_path, TWO)


def test_sha256_is_that_of_the_bytes(write):
    assert sha256(write(b"abc")) == hashlib.sha256(b"abc").hexdigest()


def test_find_file_takes_the_file_its_folder_or_the_folder_above(tmp_path):
    file = tmp_path / "inner" / "x.csv"
    file.parent.mkdir()
    file.touch()
    assert find_file(file, ["other.csv"]) == file
    assert find_file(tmp_path / "inner", ["y.csv", "x.csv"]) == file
    assert find_file(tmp_path, ["x.csv"]) == file


def test_find_file_says_what_it_looked_for(tmp_path):
    with pytest.raises(InputError, match=r"no such file or folder; looked for x.csv"):
        find_file(tmp_path / "absent", ["x.csv"])
    with pytest.raises(InputError, match=r"holds no x.csv or y.csv"):
        find_file(tmp_path, ["x.csv", "y.csv"])


def test_find_file_does_not_choose_between_two(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").touch()
    with pytest.raises(InputError, match="lies in several folders"):
        find_file(tmp_path, ["x.csv"])
