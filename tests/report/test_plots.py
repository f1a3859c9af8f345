import re
from xml.etree import ElementTree

import numpy as np
import pytest

from normsuite.report.cells import Grid
from normsuite.report.diagnosis import Calibration, Confusion, Masses
from normsuite.report.drawing import PAGE, PRINT, on_page, to_file
from normsuite.report.pairing import Pairing
from normsuite.report.plots import (
    calibration_curve,
    confusion_matrix,
    heat_map,
    interval_plot,
    mass_histogram,
    pairing_scatter,
)
from normsuite.report.rows import Row

HOSTILE = [
    "<script>alert(1)</script>",
    "$\\frac{1}{2$",
    "a\x00b\u202ec",
    "日本の礼儀作法" * 30,
    "آداب الطعام",
    'x" onload="alert(1)',
    "url(#m1) id=#010101",
]


def rows_named(*names, **changes):
    return [Row(name, 20, 12, 0.5, 0.4, 0.6, 0.33) for name in names]


def grid_named(*names):
    counts = np.arange(len(names) ** 2).reshape(len(names), -1)
    values = np.where(counts > 0, counts / counts.max(), np.nan)
    return Grid(names, names, "country", "topic", values, counts, 0)


def confusion_named(*names):
    return Confusion(names, np.arange(len(names) ** 2).reshape(len(names), -1))


DRAWINGS = {
    "intervals": lambda names: interval_plot(rows_named(*names), "accuracy", PAGE),
    "heat map": lambda names: heat_map(grid_named(*names), PAGE),
    "confusion": lambda names: confusion_matrix(confusion_named(*names), PAGE),
}


def drawn(draw, names, key="p1"):
    return on_page(draw(names), key, "said in words")


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_drawing_says_in_words_what_it_shows(draw):
    root = ElementTree.fromstring(drawn(draw, ["Peru", "Japan"]))
    title = root.find("{*}title")
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", title.get("id"))
    assert title.text == "said in words"


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_two_drawings_on_one_page_share_no_id_and_point_into_themselves(draw):
    first, second = (ElementTree.fromstring(drawn(draw, ["Peru", "Japan"], key)) for key in ("p1", "p2"))
    ids = [{element.get("id") for element in root.iter()} - {None} for root in (first, second)]
    assert not ids[0] & ids[1]
    links = set(re.findall(r"#(p\d-[^\")]+)", ElementTree.tostring(first, encoding="unicode")))
    assert links
    assert links <= ids[0]


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_colours_of_lines_and_text_follow_the_page(draw):
    svg = drawn(draw, ["Peru", "Japan"])
    assert "var(--ink)" in svg
    assert not re.search(r"#0[1-5]0[1-5]0[1-5]", svg)


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_hostile_names_are_text(draw):
    root = ElementTree.fromstring(drawn(draw, HOSTILE))
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert root.find(".//{*}script") is None
    assert any(text.startswith("<script>alert(1)") for text in texts)
    assert any("$\\frac{1}{2$" in text for text in texts)
    assert any("a⟨U+0000⟩b⟨U+202E⟩c" in text for text in texts)
    assert any("id=#010101" in text for text in texts)
    assert all("onload" not in element.attrib for element in root.iter())


def test_few_clusters_are_marked_by_sign_and_shape():
    few = Row("India", 3, 2, 0.5, 0.1, 0.9, 0.33)
    svg = on_page(interval_plot([few], "accuracy", PAGE), "p1", "")
    assert "India (n 3) †" in svg
    assert "fill: var(--paper)" in svg


@pytest.mark.parametrize("bounds", [(None, None, None), (-3.0, -4.0, 2.0)])
def test_rows_without_or_beyond_the_unit_interval_are_drawn(bounds):
    plot = interval_plot([Row("Peru", 0, 0, *bounds, None)], "correlation", PAGE)
    assert on_page(plot, "p1", "").startswith("<svg")


def test_curves_and_scatters_are_drawn():
    three = np.array([0.1, 0.5, 0.9])
    pair = Pairing("a", "b", ("x", "y", "z"), three, three, three, three, three > 0.4, 0.5, "place")
    for figure in (
        calibration_curve(Calibration(three, three, np.array([1, 2, 3])), PAGE),
        mass_histogram(Masses(np.linspace(0, 1, 4), np.array([1, 2, 3])), PAGE),
        pairing_scatter(pair, PAGE),
    ):
        svg = on_page(figure, "p1", "said in words")
        assert "var(--model)" in svg
        assert not re.search(r"#0[1-5]0[1-5]0[1-5]", svg)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_file_has_ink_on_paper_and_the_same_bytes_each_time(tmp_path, ending):
    files = [tmp_path / f"{at}.{ending}" for at in range(2)]
    for file in files:
        to_file(interval_plot(rows_named("Peru"), "accuracy", PRINT), file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 3000
