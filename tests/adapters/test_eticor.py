"""EtiCor: odd encodings and escapes, regions by file, and negations that stay with what they negate."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import refuse_invalid
from normsuite.adapters.eticor import OPTIONS, read
from normsuite.adapters.eticor_text import decode
from normsuite.adapters.negations import alike, content
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "eticor"


def write(tmp_path: Path, content: bytes, name: str = "EA_Labelled.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_every_region_is_read_from_its_file() -> None:
    adapted = read(RAW)
    check_items(adapted.items)
    refuse_invalid(adapted)
    frame = adapted.items.to_pandas()
    assert frame.groupby("zone").size().to_dict() == {
        "East Asia": 12,
        "India": 10,
        "Latin America": 10,
        "Middle East and Africa": 10,
        "North America and Europe": 10,
    }
    assert set(frame[frame["zone"] == "India"]["country"]) == {"IND"}
    assert frame[frame["zone"] != "India"]["country"].isna().all()
    row = adapted.items.to_pylist()[0]
    assert (row["id"], row["options"][row["gold"]], row["valence"]) == ("eticor:ea:1", OPTIONS[1], 1.0)
    assert set(frame["split"]) == {"train", "dev", "test"}


def test_bytes_and_escapes_become_text() -> None:
    norms = {row["id"]: row["norm"] for row in read(RAW).items.to_pylist()}
    assert "doesn’t" in norms["eticor:ea:5"]
    assert norms["eticor:ea:6"].startswith("It’s polite")
    assert "¡buen provecho!" in norms["eticor:la:4"]
    assert "and\\or" in norms["eticor:mea:9"]
    assert '"medias blancas",' in norms["eticor:la:8"]


def test_a_statement_and_its_negation_lie_in_one_split() -> None:
    rows = read(RAW).items.to_pylist()
    by_norm = {row["norm"]: row for row in rows}
    for one, other in (
        ("Coffee is accepted with the right hand.", "Coffee is not accepted with the right hand."),
        ("A host insists that guests eat more.", "A host never insists that guests eat more."),
        (
            "One stands close to the person one talks to.",
            "One should avoid standing close to the person one talks to.",
        ),
    ):
        assert by_norm[one]["family"] == by_norm[other]["family"] is not None
        assert by_norm[one]["gold"] != by_norm[other]["gold"]
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["cluster"], set()).add(row["split"])
        assert row["family"] in (None, row["cluster"])
        assert dict(row["categories"])["likeness"] == ["paired" if row["family"] else "alone"]
    assert all(len(found) == 1 for found in splits.values())


def test_a_pair_across_regions_is_one_family() -> None:
    water = [row for row in read(RAW).items.to_pylist() if "offered water" in row["norm"]]
    assert len({row["family"] for row in water}) == 1
    assert len({row["zone"] for row in water}) == 2


def test_a_regions_splits_do_not_hang_on_the_other_regions() -> None:
    alone = read(RAW / "Labelled" / "LA_Labelled.csv").items
    among = read(RAW).items.to_pylist()
    split_of = {row["id"]: row["split"] for row in among}
    assert [split_of[row["id"]] for row in alone.to_pylist()] == alone["split"].to_pylist()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (b"Bow.,2", "label"),
        (b"Bow.,", "label"),
        (b" ,1", "0"),
        (b"It ends in a backslash \\,1", "0"),
        (b"Half a pair \\ud83d of it,1", "0"),
        (b"A byte \x81 of nothing,1", "0"),
        (b"A zero \\x00 in it,1", "0"),
        (b"Bow.,1,1", "columns"),
    ],
)
def test_rows_that_break_the_format_are_refused_with_their_row(
    tmp_path: Path, row: bytes, field: str
) -> None:
    adapted = read(write(tmp_path, b"0,label\nSmile.,1\n" + row + b"\n"))
    assert adapted.items["norm"].to_pylist() == ["Smile."]
    with pytest.raises(InputError) as caught:
        refuse_invalid(adapted)
    assert (caught.value.row, caught.value.field) == (2, field)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"text,label\nSmile.,1\n", "missing column"),
        (b"0,label\n", "no rows"),
        (b'0,label\n"Smile.,1\n', "cannot be parsed"),
    ],
)
def test_files_that_are_something_else_are_refused(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read(write(tmp_path, content))


def test_a_file_whose_name_tells_no_region_is_refused(tmp_path: Path) -> None:
    for raw in (write(tmp_path, b"0,label\nSmile.,1\n", "XX_Labelled.csv"), tmp_path):
        with pytest.raises(InputError, match=r"holds none of EA_Labelled\.csv"):
            read(raw)


@given(st.text(st.characters(exclude_characters="\\\0", exclude_categories=["Cs"]), max_size=40))
def test_text_without_escapes_comes_back(text: str) -> None:
    assert decode(text.encode().decode("latin-1")) == text.strip()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_escaped_text_comes_back(text: str) -> None:
    assert decode(text.encode("unicode_escape").decode("ascii")) == text.strip()


@given(st.binary(max_size=40))
def test_any_cell_is_text_or_set_aside(octets: bytes) -> None:
    text = decode(octets.decode("latin-1"))
    assert text is None or (text.encode() and "\0" not in text) or text == ""


def test_content_leaves_out_what_a_negation_changes() -> None:
    assert content("One asks twice.") == content("One doesn’t ask twice!") == content("Never ask twice.")
    assert content("It is not polite.") == "it is not polite"


@given(st.lists(st.lists(st.sampled_from(("tea", "hat", "not", "bow")), min_size=1, max_size=4), max_size=8))
def test_equal_content_is_one_group_and_groups_are_numbered(words: list[list[str]]) -> None:
    texts = [" ".join(own) for own in words]
    groups = alike(texts, ["x"] * len(texts)).tolist()
    for one, own in zip(groups, texts, strict=True):
        for other, another in zip(groups, texts, strict=True):
            assert one == other or content(own) != content(another)
    assert sorted(set(groups)) == list(range(len(set(groups))))
