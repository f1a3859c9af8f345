"""The model's predictions on one task, read once for all that a report computes from them."""

from __future__ import annotations

import glob
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.aggregate import apart
from normsuite.metrics import Rows, read_rows
from normsuite.report.provenance import mapping
from normsuite.report.tables import MODELS
from normsuite.runs import Run
from normsuite.schema import PREDICTION_SCHEMA, read_table


@dataclass(frozen=True)
class Readings:
    """What a model answered on one task, without what only calibrates.

    Attributes:
        task: the task's name.
        table: [n] in ``schema.PREDICTION_SCHEMA``, sorted as ``rows`` are.
        rows: [n] the same as numpy columns.
    """

    task: str
    table: pa.Table
    rows: Rows

    @property
    def position(self) -> NDArray[np.int64]:
        """Where in the table each of the rows stands: at its own place."""
        return np.arange(self.table.num_rows)

    def named(self, column: str) -> pa.Array:
        """The option that an index column points to in each row's own options, as text; null for none."""
        return option_at(self.table["options"].combine_chunks(), self.table[column])


def read_model(run: Run, task: str) -> Readings | None:
    """The model's predictions on a task; None where the run came without them.

    Raises:
        InputError: the predictions are damaged.
    """
    folder = run.path / "predictions"
    name = glob.escape(task)
    parts = [part for scorer in MODELS for part in sorted(folder.glob(f"{name}.{scorer}.*.parquet"))]
    if not parts:
        return None
    about = mapping(mapping(run.manifest.get("tasks")).get(task))
    calibrate = about.get("calibrate")
    whole = pa.concat_tables([read_table(part, PREDICTION_SCHEMA) for part in parts])
    table, _ = apart(whole, str(calibrate) if calibrate else None)
    if not table.num_rows:
        return None
    rows, position = read_rows(table)
    return Readings(task, table.take(position), rows)


def option_at(options: pa.Array, index: pa.ChunkedArray) -> pa.Array:
    """The text at an index [n] into each of n lists; null where the index is null or the list is short."""
    flat = pc.list_flatten(options)
    sizes = np.asarray(pc.fill_null(pc.list_value_length(options), 0)).astype(np.int64)
    start = np.cumsum(sizes) - sizes
    at = np.asarray(pc.fill_null(index, -1)).astype(np.int64)
    known = (at >= 0) & (at < sizes)
    return flat.take(pa.array(np.where(known, start + at, 0), mask=~known))
