"""Poles: the shipped verbs, a file of one's own, and files that are something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.errors import InputError
from normsuite.poles import Poles, load_poles

OWN = "positive: [sing, hum]\nnegative: [shout]\n"


def test_the_shipped_verbs_are_the_published_64() -> None:
    poles = load_poles("verbs")
    sizes = len(poles.positive), len(poles.negative), len(poles.neutral)
    assert sizes == (24, 24, 16)
    assert len({*poles.positive, *poles.negative, *poles.neutral}) == 64
    assert (poles.positive[0], poles.negative[-1], poles.neutral[-1]) == ("smile", "traumatize", "divorce")


def test_a_file_of_ones_own_may_do_without_neutral_words(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    assert load_poles(str(path)) == Poles(("sing", "hum"), ("shout",), ())
    path.write_text(f"{OWN}neutral: ['  to   walk ']\n")
    assert load_poles(str(path)).neutral == ("to walk",)


REFUSED = {
    "nothing": ("", None, None, "holds no lists of words"),
    "a list": ("- sing\n", None, None, "holds no lists of words"),
    "one pole": ("positive: [sing]\n", None, "negative", "holds no words"),
    "an empty pole": ("positive: [sing]\nnegative: []\n", None, "negative", "holds no words"),
    "another pole": (f"{OWN}middle: [walk]\n", 3, "middle", "is no pole"),
    "one word": ("positive: sing\nnegative: [shout]\n", 1, "positive", "is no list of words"),
    "a bare no": (
        "positive: [sing]\nnegative:\n- shout\n- no\n",
        4,
        "negative",
        "False is no text; put it in",
    ),
    "an empty word": ("positive: [' ']\nnegative: [shout]\n", 1, "positive", "holds an empty word"),
    "a word twice": (
        "positive: [sing]\nnegative:\n- shout\n- sing\n",
        4,
        "negative",
        "'sing' is there twice",
    ),
    "a pole twice": (f"{OWN}positive: [walk]\n", 3, "positive", "repeated key"),
    "no YAML": ("positive: [sing\n", 2, None, "is not YAML"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_something_else_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    text, row, field, what = REFUSED[case]
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_poles(str(path))
    assert (caught.value.file, caught.value.row, caught.value.field) == (str(path), row, field)
    assert what in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nouns", "", "../poles/verbs", "verbs.txt"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InputError, match=r"no poles are called .*choose verbs"):
        load_poles(name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file of poles"):
        load_poles(str(tmp_path / "own.yml"))


@given(st.text(alphabet="positvengaur:[], -#'\n1", max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "own.yaml"
    path.write_text(text)
    try:
        load_poles(str(path))
    except InputError as error:
        assert "\n" not in str(error)
