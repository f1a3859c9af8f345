"""The three tables everything hangs on: Items, Predictions and Results, each declared once.

Items: one row is one judgement asked of a model. Predictions: one row is one item under one wording and one
label order, with everything a metric needs and no text, so that they may be published where the data may not.
Results: one row is one number. Tables travel as ``pyarrow.Table`` and rest as Parquet.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from normsuite.errors import InputError

if TYPE_CHECKING:
    import datasets

SCHEMA_VERSION: Final = 1
KINDS: Final = ("label", "choice", "pair", "rating", "multilabel")
SPLITS: Final = ("train", "dev", "test")
SUBJECTS: Final = ("PERSON", "OTHER", "ENV")
SUM_TOLERANCE: Final = 1e-6
"""How far the sum of an item's shares may lie from 1."""
RESERVED_FACETS: Final = ("country", "zone", "language", "wording", "order")
"""Facets of every report, which are no categories of the data."""

_FACETS = pa.map_(pa.string(), pa.list_(pa.string()))

ITEM_SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # dataset:native-id, stable and unique
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),  # train, dev or test
        pa.field("kind", pa.string(), nullable=False),  # one of KINDS
        pa.field("situation", pa.string()),  # story, anecdote, setting
        pa.field("behavior", pa.string()),  # the act that is judged
        pa.field("norm", pa.string()),  # the rule-of-thumb in force
        pa.field(
            "frame",
            pa.list_(
                pa.struct(
                    [
                        ("subject", pa.string()),
                        ("name", pa.string()),
                        ("relation", pa.string()),
                        ("value", pa.string()),
                    ]
                )
            ),
        ),
        pa.field("turns", pa.list_(pa.struct([("speaker", pa.string()), ("text", pa.string())]))),
        pa.field("images", pa.list_(pa.string())),  # pictures of the situation: paths below the raw folder
        pa.field("options", pa.list_(pa.string())),  # labels or answers, in gold order
        pa.field("gold", pa.int32()),  # index into options
        pa.field("gold_set", pa.list_(pa.int32())),  # indices into options
        pa.field("votes", pa.list_(pa.int32())),  # people per option
        # The share of people per option, where the source tells no number of people; never beside votes.
        pa.field("shares", pa.list_(pa.float64())),
        pa.field("rating", pa.float64()),  # null in a statement of a questionnaire, which is only read
        pa.field("scale_min", pa.float64()),
        pa.field("scale_max", pa.float64()),
        pa.field("valence", pa.float64()),  # -1 forbidden ... 1 expected
        pa.field("agreement", pa.float64()),  # share of people said to hold the norm
        pa.field("pressure", pa.float64()),  # -1 against ... 1 for
        pa.field("country", pa.string()),  # ISO 3166-1 alpha-3
        pa.field("zone", pa.string()),  # cultural zone
        pa.field("language", pa.string()),  # BCP 47
        pa.field("categories", _FACETS),
        pa.field("explanation", pa.string()),  # why the gold is what it is, where the data says so
        pa.field("family", pa.string()),  # items that are edits of one another
        pa.field("cluster", pa.string(), nullable=False),  # the unit that is resampled
        pa.field(
            "source",
            pa.struct(
                [
                    ("row", pa.int64()),
                    ("label", pa.string()),
                    ("culture", pa.string()),
                    ("split", pa.string()),
                    ("file", pa.string()),
                ]
            ),
        ),
    ],
    metadata={b"normsuite.table": b"items", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)

PLAIN_ITEM_SCHEMA: Final = ITEM_SCHEMA.set(
    ITEM_SCHEMA.get_field_index("categories"),
    pa.field(
        "categories",
        pa.list_(pa.struct([("facet", _FACETS.key_type), ("values", _FACETS.item_type)])),
    ),
)
"""Items whose categories are a list of {facet, values}: what does not know maps reads these."""

