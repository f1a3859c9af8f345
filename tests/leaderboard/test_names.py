"""What may be a name: it becomes a folder on every system, a link and a cell of a page."""

import html
import re
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.leaderboard.names import LONGEST, fault, is_slug, shown

ANY_TEXT = st.text(st.characters(codec=None), max_size=400)


def unseen_in(text: str) -> list[str]:
    """Control and formatting characters but for the two joiners."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d"]


@given(ANY_TEXT)
def test_a_slug_is_one_harmless_part_of_a_path(text: str) -> None:
    if is_slug(text):
        assert re.fullmatch("[A-Za-z0-9._-]+", text)
        assert len(text) <= 96
        assert Path(text).name == text == PureWindowsPath(text).name
        assert text[0] not in "._-"
        assert text[-1] != "."
        assert html.escape(text) == text


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,90}[A-Za-z0-9])?", fullmatch=True))
def test_plain_names_are_slugs(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize(
    "text", ["", ".", "..", ".git", "-x", "a/b", "a\\b", "a b", "a.", "é", "a\n", "a\0", "x" * 97, "C:"]
)
def test_other_names_are_none(text: str) -> None:
    assert not is_slug(text)


@given(ANY_TEXT)
def test_what_has_no_fault_holds_nothing_unseen_and_no_tag(text: str) -> None:
    if not fault(text):
        unseen = [
            c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d"
        ]
        assert not unseen
        assert not re.search(r"<[a-zA-Z/!?]", text)
        assert len(text) <= LONGEST


@given(ANY_TEXT)
def test_what_is_quoted_is_one_short_line_without_anything_unseen(text: str) -> None:
    told = shown(text)
    assert "\n" not in told
    assert len(told) <= 900
    assert not unseen_in(told)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "< img src=x onerror=alert(1)>",
        "</td>",
        "<!--",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "&#60;script&#62;",
        "&lt;b&gt;",
        "\u202eevil",
        "a\u2066b",
        "zero\u200bwidth",
        "a\x1b[31mb",
        "line\nbreak",
        "line\u2028break",
        "\ufeffx",
        "\U000e0041",
        "x" * (LONGEST + 1),
    ],
)
def test_markup_and_unseen_characters_are_faults(text: str) -> None:
    assert fault(text)


@pytest.mark.parametrize(
    "text",
    ["", "Côte d'Ivoire", "עברית", "فارسی می\u200cخواهم", "日本語", "age < 35", "R&D", "👩\u200d🔬", "a > b"],
)
def test_every_script_passes(text: str) -> None:
    assert not fault(text)
