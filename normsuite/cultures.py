"""Names of places and tongues as codes: ISO 3166-1 alpha-3, cultural zone, UN sub-region, BCP 47.

Nothing is guessed. A name is known if it equals, but for case, accents, punctuation and a leading "the", one
that pycountry (ISO 3166-1), country_converter or ``_ALSO`` lists. Anything else is null, and ``unknown``
lists it for the caller's report:

- Parts of a country (England, Scotland, Assam, Texas) are unknown: their customs are not the whole country's.
- So are places without a code in ISO 3166-1 (Kosovo), continents ("America") and half names ("Korea").
- Two-letter codes are unknown, since "no" and "in" are words; three-letter codes count in capitals only.
- "Congo" alone is ISO's own short name of the Republic (COG); the Democratic Republic is COD.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

_ALSO: Final = {
    "britain": "GBR",
    "brunei": "BRN",
    "burma": "MMR",
    "cape verde": "CPV",
    "czech rep": "CZE",
    "democratic republic of congo": "COD",
    "east timor": "TLS",
    "great britain": "GBR",
    "holy see": "VAT",
    "ivory coast": "CIV",
    "lao pdr": "LAO",
    "macao sar": "MAC",
    "macedonia": "MKD",
    "micronesia": "FSM",
    "palestinian territories": "PSE",
    "palestinian territory": "PSE",
    "swaziland": "SWZ",
    "turkey": "TUR",
    "uae": "ARE",
    "uk": "GBR",
    "us": "USA",
    "usa": "USA",
    "vatican city": "VAT",
}
"""Names in use, as ``_key`` writes them, that neither library lists."""

_SHORT: Final = {"BRN": "Brunei", "COG": "Republic of the Congo", "FSM": "Micronesia", "VAT": "Vatican City"}
"""Short names where country_converter's is long, cut or doubtful."""

_ZONES: Final = {
    "African-Islamic": "AFG BGD EGY ETH IRN IRQ KEN LBN MUS PAK PSE SAU SDN SOM SSD SYR TUR ZAF ZWE",
    "Catholic Europe": "AUT ESP HRV HUN ITA POL PRT",
    "Confucian": "CHN HKG JPN KOR TWN",
    "English Speaking": "AUS CAN GBR IRL NZL USA",
    "Latin America": "ARG BRA CHL COL MEX PER VEN",
    "Orthodox Europe": "BIH GRC MKD ROU RUS SRB UKR",
    "Protestant Europe": "DEU FRA MLT NLD SWE",
    "West and South Asia": "CYP FJI IDN IND ISR KHM LAO LKA MMR MYS NPL PHL PNG SGP THA TLS TON VNM WSM",
}
"""Zones of the Inglehart-Welzel world cultural map (World Values Survey), spelled and assigned to 75
countries as in NormAd (Rao et al. 2024, "NormAd: A Framework for Measuring the Cultural Adaptability of Large
Language Models"). A country that is not among them has no zone."""

ZONES: Final = tuple(_ZONES)
"""The eight cultural zones."""

_ZONE_OF: Final = {code: zone for zone, codes in _ZONES.items() for code in codes.split()}


def country(name: str) -> str | None:
    """The ISO 3166-1 alpha-3 code of a country's name ("Iran", "hong_kong", "the United States"), or None."""
    text = name.strip()
    return text if text in _short_names() else _codes().get(_key(text))


def countries(names: pa.Array | pa.ChunkedArray) -> pa.Array:
    """ISO 3166-1 alpha-3 codes of a column of names, null where unknown."""
    return _map(country, names)


def unknown(names: pa.Array | pa.ChunkedArray) -> list[str]:
    """The names that ``country`` does not know, sorted: for the report of whoever asked."""
    return sorted(name for name in pc.unique(names).to_pylist() if name is not None and country(name) is None)


def country_name(iso3: str) -> str:
    """A country's short English name for prompts and reports ("South Korea"); an unknown code is kept."""
    return _short_names().get(iso3, iso3)


def zone(iso3: str) -> str | None:
    """The cultural zone of a country, one of ``ZONES``, or None where the map's 75 countries leave it out."""
    return _ZONE_OF.get(iso3)


def zones(iso3: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Cultural zones of a column of alpha-3 codes, null outside the 75 countries."""
    return _map(zone, iso3)


def regions(iso3: pa.Array | pa.ChunkedArray) -> pa.Array:
    """UN sub-regions (M49, by country_converter, which puts Taiwan in Eastern Asia) of alpha-3 codes."""
    table = {row["ISO3"]: row["UNregion"] or None for row in _converter_rows()}
    return _map(table.get, iso3)


def language(tag: str) -> str | None:
    """A language tag in the standard form of BCP 47 ("EN_us" is "en-US"), or None if it is not valid."""
    import langcodes

    try:
        standard: str = langcodes.standardize_tag(tag.strip())
    except ValueError:
        return None
    return standard if langcodes.tag_is_valid(standard) else None


def _key(name: str) -> str:
    """A name without what spellings differ in: case, accents, underscores, hyphens, dots, a leading "the"."""
    decomposed = unicodedata.normalize("NFKD", name.replace("&", " and ").replace("’", "'"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
    words = re.sub(r"[\s_,\-‐‑]+", " ", bare.replace(".", "")).strip()
    return words.removeprefix("the ")


@cache
def _codes() -> dict[str, str]:
    """Alpha-3 code by key: the libraries' names, then ours."""
    import pycountry

    listed = {
        _key(name): entry.alpha_3
        for entry in pycountry.countries
        for field in ("name", "official_name", "common_name")
        if (name := getattr(entry, field, None))
    }
    current = set(listed.values())
    for row in _converter_rows():
        if row["ISO3"] in current:
            for name in (row["name_short"], row["name_official"]):
                listed.setdefault(_key(name), row["ISO3"])
    return listed | _ALSO


@cache
def _short_names() -> dict[str, str]:
    """Short English name by alpha-3 code, for all of ISO 3166-1."""
    current = set(_codes().values())
    return {row["ISO3"]: row["name_short"] for row in _converter_rows() if row["ISO3"] in current} | _SHORT


@cache
def _converter_rows() -> tuple[dict[str, str], ...]:
    """country_converter's own table, read as text: importing the package costs most of a second."""
    path = Path(str(distribution("country_converter").locate_file("country_converter/country_data.tsv")))
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="\t"))


def _map(function: Callable[[str], str | None], values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """``function`` of each value, called once per distinct value; null stays null."""
    encoded: Any = pc.dictionary_encode(values.cast(pa.string()))
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    mapped = [None if value is None else function(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(mapped, pa.string()).take(encoded.indices)
