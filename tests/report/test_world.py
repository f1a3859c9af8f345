import re
from xml.etree import ElementTree

import pytest

from normsuite import cultures, folders
from normsuite.report.rows import Row
from normsuite.report.world import mapped, on_page, outlines, world


def country(code, value, clusters=20):
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Row(cultures.country_name(code), 2 * clusters, clusters, value, low, high, None, key=code)


def test_every_country_of_the_cultural_zones_is_on_the_map():
    zoned = {code for codes in cultures._ZONES.values() for code in codes.split()}
    assert zoned <= {*world().shapes, *world().points}


def test_keys_are_codes_and_outlines_lie_on_the_map():
    for code in (*world().shapes, *world().points):
        assert cultures.country(code) == code
    for d in (*world().shapes.values(), *world().unnamed):
        assert re.fullmatch(r"(M-?[\d.]+,-?[\d.]+(L-?[\d.]+,-?[\d.]+)+Z)+", d)
        across = [float(x) for x in re.findall(r"[ML](-?[\d.]+),", d)]
        assert -0.1 <= min(across) <= max(across) <= world().width + 0.1


def test_source_and_licence_stand_beside_the_outlines():
    told = folders.world().with_suffix(".md").read_text(encoding="utf-8")
    assert "public domain" in told
    assert "ISC" in told


def test_the_scale_runs_over_the_values_and_countries_without_a_place_are_named():
    found = mapped([country("PER", 0.62), country("JPN", 0.31), Row("Atlantis", 1, 1, 0.5, None, None, None)])
    assert (found.low, found.high) == (0.3, 0.65)
    assert found.unplaced == ("Atlantis",)


def test_one_value_or_none_still_makes_a_scale_or_no_map():
    found = mapped([country("PER", 0.5)])
    assert found.low < found.high
    assert mapped([country("PER", None)]) is None
    assert mapped([]) is None


def test_few_clusters_are_hatched_small_countries_are_dots_and_names_are_text():
    rows = [
        country("PER", 0.6),
        country("SGP", 0.5, clusters=3),
        Row("<b>\u202e", 9, 9, 0.4, None, None, None, key="JPN"),
    ]
    root = ElementTree.fromstring(on_page(mapped(rows), "k", "said in words"))
    titles = [title.text for title in root.iter("title")]
    assert titles[0] == "said in words"
    assert "Peru: 0.600 [0.500, 0.700], n 40" in titles
    assert any(title.startswith("<b>⟨U+202E⟩: 0.400") for title in titles)
    hatched = [place for place in root.iter("g") if place.find("*[@fill='url(#w-few)']") is not None]
    assert len(hatched) == 2
    assert len(list(root.iter("circle"))) == 2


@pytest.mark.parametrize(("value", "colour"), [(0.0, "#440154"), (1.0, "#fde725")])
def test_the_ends_of_the_scale_are_its_ends(value, colour):
    found = mapped([country("PER", 0.0), country("JPN", 1.0)])
    svg = on_page(found, "k", "")
    code = "PER" if value == 0 else "JPN"
    assert f'<use href="#w-{code}" fill="{colour}"/>' in svg


def test_outlines_are_well_formed():
    root = ElementTree.fromstring(outlines())
    assert {"w-none", "w-few", "w-scale", "w-all", "w-PER"} <= {element.get("id") for element in root.iter()}
