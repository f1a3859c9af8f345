"""Croissant metadata: valid to its own library, which reads from it the very items that were written."""

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from normsuite.adapters.reading import sha256
from normsuite.publishing import read_source, write_folder
from normsuite.schema import PLAIN_ITEM_SCHEMA

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def mlcroissant() -> Any:
    return pytest.importorskip(
        "mlcroissant", reason="mlcroissant is not installed (see README's test command)"
    )


@pytest.fixture(scope="module")
def described(tea: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((tea / "croissant.json").read_text(encoding="utf-8"))
    return content


def test_every_file_is_there_with_its_digest(tea: Path, described: dict[str, Any]) -> None:
    files = {file["@id"]: file for file in described["distribution"] if file["@type"] == "cr:FileObject"}
    assert files.keys() == {
        "set-aside.csv",
        *(f"data/{split}-00000-of-00001.parquet" for split in ("train", "dev", "test")),
    }
    assert all(file["sha256"] == sha256(tea / name) for name, file in files.items())


def test_what_it_says_of_the_data(described: dict[str, Any]) -> None:
    assert described["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    assert described["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert (described["datePublished"], described["inLanguage"]) == ("2026-01-02", ["it", "zh-Hant"])
    assert not {"url", "creator", "citeAs"} & described.keys()
    splits, items = described["recordSet"]
    assert [row["splits/url"] for row in splits["data"]] == [
        *("cr:TrainingSplit", "cr:ValidationSplit", "cr:TestSplit"),
    ]
    assert [field["@id"] for field in items["field"]] == [f"items/{name}" for name in PLAIN_ITEM_SCHEMA.names]
    assert all(field["description"] for field in items["field"])


def test_what_a_data_card_says_of_people_and_faults_is_in_it(tmp_path: Path) -> None:
    folder = write_folder(read_source("scruples", DATA / "scruples"), tmp_path / "x").path
    described = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    assert described["rai:annotatorDemographics"].startswith("anecdotes: readers of the forum")
    assert len(described["rai:dataLimitations"]) > 3
    assert not any(point.startswith("- ") for point in described["rai:dataLimitations"])
    assert described["rai:dataPreprocessingProtocol"] and described["rai:dataCollectionMissingData"]
    assert described["citeAs"].startswith("Lourie")
    assert described["license"] == "Apache-2.0 (repository); texts are Reddit posts"
    assert described["creator"]["url"] == described["url"] == "https://github.com/allenai/scruples"


def test_its_own_library_finds_no_fault(
    tea: Path, mlcroissant: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        issues = mlcroissant.Dataset(str(tea / "croissant.json")).metadata.ctx.issues
    assert not issues.errors
    assert all("recommended" in warning for warning in issues.warnings)  # a citation, a version
    assert not [record for record in caplog.records if "not standard" in record.message]


def test_its_own_library_reads_the_items(tea: Path, tea_items: pa.Table, mlcroissant: Any) -> None:
    records = mlcroissant.Dataset(str(tea / "croissant.json")).records("items")
    found = {row["items/id"]: row for row in records}
    for item in tea_items.to_pylist():
        row = found.pop(item["id"].encode())
        item["categories"] = _listed(item["categories"])
        for name, value in item.items():
            assert _plain(row[f"items/{name}"]) == value, name
    assert not found


def _listed(categories: list[tuple[str, list[str]]] | None) -> list[dict[str, Any]] | None:
    return categories and [{"facet": facet, "values": values} for facet, values in categories]


def _plain(value: Any) -> Any:
    """Text for bytes, Python's numbers for numpy's, names without the path for fields inside fields.

    The library gives a struct, or a list of structs, that is missing as one whose parts are missing.
    """
    if isinstance(value, dict):
        inside = {name.rsplit("/", 1)[1]: _plain(part) for name, part in value.items()}
        return inside if any(part is not None for part in inside.values()) else None
    if isinstance(value, list):
        parts = [_plain(part) for part in value]
        return None if parts == [None] else parts
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if hasattr(value, "item") else value
