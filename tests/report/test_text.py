from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from normsuite.report.text import interval, metric_title, number, shorten, visible


def test_numbers_have_three_decimals_and_missing_ones_a_dash():
    assert [number(value) for value in (0.5, -1, None, float("nan"))] == ["0.500", "-1.000", "–", "–"]
    assert interval(0.1234, 0.5678) == "[0.123, 0.568]"
    assert interval(None, 0.5) == "–"


def test_characters_that_act_are_spelled_out():
    assert visible("a\u202eb\x1b[31m") == "a⟨U+202E⟩b⟨U+001B⟩[31m"
    assert visible("two\n lines") == "two lines"


def test_scripts_that_need_joiners_keep_them():
    assert visible("می\u200cخواهم 日本 ไทย") == "می\u200cخواهم 日本 ไทย"


@given(st.text(), st.integers(4, 60))
def test_shortened_text_fits_and_is_clean(text, width):
    short = shorten(text, width)
    assert cell_len(short) <= width
    assert short == visible(short)


def test_metrics_have_names_for_people():
    assert [metric_title(name) for name in ("macro_f1", "flip_accuracy")] == ["macro-F1", "flip accuracy"]