_SCORING_COLUMNS: Final = (
    *("split", "kind", "options", "gold", "gold_set", "votes", "shares", "rating", "scale_min", "scale_max"),
    *("valence", "country", "zone", "language", "categories", "family", "cluster"),
)
"""What a prediction keeps of its item: all that a metric or a group needs, and no text of the data set."""

STATUSES: Final = ("ok", "too_long", "error", "unparsed", "refused")

PREDICTION_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("scorer", pa.string(), nullable=False),  # labels, or a baseline's name
        pa.field("item", pa.string(), nullable=False),  # Item.id
        pa.field("prompt", pa.string(), nullable=False),  # the wording's name; "" for baselines
        pa.field("order", pa.string(), nullable=False),  # options as shown, "2-0-1"; "" where none are
        pa.field("status", pa.string(), nullable=False),  # one of STATUSES; only "ok" rows carry a reading
        pa.field("detail", pa.string()),  # why a row is not ok
        pa.field("probabilities", pa.list_(pa.float64())),  # [k] in the order of options; multilabel: p(yes)
        pa.field("predicted", pa.int32()),  # argmax
        pa.field("predicted_set", pa.list_(pa.int32())),  # multilabel
        pa.field("score", pa.float64()),  # rating: expected value on the item's scale
        pa.field("mass", pa.float64()),  # probability the full vocabulary gives to all label tokens
        pa.field("top_is_label", pa.bool_()),  # whether the most probable next token is a label's
        *(ITEM_SCHEMA.field(name) for name in _SCORING_COLUMNS),
    ],
    metadata={b"normsuite.table": b"predictions", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)

