"""The two tidy tables of this room, each declared once: one row is one number and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from normsuite.schema import SCHEMA_VERSION

TRANSFER_SCHEMA: Final = pa.schema(
    [
        pa.field("fit", pa.string(), nullable=False),  # the task whose seeds are fitted on
        pa.field("test", pa.string(), nullable=False),  # the task whose items are scored
        pa.field("domain", pa.string(), nullable=False),  # one of the values of pairs.domain_of
        pa.field("metric", pa.string(), nullable=False),
        pa.field("facet", pa.string(), nullable=False),  # "" is overall
        pa.field("group", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),  # items
        pa.field("clusters", pa.int64(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("ci_low", pa.float64()),
        pa.field("ci_high", pa.float64()),
        pa.field("chance", pa.float64()),
        pa.field("null_random_high", pa.float64()),  # upper ends of the 95 % bands over draws
        pa.field("null_permuted_high", pa.float64()),
        pa.field("null_tfidf", pa.float64()),
        pa.field("null_untrained", pa.float64()),  # mean over the untrained doubles
        pa.field("above", pa.float64()),  # value minus the strongest null (see aggregate.null_results)
        pa.field("above_low", pa.float64()),
        pa.field("above_high", pa.float64()),
        pa.field("verdict", pa.string(), nullable=False),
    ],
    metadata={b"normsuite.table": b"transfer", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)

FEET_SCHEMA: Final = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("column", pa.string(), nullable=False),  # frozen, few-shot K, head or lora
        pa.field("metric", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),  # items
        pa.field("clusters", pa.int64(), nullable=False),
        pa.field("train", pa.int64(), nullable=False),  # training rows that were used, held-out ones included
        pa.field("draws", pa.int64(), nullable=False),  # few-shot: draws that defined a direction
        pa.field("value", pa.float64()),  # few-shot: mean over draws
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("interval", pa.string(), nullable=False),  # "clusters" or "draws"
        pa.field("chance", pa.float64()),
        pa.field("change_points", pa.float64()),  # against frozen, in points: 100 times the difference
        pa.field("change_low", pa.float64()),
        pa.field("change_high", pa.float64()),
        pa.field("note", pa.string(), nullable=False),
    ],
    metadata={b"normsuite.table": b"feet", b"normsuite.schema": str(SCHEMA_VERSION).encode()},
)


def table_of(lines: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as a table; NaN, and what a row does not name, becomes null."""
    columns = [
        pa.array([line.get(field.name) for line in lines], field.type, from_pandas=True) for field in schema
    ]
    return pa.table(columns, schema=schema)
