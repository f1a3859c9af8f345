"""Near-duplicates among many texts."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_task import rows

from normsuite.checks import near
from normsuite.checks.near import near_duplicates, prints_of, signatures

TEXTS = [row["situation"] for row in rows(test=200, train=0)]


def found(texts: list[str], group: list[int] | None = None) -> dict[int, int]:
    groups = np.arange(len(texts)) if group is None else np.array(group)
    pairs = near_duplicates(prints_of(pa.array(texts, pa.string())), groups)
    return dict(zip(pairs.row.tolist(), pairs.partner.tolist(), strict=True))


def test_texts_that_have_nothing_in_common_are_none() -> None:
    assert found(TEXTS) == {}
    assert found([]) == {}
    assert found(TEXTS[:1]) == {}


@settings(max_examples=50, derandomize=True)  # a miss now and then is by design
@given(st.integers(0, 199), st.integers(0, 60), st.text("abc", min_size=1, max_size=4))
def test_a_few_letters_more_are_found_wherever_they_stand(at: int, place: int, letters: str) -> None:
    edited = TEXTS[at][:place] + letters + TEXTS[at][place:]
    assert found([*TEXTS, edited]) == {at: 200, 200: at}


def test_one_group_is_not_compared() -> None:
    edited = TEXTS[0] + " again"
    assert found([TEXTS[0], edited, *TEXTS[1:]], [7, 7, *range(10, 209)]) == {}


def test_short_texts_are_alike_by_chance_and_left_out() -> None:
    assert found(["It rains today.", "It rains today!!"]) == {}


@pytest.mark.parametrize(
    "text", ["在长途火车上大声打电话的人没有注意到其他乘客都在睡觉", "не говори громко в поезде ночью"]
)
def test_every_script_is_compared(text: str) -> None:
    assert found([text, *TEXTS, text + "吗"]) == {0: 201, 201: 0}


def test_a_table_of_one_template_is_found_without_comparing_all_with_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(0)
    texts = [f"{TEXTS[0]} This is number {draw.randrange(10**6):06}." for _ in range(2_000)]
    compared = []
    alike = near._alike
    monkeypatch.setattr(near, "_alike", lambda *pairs: (compared.append(len(pairs[1])), alike(*pairs))[1])
    assert len(found(texts)) > 1_990
    assert sum(compared) < 16 * len(texts)


def test_signatures_do_not_depend_on_how_texts_are_cut_into_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = signatures(pa.array(TEXTS))
    monkeypatch.setattr(near, "_CHUNK", 200)
    assert (signatures(pa.array(TEXTS)) == whole).all()
