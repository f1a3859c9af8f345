"""The tables that travel, each declared once.

Items: one row is one judgement asked of a model. Predictions: one row is one item under one wording and one
label order, with everything a metric needs and no situation, behaviour or prompt. Options that items bring
themselves, and what a data set names its clusters by, may be sentences all the same: submissions to a
leaderboard hold digests of them, so that they may be published where the data may not.
Results: one row is one number. Answers and nulls stay with the run.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

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
"""What a prediction keeps of its item: all that a metric or a group needs, and none of what was asked."""

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
