import re
from xml.etree import ElementTree

import numpy as np
import pytest

from normsuite.report.cells import Grid
from normsuite.report.plots import heat_map, interval_plot
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


DRAWINGS = {
    "intervals": lambda names, key: interval_plot(rows_named(*names), "accuracy", "said in words", key),
    "heat map": lambda names, key: heat_map(grid_named(*names), "said in words", key),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_drawing_says_in_words_what_it_shows(draw):
    root = ElementTree.fromstring(draw(["Peru", "Japan"], "p1"))
    title = root.find("{*}title")
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", title.get("id"))
    assert title.text == "said in words"


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_two_drawings_on_one_page_share_no_id_and_point_into_themselves(draw):
    first, second = (ElementTree.fromstring(draw(["Peru", "Japan"], key)) for key in ("p1", "p2"))
    ids = [{element.get("id") for element in root.iter()} - {None} for root in (first, second)]
    assert not ids[0] & ids[1]
    links = set(re.findall(r"#(p\d-[^\")]+)", ElementTree.tostring(first, encoding="unicode")))
    assert links
    assert links <= ids[0]


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_colours_of_lines_and_text_follow_the_page(draw):
    svg = draw(["Peru", "Japan"], "p1")
    assert "var(--ink)" in svg
    assert not re.search(r"#0[1-5]0[1-5]0[1-5]", svg)


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_hostile_names_are_text(draw):
    root = ElementTree.fromstring(draw(HOSTILE, "p1"))
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert root.find(".//{*}script") is None
    assert any(text.startswith("<script>alert(1)") for text in texts)
    assert any("$\\frac{1}{2$" in text for text in texts)
    assert any("a⟨U+0000⟩b⟨U+202E⟩c" in text for text in texts)
    assert any("id=#010101" in text for text in texts)
    assert all("onload" not in element.attrib for element in root.iter())


def test_few_clusters_are_marked_by_sign_and_shape():
    few = Row("India", 3, 2, 0.5, 0.1, 0.9, 0.33)
    svg = interval_plot([few], "accuracy", "", "p1")
    assert "India (n 3) †" in svg
    assert "fill: var(--paper)" in svg


@pytest.mark.parametrize("bounds", [(None, None, None), (-3.0, -4.0, 2.0)])
def test_rows_without_or_beyond_the_unit_interval_are_drawn(bounds):
    assert interval_plot([Row("Peru", 0, 0, *bounds, None)], "correlation", "", "p1").startswith("<svg")
