"""The README of a published folder: metadata that hubs and ``datasets`` read, then the data card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from normsuite.adapters.describe import data_card, printable
from normsuite.publishing.fields import MEANINGS
from normsuite.publishing.files import DataFile
from normsuite.publishing.source import Source
from normsuite.schema import PLAIN_ITEM_SCHEMA

SPLIT_NAMES: Final = {"train": "train", "dev": "validation", "test": "test"}
"""What ``datasets`` calls a split."""

_SIZES: Final = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
)
_TASKS: Final = {
    "label": ("text-classification", "multi-class-classification"),
    "multilabel": ("text-classification", "multi-label-classification"),
    "rating": ("text-classification", "text-scoring"),
    "choice": ("multiple-choice", "multiple-choice-qa"),
    "pair": ("multiple-choice", "multiple-choice-qa"),
}
"""The hub's task category and task for each kind of item."""

NOT_SHARED: Final = {
    "yes": "",
    "non-commercial": "Not for commercial use.",
    "no": "For your own use: not to be passed on.",
}


def readme(source: Source, files: Sequence[DataFile]) -> str:
    """The text of README.md.

    Args:
        source: the data set.
        files: its data files, already written.
    """
    front = yaml.safe_dump(metadata(source, files), sort_keys=False, allow_unicode=True, width=100)
    title, rest = data_card(source.name, source.adapter, source.adapted, source.downloaded).split("\n", 1)
    own_card = f"---\n\n{source.card}\n" if source.card and not source.adapter else ""
    return f"---\n{front}---\n\n{title}\n\n{_introduction(source)}{rest.lstrip()}\n{own_card}"


def metadata(source: Source, files: Sequence[DataFile]) -> dict[str, Any]:
    """The README's front matter, with the keys that the Hugging Face hub knows."""
    items = source.adapted.items
    kinds = [kind for kind in _TASKS if kind in items["kind"].unique().to_pylist()]
    tags = languages(source)
    short = list(dict.fromkeys(tag.split("-")[0].lower() for tag in tags))
    front: dict[str, Any] = {"pretty_name": printable(source.title), "license": source.licence.hub}
    if source.licence.hub == "other":
        front |= {"license_name": source.licence.name}
        front |= {"license_link": source.licence.page} if source.licence.page else {}
    front |= {"language": short} if short else {}
    front |= {"language_bcp47": tags} if tags != short else {}
    return front | {
        "size_categories": [_size(items.num_rows)],
        "task_categories": list(dict.fromkeys(_TASKS[kind][0] for kind in kinds)),
        "task_ids": list(dict.fromkeys(_TASKS[kind][1] for kind in kinds)),
        "tags": tags_of(items),
        "configs": [{"config_name": "default", "data_files": _data_files(files)}],
        "dataset_info": _dataset_info(files),
    }


def languages(source: Source) -> list[str]:
    """BCP 47 tags of the items' texts; where no item says, of the data set's."""
    found = sorted(source.adapted.items["language"].unique().drop_null().to_pylist())
    return found or (list(source.adapter.facts.languages) if source.adapter else [])


def tags_of(items: pa.Table) -> list[str]:
    """What people may look for it by."""
    people = items["votes"].null_count < items.num_rows
    countries = len(pc.unique(items["country"].drop_null())) > 1
    found = {"social-norms": True, "cultures": countries, "human-votes": people, "normsuite": True}
    return [tag for tag, holds in found.items() if holds]


def _size(rows: int) -> str:
    return next((name for most, name in _SIZES if rows < most), "n>100M")


def _data_files(files: Sequence[DataFile]) -> list[dict[str, str]]:
    splits = dict.fromkeys(file.split for file in files)
    return [{"split": SPLIT_NAMES[split], "path": f"data/{split}-*.parquet"} for split in splits]


def _dataset_info(files: Sequence[DataFile]) -> Mapping[str, Any]:
    """Features and splits, as ``datasets`` writes them."""
    import datasets
    import huggingface_hub
    from datasets.info import DatasetInfosDict

    splits = datasets.SplitDict(dataset_name="default")
    for split in dict.fromkeys(file.split for file in files):
        of_split = [file for file in files if file.split == split]
        named = SPLIT_NAMES[split]
        rows, size = sum(file.rows for file in of_split), sum(file.memory for file in of_split)
        splits[named] = datasets.SplitInfo(name=named, num_bytes=size, num_examples=rows)
    info = datasets.DatasetInfo(
        features=datasets.Features.from_arrow_schema(PLAIN_ITEM_SCHEMA),
        splits=splits,
        download_size=sum(file.size for file in files),
        dataset_size=sum(file.memory for file in files),
    )
    card = huggingface_hub.DatasetCardData()
    DatasetInfosDict({"default": info}).to_dataset_card_data(card)
    found: Mapping[str, Any] = card["dataset_info"]
    return found


def _introduction(source: Source) -> str:
    """What the table is, how it is loaded and what its columns mean."""
    licence = f" Licence: {printable(source.licence.text)}." if source.licence.text else ""
    shared = NOT_SHARED[source.share]
    view = f" What is asked is its view `{source.view}`." if source.view else ""
    note = f"> **{shared}**{licence}\n\n" if shared else f"{licence.strip()}\n\n" if licence else ""
    columns = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items())
    return (
        f"{note}Each row is one judgement that can be asked of a language model, in the columns that\n"
        f"normsuite gives every data set.{view}\n\n"
        "```python\n"
        "from datasets import load_dataset\n\n"
        'items = load_dataset("FOLDER")  # or OWNER/NAME at the hub\n'
        "```\n\n"
        "```bash\n"
        f"normsuite run MODEL --tasks TASK --raw {source.name}=FOLDER --out RUN\n"
        "```\n\n"
        "## Columns\n\n"
        f"| column | meaning |\n|---|---|\n{columns}\n\n"
        "## Where it comes from\n\n"
    )
