"""``croissant.json``: the data set in Croissant 1.1, a vocabulary that dataset searches and loaders read.

Specification: <http://mlcommons.org/croissant/1.1>, and <http://mlcommons.org/croissant/RAI/1.0> for what a
data card says of people, gaps and faults. It knows no maps: categories are lists of {facet, values}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from normsuite.adapters.describe import printable
from normsuite.publishing.card import languages, tags_of
from normsuite.publishing.fields import MEANINGS
from normsuite.publishing.files import DataFile
from normsuite.publishing.source import Source
from normsuite.schema import PLAIN_ITEM_SCHEMA

_RECORDS: Final = "items"
_FILES: Final = "items-files"
_SPLITS: Final = {"train": "cr:TrainingSplit", "dev": "cr:ValidationSplit", "test": "cr:TestSplit"}
_TYPES: Final = {
    pa.string(): "sc:Text",
    pa.int32(): "cr:Int32",
    pa.int64(): "cr:Int64",
    pa.float64(): "cr:Float64",
}
_CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{
        name: f"cr:{name}"
        for name in (
            *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field"),
            *("fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset"),
            *("jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
            *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
        )
    },
}


def croissant(
    source: Source, files: Sequence[DataFile], others: Mapping[str, str], date: str
) -> dict[str, Any]:
    """The content of croissant.json.

    Args:
        source: the data set.
        files: its data files, already written.
        others: sha256 of CSV files beside them.
        date: of publication, ISO 8601.
    """
    described: dict[str, Any] = {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": source.name,
        "alternateName": printable(source.title),
        "description": _description(source),
        "datePublished": date,
        "inLanguage": languages(source),
        "keywords": tags_of(source.adapted.items),
        "url": source.adapter.home.page if source.adapter else "",
        "license": source.licence.spdx or source.licence.text,
        "citeAs": source.section("Cite"),
        **_responsible(source),
    }
    if source.adapter:
        described["creator"] = {
            "@type": "sc:Organization",
            "name": f"The authors of {source.title}",
            "url": source.adapter.home.page,
        }
    return {key: value for key, value in described.items() if value} | {
        "distribution": _distribution(files, others),
        "recordSet": [_splits(files), _items()],
    }


def _description(source: Source) -> str:
    items = source.adapted.items
    countries = len(items["country"].unique().drop_null())
    parts = [f"{items.num_rows:,} judgements in {len(items['cluster'].unique()):,} clusters"]
    parts += [f"{countries} countries"] if countries else []
    return f"{printable(source.title)}: {', '.join(parts)}, as Items of normsuite."


def _responsible(source: Source) -> dict[str, Any]:
    """What the data card says, under the names of the vocabulary for responsible AI."""
    return {
        "rai:annotatorDemographics": source.said("people"),
        "rai:dataPreprocessingProtocol": source.section(
            "How normsuite maps it", "How fields are mapped", "How it is mapped"
        ),
        "rai:dataCollectionMissingData": source.section("Set aside"),
        "rai:dataLimitations": _points(source.section("Known faults", "What it is not")),
    }


def _points(text: str) -> list[str]:
    """A list's points, each without its dash and on one line; a text without a list is one point."""
    points = re.split(r"^- ", text, flags=re.MULTILINE)
    return [" ".join(point.split()) for point in points if point.strip()]


def _distribution(files: Sequence[DataFile], others: Mapping[str, str]) -> list[dict[str, Any]]:
    def file(name: str, encoding: str, digest: str) -> dict[str, Any]:
        return {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "encodingFormat": encoding,
            "sha256": digest,
        }

    parquet = "application/x-parquet"
    return [
        *(file(one.name, parquet, one.sha256) | {"contentSize": f"{one.size} B"} for one in files),
        *(file(name, "text/csv", digest) for name, digest in others.items()),
        {
            "@type": "cr:FileSet",
            "@id": _FILES,
            "name": _FILES,
            "description": "All data files together.",
            "encodingFormat": parquet,
            "includes": "data/*.parquet",
        },
    ]


def _splits(files: Sequence[DataFile]) -> dict[str, Any]:
    """What the values of the column ``split`` stand for."""
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "splits/name", "dataType": "sc:Text"},
            {
                "@type": "cr:Field",
                "@id": "splits/url",
                "name": "splits/url",
                "dataType": ["sc:URL", "cr:Split"],
            },
        ],
        "data": [
            {"splits/name": split, "splits/url": _SPLITS[split]}
            for split in dict.fromkeys(file.split for file in files)
        ],
    }


def _items() -> dict[str, Any]:
    fields = [_field(f"{_RECORDS}/{column.name}", column.type, column.name) for column in PLAIN_ITEM_SCHEMA]
    for field in fields:
        field["description"] = MEANINGS[field["@id"].removeprefix(f"{_RECORDS}/")]
        if field["@id"] == f"{_RECORDS}/split":
            field["dataType"] = ["sc:Text", "cr:Split"]
            field["references"] = {"field": {"@id": "splits/name"}}
    return {
        "@type": "cr:RecordSet",
        "@id": _RECORDS,
        "name": _RECORDS,
        "description": "One row is one judgement that can be asked of a model.",
        "key": {"@id": f"{_RECORDS}/id"},
        "field": fields,
    }


def _field(name: str, kind: pa.DataType, column: str, inside: str = "") -> dict[str, Any]:
    """A column, or what it has inside, as a Field.

    Args:
        name: the Field's.
        kind: its type.
        column: which column of the files.
        inside: the part of a struct; empty for the column itself.
    """
    field: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name}
    if pa.types.is_list(kind):
        field |= {"isArray": True, "arrayShape": "-1"}
        kind = kind.value_type
    if pa.types.is_struct(kind):
        parts = [kind.field(at) for at in range(kind.num_fields)]
        return field | {
            "subField": [_field(f"{name}/{part.name}", part.type, column, part.name) for part in parts]
        }
    source: dict[str, Any] = {"fileSet": {"@id": _FILES}, "extract": {"column": column}}
    if inside:
        source["transform"] = {"jsonPath": inside}
    return field | {"dataType": _TYPES[kind], "source": source}
