"""Contract norms: sentences, and pairs of clauses made from what the files say and no more."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import refuse_invalid
from normsuite.adapters.contract_norms import CONFLICT, SENTENCES, read
from normsuite.adapters.contract_pairs import LEAST_LIKENESS, pairs_of
from normsuite.adapters.contract_text import clauses, plain
from normsuite.adapters.splitting import hashed_splits
from normsuite.errors import InputError
from normsuite.schema import check_items

RAW = Path(__file__).parents[1] / "data" / "contract-norms"
HEADER = "id,sentence,class\n"
CONTRACT = (
    "Maker shall deliver the cups within ten days. Maker may deliver the cups within ten days. "
    "Buyer shall pay the cups within a month. Buyer may return a cup that is cracked."
)


def write(tmp_path: Path, contract: str, norms: str, folder: str = "Eve-03_07_2015-15:32:51") -> Path:
    where = tmp_path / "conflict_identification" / folder
    where.mkdir(parents=True, exist_ok=True)
    (where / "cups.mfg.1999.shtml").write_text(contract)
    (where / "new_norms_cups.mfg.1999.shtml").write_text(norms)
    return tmp_path


def test_sentences_have_their_class_and_no_entities() -> None:
    adapted = read(RAW, SENTENCES)
    check_items(adapted.items)
    refuse_invalid(adapted)
    rows = {row["id"]: row for row in adapted.items.to_pylist()}
    assert len(rows) == 28
    assert sum(row["gold"] for row in rows.values()) == 14
    loaf = rows["contract-norms:sentence:5"]
    assert loaf["situation"].startswith('"Loaf" means')
    assert (loaf["options"], loaf["gold"], loaf["country"]) == (["non-norm", "norm"], 0, None)
    assert rows["contract-norms:sentence:19"]["situation"].startswith('The term "Opening"')
    assert dict(rows["contract-norms:sentence:3"]["categories"]) == {"words": ["under 6"]}


def test_equal_sentences_stay_and_share_their_cluster_and_split() -> None:
    rows = [row for row in read(RAW, SENTENCES).items.to_pylist() if row["situation"] == "Sheet 4 of 9"]
    assert len(rows) == 2
    assert len({(row["cluster"], row["split"]) for row in rows}) == 1


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("x,A sentence.,1", "id"),
        ("1,Another sentence.,0", "id"),
        ('3," ",1', "sentence"),
        ("3,A word.,2", "class"),
    ],
)
def test_sentences_that_break_the_format_are_refused(tmp_path: Path, row: str, field: str) -> None:
    path = tmp_path / "contract_sent_dataset.csv"
    path.write_text(f"{HEADER}1,Payer shall pay.,1\n{row}\n")
    with pytest.raises(InputError) as caught:
        refuse_invalid(read(path, SENTENCES))
    assert (caught.value.row, caught.value.field) == (2, field)


def test_an_inserted_norm_meets_the_clause_it_was_made_from(tmp_path: Path) -> None:
    adapted = read(write(tmp_path, CONTRACT, "Maker may deliver the cups within ten days."), CONFLICT)
    check_items(adapted.items)
    conflict, other = adapted.items.to_pylist()
    assert conflict["norm"] == "Maker shall deliver the cups within ten days."
    assert conflict["behavior"] == "Maker may deliver the cups within ten days."
    assert (conflict["options"][conflict["gold"]], conflict["cluster"]) == ("conflict", "cups.mfg.1999")
    assert other["options"][other["gold"]] == "no conflict"
    assert "Maker may deliver the cups within ten days." not in (other["norm"], other["behavior"])


def test_the_shipped_layout_gives_both_answers_in_both_splits() -> None:
    adapted = read(RAW, CONFLICT)
    check_items(adapted.items)
    refuse_invalid(adapted)
    frame = adapted.items.to_pandas()
    assert frame.groupby("split")["gold"].agg(["size", "sum"]).to_dict("index") == {
        "test": {"size": 18, "sum": 9},
        "train": {"size": 12, "sum": 6},
    }
    assert frame["cluster"].nunique() == 8
    assert adapted.version == "8 contracts"
    assert adapted.set_aside["reason"].to_pylist() == [
        "is an earlier line's norm",
        "is not clearly made from one clause of its contract",
    ]
    assert not pc.any(pc.match_substring(frame_texts(adapted.items), "visitors of this page")).as_py()


def frame_texts(items: pa.Table) -> pa.ChunkedArray:
    return pa.chunked_array([*items["norm"].chunks, *items["behavior"].chunks])


def test_no_volunteer_is_named_in_items_or_manifest() -> None:
    adapted = read(RAW, CONFLICT)
    told = f"{adapted.items.to_pylist()} {adapted.files}"
    assert not [name for name in ("Ada", "Ben3", "Cleo", "Dov", "2015-") if name in told]
    assert len(adapted.files) == 16


def test_a_norm_that_is_not_in_its_contract_breaks_the_format(tmp_path: Path) -> None:
    raw = write(tmp_path, CONTRACT, "\nMaker must hide the cups within ten days.\n")
    with pytest.raises(InputError, match="does not stand in its contract") as caught:
        refuse_invalid(read(raw, CONFLICT))
    assert caught.value.row == 2


def test_no_pair_is_made_on_a_guess() -> None:
    """Two clauses are equally like the norm: either could be the one."""
    twins = "Maker shall paint cup one red by noon. Maker shall paint cup two red by noon."
    norm = "Maker must not paint a cup red by noon."
    conflicts, others, refused = pairs_of(f"{twins} {norm}", [norm])
    assert not conflicts
    assert not others
    assert [one.reason for one in refused] == ["is not clearly made from one clause of its contract"]


def test_a_contract_of_inserted_norms_alone_makes_no_pair() -> None:
    norm = "Maker must not paint a cup red by noon."
    assert pairs_of(norm, [norm])[2][0].reason == "has no clause of the contract beside it"


def test_types_of_conflict_are_read_where_a_user_has_them(tmp_path: Path) -> None:
    raw = write(tmp_path, CONTRACT, "Maker may deliver the cups within ten days.")
    table = raw / "conflict_identification" / "conflict_types.csv"
    table.write_text(
        "contract,norm,conflict type\ncups.mfg.1999,Maker may deliver the cups within ten days.,modality\n"
    )
    conflict, other = (dict(row["categories"]) for row in read(raw, CONFLICT).items.to_pylist())
    assert conflict["conflict_type"] == ["modality"]
    assert "conflict_type" not in other


def test_contracts_that_are_not_there_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no new_norms_"):
        read(tmp_path, CONFLICT)
    raw = write(tmp_path, CONTRACT, "Maker may deliver the cups within ten days.")
    next(raw.glob("*/*/cups*")).unlink()
    with pytest.raises(InputError, match=r"holds no cups\.mfg\.1999\.shtml"):
        read(raw, CONFLICT)


def test_old_encodings_are_read_as_html_asks() -> None:
    texts = frame_texts(read(RAW, CONFLICT).items).to_pylist()
    assert any("four o’clock" in text for text in texts)


def test_plain_text_keeps_words_and_breaks_at_blocks() -> None:
    assert plain("<p>One &amp;  <b>two</b></p><script>x()</script><p>a &lt; b</p>") == "One & two\na < b"
    assert clauses(
        "SECTION 1. Maker shall pay for all cups; a) Buyer may keep every cracked cup. No more."
    ) == [
        "Maker shall pay for all cups;",
        "a) Buyer may keep every cracked cup.",
    ]


@given(st.text(max_size=200))
def test_plain_text_is_total(html: str) -> None:
    for line in plain(html).split("\n"):
        assert line == " ".join(line.split())


_CLAUSES = st.lists(
    st.lists(
        st.sampled_from(["buyer", "maker", "shall", "may", "cups", "pays", "keeps", "never", "ten", "days"]),
        min_size=5,
        max_size=8,
    ),
    max_size=8,
).map(lambda found: [f"{' '.join(words).capitalize()}." for words in found])


@given(_CLAUSES, _CLAUSES)
def test_pairs_are_of_the_contract_and_never_of_two_inserted_norms(
    own: list[str], inserted: list[str]
) -> None:
    conflicts, others, refused = pairs_of(" ".join([*own, *inserted]), inserted)
    assert len(others) <= len(conflicts)
    assert len(conflicts) + len(refused) == len(inserted)
    for pair in conflicts:
        assert pair.second in inserted
        assert pair.likeness >= LEAST_LIKENESS
    for pair in [*conflicts, *others]:
        assert pair.first != pair.second
        assert pair.first not in inserted
    assert not {pair.second for pair in others} & set(inserted)


def test_a_cluster_lies_in_one_split_whatever_else_there_is() -> None:
    names = [f"c{at}" for at in range(2000)]
    splits = hashed_splits(pa.array(names), {"train": 0.5, "dev": 0.2, "test": 0.3})
    again = hashed_splits(pa.array(names[::-7]), {"train": 0.5, "dev": 0.2, "test": 0.3})
    assert again.to_pylist() == splits.to_pylist()[::-7]
    shares = {row["values"]: row["counts"] / 2000 for row in pc.value_counts(splits).to_pylist()}
    assert np.allclose([shares[name] for name in ("train", "dev", "test")], [0.5, 0.2, 0.3], atol=0.04)