ANSWER_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),  # Item.id
        pa.field("prompt", pa.string(), nullable=False),  # the wording's name
        pa.field("option", pa.int32()),  # the option asked about, where each is asked about in turn
        pa.field("step", pa.string(), nullable=False),  # of a scorer with several, in order; "" where one
        pa.field("asked", pa.string(), nullable=False),  # the prompt, as rendered
        pa.field("text", pa.string(), nullable=False),  # the answer
        pa.field("thinking", pa.string(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("finish", pa.string(), nullable=False),  # stop, length or error
    ],
    metadata={b"normsuite.table": b"answers", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)
"""What a model wrote, for people to read. It quotes the data and stays with the run; no metric reads it."""

NULL_SCHEMA: Final = pa.schema(
    [
        pa.field("null", pa.string(), nullable=False),  # what stands in the direction's place: random, ...
        pa.field("draw", pa.int32(), nullable=False),  # each null is drawn once or many times
        pa.field("scores", pa.list_(pa.float64()), nullable=False),  # [n] in the order of the predictions
    ],
    metadata={b"normsuite.table": b"nulls", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)

RESULT_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("scorer", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("facet", pa.string(), nullable=False),  # "" is overall
        pa.field("group", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),  # items
        pa.field("clusters", pa.int64(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("ci_low", pa.float64()),
        pa.field("ci_high", pa.float64()),
        # The expected value of uniform guessing; for gaps and spreads: the mean under permuted group labels;
        # null where there is none.
        pa.field("chance", pa.float64()),
    ],
    metadata={b"normsuite.table": b"results", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)


def scoring_columns(items: pa.Table) -> pa.Table:
    """The columns of Items that every prediction carries (see ``PREDICTION_SCHEMA``)."""
    return items.select(_SCORING_COLUMNS)


def conform(columns: dict[str, Any], schema: pa.Schema, length: int) -> pa.Table:
    """A table in ``schema`` from some of its columns; the others are null.

    Args:
        columns: arrays of ``length`` values, or plain scalars that hold for every row.
        schema: the table's schema; a name it does not have is a programming error.
        length: number of rows.
    """
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise KeyError(f"not in the schema: {sorted(unknown)}")

    def column(field: pa.Field) -> pa.Array | pa.ChunkedArray:
        value = columns.get(field.name)
        if value is None:
            return pa.nulls(length, field.type)
        if isinstance(value, str | int | float | bool):
            return pa.repeat(pa.scalar(value, field.type), length)
        if isinstance(value, pa.Array | pa.ChunkedArray):
            return value if value.type == field.type else value.cast(field.type)
        return pa.array(value, field.type, from_pandas=True)

    return pa.table([column(field) for field in schema], schema=schema)


def check_items(items: pa.Table, file: str | Path | None = None) -> None:
    """Raise ``InputError`` for the first row and field of Items that break the schema's promises."""
    _check_shape(items, ITEM_SCHEMA, file)
    for name in (field.name for field in ITEM_SCHEMA if not field.nullable):
        _refuse(pc.is_null(items[name]), items, name, file, "is empty")
    for name, allowed in (("kind", KINDS), ("split", SPLITS)):
        bad = pc.invert(pc.is_in(items[name], pa.array(allowed)))
        _refuse(bad, items, name, file, f"is not one of {', '.join(allowed)}")
    for name in ("id", "cluster"):
        _refuse(pc.equal(items[name], ""), items, name, file, "is empty")
    _check_ids(items, file)
    _check_families(items, file)
    _check_indices(items, file)
    _check_parts(items, file)
    _check_shares(items, file)
    for name, low, high in (("valence", -1, 1), ("agreement", 0, 1), ("pressure", -1, 1)):
        _refuse(_outside(items[name], low, high), items, name, file, f"lies outside {low} to {high}")
    outside = _outside(items["rating"], items["scale_min"], items["scale_max"])
    _refuse(outside, items, "rating", file, "lies outside scale_min to scale_max")
    is_rating = pc.equal(items["kind"], "rating")
    for name in ("scale_min", "scale_max"):
        _refuse(pc.and_(is_rating, pc.is_null(items[name])), items, name, file, "is empty in a rating")
    # What is only read, and has no right answer, says by its valence how its scale points.
    neither = pc.and_(is_rating, pc.and_(pc.is_null(items["rating"]), pc.is_null(items["valence"])))
    _refuse(neither, items, "rating", file, "is empty in a rating, and so is valence")
    for name, pattern, meaning in (
        ("country", r"^[A-Z]{3}$", "an ISO 3166-1 alpha-3 code"),
        ("language", r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "a BCP 47 tag"),
    ):
        bad = pc.invert(pc.match_substring_regex(items[name], pattern))
        _refuse(bad, items, name, file, f"is not {meaning}")


def _check_shape(table: pa.Table, schema: pa.Schema, file: str | Path | None) -> None:
    missing = [name for name in schema.names if name not in table.column_names]
    extra = [name for name in table.column_names if name not in schema.names]
    if missing or extra:
        parts = [f"missing column(s) {', '.join(missing)}"] if missing else []
        parts += [f"unknown column(s) {', '.join(extra)}"] if extra else []
        raise InputError(" and ".join(parts), file=file, fix="build it with `normsuite data build`")
    for field in schema:
        if table.schema.field(field.name).type != field.type:
            found = table.schema.field(field.name).type
            raise InputError(f"is {found}, not {field.type}", file=file, field=field.name)


def _refuse(
    bad: pa.Array | pa.ChunkedArray, items: pa.Table, field: str, file: str | Path | None, what: str
) -> None:
    """Raise for the first true value of a boolean column, naming the row (1-based) and its value."""
    mask = np.asarray(pc.fill_null(bad, False))
    if mask.any():
        row = int(mask.argmax())
        value = items[field][row].as_py()
        raise InputError(f"{value!r} {what}", file=file, row=row + 1, field=field)


def _outside(
    values: pa.ChunkedArray, low: float | pa.ChunkedArray, high: float | pa.ChunkedArray
) -> pa.ChunkedArray:
    """Whether a value is not in [low, high]; NaN is not, null is unknown."""
    return pc.invert(pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high)))


def _check_ids(items: pa.Table, file: str | Path | None) -> None:
    ids = items["id"].combine_chunks().dictionary_encode()
    codes = np.asarray(ids.indices)
    first = np.full(len(ids.dictionary), -1)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    repeated = first[codes] != np.arange(len(codes))
    if repeated.any():
        row = int(repeated.argmax())
        earlier = int(first[codes[row]])
        same = (
            items.slice(row, 1).drop_columns("source").equals(items.slice(earlier, 1).drop_columns("source"))
        )
        what = "repeats" if same else "has other content than"
        raise InputError(
            f"the id {items['id'][row].as_py()!r} {what} row {earlier + 1}",
            file=file,
            row=row + 1,
            field="id",
            fix="ids must be unique",
        )


def _check_families(items: pa.Table, file: str | Path | None) -> None:
    """A family lies in one cluster: what is judged together must be resampled together."""
    rows = np.flatnonzero(np.asarray(pc.is_valid(items["family"])))
    family, cluster = (
        np.asarray(items[name].combine_chunks().take(pa.array(rows)).dictionary_encode().indices)
        for name in ("family", "cluster")
    )
    _, first, code = np.unique(family, return_index=True, return_inverse=True)
    astray = rows[cluster[first][code] != cluster]
    if len(astray):
        row = int(astray[0])
        what = f"the family {items['family'][row].as_py()!r} lies in several clusters"
        fix = "give the items of a family one cluster"
        raise InputError(what, file=file, row=row + 1, field="cluster", fix=fix)


def _check_indices(items: pa.Table, file: str | Path | None) -> None:
    """Gold and gold_set point into options; votes and shares match options."""
    size = pc.fill_null(pc.list_value_length(items["options"]), 0)
    needs = pc.and_(pc.equal(size, 0), pc.not_equal(items["kind"], "rating"))
    _refuse(needs, items, "options", file, "is empty")
    outside = pc.or_(pc.less(items["gold"], 0), pc.greater_equal(items["gold"], size))
    _refuse(outside, items, "gold", file, "is not an index into options")
    for name in ("votes", "shares"):
        mismatch = pc.not_equal(pc.list_value_length(items[name]), size)
        _refuse(mismatch, items, name, file, "has another length than options")
    _refuse(_any_element(items["votes"], lambda v, _: v < 0), items, "votes", file, "holds a negative count")
    beyond = _any_element(items["gold_set"], lambda v, k: (v < 0) | (v >= k), np.asarray(size))
    _refuse(beyond, items, "gold_set", file, "holds an index that is not into options")


def _check_parts(items: pa.Table, file: str | Path | None) -> None:
    """What lists hold: no nulls, constraints that are whole, facets with names that can be grouped by."""
    for name in ("images", "options", "votes", "shares", "gold_set"):
        lists = items[name].combine_chunks()
        _refuse(_any_child(lists, pc.is_null(pc.list_flatten(lists))), items, name, file, "holds a null")
    frames = items["frame"].combine_chunks()
    constraints = pc.list_flatten(frames)
    whole = pc.is_in(pc.struct_field(constraints, "subject"), pa.array(SUBJECTS))
    for part in ("name", "relation", "value"):
        whole = pc.and_(whole, pc.is_valid(pc.struct_field(constraints, part)))
    what = f"holds a constraint that lacks a part, or whose subject is not one of {', '.join(SUBJECTS)}"
    _refuse(_any_child(frames, pc.invert(whole)), items, "frame", file, what)
    maps = items["categories"].combine_chunks()
    start, stop = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    facets = pa.ListArray.from_arrays(pc.subtract(maps.offsets, start), maps.keys[start:stop])
    unfit = pc.is_in(facets.flatten(), pa.array(["", *RESERVED_FACETS]))
    what = f"holds a facet called {', '.join(RESERVED_FACETS)} (every report has these), or without a name"
    _refuse(_any_child(facets, unfit), items, "categories", file, what)


def _check_shares(items: pa.Table, file: str | Path | None) -> None:
    """Shares, which hold no nulls, divide all people among the options, and no votes stand beside them."""
    shares = items["shares"]
    beyond = _any_element(shares, lambda share, _: ~((share >= 0) & (share <= 1)))
    _refuse(beyond, items, "shares", file, "holds a share that lies outside 0 to 1")
    lists = shares.combine_chunks()
    parents, flat = np.asarray(pc.list_parent_indices(lists)), np.asarray(pc.list_flatten(lists))
    total = np.bincount(parents, flat, len(lists))
    uneven = pc.and_(pc.is_valid(shares), pa.array(np.abs(total - 1) > SUM_TOLERANCE))
    _refuse(uneven, items, "shares", file, "does not sum to 1")
    both = pc.and_(pc.is_valid(shares), pc.is_valid(items["votes"]))
    _refuse(both, items, "shares", file, "stands beside votes, which tell the shares already")


def _any_child(lists: pa.Array, hits: pa.Array) -> pa.Array:
    """Whether any element of each list is a hit, bool [n]."""
    parents = np.asarray(pc.list_parent_indices(lists))
    return pa.array(np.bincount(parents[np.asarray(hits)], minlength=len(lists)) > 0)


def _any_element(
    lists: pa.ChunkedArray, test: Callable[..., Any], per_row: np.ndarray | None = None
) -> pa.Array:
    """Whether any element of each list passes ``test(elements, per_row value of its list)``."""
    lists = lists.combine_chunks()
    parents = np.asarray(pc.list_parent_indices(lists))
    values = np.asarray(pc.list_flatten(lists))
    hits = test(values, per_row[parents] if per_row is not None else None)
    return _any_child(lists, pa.array(np.asarray(hits, bool)))


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet whole and rename it into place: the file exists complete or not at all.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as sink:
            pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputError(f"cannot write: {error.strerror or error}", file=path) from error


def read_table(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a Parquet file that must hold ``schema``, columns in its order.

    Raises:
        InputError: missing, empty or damaged file, another table, a newer schema.
    """
    if not path.is_file():
        raise InputError("is a folder, not a file" if path.is_dir() else "no such file", file=path)
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
        stored = (table.schema.metadata or {}).get(b"normsuite.schema", b"").decode()
        if stored and stored != str(SCHEMA_VERSION):
            fix = "use the normsuite version that wrote it"
            raise InputError(f"has schema version {stored}, this is {SCHEMA_VERSION}", file=path, fix=fix)
        _check_shape(table, schema, path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"is not a readable Parquet file ({_first_line(error)})", file=path) from error
    return pa.table(table.select(schema.names).columns, schema=schema)  # without Parquet's own field ids


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def without_maps(items: pa.Table) -> pa.Table:
    """Items in ``PLAIN_ITEM_SCHEMA``."""
    pairs = items["categories"].combine_chunks()
    entries = pa.StructArray.from_arrays([pairs.keys, pairs.items], ["facet", "values"])
    lists = pa.ListArray.from_arrays(pairs.offsets, entries, mask=pairs.is_null())
    at = items.schema.get_field_index("categories")
    return items.set_column(at, PLAIN_ITEM_SCHEMA.field("categories"), lists)


def with_maps(plain: pa.Table) -> pa.Table:
    """The Items that ``without_maps`` turned into ``plain``."""
    columns = {name: plain[name] for name in plain.column_names}
    lists = columns["categories"].combine_chunks()
    keys, values = lists.values.field("facet"), lists.values.field("values")
    columns["categories"] = pa.MapArray.from_arrays(lists.offsets, keys, values, mask=lists.is_null())
    return conform(columns, ITEM_SCHEMA, plain.num_rows)


def to_dataset(items: pa.Table) -> datasets.Dataset:
    """Items as a ``datasets.Dataset``; maps, which it lacks, become lists of {facet, values}."""
    import datasets

    table = without_maps(items)
    plain = pa.schema([field.with_nullable(True) for field in table.schema])
    return datasets.Dataset(datasets.table.InMemoryTable(table.cast(plain)))


def from_dataset(dataset: datasets.Dataset) -> pa.Table:
    """The Items that ``to_dataset`` turned into ``dataset``."""
    return with_maps(dataset.with_format("arrow")[:])
