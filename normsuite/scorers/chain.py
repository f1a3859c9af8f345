"""The scorer `chain`: labels, where an item is asked with the model's own answer to the one before it.

Items of a family are asked in their order. A wording sees, as ``chosen``, the text of the option that the
model chose for the item before, under the same wording: EgoNormia asks for an act and then for the reason for
that very act (Rezaei et al. 2025). Whether all of a family is right is the metric ``family_right``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from normsuite.engines import Engine
from normsuite.errors import InputError
from normsuite.prompts import Wording
from normsuite.scorers import labels
from normsuite.scorers.cells import empty_cell, prediction_table
from normsuite.scorers.labels import check_requests, read_cell, read_requests
from normsuite.scorers.predicted import Predicted, Tell, untold
from normsuite.scorers.requests import build_requests
from normsuite.tasks import Task

SCORER: Final = "chain"


def check(task: Task, wordings: Sequence[Wording], items: pa.Table, engine: Engine) -> None:
    """See that items of a family follow one another, and that the model can tell the labels apart.

    Raises:
        InputError: they do not, or it cannot; items have several answers each.
    """
    if task.answer == "yes-no":
        what = f"the task {task.name!r} chooses no single option, which the next item could be told"
        raise InputError(what, field="answer", fix="answer in words, letters or numbers")
    labels.check(task, wordings, items, engine)
    later = np.flatnonzero(_places(items) > 0)[:1]
    rows = items.take(pa.array(later)).to_pylist()
    chosen = dict.fromkeys(range(len(wordings)), "what was chosen")
    check_requests(build_requests(task, wordings, rows, np.zeros(len(rows), np.int64), chosen), engine)


def predict(
    task: Task,
    wordings: Sequence[Wording],
    items: pa.Table,
    ranks: NDArray[np.int64],
    engine: Engine,
    progress: Tell = untold,
) -> Predicted:
    """Predictions for every item under every wording, asked round by round: all first items, all second ones.

    An item whose predecessor has no answer cannot be asked; it has its predecessor's status.

    Args:
        task: what is asked.
        wordings: [w] its paraphrases.
        items: [n] Items; those of a family follow one another, and none is elsewhere.
        ranks: [n] from ``design_ranks`` over all of the task's items.
        engine: the model.
        progress: told what is done.

    Returns:
        [n x w] predictions, rows ordered by item, then wording, and no answers: nothing is written.
    """
    rows, places, w = items.to_pylist(), _places(items), len(wordings)
    cells: dict[int, dict[str, Any]] = {}
    read = 0
    for place in range(int(places.max(initial=-1)) + 1):
        at = np.flatnonzero(places == place).tolist()
        begun = len(cells) // w

        def tell(
            share: float, tokens: int, begun: int = begun, size: int = len(at), told: int = read
        ) -> None:
            nonlocal read
            read = told + tokens
            progress((begun + share * size) / len(rows), read)

        # An item's predecessor is the row before it: its predictions stand w places earlier.
        own = [i * w + number for i in at for number in range(w)]
        before = [cells[cell - w] for cell in own] if place else []
        earlier = [rows[i - 1] for i in at for _ in range(w)]
        chosen = {k: _text(task, earlier[k], cell) for k, cell in enumerate(before) if _is_answered(cell)}
        asked = list(build_requests(task, wordings, [rows[i] for i in at], ranks[at], chosen))
        lost = {k: cell for k, cell in enumerate(before) if not _is_answered(cell)}
        for request in asked:
            if request.row in lost:
                cells[own[request.row]] = empty_cell(request.order) | _unasked(lost[request.row])
        asked = [request for request in asked if request.row not in lost]
        for request, reading in zip(asked, read_requests(asked, engine, tell), strict=True):
            cell = own[request.row]
            cells[cell] = read_cell(task, rows[cell // w], [(request, reading)])
    ordered = [cells[cell] for cell in range(len(cells))]
    return Predicted(prediction_table(task, SCORER, wordings, items, ordered))


def _places(items: pa.Table) -> NDArray[np.int64]:
    """How many items of its family stand before each item, [n].

    Raises:
        InputError: a family's items do not follow one another.
    """
    family = items["family"]
    if not len(family):
        return np.zeros(0, np.int64)
    begins = np.asarray(pc.not_equal(family.slice(1), family.slice(0, len(family) - 1)).fill_null(True), bool)
    starts = np.concatenate([[0], np.flatnonzero(begins) + 1])
    names = family.take(pa.array(starts)).drop_null()
    if pc.count_distinct(names).as_py() < len(names):
        counts = pc.value_counts(names).to_pylist()
        astray = next(entry["values"] for entry in counts if entry["counts"] > 1)
        what = f"the items of the family {astray!r} do not follow one another"
        raise InputError(what, field="family", fix="sort the rows by family, in the order of the questions")
    places: NDArray[np.int64] = np.arange(len(family)) - np.repeat(starts, np.diff([*starts, len(family)]))
    return places


def _is_answered(cell: dict[str, Any]) -> bool:
    return cell["predicted"] is not None


def _text(task: Task, item: dict[str, Any], cell: dict[str, Any]) -> str:
    """The option that was chosen, as it was shown."""
    option: str = item["options"][cell["predicted"]]
    return task.labels.get(option, option)


def _unasked(before: dict[str, Any]) -> dict[str, Any]:
    return {"status": before["status"], "detail": "the item before it in its family has no answer"}
