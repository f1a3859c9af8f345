"""Which country CultureBank's free-text groups mean, where they mean one country as a whole.

A group is known if it is a country's name, or one of the words below, alone, in the plural ("Americans") or
with "people" ("Japanese people"). Everything else has no country:

- parts of a country and groups in it ("Californian", "Texans", "Scottish", "Punjabi", "Asian Americans",
  "American teenagers"): their customs are not the whole country's;
- words that fit several countries or more than a country ("Korean", "Congolese", "Georgia", "Arab").
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from normsuite import cultures

_PEOPLES: Final = {
    "AFG": "afghan",
    "ALB": "albanian",
    "DZA": "algerian",
    "ARG": "argentine, argentinian, argentinean",
    "ARM": "armenian",
    "AUS": "australian",
    "AUT": "austrian",
    "AZE": "azerbaijani",
    "BGD": "bangladeshi",
    "BLR": "belarusian",
    "BEL": "belgian",
    "BOL": "bolivian",
    "BRA": "brazilian",
    "GBR": "british, briton",
    "BGR": "bulgarian",
    "KHM": "cambodian",
    "CMR": "cameroonian",
    "CAN": "canadian",
    "CHL": "chilean",
    "CHN": "chinese",
    "COL": "colombian",
    "CRI": "costa rican",
    "HRV": "croatian",
    "CUB": "cuban",
    "CZE": "czech",
    "DNK": "danish, dane",
    "NLD": "dutch",
    "ECU": "ecuadorian",
    "EGY": "egyptian",
    "EST": "estonian",
    "ETH": "ethiopian",
    "FIN": "finnish, finn",
    "FRA": "french",
    "DEU": "german",
    "GHA": "ghanaian",
    "GRC": "greek",
    "GTM": "guatemalan",
    "HTI": "haitian",
    "HND": "honduran",
    "HUN": "hungarian",
    "ISL": "icelandic, icelander",
    "IND": "indian",
    "IDN": "indonesian",
    "IRN": "iranian",
    "IRQ": "iraqi",
    "IRL": "irish",
    "ISR": "israeli",
    "ITA": "italian",
    "JAM": "jamaican",
    "JPN": "japanese",
    "JOR": "jordanian",
    "KEN": "kenyan",
    "LAO": "laotian",
    "LVA": "latvian",
    "LBN": "lebanese",
    "LTU": "lithuanian",
    "MYS": "malaysian",
    "MEX": "mexican",
    "MNG": "mongolian",
    "MAR": "moroccan",
    "NPL": "nepali, nepalese",
    "NZL": "new zealander",
    "NIC": "nicaraguan",
    "NGA": "nigerian",
    "PRK": "north korean",
    "NOR": "norwegian",
    "PAK": "pakistani",
    "PSE": "palestinian",
    "PER": "peruvian",
    "PHL": "filipino, filipina",
    "POL": "polish, pole",
    "PRT": "portuguese",
    "PRI": "puerto rican",
    "ROU": "romanian",
    "RUS": "russian",
    "SAU": "saudi, saudi arabian",
    "SEN": "senegalese",
    "SRB": "serbian",
    "SGP": "singaporean",
    "SVK": "slovak",
    "SVN": "slovenian",
    "SOM": "somali",
    "ZAF": "south african",
    "KOR": "south korean",
    "ESP": "spanish, spaniard",
    "LKA": "sri lankan",
    "SWE": "swedish, swede",
    "CHE": "swiss",
    "SYR": "syrian",
    "TWN": "taiwanese",
    "TZA": "tanzanian",
    "THA": "thai",
    "TUN": "tunisian",
    "TUR": "turkish",
    "UGA": "ugandan",
    "UKR": "ukrainian",
    "ARE": "emirati",
    "URY": "uruguayan",
    "USA": "american",
    "VEN": "venezuelan",
    "VNM": "vietnamese",
    "YEM": "yemeni",
    "ZMB": "zambian",
    "ZWE": "zimbabwean",
}
"""Words for a country's people, comma-separated."""
_DOUBTFUL: Final = frozenset({"georgia"})
"""Names of a country that are another place's too."""
_COUNTRY_OF: Final = {word: code for code, words in _PEOPLES.items() for word in words.split(", ")}


def group_country(group: str) -> str | None:
    """The alpha-3 code of the country whose people a group is, or None."""
    key = " ".join(group.replace(".", "").casefold().split()).removeprefix("the ")
    for word in (key, key.removesuffix(" people"), key.removesuffix("s")):
        if word in _COUNTRY_OF:
            return _COUNTRY_OF[word]
    return None if key in _DOUBTFUL else cultures.country(group)


def group_countries(groups: pa.Array) -> pa.Array:
    """``group_country`` of a column, called once per distinct group."""
    encoded = groups.dictionary_encode()
    found = [group_country(group) for group in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(encoded.indices)
