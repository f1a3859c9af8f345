"""From what was read of each item under each wording to a table of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from normsuite.prompts import Wording
from normsuite.schema import PREDICTION_SCHEMA, conform, scoring_columns
from normsuite.scorers.orders import Order
from normsuite.tasks import Task


def prediction_table(
    task: Task, scorer: str, wordings: Sequence[Wording], items: pa.Table, cells: Sequence[dict[str, Any]]
) -> pa.Table:
    """Predictions from their reading columns.

    Args:
        task: what was asked.
        scorer: the name under which its rows stand.
        wordings: [w].
        items: [n].
        cells: [n x w] by item, then wording, each as ``empty_cell`` makes it.

    Returns:
        [n x w] rows in ``PREDICTION_SCHEMA``.
    """
    of_item = np.repeat(np.arange(items.num_rows), len(wordings))
    columns: dict[str, Any] = {name: [cell[name] for cell in cells] for name in cells[0]} if cells else {}
    columns |= {"task": task.name, "scorer": scorer, "item": items["id"].take(of_item)}
    columns["prompt"] = [wording.name for _ in range(items.num_rows) for wording in wordings]
    scoring = scoring_columns(items).take(of_item)
    columns |= {name: scoring[name] for name in scoring.column_names}
    return conform(columns, PREDICTION_SCHEMA, len(of_item))


def empty_cell(order: Order) -> dict[str, Any]:
    """The reading columns of a prediction before anything is read."""
    return {
        "order": "-".join(str(index) for index in order),
        **{"status": "ok", "detail": None, "probabilities": None, "predicted": None, "predicted_set": None},
        **{"score": None, "mass": None, "top_is_label": None},
    }
