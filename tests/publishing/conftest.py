"""A data set of the user's own that uses every column of Items, built once."""

from pathlib import Path

import pyarrow as pa
import pytest

from normsuite.publishing import read_source, write_folder
from normsuite.schema import ITEM_SCHEMA, conform, write_table

FRAME = [{"subject": "PERSON", "name": "age", "relation": "is", "value": "old"}]
TURNS = [{"speaker": "Ana", "text": "Tea?"}, {"speaker": None, "text": "Please: “two”\n| [x](y)"}]
SOURCE = {"row": 1, "label": "0", "culture": "Italia", "split": "valid", "file": "tea.csv"}
COLUMNS = {
    "id": [f"tea:{at}" for at in range(4)],
    "dataset": "tea",
    "split": ["test", "train", "dev", "test"],
    "kind": ["label", "rating", "multilabel", "choice"],
    "situation": ["Tea is served.", "=1+1", None, ""],
    "behavior": "to slurp",
    "norm": [None, "One does not slurp.", None, None],
    "frame": [FRAME, [], None, FRAME * 2],
    "turns": [None, TURNS, [], TURNS],
    "options": [["rude", "polite"], None, ["a", "b", "c"], ["x", "y"]],
    "gold": [1, None, None, 0],
    "gold_set": [None, None, [0, 2], None],
    "votes": [[1, 3], None, None, None],
    "shares": [None, None, None, [0.75, 0.25]],
    "rating": [None, 2.5, None, None],
    "scale_min": [None, 1.0, None, None],
    "scale_max": [None, 7.0, None, None],
    "valence": [1.0, -0.5, None, None],
    "agreement": [0.5, None, None, None],
    "pressure": [None, None, -1.0, None],
    "country": ["ITA", "JPN", None, "ITA"],
    "zone": [None, "Asia", None, None],
    "language": ["it", "zh-Hant", None, "it"],
    "categories": [[("topic", ["tea", "home"]), ("place", [])], [], None, [("topic", ["tea"])]],
    "explanation": [None, None, "since it is", None],
    "family": ["f", None, None, "f"],
    "cluster": ["a", "b", "c", "a"],
    "source": [SOURCE, None, None, SOURCE],
}


@pytest.fixture(scope="session")
def tea_items() -> pa.Table:
    columns = {name: value if isinstance(value, str) else list(value) for name, value in COLUMNS.items()}
    columns["categories"] = pa.array(COLUMNS["categories"], ITEM_SCHEMA.field("categories").type)
    return conform(columns, ITEM_SCHEMA, 4)


@pytest.fixture(scope="session")
def tea_file(tea_items: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tea") / "tea.parquet"
    write_table(tea_items, path)
    return path


@pytest.fixture(scope="session")
def tea(tea_file: Path) -> Path:
    """The folder built of it."""
    source = read_source("tea", tea_file, licence="CC BY 4.0")
    return write_folder(source, tea_file.with_name("tea"), "2026-01-02").path
