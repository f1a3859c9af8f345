"""The three tables everything hangs on: Items, Predictions and Results (and two that stay with a run).

``tables`` declares them, ``checks`` holds Items to their promises, ``storage`` keeps them. Tables travel as
``pyarrow.Table`` and rest as Parquet.
"""

from normsuite.schema.checks import check_items
from normsuite.schema.storage import (
    from_dataset,
    read_table,
    to_dataset,
    with_maps,
    without_maps,
    write_table,
)
from normsuite.schema.tables import (
    ANSWER_SCHEMA,
    ITEM_SCHEMA,
    KINDS,
    NULL_SCHEMA,
    PLAIN_ITEM_SCHEMA,
    PREDICTION_SCHEMA,
    RESERVED_FACETS,
    RESULT_SCHEMA,
    SCHEMA_VERSION,
    SPLITS,
    STATUSES,
    SUBJECTS,
    SUM_TOLERANCE,
    conform,
    scoring_columns,
)

__all__ = [
    "ANSWER_SCHEMA",
    "ITEM_SCHEMA",
    "KINDS",
    "NULL_SCHEMA",
    "PLAIN_ITEM_SCHEMA",
    "PREDICTION_SCHEMA",
    "RESERVED_FACETS",
    "RESULT_SCHEMA",
    "SCHEMA_VERSION",
    "SPLITS",
    "STATUSES",
    "SUBJECTS",
    "SUM_TOLERANCE",
    "check_items",
    "conform",
    "from_dataset",
    "read_table",
    "scoring_columns",
    "to_dataset",
    "with_maps",
    "without_maps",
    "write_table",
]
