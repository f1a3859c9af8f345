"""Names become codes only where a list says so."""

import csv
import subprocess
import sys

import pyarrow as pa
import pycountry
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite import cultures


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Japan", "JPN"),
        ("japan", "JPN"),
        ("JPN", "JPN"),
        ("türkiye", "TUR"),
        ("Tu\u0308rkiye", "TUR"),
        ("turkey", "TUR"),
        ("timor-leste", "TLS"),
        ("united_states_of_america", "USA"),
        ("the United States", "USA"),
        ("  U.S. ", "USA"),
        ("usa", "USA"),
        ("Britain", "GBR"),
        ("great britain", "GBR"),
        ("palestinian_territories", "PSE"),
        ("the State of Palestine", "PSE"),
        ("hong_kong", "HKG"),
        ("macau", "MAC"),
        ("Russia", "RUS"),
        ("south_korea", "KOR"),
        ("North Korea", "PRK"),
        ("Côte d’Ivoire", "CIV"),
        ("ivory coast", "CIV"),
        ("Czech Rep.", "CZE"),
        ("bosnia & herzegovina", "BIH"),
        ("The Gambia", "GMB"),
        ("congo", "COG"),
        ("the Democratic Republic of the Congo", "COD"),
        ("Viet Nam", "VNM"),
    ],
)
def test_known_names(name: str, code: str) -> None:
    assert cultures.country(name) == code


@pytest.mark.parametrize(
    "name",
    [
        "no",
        "in",
        "NO",
        "nor",
        "per",
        "england",
        "Scotland",
        "Korea",
        "america",
        "Assam",
        "Kosovo",
        "",
        "the",
        "_",
    ],
)
def test_what_is_no_country_stays_unknown(name: str) -> None:
    assert cultures.country(name) is None


def test_every_iso_country_is_known_by_code_by_name_and_by_the_name_we_print() -> None:
    for entry in pycountry.countries:
        code = entry.alpha_3
        assert cultures.country(code) == code
        assert cultures.country(entry.name) == code
        assert cultures.country(cultures.country_name(code)) == code


def test_our_own_table_only_holds_what_the_libraries_miss() -> None:
    listed = {
        cultures._key(name)
        for entry in pycountry.countries
        for name in (entry.name, getattr(entry, "official_name", ""), getattr(entry, "common_name", ""))
    }
    assert listed.isdisjoint(cultures._ALSO)
    assert all(cultures._key(name) == name for name in cultures._ALSO)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_known_code_or_nothing(text: str) -> None:
    code = cultures.country(text)
    assert code is None or cultures.country_name(code) != code


def test_columns_keep_nulls_and_order() -> None:
    names = pa.chunked_array([["us", None, "Atlantis"], ["Japan", "us"]])
    assert cultures.countries(names).to_pylist() == ["USA", None, None, "JPN", "USA"]
    assert cultures.unknown(names) == ["Atlantis"]
    assert cultures.countries(pa.chunked_array([], pa.string())).to_pylist() == []
    assert cultures.countries(names.dictionary_encode()).to_pylist() == ["USA", None, None, "JPN", "USA"]


def test_zones_cover_75_countries_and_no_other() -> None:
    codes = pa.array(["JPN", "IRN", "TWN", "NOR", None])
    assert cultures.zones(codes).to_pylist() == ["Confucian", "African-Islamic", "Confucian", None, None]
    assert len(cultures.ZONES) == 8
    assert len(cultures._ZONE_OF) == 75
    assert all(cultures.country(code) == code for code in cultures._ZONE_OF)
    assert cultures.zone("XXX") is None


def test_zones_equal_the_published_assignment(shared_data) -> None:
    with (shared_data / "normad" / "country_counts_and_zones.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["country"] != "TOTAL"]
    codes = cultures.countries(pa.array([row["country"] for row in rows]))
    assert cultures.zones(codes).to_pylist() == [row["cultural_zone"] for row in rows]


def test_regions_are_the_un_subregions() -> None:
    codes = pa.array(["NAM", "TWN", "GBR", None, "XXX"])
    found = cultures.regions(codes).to_pylist()
    assert found == ["Southern Africa", "Eastern Asia", "Northern Europe", None, None]


def test_country_names_are_short() -> None:
    codes = ("IRN", "KOR", "TUR", "TWN", "USA", "FSM", "XXX")
    names = [cultures.country_name(code) for code in codes]
    assert names == ["Iran", "South Korea", "Türkiye", "Taiwan", "United States", "Micronesia", "XXX"]


@pytest.mark.parametrize(
    ("tag", "standard"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("english", None),
        ("", None),
        ("xx-zz", None),
    ],
)
def test_language_tags(tag: str, standard: str | None) -> None:
    assert cultures.language(tag) == standard


def test_import_is_light() -> None:
    heavy = (
        "{'pandas', 'pycountry', 'langcodes', 'country_converter', 'datasets', 'torch'} & set(sys.modules)"
    )
    code = f"import sys, normsuite.cultures; print({heavy} or 'light')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"
