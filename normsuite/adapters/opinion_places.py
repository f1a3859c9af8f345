"""The groups of people in GlobalOpinionQA: what the file calls them, in which country, and how drawn.

Pew's files tell some samples of one country apart: the sample's name stands in brackets behind the country.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from normsuite import cultures

_SAMPLE: Final = re.compile(
    r"(?P<place>.*?)\s*\((?P<sample>Current national|Old national|Non-national) sample\)"
)
_SPELLINGS: Final = {
    "Bosnia Herzegovina": "BIH",
    "Palest. ter.": "PSE",
    "S. Africa": "ZAF",
    "S. Korea": "KOR",
    "Taiwan ROC": "TWN",
}
"""Spellings of countries that no list of names has. Northern Ireland, part of a country, has no code."""


@dataclass(frozen=True)
class Group:
    """People who were asked.

    Attributes:
        place: where, as a prompt may say it: a country's short name, or the file's own where there is none.
        country: ISO 3166-1 alpha-3; None where the place is none that we know.
        sample: ``national``, ``current national``, ``old national`` or ``non-national``.
    """

    place: str
    country: str | None
    sample: str


def parse_group(name: str) -> Group:
    """A group by the file's name of it ("S. Korea", "India (Old national sample)")."""
    bracketed = _SAMPLE.fullmatch(name.strip())
    place = bracketed["place"] if bracketed else name.strip()
    sample = bracketed["sample"].lower() if bracketed else "national"
    country = _SPELLINGS.get(place) or cultures.country(place)
    return Group(cultures.country_name(country) if country else place, country, sample)
