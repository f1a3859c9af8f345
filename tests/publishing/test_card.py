"""The README says to a hub, to ``datasets`` and to people what the data is and what it may be used for."""

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import DatasetCard
from hypothesis import given
from hypothesis import strategies as st

from normsuite.adapters import known_adapters
from normsuite.adapters.base import Adapter, Home
from normsuite.errors import InputError
from normsuite.publishing import read_source, write_folder
from normsuite.publishing.licences import licence_of

DATA = Path(__file__).parents[1] / "data"


def card(name: str, place: Path, view: str = "") -> tuple[dict[str, Any], str]:
    """The front matter and the text of a data set's README."""
    loaded = DatasetCard.load(write_folder(read_source(name, DATA / name, view), place / "x").card)
    return loaded.data.to_dict(), loaded.text


def test_metadata_of_a_data_set_of_ones_own(tea: Path) -> None:
    front = DatasetCard.load(tea / "README.md").data.to_dict()
    info = front.pop("dataset_info")
    assert front == {
        "pretty_name": "tea",
        "license": "cc-by-4.0",
        "language": ["it", "zh"],
        "language_bcp47": ["it", "zh-Hant"],
        "size_categories": ["n<1K"],
        "task_categories": ["text-classification", "multiple-choice"],
        "task_ids": [
            "multi-class-classification",
            "multi-label-classification",
            "text-scoring",
            "multiple-choice-qa",
        ],
        "tags": ["social-norms", "cultures", "human-votes", "normsuite"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "data/train-*.parquet"},
                    {"split": "validation", "path": "data/dev-*.parquet"},
                    {"split": "test", "path": "data/test-*.parquet"},
                ],
            }
        ],
    }
    assert [(split["name"], split["num_examples"]) for split in info["splits"]] == [
        ("train", 1),
        ("validation", 1),
        ("test", 2),
    ]
    assert info["download_size"] == sum(path.stat().st_size for path in (tea / "data").iterdir())


def test_the_card_says_what_it_said_in_one_file(tmp_path: Path) -> None:
    front, text = card("normad", tmp_path)
    assert (front["license"], front["pretty_name"], front["language"]) == ("cc-by-4.0", "NormAd-Eti", ["en"])
    assert text.lstrip().startswith("# NormAd-Eti: ")
    for part in (
        "| licence | CC BY 4.0 |",
        "## Set aside",
        "## By country",
        "## Known faults",
        "| `valence` | ",
    ):
        assert part in text
    assert "not to be passed on" not in text


def test_a_card_says_first_that_the_data_must_not_be_passed_on(tmp_path: Path) -> None:
    front, text = card("valueprism", tmp_path)
    assert front["license"] == "other"
    assert front["license_name"] == "ai2-impact-medium-risk-gated"
    assert front["license_link"] == "https://huggingface.co/datasets/allenai/ValuePrism"
    assert "> **For your own use: not to be passed on.** Licence: AI2 ImpACT, medium risk; gated." in text


def test_a_card_names_the_view(tmp_path: Path) -> None:
    front, text = card("wvs-norms", tmp_path, "pew")
    assert front["license"] == "unknown"
    assert "is its view `pew`." in text


def test_every_data_set_says_whether_it_may_be_passed_on() -> None:
    from normsuite.adapters import get_adapter

    shared = {name: get_adapter(name).home.share for name in known_adapters()}
    assert {name for name, share in shared.items() if share == "yes"} == {
        *("mini", "normbank", "social-chem-101", "normad", "culturalbench", "ethics", "mort-user-study"),
        *("multilingual-moral", "moral-stories", "culturebank", "egonormia", "social"),
    }
    assert {name for name, share in shared.items() if share == "non-commercial"} == {"global-opinion"}


def test_what_nobody_has_said_is_no_permission() -> None:
    assert Home("https://example.org", "MIT", "r1").share == "no"


def adapter(licence: str) -> Adapter:
    return Adapter("x", "X", Home("https://example.org", licence, "r1"), lambda raw, view: None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("text", "hub", "spdx"),
    [
        ("CC BY 4.0", "cc-by-4.0", "CC-BY-4.0"),
        ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("MIT", "mit", "MIT"),
        ("MIT (annotations; the videos are Ego4D's)", "mit", "MIT"),
        ("Apache-2.0", "apache-2.0", "Apache-2.0"),
        ("Apache-2.0 (repository); texts are Reddit posts", "other", ""),
        ("CC BY-NC 4.0, by request", "other", ""),
        ("third-party ratings: do not redistribute (code: Apache-2.0)", "other", ""),
        ("none stated", "unknown", ""),
        ("none stated; personal data", "unknown", ""),
    ],
)
def test_a_licence_has_an_identifier_only_where_it_is_nothing_else(text: str, hub: str, spdx: str) -> None:
    licence = licence_of(adapter(text))
    assert (licence.text, licence.hub) == (text, hub)
    assert licence.spdx == (f"https://spdx.org/licenses/{spdx}.html" if spdx else "")


@pytest.mark.parametrize("said", ["cc-by-4.0", "CC BY 4.0", "CC-BY-4.0", " cc by 4.0"])
def test_ones_own_licence_is_known_in_any_spelling(said: str) -> None:
    assert licence_of(None, said).hub == "cc-by-4.0"


@given(st.text())
def test_any_text_may_be_a_licence(said: str) -> None:
    licence = licence_of(None, said)
    assert licence.hub in {"other", "unknown"} or licence.spdx
    assert set(licence.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def test_the_licence_of_a_known_data_set_is_its_homes_to_say() -> None:
    with pytest.raises(InputError, match=r"the licence of 'normad' is 'CC BY 4.0', by its home; leave it"):
        read_source("normad", DATA / "normad", licence="mit")
